"""The one sanitiser of notebook outputs: the rules of `sanitize.cfg`, applied as nbval applies them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

RULES: Final = Path(__file__).with_name("sanitize.cfg")
"""The file that nbval takes as `--nbval-sanitize-with`."""


@cache
def rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    """(pattern, replacement), in the file's order."""
    found = re.findall(r"^regex: (.*)$\n^replace: (.*)$", RULES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return tuple((re.compile(pattern), replacement) for pattern, replacement in found)


def sanitize(text: str) -> str:
    """`text` without what differs from run to run."""
    for pattern, replacement in rules():
        text = pattern.sub(replacement, text)
    return text
