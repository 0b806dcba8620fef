"""How many environments there are, which invocation gets which, and which get none.

`concurrency`   Lambda's rules of concurrency, as arithmetic
`placement`     environments on demand: found, started, kept, ended
`provisioned`   environments that are made ahead of use
`snapshots`     SnapStart: what environments are restored from
"""
