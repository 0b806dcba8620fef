"""AWS's SDK for JavaScript drives the service from end to end (tests/clients/node/client.mjs).

Its packages are pinned by tests/clients/node/package-lock.json and installed once, into the user's cache folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import platformdirs

from lablib.environments.runtimes import toolchains
from tests.clients.test_aws_cli import SOURCE
from tests.support import CloudUnderTest, make_zip, require

HERE = Path(__file__).parent / "node"


def packages() -> Path:
    """The node_modules folder with what package-lock.json names."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = platformdirs.user_cache_path("lambda-lab-tests") / f"node-{hashlib.sha256(lock).hexdigest()[:16]}"
    if folder.exists():
        return folder / "node_modules"
    npm = shutil.which("npm")
    require(npm, "npm", "sudo apt-get install npm")
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, made)
        installed = subprocess.run(
            [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=made, capture_output=True, text=True, timeout=300
        )
        failed = installed.stderr.strip()[-500:]
        require(installed.returncode == 0, f"@aws-sdk/client-lambda ({failed})", "npm ci, with a network")
        # Whole or not at all: another run of the tests may be at it too.
        if not folder.exists():
            made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder / "node_modules"


def test_the_sdk_for_javascript(cloud: CloudUnderTest, tmp_path: Path) -> None:
    node = toolchains.find("node")
    require(node, "Node.js", toolchains.TOOLCHAINS["node"].install)
    (tmp_path / "node_modules").symlink_to(packages())
    shutil.copy(HERE / "client.mjs", tmp_path)
    for version in (1, 2):
        (tmp_path / f"{version}.zip").write_bytes(make_zip({"app.py": SOURCE.format(version=version)}))
    (tmp_path / "layer.zip").write_bytes(make_zip({"python/from_layer.py": "NAME = 'layer'"}))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "AWS_ENDPOINT_URL": cloud.url, "AWS_REGION": cloud.region, "AWS_ACCESS_KEY_ID": cloud.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": cloud.credentials.secret_access_key, "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }  # fmt: skip
    ran = subprocess.run(
        [str(node), "client.mjs", cloud.role()], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "done"), ran.stderr
