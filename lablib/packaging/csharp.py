"""C# sources to a package: one assembly, compiled against the machine's .NET and a source-compatible Amazon.Lambda.Core."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

from lablib.packaging.archive import Files, NotPackageable, content_of, walk, workbench
from lablib.packaging.workshop import Workshop, compile_with, source_parts, tree

CORE, SERIALIZATION = "Amazon.Lambda.Core", "Amazon.Lambda.Serialization.SystemTextJson"
HAVE = {CORE, SERIALIZATION}
"""The packages that a project may ask for: what we have a subset of."""

# What a project of the SDK imports without saying so (ImplicitUsings).
_IMPLICIT = tuple(
    "System System.Collections.Generic System.IO System.Linq System.Net.Http System.Threading System.Threading.Tasks".split()
)
_FILE_NAMESPACE = re.compile(r"^([ \t]*namespace[ \t]+[\w.]+)[ \t]*;", re.MULTILINE)
_CLASS = re.compile(r"\bpublic\s+(?:(?:static|sealed|partial)\s+)*class\s+(\w+)")
_METHOD = re.compile(
    r"\bpublic\s+(?:(?:static|async|virtual)\s+)*(?!class\b|async\b|static\b)"
    r"[\w<>\[\],.?]+(?:\s*<[^>]*>)?\s+(\w+)\s*\([^)]*\)\s*(?:\{|=>)"
)


def is_csharp(path: Path) -> bool:
    return any(path.glob("*.csproj")) or any(path.glob("*.cs")) if path.is_dir() else path.suffix == ".cs"


def build(path: Path, shop: Workshop) -> tuple[bytes, str | None, str]:
    """The package, the handler that its sources suggest, and a sentence on what it was compiled with."""
    assembly = path.stem
    files = {path.name: path}
    if path.is_dir():
        files = {name: file for name, file in walk(path) if not {"bin", "obj"}.intersection(Path(name).parts[:-1])}
        assembly = _project(path) or path.name
    assembly = re.sub(r"[^\w.]", "_", assembly)
    sources = {name: file for name, file in files.items() if name.endswith(".cs")}
    if not sources:
        raise NotPackageable(f"The folder {path} holds no C# source.")
    texts = {name: file.read_text(encoding="utf-8-sig", errors="replace") for name, file in sources.items()}
    compiler = shop.csharp()

    def make() -> Files:
        with workbench() as bench:
            (bench / "out").mkdir()
            for name, text in texts.items():
                (bench / name).parent.mkdir(parents=True, exist_ok=True)
                (bench / name).write_text(_as_csharp_7(text), encoding="utf-8")
            command = compiler.command(bench / "out" / f"{assembly}.dll", sorted(texts))
            compile_with(command, path.name, cwd=bench, shown=lambda said: _with_a_word_on_syntax(said, compiler.name))
            others = {name: file for name, file in files.items() if name not in sources and not name.endswith(".csproj")}
            beside = {name: content_of(file) for name, file in others.items()}
            return {**beside, **tree(bench / "out")}

    content = shop.built(["csharp", compiler.identity, assembly, *source_parts(files)], make)
    note = f"{compiler.name} compiled it against a subset of Amazon.Lambda.Core: this package is for the local cloud only."
    if not any("LambdaSerializer" in text for text in texts.values()):
        note += (
            f" It names no serializer: unless its handler takes and returns a Stream, add [assembly: {CORE}.LambdaSerializer("
            f"typeof({SERIALIZATION}.DefaultLambdaJsonSerializer))] below the usings."
        )
    return content, _handler(assembly, texts.values()), note


def _project(folder: Path) -> str | None:
    """The assembly's name in the folder's project file; None where there is none."""
    projects = sorted(folder.glob("*.csproj"))
    if not projects:
        return None
    root = ET.parse(projects[0]).getroot()
    lacking = sorted({str(item.get("Include")) for item in root.iter("PackageReference")} - HAVE)
    if lacking:
        raise NotPackageable(
            f"{projects[0].name} needs {', '.join(lacking)}, and the local cloud fetches no NuGet packages: "
            "build it (dotnet publish) and deploy the folder's zip, or do without."
        )
    named = root.find(".//AssemblyName")
    return named.text if named is not None and named.text else projects[0].stem


def _with_a_word_on_syntax(said: str, compiler: str) -> str:
    """CS1525 is what mcs says of a word it does not know."""
    if compiler != "mcs" or "error CS1525:" not in said:
        return said.strip()
    return f"{said.strip()}\n\n(mcs knows C# 7, and little of what came later, such as records: a newer compiler may take it.)"


def _as_csharp_7(text: str) -> str:
    """Today's templates as an older compiler reads them, every line in its place: implicit usings, a namespace for the file."""
    text, count = _FILE_NAMESPACE.subn(r"\1 {", text)
    named = set(re.findall(r"^\s*using\s+([\w.]+)\s*;", text, re.MULTILINE))
    usings = " ".join(f"using {name};" for name in _IMPLICIT if name not in named)
    return f"#pragma warning disable 0105\n{usings}\n#line 1\n{text}" + ("\n}" if count else "")


def _handler(assembly: str, texts: Iterable[str]) -> str | None:
    """`Assembly::Namespace.Class::Method`: the method called FunctionHandler, as in AWS's templates, else a lone public one."""
    lone = []
    for text in texts:
        found = re.search(r"^\s*namespace\s+([\w.]+)", text, re.MULTILINE)
        prefix = f"{found[1]}." if found else ""
        classes = [(named[1], named.start(), _end(text, named.end())) for named in _CLASS.finditer(text)]
        for method in _METHOD.finditer(text):
            around = [name for name, start, end in classes if start < method.start() < end]
            if not around or method[1] == around[-1]:
                continue
            handler = f"{assembly}::{prefix}{'+'.join(around)}::{method[1]}"
            if method[1] == "FunctionHandler":
                return handler
            lone.append(handler)
    return lone[0] if len(lone) == 1 else None


def _end(text: str, at: int) -> int:
    """Where the block that begins after `at` is closed."""
    depth = 0
    for brace in re.finditer("[{}]", text[at:]):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return at + brace.end()
    return len(text)
