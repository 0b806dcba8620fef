"""Java sources and Maven projects to a package: classes at its root, libraries in lib/ (DG java-package, 2026)."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from lablib.packaging.archive import Files, NotPackageable, content_of, walk, workbench
from lablib.packaging.workshop import Workshop, compile_with, identity, source_parts, tree

_EVENTS = "com.amazonaws.services.lambda.runtime.events"
_COPY_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies"
_PROJECTS = {"build.gradle": "gradle buildZip, or gradle jar", "build.gradle.kts": "gradle buildZip, or gradle jar"}
_NO_HANDLERS = ("main", "toString", "equals", "hashCode")
_CLASS = re.compile(r"\bpublic\s+(?:(?:final|static|strictfp)\s+)*class\s+(\w+)([^{]*)\{")
_METHOD = re.compile(
    r"\bpublic\s+(?!class\b)(?:(?:static|final|synchronized)\s+)*"
    r"[\w<>\[\],.? ]+?\s+(\w+)\s*\([^)]*\)\s*(?:throws[\w\s.,]+)?\{"
)


def is_java(path: Path) -> bool:
    if path.is_dir():
        return (path / "pom.xml").is_file() or any((path / name).is_file() for name in _PROJECTS) or any(path.rglob("*.java"))
    return path.suffix == ".java"


def build(path: Path, shop: Workshop) -> tuple[bytes, str | None]:
    """The package, and the handler that its sources suggest."""
    if path.is_dir():
        for name, how in _PROJECTS.items():
            if (path / name).is_file():
                said = f"{path} is a Gradle project, which only Gradle builds: run {how}, and deploy the file it makes."
                raise NotPackageable(said)
        sources = {name: file for name, file in walk(path) if not name.startswith("target/")}
    else:
        sources = {path.name: path}
    java = {name: file for name, file in sources.items() if name.endswith(".java") and not name.startswith("src/test/")}
    handler = _handler({name: file.read_text(encoding="utf-8", errors="replace") for name, file in java.items()})
    if "pom.xml" in sources:
        return _maven(path, sources, shop), handler
    return _javac(path, sources, java, shop), handler


def _maven(path: Path, sources: dict[str, Path], shop: Workshop) -> bytes:
    maven = shop.need("mvn")

    def make() -> Files:
        with workbench() as bench:
            for name, file in sources.items():
                (bench / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, bench / name)
            copied = [_COPY_DEPENDENCIES, "-DincludeScope=runtime", f"-DoutputDirectory={bench}/lib"]
            goals = ["-B", "-q", "-Dstyle.color=never", "-DskipTests", "compile", *copied]
            project = f"The Maven project {path.name}"
            try:
                compile_with([maven, "-o", *goals], project, cwd=bench)
            except NotPackageable:  # something has to be fetched first, or it is the learner's mistake
                compile_with([maven, *goals], project, cwd=bench, shown=lambda said: _errors(said, bench))
            classes = tree(bench / "target" / "classes")
            return {**classes, **{f"lib/{name}": content for name, content in tree(bench / "lib").items()}}

    return shop.built(["maven", identity(maven), *source_parts(sources)], make)


def _errors(said: str, bench: Path) -> str:
    """What is wrong, of all that Maven says; files by their path in the project."""
    lines = [line.removeprefix("[ERROR] ") for line in said.splitlines() if line.startswith("[ERROR] ")]
    advice = ("To see the full", "Re-run", "For more")
    kept = [line for line in lines if line.strip() and "[Help" not in line and not line.startswith(advice)]
    return "\n".join(dict.fromkeys(kept)).replace(f"{bench}/", "") or said


def _javac(path: Path, sources: dict[str, Path], java: dict[str, Path], shop: Workshop) -> bytes:
    javac = shop.java()
    text = "".join(file.read_text(encoding="utf-8", errors="replace") for file in java.values())
    libraries = shop.java_libraries("core") + (shop.java_libraries("events") if _EVENTS in text else [])
    own = [file for name, file in sources.items() if name.endswith(".jar")]
    asked = re.fullmatch(r"java(\d+).*", shop.runtime or "")
    options = ["-encoding", "UTF-8", *javac.for_version(int(asked[1]) if asked else javac.newest), "-parameters"]
    root = path if path.is_dir() else path.parent

    def make() -> Files:
        with workbench() as bench:
            search = ":".join(str(jar) for jar in [*libraries, *own])
            compile_with([*javac.command, *options, "-cp", search, "-d", bench, *sorted(java)], path.name, cwd=root)
            others = {name: file for name, file in sources.items() if name not in java and file not in own}
            beside = {name.removeprefix("src/main/resources/"): content_of(file) for name, file in others.items()}
            jars = {f"lib/{jar.name}": content_of(jar) for jar in [*libraries, *own]}
            return {**beside, **tree(bench), **jars}

    return shop.built(["java", javac.identity, *options, *(jar.name for jar in libraries), *source_parts(sources)], make)


def _handler(sources: dict[str, str]) -> str | None:
    """`pkg.Class::handleRequest` of the class that is one of AWS's handlers, or has that method; else a lone public method."""
    lone = []
    for text in sources.values():
        found = re.search(r"^\s*package\s+([\w.]+)\s*;", text, re.MULTILINE)
        prefix = f"{found[1]}." if found else ""
        for name, extends in _CLASS.findall(text):
            methods = [method for method in _METHOD.findall(text) if method != name]
            if re.search(r"\bRequest(Stream)?Handler\b", extends) or "handleRequest" in methods:
                return f"{prefix}{name}::handleRequest"
            lone += [f"{prefix}{name}::{method}" for method in methods if method not in _NO_HANDLERS]
    return lone[0] if len(lone) == 1 else None
