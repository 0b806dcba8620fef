"""Functions over HTTP: function URLs and the APIs of API Gateway, at addresses that anybody may call.

`addresses` which address a request is for: ``/_aws/lambda-url/ID/…``, ``/_aws/execute-api/API/…``, or AWS's host name
`incoming`  a request as API Gateway and function URLs see it, and the pieces of both payload formats
`answers`   the HTTP answer that a function's result means
`signers`   who signed a request, and whether policies let them in, where a signature is asked for
`cors`      a CORS configuration
`urls`      function URLs; `url_cors`, `streaming`: their CORS, and answers that are streamed
`apis`      HTTP APIs: `routes`, `api_cors`, `api_call` (their events), `authorizers` with `tokens`, `integrations`
            with `mapping`, `outward` and `services`
`access_log` the access log of an HTTP API's stage
`door`      who answers at an address; an API's service plugs in there by its API's id

No signature is asked for here, unless a URL or a route says ``AWS_IAM``, and a page of any other origin may call: whether it
may read the answer is CORS's matter, as on AWS.
"""
