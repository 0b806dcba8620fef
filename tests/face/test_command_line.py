"""`python -m lablib`: serve's arguments and first lines, doctor's findings."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import lablib as lablib_package
from lablib import doctor
from lablib.doctor import Finding
from tests.face.endings import Ending


def lablib(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "lablib", *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_what_a_shell_needs_and_stops_cleanly(number: signal.Signals) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {"AWS_PROFILE": "work"}
    command = [sys.executable, "-m", "lablib", "serve", "--region", "sa-east-1"]
    serving = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    assert serving.stdout is not None
    lines = [serving.stdout.readline().strip()]
    while not lines[-1].startswith("ready "):
        lines.append(serving.stdout.readline().strip())
    url = lines[-1].removeprefix("ready ")
    assert lines[0] == "unset AWS_PROFILE", "what the shell has of AWS's own goes first"
    exported = dict(line.removeprefix("export ").split("=", 1) for line in lines[1:-1])
    assert exported["AWS_ENDPOINT_URL"] == url and exported["AWS_REGION"] == "sa-east-1"
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"} <= exported.keys()
    ending = Ending(serving.pid, url)
    os.kill(serving.pid, number)
    assert serving.wait(5) == 0
    assert ending.wait(2) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--port", "99999"], "99999 is no port"),
        (["serve", "--port", "-1"], "-1"),
        (["serve", "--pending", "long"], "long is no number of seconds"),
        (["serve", "--account-concurrency", "0"], "0 is no number of invocations; it is 1 or more"),
        (["serve", "--account-concurrency", "1.5"], "1.5 is no number of invocations"),
        (["serve", "--credentials", "some"], "choose from"),
        (["dance"], "choose from"),
        ([], "COMMAND"),
    ],
)
def test_a_wrong_argument_is_named(arguments: list[str], said: str) -> None:
    ran = lablib(*arguments)
    assert ran.returncode == 2 and said in ran.stderr and "Traceback" not in ran.stderr


def test_doctor_tries_and_says_that_labs_run() -> None:
    ran = lablib("doctor")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Labs run on this machine." in ran.stdout and "MISSING" not in ran.stdout
    assert "any of them, on this one interpreter" in ran.stdout


def test_doctor_says_the_same_as_json() -> None:
    ran = lablib("doctor", "--json")
    said = json.loads(ran.stdout)
    assert said["labs_run"] is True and ran.returncode == 0
    assert [finding["name"] for finding in said["findings"]][:4] == ["Python", "packages", "local cloud", "isolation"]


def test_doctor_looks_for_every_library_that_we_depend_on() -> None:
    declared = tomllib.loads((Path(lablib_package.__file__).parent.parent / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[^\w-]", line)[0].replace("-", "_").removesuffix("_python") for line in declared}
    of_the_maintainer, brought_by_others, not_everywhere = {"nbformat", "nbclient"}, {"botocore", "platformdirs"}, {"awslambdaric"}
    assert names - of_the_maintainer - brought_by_others - not_everywhere == set(doctor.NEEDED)


def test_doctor_names_what_the_mode_without_namespaces_leaves_open() -> None:
    (isolation, landlock) = doctor.isolation({"namespaces": False, "reason": "the kernel forbids them", "landlock": 0})
    assert isolation.state == "limited" and "the kernel forbids them" in isolation.says
    assert "C extensions" in isolation.says and "subprocesses" in isolation.says and isolation.remedy
    assert landlock.state == "limited" and "can read the files that you can" in landlock.says
    (_, landlock) = doctor.isolation({"namespaces": False, "reason": "", "landlock": 4})
    assert landlock.state == "ok"


def test_doctor_names_the_runtimes_their_versions_and_what_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["Node.js", "Java", "C#", "Go", "Ruby", "custom"]
    monkeypatch.setattr(doctor, "find", lambda name: None)
    found = list(doctor.runtimes(namespaces=True))
    assert [finding.name for finding in found] == names
    assert all(finding.state == "limited" and "not installed: " in finding.says and finding.remedy for finding in found)
    monkeypatch.setattr(doctor, "eclipse_compiler", lambda: None)
    monkeypatch.setattr(doctor.maven, "at_hand", lambda: True)
    monkeypatch.setattr(doctor, "find", lambda name: "/usr/bin/it")
    monkeypatch.setattr(doctor, "version", lambda name: "1.2.3")
    found = list(doctor.runtimes(namespaces=True))
    assert [finding.state for finding in found] == ["ok"] * 6 and "run on node 1.2.3" in found[0].says
    found = list(doctor.runtimes(namespaces=False))
    assert [finding.name for finding in found if finding.state == "ok"] == ["Node.js", "Ruby"]
    assert "TMPDIR" in found[1].says


def test_doctor_knows_what_java_has_besides_javac(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra `java` brings a compiler that is not called javac; AWS's client has to be here or to be fetched by Maven."""
    monkeypatch.setattr(doctor, "find", lambda name: None if name == "javac" else Path("/usr/bin/it"))
    monkeypatch.setattr(doctor, "version", lambda name: "25")
    monkeypatch.setattr(doctor, "eclipse_compiler", lambda: Path("/it.jar"))
    monkeypatch.setattr(doctor.maven, "at_hand", lambda: True)
    java = list(doctor.runtimes(namespaces=True))[1]
    assert (java.state, java.says) == ("ok", "java8.al2 and later: run on java 25, compiled by Eclipse's compiler")
    monkeypatch.setattr(doctor.maven, "at_hand", lambda: False)
    java = list(doctor.runtimes(namespaces=True))[1]
    assert java.state == "limited" and java.says.endswith("not installed: mvn") and java.remedy == "sudo apt-get install maven"


def test_doctor_fails_when_something_needed_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: [Finding("packages", "missing", "not installed: moto", "pip install -r requirements.txt")])
    assert doctor.main() == 1
    said = capsys.readouterr().out
    assert "MISSING  packages  not installed: moto." in said and "To get it: pip install -r requirements.txt" in said
