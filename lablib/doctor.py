"""`python -m lablib doctor`: what this machine can do, what it lacks, and how to get that.

It starts a local cloud and asks it, so what it says was tried and is not guessed from versions.
"""

from __future__ import annotations

import importlib.util
import json
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from lablib.deployment import full_share_mb, this_runtime
from lablib.errors import LabError
from lablib.environments.host import cores
from lablib.environments.runtimes import maven
from lablib.environments.runtimes.toolchains import TOOLCHAINS, eclipse_compiler, find, version
from lablib.local import launch
from lablib.models.limits import MEMORY_MB
from lablib.models.snapstart import is_simulated

State = Literal["ok", "limited", "missing"]
_MARK: dict[State, str] = {"ok": "ok      ", "limited": "limited ", "missing": "MISSING "}

SUPPORTED = ((3, 11), (3, 14))
"""The oldest and the newest Python that pyproject.toml declares."""

NEEDED = (
    "boto3", "moto", "tornado", "flask", "flask_cors", "airspeed", "jsonata", "jsonpath_ng", "fastjsonschema",
    "joserfc", "cryptography", "openapi_spec_validator", "jupyterlab", "jupyter_server_proxy", "ipywidgets", "anywidget", "matplotlib",
    "numpy",
)  # fmt: skip
"""What requirements.txt installs and a lab cannot run without: some of it is imported only when a lab first needs it."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    state : `ok`; `limited`, labs run all the same; `missing`, they do not.
    remedy : how to get it; empty when nothing is to be done.
    """

    name: str
    state: State
    says: str
    remedy: str = ""


def main(as_json: bool = False) -> int:
    """Print the findings; 0 when labs run on this machine, else 1."""
    found = list(examine())
    run = all(finding.state != "missing" for finding in found)
    if as_json:
        print(json.dumps({"labs_run": run, "machine": _machine(), "findings": [asdict(one) for one in found]}, indent=2))
    else:
        print(f"Lambda Lab on {_machine()}\n")
        print("\n".join(_lines(found)))
        print("\nLabs run on this machine." if run else "\nLabs cannot run here until what is MISSING is there.")
    return 0 if run else 1


def examine() -> Iterator[Finding]:
    """Everything, in the order in which a reader needs it."""
    yield _python()
    lacking = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if lacking:
        yield Finding("packages", "missing", f"not installed: {', '.join(lacking)}", "pip install -r requirements.txt")
        return
    yield Finding("packages", "ok", "all installed")
    began = time.perf_counter()
    try:
        cloud = launch()
    except LabError as error:
        yield Finding("local cloud", "missing", str(error), "python -m lablib serve   (shows more)")
        return
    try:
        facts = cloud.door("GET", "/_lab/doctor").body
        yield Finding("local cloud", "ok", f"started in {time.perf_counter() - began:.1f} s")
    finally:
        cloud.close()
    yield from isolation(facts)
    yield from _processor(facts)
    yield from runtimes(bool(facts.get("namespaces")))
    yield snapstart()


def _python() -> Finding:
    version = platform.python_version()
    runs = "runs functions of python3.10 to python3.14: any of them, on this one interpreter"
    if sys.platform == "win32":
        return Finding("Python", "missing", "Windows itself cannot run the local cloud", "use WSL (wsl --install), and Python there")
    if not SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        return Finding("Python", "missing", f"{version} is not among 3.11 to 3.14", "make the .venv with one of those")
    return Finding("Python", "ok", f"{version} {runs}; lab.deploy says {this_runtime()}")


def isolation(facts: Mapping[str, object]) -> Iterator[Finding]:
    """Namespaces, or what stands in for them and what that leaves open."""
    network = "the network is this machine's, loopback included"
    if facts.get("namespaces"):
        own = "each environment has its own /tmp, processes and read-only /var/task"
        yield Finding("isolation", "ok", f"user namespaces: {own}; {network}")
        return
    yield Finding(
        "isolation",
        "limited",
        f"no user namespaces ({facts.get('reason')}). What a Python, Node.js or Ruby function opens under /tmp, /var/task "
        f"and /opt is its environment's own all the same; what its C extensions and its subprocesses open there is this machine's; {network}. No lab depends on it",
        _namespace_remedy(),
    )
    if facts.get("landlock"):
        yield Finding("Landlock", "ok", f"version {facts['landlock']}: functions can open nothing of yours, and write only to their /tmp")
    else:
        yield Finding(
            "Landlock", "limited", "the kernel has none: a function can read the files that you can",
            "a Linux kernel of 5.13 or later with Landlock enabled" if sys.platform == "linux" else "",
        )  # fmt: skip


def _namespace_remedy() -> str:
    if sys.platform != "linux":
        return "Linux has them; on macOS, a Linux virtual machine"
    return (
        "Ubuntu 24.04: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; "
        "Docker: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
    )


def _processor(facts: Mapping[str, object]) -> Iterator[Finding]:
    full = full_share_mb()
    says = f"{cores():g} cores: functions have the CPU share that AWS gives up to {full:,} MB"
    if full >= MEMORY_MB.highest:
        yield Finding("processor", "ok", f"{cores():g} cores: enough for the CPU share of every memory")
    else:
        yield Finding("processor", "limited", f"{says}; with more memory they have all {cores():g}, and no more")
    if not facts.get("cpu_share", True):
        yield Finding("CPU share", "limited", "switched off: every function has whole cores")


@dataclass(frozen=True)
class _Runtime:
    """A runtime beside Python's, and the programs that it needs: one to run on or with, one to be compiled by (lab.deploy).

    `libraries`: whether it needs AWS's Java libraries, which Maven fetches.
    """

    name: str
    identifiers: str
    program: str = ""
    compiler: str = ""
    maps_paths: bool = False
    as_it_is: bool = False
    libraries: bool = False


_RUNTIMES = (
    _Runtime("Node.js", "nodejs18.x and later", "node", maps_paths=True),
    _Runtime("Java", "java8.al2 and later", "java", "javac", libraries=True),
    _Runtime("C#", "dotnet6 and later", "dotnet", "mcs"),
    _Runtime("Go", "provided.al2, provided.al2023", compiler="go", as_it_is=True),
    _Runtime("Ruby", "ruby3.2 and later", "ruby", maps_paths=True),
    _Runtime("custom", "provided.al2, provided.al2023", "curl", as_it_is=True),
)


def runtimes(namespaces: bool) -> Iterator[Finding]:
    """Which other runtimes run here, on which version. No lab that is missing one stops the others."""
    for one in _RUNTIMES:
        lacking = [name for name in (one.program, one.compiler) if name and find(name) is None and not _stands_in(name)]
        if one.libraries and not maven.at_hand():
            lacking.append("mvn")
        says = f"{one.identifiers}: {_on_what(one)}"
        if lacking:
            remedy = "; ".join(dict.fromkeys(TOOLCHAINS[name].install for name in lacking))
            yield Finding(one.name, "limited", f"{says}; not installed: {', '.join(lacking)}", remedy)
        elif namespaces or one.maps_paths:
            yield Finding(one.name, "ok", says)
        else:
            own = "it finds its package, and its /tmp in TMPDIR; /tmp, /var/task and /opt themselves are this machine's"
            yield Finding(one.name, "limited", f"{says}. Without user namespaces {own}")


def _stands_in(name: str) -> bool:
    """Whether another program does what this one would."""
    return name == "javac" and eclipse_compiler() is not None


def snapstart() -> Finding:
    """Of which functions a snapshot is really made."""
    stored = "functions the setting is stored, and not simulated: their environments go through INIT, and OptimizationStatus is Off"
    if is_simulated("python3.13"):
        return Finding("SnapStart", "ok", f"versions of Python functions are restored from a snapshot; of Java and .NET {stored}")
    return Finding("SnapStart", "limited", f"of Python, Java and .NET {stored}", "Linux, for Python")


def _on_what(one: _Runtime) -> str:
    """The versions at hand: whatever version its identifier names, a function runs on these."""
    parts = ["a bootstrap runs as it is"] if one.as_it_is else []
    for name, verb in ((one.program, "with" if one.as_it_is else "run on"), (one.compiler, "compiled by")):
        if name and find(name):
            parts.append(f"{verb} {name} {version(name)}")
        elif _stands_in(name):
            parts.append(f"{verb} Eclipse's compiler")
    return ", ".join(parts) or "do not run"


def _machine() -> str:
    return f"{platform.system()} {platform.release()}, {platform.machine()}, {sys.executable}"


def _lines(found: list[Finding]) -> Iterator[str]:
    width = max(len(finding.name) for finding in found)
    for finding in found:
        yield f"{_MARK[finding.state]} {finding.name:<{width}}  {finding.says}."
        if finding.remedy:
            yield f"{'':8} {'':{width}}  To get it: {finding.remedy}"
