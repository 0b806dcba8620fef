"""Who may do what: IAM's policies, evaluated for every request that the cloud's own key did not sign.

`gate`          a request and its signer: allowed, or why not
`principals`    whose a key is, and the policies that apply
`resources`     what a request needs: actions and resources, service by service; `s3` and `functions` for S3 and Lambda
`resource_policies` policies that queues, topics, buckets and secrets carry themselves
`documents`     policy documents, read; what a statement says about a request
`conditions`    the operators of a statement's Condition
`decision`      identity-based and resource-based policies together
`execution`     the role that a function runs as
"""
