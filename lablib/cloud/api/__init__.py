"""The Lambda API: `LambdaService` answers its requests.

`service`       one request in, one answer out
`table`         the operations that this cloud has, `context` what each of them works with
`wire`          HTTP to parameters and back, from the service model
`validation`    the model's constraints
`errors`        errors, and how each is written
`names`         names and ARNs of functions, `lookup` the functions behind them
`configuration` a function's settings, and what Lambda refuses among them: `layers`, `images`, `snapstart`, `targets`
`mapping_settings` the same of an event source mapping
`runtimes`      which runtimes a function may have
`packages`      code from a request or from S3, and links to download it
`signatures`    whether code that nobody signed may be deployed
`eventstream`   an answer that is streamed
`neighbours`    IAM and S3
`running`       whether a version can run now, and what its callers are told where it cannot
`operations`    what each operation does, by theme
"""

from lablib.cloud.api.context import Neighbours, ObjectNotFound
from lablib.cloud.api.neighbours import from_moto
from lablib.cloud.api.service import LambdaService

__all__ = ["LambdaService", "Neighbours", "ObjectNotFound", "from_moto"]
