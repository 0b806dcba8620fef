"""AWS's own sample events, as they ship in aws-sam-cli's wheel; and how two events are compared.

The wheel is installed without what it depends on (its boto3 is another than ours) into a folder of its own, once per machine.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from tests.support import require

VERSION = "1.170.0"
INSTALL = "pip install --no-deps --target FOLDER aws-sam-cli=="


@functools.cache
def _folder() -> Path | None:
    """Where the samples are; None if they cannot be had."""
    home = user_cache_path("lambda-lab-tests") / f"aws-sam-cli-{VERSION}"
    events = home / "samcli" / "lib" / "generated_sample_events" / "events"
    if not events.is_dir():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as made:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile"]
            ran = subprocess.run([*pip, "--target", made, f"aws-sam-cli=={VERSION}"], capture_output=True)
            if ran.returncode:
                return None
            shutil.rmtree(home, ignore_errors=True)
            os.replace(shutil.copytree(made, f"{made}-whole"), home)
    return events


def sample(name: str) -> Any:
    """One of AWS's sample events, such as ``s3/S3Put``; skips the test when they cannot be had."""
    folder = _folder()
    require(folder, "aws-sam-cli's wheel", INSTALL + VERSION)
    assert folder is not None
    text = (folder / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(re.sub(r"\{\{\{\w+\}\}\}", "x", text))


def differences(ours: Any, theirs: Any, excused: Mapping[str, str], path: str = "") -> Iterator[str]:
    """What differs between an event of ours and AWS's sample: keys, and the JSON types of values. None of it in `excused`.

    A list is its first item: the sample's, and each of ours. A path is written ``Records[].s3.object.key``.
    """
    if path in excused:
        return
    if _kind(ours) != _kind(theirs):
        yield f"{path}: {_kind(ours)}, in the sample {_kind(theirs)}"
    elif isinstance(theirs, dict):
        for key in ours.keys() | theirs.keys():
            inside = f"{path}.{key}" if path else key
            if inside in excused:
                continue
            if key not in ours:
                yield f"{inside}: in the sample alone"
            elif key not in theirs:
                yield f"{inside}: not in the sample"
            else:
                yield from differences(ours[key], theirs[key], excused, inside)
    elif isinstance(theirs, list) and theirs:
        for item in ours:
            yield from differences(item, theirs[0], excused, f"{path}[]")


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    kinds: dict[type, str] = {int: "number", float: "number", str: "string", list: "list", dict: "object"}
    return kinds[type(value)]
