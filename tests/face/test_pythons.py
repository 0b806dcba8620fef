"""The same pins on the other Pythons of this machine: install, start, deploy, invoke, and lab 01 cell by cell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OTHERS = [version for version in ("3.11", "3.12", "3.13", "3.14") if version != "%d.%d" % sys.version_info[:2]]
LAB = "solutions/01-first-function.ipynb"

SMOKE = """
import lablib, pathlib
lab = lablib.start()
pathlib.Path("f.py").write_text("import sys, boto3\\ndef lambda_handler(event, context):\\n    return list(sys.version_info[:2])\\n")
lab.deploy("f", "f.py")
print(lab.invoke("f").payload)
lab.close()
"""


def interpreter(version: str) -> Path | None:
    """A Python of this version that works: on PATH, or pyenv's (whose shims are there also for versions not chosen)."""
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python{version}"))
    found = shutil.which(f"python{version}")
    for candidate in [*([Path(found)] if found else []), *pyenv]:
        if subprocess.run([candidate, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0:
            return candidate
    return None


@pytest.mark.parametrize("version", OTHERS)
def test_the_same_pins_work_on(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} on this machine; with pyenv: pyenv install {version}")
    subprocess.run([python, "-m", "venv", tmp_path / "venv"], check=True)
    own = tmp_path / "venv" / "bin" / "python"
    tests = [need for need in extra("test") if need.startswith(("pytest=", "nbval="))]
    # --no-compile: what is imported is compiled then, and jupyterlab's thousands of other files never.
    install = [own, "-m", "pip", "install", "--quiet", "--no-compile", "-r", ROOT / "requirements.txt", *tests]
    subprocess.run(install, cwd=ROOT, check=True)

    ran = subprocess.run([own, "-c", SMOKE], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == f"[3, {version.split('.')[1]}]"

    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    lab = subprocess.run([own, "-m", "pytest", "-q", LAB], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300)
    assert lab.returncode == 0, lab.stdout + lab.stderr


def extra(name: str) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [need.replace(" ", "") for need in project["optional-dependencies"][name]]
