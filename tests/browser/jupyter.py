"""JupyterLab in Chromium, as a learner has it: a copy of the labs, a server of its own, a page to drive."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)
_READY = """name => {
  const panel = window.jupyterapp?.shell.currentWidget;
  return panel?.context?.path === name && panel.sessionContext.isReady && !!panel.sessionContext.session?.kernel;
}"""


@contextmanager
def jupyterlab(folder: Path, notebooks: Path, settings: dict[str, dict[str, Any]] | None = None) -> Iterator[str]:
    """JupyterLab over a copy of `notebooks`, all of whose files lie in `folder`; yields its address."""
    work = shutil.copytree(notebooks, folder / "work")
    own = {"@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False}}
    for name, content in (own | (settings or {})).items():
        file = folder / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content), encoding="utf-8")
    environment = os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "IPYTHONDIR": str(folder / "ipython"), "LAMBDA_LAB_HOME": str(folder / "home"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--expose-app-in-browser",
        "--allow-root", "--IdentityProvider.token=", f"--ServerApp.root_dir={work}",
    ]
    said: list[str] = []
    addresses: queue.Queue[str | None] = queue.Queue()
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=work) as server:
        listener = threading.Thread(target=listen, args=(server.stderr, said, addresses))
        listener.start()
        try:
            address = addresses.get(timeout=60)
            if address is None:
                raise RuntimeError("JupyterLab did not start:\n" + "".join(said))
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)
            listener.join(timeout=20)


def listen(lines: Any, said: list[str], addresses: queue.Queue[str | None], address: str = r"http://127\.0\.0\.1:\d+/lab") -> None:
    """Read what the server says to its end, so that its pipe never fills; pass its address on, or None at the end."""
    for line in lines:
        said.append(line)
        if found := re.search(address, line):
            addresses.put(found[0])
    addresses.put(None)


@contextmanager
def chromium(width: int = 1280, height: int = 900) -> Iterator[Any]:
    """A page of a headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        try:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(60_000)
            yield page
        finally:
            browser.close()


def open_notebook(page: Any, address: str, name: str) -> None:
    """Open a notebook and wait until its kernel is ready."""
    page.goto(f"{address}/tree/{name}?reset")
    page.wait_for_function(_READY, arg=name)


def run_all(page: Any) -> None:
    """Run all cells; the command's promise ends when the last one has run."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")


def theme(page: Any, dark: bool) -> None:
    """Switch JupyterLab's theme, and wait until the page has it."""
    name = "JupyterLab Dark" if dark else "JupyterLab Light"
    page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
    page.wait_for_selector(f"body[data-jp-theme-light='{'false' if dark else 'true'}']", state="attached")
    page.wait_for_selector("#jupyterlab-splash", state="detached")  # it covers the page while the theme's styles arrive


def scroll_to(page: Any, source_starts_with: str) -> None:
    """Bring the cell whose source begins so into view: JupyterLab draws only what is near the window."""
    page.evaluate(
        """text => {
          const notebook = window.jupyterapp.shell.currentWidget.content;
          const index = notebook.widgets.findIndex(cell => cell.model.sharedModel.source.startsWith(text));
          notebook.activeCellIndex = index;
          return notebook.scrollToItem(index, 'start');
        }""",
        source_starts_with,
    )
