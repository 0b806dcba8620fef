"""An installation below /tmp works, and functions do not see it in theirs."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

COPIED = ("awslambdaric", "simplejson", "snapshot_restore_py")
SCRIPT = """
import lablib, pathlib, tempfile
lab = lablib.start(isolation="{isolation}")
folder = pathlib.Path(tempfile.mkdtemp(dir="{folder}"))
(folder / "f.py").write_text("import awslambdaric, os\\ndef lambda_handler(event, context):\\n    return os.listdir('/tmp')\\n")
lab.deploy("f", folder / "f.py")
print(lab.invoke("f").payload)
"""


@pytest.fixture
def python_below_tmp() -> Iterator[Path]:
    """An environment in /tmp whose own packages are the runtime's; the others are this environment's."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="lab-below-"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (own,) = folder.glob("lib/python*/site-packages")
    for name in COPIED:
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None
        if spec.submodule_search_locations:
            shutil.copytree(Path(spec.origin).parent, own / name)
        else:
            shutil.copy(spec.origin, own)
    (own / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n{Path(__file__).resolve().parents[2]}\n")
    yield folder / "bin" / "python"
    shutil.rmtree(folder)


@pytest.mark.parametrize("isolation", ["auto", "off"])
def test_it_works(python_below_tmp: Path, isolation: str) -> None:
    code = SCRIPT.format(isolation=isolation, folder=python_below_tmp.parent)
    ran = subprocess.run([python_below_tmp, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "[]"
