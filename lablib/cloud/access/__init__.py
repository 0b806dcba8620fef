"""Who may do what: IAM's policies, evaluated for every request that the cloud's own key did not sign.

`documents`  policy documents, read; what a statement says about a request
`conditions` the operators of a statement's Condition
`decision`   identity-based and resource-based policies together: allowed, or why not
"""
