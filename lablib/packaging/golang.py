"""Go sources and modules to a package: one program that is called `bootstrap`, for provided.al2023 (DG golang-package)."""

from __future__ import annotations

import io
import platform
import re
import sys
import zipfile
from pathlib import Path

from lablib.packaging.archive import Files, walk, workbench
from lablib.packaging.workshop import Workshop, compile_with, identity, source_parts

# What a lone file that imports it is built with (Go module proxy, 2026-11-23).
LAMBDA_MODULE = ("github.com/aws/aws-lambda-go", "v1.55.1")
_MACHINES = {"arm64": "arm64", "x86_64": "amd64"}
_IMPORT = re.compile(r'"([\w.-]+\.[\w.-]+/[^"\s]+)"')  # a path with a dot in its first part is no package of Go's own


def is_go(path: Path) -> bool:
    return (path / "go.mod").is_file() or any(path.glob("*.go")) if path.is_dir() else path.suffix == ".go"


def architecture(shop: Workshop) -> str:
    """The one that was asked for, else this machine's, since it runs here."""
    return shop.architecture or ("arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64")


def build(path: Path, shop: Workshop) -> tuple[bytes, str | None]:
    """The package, and a sentence where it is not one for AWS."""
    go = shop.need("go")
    sources = dict(walk(path)) if path.is_dir() else {path.name: path}
    system = "linux" if sys.platform == "linux" else sys.platform
    environ = {
        "GOOS": system, "GOARCH": _MACHINES[architecture(shop)], "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off",
    }  # fmt: skip
    options = ["-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"]

    def make() -> Files:
        with workbench() as bench:
            into = path
            if "go.mod" not in sources:
                into = bench / "module"
                _module(go, into, sources, shop)
            compile_with([go, "build", *options, "-o", bench / "bootstrap", "."], path.name, cwd=into, environ=environ)
            return {"bootstrap": ((bench / "bootstrap").read_bytes(), True)}

    content = shop.built(["go", identity(go), *options, *environ.values(), *LAMBDA_MODULE, *source_parts(sources)], make)
    return content, None if system == "linux" else f"It was built for {system}: this package is for the local cloud only."


def _module(go: Path, into: Path, sources: dict[str, Path], shop: Workshop) -> None:
    """A module around files that have none. Which versions it needs is asked once and kept with the cache of builds."""
    into.mkdir()
    for name, file in sources.items():
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        (into / name).write_bytes(file.read_bytes())
    text = "".join(file.read_text(encoding="utf-8", errors="replace") for name, file in sources.items() if name.endswith(".go"))
    imports = sorted(set(_IMPORT.findall(text)))
    module, version = LAMBDA_MODULE
    required = f"\nrequire {module} {version}\n" if any(name.startswith(module) for name in imports) else ""
    (into / "go.mod").write_text(f"module lab\n\ngo 1.21\n{required}")
    if imports:
        locked = shop.built(["go.sum", *LAMBDA_MODULE, *imports], lambda: _locked(go, into))
        _unlock(locked, into)


def _locked(go: Path, into: Path) -> Files:
    environ = {"GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-mod=mod"}
    compile_with([go, "mod", "tidy"], "What it imports", cwd=into, environ=environ, failed="could not be fetched (once, a network is needed)")
    return {name: ((into / name).read_bytes(), False) for name in ("go.mod", "go.sum") if (into / name).is_file()}


def _unlock(content: bytes, into: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(into)
