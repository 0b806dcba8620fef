"""The examples of the AWS CLI's own reference (awscli/examples/lambda): each command runs here, and prints what AWS's prints."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import shlex
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lablib.cloud.api.table import OPERATIONS
from tests.clients.test_aws_cli import Cli
from tests.cloud.examples.test_botocore_examples import BEFORE, NOT_COMPARED, untimed
from tests.cloud.examples.world import CODE, World, differences, here, mapping_of, provision, spoils
from tests.support import CloudUnderTest, require

_COMMAND = re.compile(r"::\n\n((?:    aws lambda [^\n]*\n)(?:    +[^\n]*\n)*)")
_OUTPUT = re.compile(r"^Output::\n\n((?:(?:    [^\n]*)?\n)+)", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One command of the reference, and what AWS printed (None: nothing, or nothing that is JSON)."""

    command: tuple[str, ...]
    output: Any

    @property
    def operation(self) -> str:
        return "".join(word.capitalize() for word in self.command[2].split("-"))


def published() -> list[Example]:
    """Every example of the CLI that is installed; none without it."""
    spec = importlib.util.find_spec("awscli")
    if spec is None or spec.origin is None:
        return []
    found = []
    for page in sorted((Path(spec.origin).parent / "examples" / "lambda").glob("*.rst")):
        text = page.read_text()
        commands = list(_COMMAND.finditer(text))
        for number, match in enumerate(commands):
            end = commands[number + 1].start() if number + 1 < len(commands) else len(text)
            output = _OUTPUT.search(text, match.end(), end)
            found.append(Example(tuple(shlex.split(match[1].replace("\\\n", " "))), _json(output[1]) if output else None))
    return found


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


EXAMPLES = published()
# Words of a command in place of the example's.
INSTEAD = {"fileb://my-function.zip": "fileb://code.zip", "nodejs22.x": "python3.12"}
# A hundred processes are no example; an alias with weights may have no provisioned concurrency.
INSTEAD_PROVISIONED = {"100": "1", "BLUE": "PROD"}
# An option of version 2 alone, with its value.
NOT_IN_VERSION_1 = ("--cli-binary-format", "raw-in-base64-out")
# The UUID of the examples' mapping.
MAPPING = "a1b2c3d4-5678-90ab-cdef-11111EXAMPLE"
# Misprints of the reference: the API's member is LayerVersions, and there is no blank in the names of the others.
MISPRINTED = (".Layers is missing", "ed ProvisionedConcurrentExecutions is missing")


class InThisProcess(Cli):
    """The CLI without a process for each command, of which most would be its start."""

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        from awscli.clidriver import create_clidriver

        with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            patch.chdir(self.folder)
            for name, value in self.environ.items():
                patch.setenv(name, value)
            code = create_clidriver().main(list(arguments))
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def test_there_are_examples() -> None:
    require(importlib.util.find_spec("awscli"), "The AWS CLI", "pip install -e '.[test]'")
    assert len(EXAMPLES) >= 45 and sum(example.output is not None for example in EXAMPLES) >= 30


@pytest.fixture(scope="module")
def world(cloud_process: CloudUnderTest) -> World:
    return World(cloud_process, OPERATIONS.__contains__)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{number}-{example.operation}" for number, example in enumerate(EXAMPLES)])
def test_an_example(world: World, example: Example, tmp_path: Path) -> None:
    operation, aws = example.operation, InThisProcess(world.cloud, tmp_path)
    instead = INSTEAD | (INSTEAD_PROVISIONED if "Provisioned" in operation else {})
    words = [
        instead.get(word, here(word, world.cloud.region)) for word in example.command[1:] if word not in NOT_IN_VERSION_1
    ]
    (tmp_path / "code.zip").write_bytes(CODE)
    if operation not in OPERATIONS:
        assert "(NotImplemented)" in aws.refused(*words)
        return
    client = world.client()
    if spoils(operation):
        world.spoiled()
    if "ProvisionedConcurrency" in operation and not operation.startswith("Put"):
        provision(world.cloud, client)
    for method, parameters in BEFORE.get(operation, []):
        getattr(client, method)(**parameters)
    found = aws(*(mapping_of(client, "sqs") if word == MAPPING else word for word in words))
    if example.output is None:
        return
    expected = untimed(example.output, found)
    missing = [one for one in differences(expected, found, {}) if not one.endswith(NOT_COMPARED + MISPRINTED)]
    assert not missing, f"{missing}\nexpected {expected}\nfound {found}"
