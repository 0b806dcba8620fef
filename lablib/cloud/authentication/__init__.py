"""Who signed a request, and what is said to a signature that does not hold. What its signer may do is `lablib.cloud.access`'s.

`authority`    signatures in a header
`presigned`    signatures in an address
`unsigned`     what needs none
`refusals`     errors in the words and the protocol of the service that was asked
"""
