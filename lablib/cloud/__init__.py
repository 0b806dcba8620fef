"""The local cloud's control plane: one process that answers as AWS does.

`python -m lablib serve` runs it (see `lablib.cloud.server`). Lambda is ours; everything else is moto's, reached only through
`lablib.cloud.moto_seam`. Nothing outside this package imports it: notebooks and functions reach it over HTTP.

`server`          the process: `wiring` puts one cloud together, in its `workplace`; `memory`, `offline`
`arrivals`        who waits for what arrives in a queue or a stream
`front`           a request's way to its answer: `listener`, `web`, `polls`, and `control`, the `/_lab/` door
`mistakes`        what is wrong with a request at which a service failed
`authentication`  who signed a request
`access`          what they may do
`api`             the Lambda API
`functions`       what there is to be run
`invocation`      one invocation; `variables`, its environment's
`scaling`         environments: how many, and which is whose
`asynchronous`    events, and what comes of them
`sources`         event sources: how other services call functions
`telemetry`       logs, metrics, traces
`clock`           the cloud's time
`moto_seam`       moto
"""
