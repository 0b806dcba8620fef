"""`%%lambda_function NAME`: a notebook cell becomes a function's code."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from typing import Any, NoReturn

from lablib import packaging, session
from lablib.errors import LabError, SourceError
from lablib.packaging import Package


_USAGE = "Write it as %%lambda_function NAME [--memory MB] [--timeout SECONDS] [--runtime RUNTIME] [--handler HANDLER]."


class _Line(argparse.ArgumentParser):
    """An argument line in a notebook: a mistake in it is a sentence and never the end of the kernel."""

    def error(self, message: str) -> NoReturn:
        raise LabError(f"%%lambda_function: {message}. {_USAGE}")


def _parser() -> _Line:
    parser = _Line(prog="%%lambda_function", add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--memory", type=_whole("MB", "512"), default=512)
    parser.add_argument("--timeout", type=_whole("seconds", "3"), default=3)
    parser.add_argument("--runtime")
    parser.add_argument("--handler")
    return parser


def _whole(unit: str, example: str) -> Callable[[str], int]:
    """Reads a whole number of this unit."""

    def read(text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number of {unit}, such as {example}") from None

    return read


def lambda_function(line: str, cell: str) -> None:
    """Deploy this cell as a function's code.

    ``%%lambda_function NAME [--memory MB] [--timeout SECONDS] [--runtime RUNTIME] [--handler HANDLER]``

    The cell becomes the package's `lambda_function.py`, its handler `lambda_function.lambda_handler`: the names that the
    AWS console gives, and its lines are counted as the notebook counts them. With a runtime of another language (nodejs22.x,
    ruby3.4, java21, dotnet8, or provided.al2023 for Go or a script) the cell is code of that language, and its handler is what
    the code suggests, or `--handler`. The function is created, or updated. The cell does not run here, and no file is written.
    """
    try:
        asked = _parser().parse_args(shlex.split(line))
    except (ValueError, argparse.ArgumentError) as error:
        raise LabError(f"%%lambda_function: {error}. {_USAGE}") from None
    lab = session.current()
    if lab is None:
        raise LabError("No lab is open: run lablib.start() first.")
    package = _package(cell, asked.runtime)
    lab.deploy(
        asked.name, package, handler=asked.handler, runtime=asked.runtime, memory=asked.memory, timeout=asked.timeout
    )


def _package(cell: str, runtime: str | None) -> Package:
    if runtime is None or runtime.startswith("python"):
        return packaging.from_cell(cell)
    from lablib.toolbox import workshop  # here, since most cells are Python and nothing is compiled for them

    try:
        return packaging.from_cell(cell, runtime, workshop(runtime))
    except packaging.NotPackageable as error:
        raise SourceError(str(error)) from None


def load(shell: Any) -> None:
    """Register the magic with an IPython shell; again does no harm."""
    shell.register_magic_function(lambda_function, "cell", "lambda_function")
