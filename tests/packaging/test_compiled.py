"""Java, C# and Go to packages: what is in them, what is kept, and that it works again without a network."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lablib.environments.runtimes import toolchains
from lablib.packaging import BuildCache, CSharp, JavaCompiler, NotPackageable, Package, Workshop, from_cell, from_path
from lablib.toolbox import workshop
from tests.face.test_languages import CSHARP, GO, JAVA
from tests.support import require

POM = """<project>
  <modelVersion>4.0.0</modelVersion><groupId>example</groupId><artifactId>hello</artifactId><version>1</version>
  <properties>
    <maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies><dependency>
    <groupId>com.amazonaws</groupId><artifactId>aws-lambda-java-core</artifactId><version>1.4.0</version>
  </dependency></dependencies>
</project>
"""
CSPROJ = """<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net8.0</TargetFramework><AssemblyName>Shop</AssemblyName></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Amazon.Lambda.Core" Version="2.5.0" />
    <PackageReference Include="Amazon.Lambda.Serialization.SystemTextJson" Version="2.4.4" />{more}
  </ItemGroup>
</Project>
"""
NO_NETWORK = {
    "GOPROXY": "off", "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9",
    "MAVEN_OPTS": "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=9 -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=9",
}  # fmt: skip


class Counted:
    """A workshop whose compilers note each start, with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._notes = folder / "starts"
        real = workshop()
        self.shop: Workshop = replace(
            real,
            cache=BuildCache(folder / "builds"),
            need=lambda name: self._wrapped(real.need(name)),
            csharp=lambda: self._csharp(real.csharp()),
            java=lambda: self._java(real.java()),
        )

    @property
    def starts(self) -> int:
        return len(self._notes.read_text().splitlines()) if self._notes.exists() else 0

    def _wrapped(self, program: Path) -> Path:
        wrapper = self._folder / f"{program.name}.sh"
        if not wrapper.exists():
            wrapper.write_text(f'#!/bin/sh\necho started >> "{self._notes}"\nexec "{program}" "$@"\n')
            wrapper.chmod(0o755)
        return wrapper

    def _java(self, real: JavaCompiler) -> JavaCompiler:
        return replace(real, command=(str(self._wrapped(Path(real.command[0]))), *real.command[1:]))

    def _csharp(self, real: CSharp) -> CSharp:
        def command(out: Path, sources: Sequence[str]) -> list[str]:
            program, *rest = real.command(out, sources)
            return [str(self._wrapped(Path(program))), *rest]

        return replace(real, command=command)


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    (tmp_path / "workshop").mkdir()
    return Counted(tmp_path / "workshop")


def java(folder: Path) -> Path:
    (folder / "Hello.java").write_text(JAVA)
    return folder / "Hello.java"


def maven(folder: Path) -> Path:
    sources = folder / "hello" / "src" / "main" / "java" / "example"
    sources.mkdir(parents=True)
    (sources / "Hello.java").write_text(JAVA)
    (folder / "hello" / "pom.xml").write_text(POM)
    return folder / "hello"


def csharp(folder: Path) -> Path:
    (folder / "Hello.cs").write_text(CSHARP)
    return folder / "Hello.cs"


def go(folder: Path) -> Path:
    (folder / "hello.go").write_text(GO)
    return folder / "hello.go"


SOURCES = [
    (java, "javac", {"example/Hello.class", "lib/aws-lambda-java-core-1.4.0.jar"}),
    (maven, "mvn", {"example/Hello.class", "lib/aws-lambda-java-core-1.4.0.jar"}),
    (csharp, "mcs", {"Hello.dll"}),
    (go, "go", {"bootstrap"}),
]
each = pytest.mark.parametrize(("make", "needs", "files"), SOURCES, ids=[make.__name__ for make, *_ in SOURCES])


@each
def test_a_build_is_kept(make: Callable[[Path], Path], needs: str, files: set[str], tmp_path: Path, counted: Counted) -> None:
    require(toolchains.find(needs), needs, toolchains.TOOLCHAINS[needs].install)
    source = make(tmp_path)
    first = from_path(source, counted.shop)
    assert first.files == files
    starts = counted.starts
    assert starts >= 1
    assert from_path(source, counted.shop).content == first.content
    assert counted.starts == starts, "the sources are the same: no compiler is started"


@each
def test_what_was_fetched_serves_without_a_network(
    make: Callable[[Path], Path], needs: str, files: set[str], tmp_path: Path, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(toolchains.find(needs), needs, toolchains.TOOLCHAINS[needs].install)
    source = make(tmp_path)
    from_path(source, counted.shop)
    starts = counted.starts
    for name, value in NO_NETWORK.items():
        monkeypatch.setenv(name, value)
    (changed,) = [path for path in ([source] if source.is_file() else source.rglob("*.java"))]
    changed.write_text(changed.read_text() + "\n// changed\n")
    assert from_path(source, counted.shop).files == files
    assert counted.starts > starts, "the sources are others: they are compiled again"


def _program(package: Package) -> bytes:
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        entry = archive.getinfo("bootstrap")
        assert entry.external_attr >> 16 & 0o111, "a bootstrap is executable"
        return archive.read(entry)


@pytest.mark.parametrize(("architecture", "machine"), [("x86_64", 0x3E), ("arm64", 0xB7)])
def test_go_is_built_for_the_architecture(architecture: str, machine: int, tmp_path: Path) -> None:
    require(toolchains.find("go"), "go", toolchains.TOOLCHAINS["go"].install)
    package = from_path(go(tmp_path), workshop(architecture=architecture))
    content = _program(package)
    assert content[:4] == b"\x7fELF" and content[18] == machine
    assert (package.architecture, package.family, package.handler) == (architecture, "provided", "bootstrap")


def test_a_go_module_keeps_its_own_versions(tmp_path: Path, counted: Counted) -> None:
    require(toolchains.find("go"), "go", toolchains.TOOLCHAINS["go"].install)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "go.mod").write_text("module mine\n\ngo 1.21\n")
    (tmp_path / "mine" / "main.go").write_text('package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n')
    assert from_path(tmp_path / "mine", counted.shop).files == {"bootstrap"}


def test_a_java_folder_brings_its_jars_and_resources(tmp_path: Path, counted: Counted) -> None:
    require(toolchains.find("javac"), "javac", toolchains.TOOLCHAINS["javac"].install)
    folder = tmp_path / "shop"
    (folder / "lib").mkdir(parents=True)
    java(folder)
    (folder / "settings.properties").write_text("a=b\n")
    with zipfile.ZipFile(folder / "lib" / "tools.jar", "w") as archive:
        archive.writestr("tools.txt", "nothing")
    package = from_path(folder, counted.shop)
    assert package.files == {"example/Hello.class", "settings.properties", "lib/tools.jar", "lib/aws-lambda-java-core-1.4.0.jar"}


def test_java_is_compiled_for_the_runtime_that_was_asked_for(tmp_path: Path) -> None:
    require(toolchains.find("javac"), "javac", toolchains.TOOLCHAINS["javac"].install)
    content = from_path(java(tmp_path), workshop(runtime="java11")).read("example/Hello.class")
    assert content[7] == 44 + 11  # class file version of Java 11


def test_java_events_come_along(tmp_path: Path, counted: Counted) -> None:
    require(toolchains.find("javac"), "javac", toolchains.TOOLCHAINS["javac"].install)
    (tmp_path / "Sizes.java").write_text(
        "import com.amazonaws.services.lambda.runtime.events.SQSEvent;\n"
        "public class Sizes { public int sizes(SQSEvent event) { return event.getRecords().size(); } }\n"
    )
    package = from_path(tmp_path / "Sizes.java", counted.shop)
    assert any(re.fullmatch(r"lib/aws-lambda-java-events-[\d.]+\.jar", name) for name in package.files)
    assert package.handler == "Sizes::sizes"


def test_a_mistake_in_a_maven_project(tmp_path: Path, counted: Counted) -> None:
    require(toolchains.find("mvn"), "mvn", toolchains.TOOLCHAINS["mvn"].install)
    project = maven(tmp_path)
    source = project / "src/main/java/example/Hello.java"
    source.write_text(JAVA.replace("getFunctionName", "getName"))
    with pytest.raises(NotPackageable) as raised:
        from_path(project, counted.shop)
    assert str(raised.value).startswith("The Maven project hello does not compile:\n\n")
    assert "src/main/java/example/Hello.java:[10,67] cannot find symbol" in str(raised.value)
    assert "Help" not in str(raised.value)


def test_a_gradle_project_is_its_owners_to_build(tmp_path: Path, counted: Counted) -> None:
    (tmp_path / "build.gradle").write_text("plugins { id 'java' }\n")
    with pytest.raises(NotPackageable, match="is a Gradle project, which only Gradle builds"):
        from_path(tmp_path, counted.shop)


def test_a_csharp_project(tmp_path: Path, counted: Counted) -> None:
    require(toolchains.find("mcs"), "mcs", toolchains.TOOLCHAINS["mcs"].install)
    folder = tmp_path / "shop"
    (folder / "obj").mkdir(parents=True)
    (folder / "Shop.csproj").write_text(CSPROJ.format(more=""))
    (folder / "Function.cs").write_text(CSHARP)
    (folder / "obj" / "Generated.cs").write_text("this is no C#")
    (folder / "prices.json").write_text(json.dumps({"tea": 2}))
    package = from_path(folder, counted.shop)
    assert package.files == {"Shop.dll", "prices.json"}
    assert package.handler == "Shop::Greeting.Function::FunctionHandler"
    (folder / "Shop.csproj").write_text(CSPROJ.format(more='<PackageReference Include="AWSSDK.S3" Version="4" />'))
    with pytest.raises(NotPackageable, match="Shop.csproj needs AWSSDK.S3, and the local cloud fetches no NuGet packages"):
        from_path(folder, counted.shop)


def test_what_a_package_is_tells_its_files(tmp_path: Path) -> None:
    table = {
        "index.mjs": ("nodejs", "index.handler"), "index.js": ("nodejs", "index.handler"),
        "lambda_function.rb": ("ruby", "lambda_function.lambda_handler"),
        "bootstrap": ("provided", "bootstrap"), "pkg/Hello.class": ("java", None),
        "lib/hello.jar": ("java", None), "Hello.dll": ("dotnet", None),
        "app.py": ("python", "app.lambda_handler"), "data.txt": ("python", "lambda_function.lambda_handler"),
    }  # fmt: skip
    for name, (family, handler) in table.items():
        with zipfile.ZipFile(tmp_path / "function.zip", "w") as archive:
            archive.writestr(name, "")
        package = from_path(tmp_path / "function.zip")
        assert (package.family, package.default_handler) == (family, handler), name


CELLS = [
    ("nodejs22.x", "export const handler = async () => 1;", "index.mjs", "index.handler", "nodejs"),
    ("ruby3.4", "def lambda_handler(event:, context:) = 1", "lambda_function.rb", "lambda_function.lambda_handler", "ruby"),
    ("provided.al2023", "#!/bin/sh\nexit 1", "bootstrap", "bootstrap", "provided"),
    ("java17", JAVA, "example/Hello.class", "example.Hello::handleRequest", "java"),
    ("dotnet8", CSHARP, "Function.dll", "Function::Greeting.Function::FunctionHandler", "dotnet"),
    ("provided.al2023", GO, "bootstrap", "bootstrap", "provided"),
]


def test_the_handler_of_a_class_with_classes_in_it(tmp_path: Path) -> None:
    require(toolchains.find("mcs"), "a C# compiler", toolchains.TOOLCHAINS["mcs"].install)
    (tmp_path / "Shop.cs").write_text("""
using Amazon.Lambda.Core;
namespace Example {
    public class Orders {
        public class Order { public string Id { get; set; } }
        public class Receipt { public string Id { get; set; } }
        public Receipt HandleRequest(Order order, ILambdaContext context) { return new Receipt { Id = order.Id }; }
    }
}""")
    assert from_path(tmp_path / "Shop.cs", workshop()).handler == "Shop::Example.Orders::HandleRequest"


@pytest.mark.parametrize(("runtime", "code", "file", "handler", "family"), CELLS, ids=[f"{row[0]}-{row[2]}" for row in CELLS])
def test_a_cell_in_the_language_of_its_runtime(runtime: str, code: str, file: str, handler: str, family: str) -> None:
    for name in {"java17": ["javac"], "dotnet8": ["mcs"]}.get(runtime, ["go"] if code == GO else []):
        require(toolchains.find(name), name, toolchains.TOOLCHAINS[name].install)
    package = from_cell(code, runtime, workshop(runtime))
    assert file in package.files
    assert (package.default_handler, package.family, package.is_cell) == (handler, family, True)
    if family in ("nodejs", "ruby"):
        assert package.read(file).decode().splitlines()[1:] == code.splitlines(), "lines are counted as the notebook counts them"


def test_the_cache_has_a_cap_and_keeps_what_was_used(tmp_path: Path) -> None:
    cache = BuildCache(tmp_path / "builds", cap_bytes=250)
    for name in ("a", "b"):
        cache.put(name, bytes(100))
    assert cache.get("a") == bytes(100)  # used: b is now the older one
    cache.put("c", bytes(100))
    assert [cache.get(name) is not None for name in ("a", "b", "c")] == [True, False, True]
    cache.put("large", bytes(1000))
    assert [cache.get(name) is not None for name in ("a", "c", "large")] == [False, False, True]
    assert sorted(path.name for path in (tmp_path / "builds").iterdir()) == ["large.zip"]


def test_csharp_that_is_too_new_is_said_to_be() -> None:
    require(toolchains.find("mcs"), "a C# compiler", toolchains.TOOLCHAINS["mcs"].install)
    if workshop("dotnet8").csharp().name != "mcs":
        pytest.skip("this machine's compiler knows records")
    with pytest.raises(NotPackageable, match=r"error CS1525: Unexpected symbol `record'(.|\n)*mcs knows C# 7"):
        from_cell("public record Person(string Name);", "dotnet8", workshop("dotnet8"))
