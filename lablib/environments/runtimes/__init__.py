"""Which runtimes this machine can run, and how each is started.

One file per runtime, each with a class that is a `Runtime`; `Runtimes` finds the one of a
function by its identifier's family: ``nodejs22.x`` is of ``nodejs``. What a runtime needs of
the machine, toolchains.py finds. A runtime runs on the version at hand, whatever version its
identifier names (``doctor`` says which); one whose toolchain is missing is refused by name.
"""

from lablib.environments.runtimes.base import Launch, Runtime
from lablib.environments.runtimes.registry import Runtimes

__all__ = ["Launch", "Runtime", "Runtimes"]
