"""The local cloud's control plane: one process that answers as AWS does.

`python -m lablib serve` runs it (see `lablib.cloud.server`). Lambda is ours; everything else is moto's, reached only through
`lablib.cloud.moto_seam`. Nothing outside this package imports it: notebooks and functions reach it over HTTP.
"""
