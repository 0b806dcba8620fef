"""Deployment packages: what is refused, and what an unpacked one looks like."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import os
import stat
import struct
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from lablib.cloud.functions import code
from lablib.cloud.functions.code import BadPackage, CodeStore, Emptied, unpack
from lablib.environments.folders import remove_tree
from tests.support import make_zip

NOT_A_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."


def entries(*given: tuple[str, bytes, int]) -> bytes:
    """A zip with these entries: name, content, Unix mode."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content, mode in given:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return out.getvalue()


def link(name: str, target: str) -> tuple[str, bytes, int]:
    return name, target.encode(), stat.S_IFLNK | 0o777


def encrypted() -> bytes:
    """The flag that says so, set in both of an entry's headers."""
    archive = bytearray(make_zip({"a.py": "x"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(signature) + offset] |= 1
    return bytes(archive)


def damaged() -> bytes:
    archive = bytearray(make_zip({"a.py": "x" * 1000}))
    archive[40] ^= 0xFF
    return bytes(archive)


def lying() -> bytes:
    """An entry of 2 MB whose headers say that it has 10 bytes."""
    archive = bytearray(make_zip({"a.bin": b"\0" * (2 << 20)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", archive, archive.index(signature) + offset, 10)
    return bytes(archive)


REFUSED = {
    "nothing": (b"", "Uploaded file must be a non-empty zip"),
    "no zip": (b"print('hello')", NOT_A_ZIP),
    "a zip's beginning": (make_zip({"a.py": "x"})[:40], NOT_A_ZIP),
    "no entries": (make_zip({}), "Uploaded file must be a non-empty zip"),
    "only a folder": (entries(("empty/", b"", stat.S_IFDIR | 0o755)), "Uploaded file must be a non-empty zip"),
    "climbs out": (make_zip({"../evil.py": "x"}), "'../evil.py' points outside the package"),
    "climbs out in the middle": (make_zip({"a/../../evil.py": "x"}), "points outside the package"),
    "absolute": (make_zip({"/etc/evil": "x"}), "points outside the package"),
    "encrypted": (encrypted(), "is encrypted"),
    "damaged": (damaged(), NOT_A_ZIP),
    "headers lie": (lying(), NOT_A_ZIP),
    "twice": (entries(("a.py", b"1", 0o100644), ("./a.py", b"2", 0o100644)), "is in it twice"),
    "a file and a folder": (entries(("a", b"1", 0o100644), ("a/b", b"2", 0o100644)), NOT_A_ZIP),
    "a device": (entries(("null", b"", stat.S_IFCHR | 0o666)), "neither a file, nor a folder, nor a link"),
    "a link to the host": (entries(link("passwd", "/etc/passwd"), ("a.py", b"", 0o644)), "outside the package"),
    "a link that climbs": (entries(link("d/up", "../../x"), ("a.py", b"", 0o644)), "outside the package"),
    "a link through a link": (
        entries(link("d/e", "../f"), link("f", "g"), link("x", "d/e/../../.."), ("g/a", b"", 0o644)),
        "outside the package",
    ),  # fmt: skip
    "a link that another one leads out": (
        entries(link("a", "b/.."), link("b", "."), ("f.py", b"", 0o644)), "outside the package",
    ),
    "a link below a link": (entries(link("a", "d"), link("a/b", "c"), ("d/f.py", b"", 0o644)), "lies below another link"),
    "no name": (entries(("", b"x", 0o644)), "an entry has no name"),
    "a file below a link": (entries(link("d", "e"), ("d/a.py", b"x", 0o644), ("e/b", b"", 0o644)), NOT_A_ZIP),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("archive, words", REFUSED.values(), ids=REFUSED)
def test_refused(archive: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadPackage) as caught:
        unpack(archive, tmp_path / "in" / "code")
    assert words in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) in ([], ["in"])  # nothing was written beside the folder


@pytest.mark.parametrize("size, fits", [(999, True), (1000, False)])
def test_unzipped_size_has_to_be_smaller_than_the_limit(size: int, fits: bool, tmp_path: Path) -> None:
    archive = make_zip({"a": b"x" * (size - 10), "b": b"x" * 10})
    if fits:
        assert unpack(archive, tmp_path / "code", limit=1000) == size
    else:
        with pytest.raises(BadPackage, match="Unzipped size must be smaller than 262144000 bytes"):
            unpack(archive, tmp_path / "code", limit=1000)


def test_size_is_counted_and_not_read_from_the_headers(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(make_zip({"a": b"x" * 5000}))) as opened:
        entry = opened.infolist()[0]
        with pytest.raises(BadPackage, match="Unzipped size"):
            code._write(opened, entry, tmp_path / "a", left=1000)
    assert (tmp_path / "a").stat().st_size < 5000


def test_what_it_unpacks(tmp_path: Path) -> None:
    archive = entries(
        ("lambda_function.py", b"x = 1", 0o100644), ("bin/tool", b"#!", 0o100755), ("lib/a.so", b"", 0o100600),
        link("lib/b.so", "a.so"), link("latest", "lib"),
    )  # fmt: skip
    folder = tmp_path / "code"
    unpack(archive, folder)
    assert (folder / "lambda_function.py").read_text() == "x = 1"
    modes = {str(p.relative_to(folder)): stat.S_IMODE(p.lstat().st_mode) for p in folder.rglob("*") if not p.is_symlink()}
    assert modes == {"lambda_function.py": 0o444, "bin": 0o555, "bin/tool": 0o555, "lib": 0o555, "lib/a.so": 0o444}
    assert os.readlink(folder / "lib/b.so") == "a.so" and (folder / "latest/a.so").exists()
    remove_tree(folder)
    assert not folder.exists()


PARTS = st.lists(st.sampled_from(["a", "b", "..", ".", "", "c.py", "\\", "~", "ü"]), min_size=1, max_size=5)
ENTRIES = st.tuples(
    PARTS.map("/".join), st.binary(max_size=20) | PARTS.map(lambda parts: "/".join(parts).encode()),
    st.sampled_from([0, 0o100644, stat.S_IFLNK | 0o777, stat.S_IFDIR | 0o755]),
)  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@hypothesis.settings(max_examples=200, deadline=None)
@hypothesis.given(st.lists(ENTRIES, min_size=1, max_size=6))
def test_whatever_is_in_it_stays_inside(given: list[tuple[str, bytes, int]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve() / "in" / "code"
        try:
            unpack(entries(*given), folder)
        except BadPackage:
            pass  # refusing is right as well
        else:
            assert all(Path(os.path.realpath(path)).is_relative_to(folder) for path in folder.rglob("*"))
        assert [path.name for path in Path(place).iterdir()] in ([], ["in"])
        remove_tree(folder)


def test_store_keeps_equal_packages_once_and_as_long_as_they_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "GRACE_SECONDS", 0.0)
    archive = make_zip({"a.py": "x"})

    async def scenario() -> None:
        store = CodeStore(tmp_path / "code")
        first, second = await asyncio.gather(store.add(archive), store.add(archive))
        assert first == second and first.size == len(archive)
        assert first.sha256 == base64.b64encode(hashlib.sha256(archive).digest()).decode()
        assert first.archive.read_bytes() == archive
        store.release(first.sha256)
        await settle()
        assert first.folder.exists()  # one user is left
        store.release(first.sha256)
        await settle()
        await asyncio.get_running_loop().shutdown_default_executor()
        assert not first.folder.exists() and store.find(first.sha256) is None

    asyncio.run(scenario())


def test_a_package_that_comes_back_during_the_grace_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "GRACE_SECONDS", 0.05)
    archive = make_zip({"a.py": "x"})

    async def scenario() -> None:
        store = CodeStore(tmp_path / "code")
        package = await store.add(archive)
        store.release(package.sha256)
        await store.add(archive)
        assert not store._removals
        assert package.folder.exists()

    asyncio.run(scenario())


def test_a_package_stays_while_an_environment_runs_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "GRACE_SECONDS", 0.0)

    async def scenario() -> None:
        store = CodeStore(tmp_path / "code")
        package = await store.add(make_zip({"a.py": "x"}))
        running = {package.folder}
        store.in_use = running.__contains__
        store.release(package.sha256)
        await settle()
        assert package.folder.exists() and store.find(package.sha256) is package
        running.clear()
        await settle()
        await asyncio.get_running_loop().shutdown_default_executor()
        assert not package.folder.exists() and not store._removals

    asyncio.run(scenario())


def test_a_refused_package_leaves_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = CodeStore(tmp_path / "code")
        with pytest.raises(BadPackage):
            await store.add(entries(("a.py", b"x", 0o644), link("b", "/etc")))
        assert list((tmp_path / "code").iterdir()) == []

    asyncio.run(scenario())


@pytest.mark.parametrize("how", ["add", "merge"])
def test_what_is_unpacked_while_the_store_is_cleared_is_not_kept(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, cleared = threading.Event(), threading.Event()
    real = {"unpack": code.unpack, "merge": code.merge.merge}

    def held(name: str) -> Any:
        def hold(*arguments: Any) -> Any:
            begun.set()
            assert cleared.wait(10)
            return real[name](*arguments)

        return hold

    async def scenario() -> None:
        store = CodeStore(tmp_path / "code")
        parts = [(await store.add(make_zip({f"{name}.py": "x = 1"}))).sha256 for name in "ab"]
        monkeypatch.setattr(code, "unpack", held("unpack"))
        monkeypatch.setattr(code.merge, "merge", held("merge"))
        work = asyncio.ensure_future(store.add(make_zip({"c.py": "x = 1"})) if how == "add" else store.merge(parts))
        await asyncio.to_thread(begun.wait, 10)
        store.clear()
        cleared.set()
        with pytest.raises(Emptied):
            await work
        assert list((tmp_path / "code").iterdir()) == [] and not store._packages
        with pytest.raises(Emptied):
            await store.merge(parts)
        assert (await store.add(make_zip({"c.py": "x = 1"}))).folder.exists()

    asyncio.run(scenario())


def test_a_hundred_refused_packages_leave_nothing_to_remember(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = CodeStore(tmp_path / "code")
        for number in range(100):
            with pytest.raises(BadPackage):
                await store.add(b"no zip %d" % number)
        assert not store._building

    asyncio.run(scenario())


async def settle() -> None:
    """Let what is due on the loop run."""
    for _ in range(5):
        await asyncio.sleep(0)
