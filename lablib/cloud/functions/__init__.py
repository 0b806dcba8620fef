"""What there is to be run: functions, and all that hangs on them.

`registry`         all functions: their versions, aliases and states
`version`          one version, `aliases` the names that point to versions
`code`             packages, unpacked; `layers`, and `merge`, which makes one /opt of several
`resource_policy`  who else may use a function or a layer
`urls`             function URLs
`code_signing`     code signing configurations
"""

from lablib.cloud.functions.registry import Function, Functions, NoSuchFunction
from lablib.cloud.functions.version import LATEST, FunctionVersion

__all__ = ["LATEST", "Function", "FunctionVersion", "Functions", "NoSuchFunction"]
