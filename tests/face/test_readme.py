"""The README keeps its word: its command opens the first lab, whose links work, and it explains what a learner is told."""

from __future__ import annotations

import os
import queue
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import platformdirs
import pytest

from tests.browser.jupyter import CHROMIUM, ROOT, chromium, scroll_to
from tests.face.notebook import Notebook
from tests.support import require

README = (ROOT / "README.md").read_text(encoding="utf-8")

_SHOWS = """path => {
  const context = window.jupyterapp?.shell.currentWidget?.context;
  return context?.path === path && context.isReady;
}"""


@pytest.fixture
def jupyterlab(tmp_path: Path) -> Iterator[str]:
    """The README's own line, run where a learner runs it, without a browser of its own; the address that it prints."""
    course = tmp_path / "course"
    for folder in ("labs", "solutions"):
        shutil.copytree(ROOT / folder, course / folder)
    (line,) = re.findall(r"^ *\.venv/bin/jupyter lab (.*)$", README, re.MULTILINE)
    ours = ["--no-browser", "--ip=127.0.0.1", "--port=0", "--expose-app-in-browser"]
    kept = ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")
    environ = os.environ | {name: str(tmp_path / name.lower()) for name in kept}
    command = [sys.executable, "-m", "jupyterlab", *shlex.split(line), *ours]
    addresses: queue.Queue[str | None] = queue.Queue()
    with subprocess.Popen(command, cwd=course, env=environ, stderr=subprocess.PIPE, text=True) as server:
        reader = threading.Thread(target=_read, args=(server.stderr, addresses))
        reader.start()
        try:
            address = addresses.get(timeout=60)
            assert address is not None, "JupyterLab ended without an address"
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)
            reader.join(timeout=20)


def _read(said: IO[str], addresses: queue.Queue[str | None]) -> None:
    """To its end, so that the server's pipe never fills; the first address on the way."""
    for line in said:
        if found := re.search(r"http://127\.0\.0\.1:\d+/\S+", line):
            addresses.put(found[0])
    addresses.put(None)


def test_the_address_opens_the_first_lab_and_its_link_opens_the_solution(jupyterlab: str) -> None:
    require(CHROMIUM, "Chromium", "sudo apt-get install chromium")
    assert "/lab/tree/labs/00-start-here.ipynb?token=" in jupyterlab
    with chromium() as page:
        page.goto(jupyterlab)
        _wait_for(page, "labs/00-start-here.ipynb")
        scroll_to(page, "### Exercise 00.1")
        page.get_by_role("link", name="The solution").first.click()
        _wait_for(page, "solutions/00-start-here.ipynb")


def _wait_for(page: Any, path: str) -> None:
    page.wait_for_function(_SHOWS, arg=path)


def test_what_a_restarted_kernel_says_is_explained(notebook: Notebook) -> None:
    table = README[README.index("## When something goes wrong") :]
    for cell, said in (
        ("%%lambda_function f\npass", "Cell magic `%%lambda_function` not found"),
        ("lab.invoke('f')", "name 'lab' is not defined"),
    ):
        shown = notebook.run(cell)
        assert said in shown.text + "\n".join(shown.traceback) and said in table


@pytest.mark.skipif(sys.platform != "linux", reason="the README's first folder is Linux's")
def test_progress_is_where_the_readme_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    folder = platformdirs.user_data_path("lambda-lab", appauthor=False).relative_to(Path.home())
    assert f"`~/{folder}`" in README
