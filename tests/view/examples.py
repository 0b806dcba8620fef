"""How the pictures are made that a notebook hands its own figures to, for the tests that look at every picture."""

from __future__ import annotations

from typing import Final

BEFORE: Final[tuple[str, ...]] = (
    "from lablib.packaging import from_cell",
    'lab.deploy("echo", from_cell("def lambda_handler(event, context):\\n    return event"))',
    'runs = [lab.invoke("echo", n) for n in range(4)]',
)
"""Lines of code, once: what runs in the cloud before a picture can be drawn of it. They find `lab`."""

MADE: Final[dict[str, str]] = {
    "runtimes": (
        'lab.picture("runtimes", here={"python": [run.report for run in runs]}, '
        'missing={"ruby": "ruby is not installed. To install it: sudo apt-get install ruby"})'
    ),
    "timeline": 'lab.picture("timeline", function="echo")',
}
"""A picture's name to the code that makes it; without one it is `lab.picture("name")`."""
