"""The Lambda API: `LambdaService` answers its requests.

`service`       one request in, one answer out
`wire`          HTTP to parameters and back, from the service model
`validation`    the model's constraints
`names`         names and ARNs of functions
`configuration` a function's settings, and what Lambda refuses among them
`packages`      code from a request or from S3, and links to download it
`operations`    what each operation does, by theme
"""

from lablib.cloud.api.context import Neighbours, ObjectNotFound
from lablib.cloud.api.neighbours import from_moto
from lablib.cloud.api.service import LambdaService

__all__ = ["LambdaService", "Neighbours", "ObjectNotFound", "from_moto"]
