"""Lambda Lab: AWS Lambda, learned by running it.

>>> import lablib
>>> lab = lablib.start()  # doctest: +SKIP

Importing it loads neither the notebook's libraries nor AWS's: the local cloud's own process imports it too.
"""

from __future__ import annotations

from typing import Any

from lablib.errors import LabError
from lablib.session import start

__all__ = ["LabError", "__version__", "start"]

__version__ = "0.1.0"


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext lablib``: make `%%lambda_function` known before a lab is started."""
    from lablib import magics

    magics.load(shell)
