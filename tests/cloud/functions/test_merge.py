"""Several folders as one, compared with what a reader of the rule would do by hand."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.functions.merge import merge

NAMES = st.sampled_from("abc")
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
Tree = dict[str, str]  # path of a file: its text


def fits(tree: Tree) -> bool:
    """Whether no file lies below another one: else it is no tree."""
    return not any(other.startswith(f"{path}/") for path in tree for other in tree)


TREES = st.dictionaries(PATHS, st.sampled_from(["x", "y", ""]), max_size=5).filter(fits)


def by_hand(trees: list[Tree]) -> Tree:
    """Each file in turn takes its place: what was there goes, be it a file, a folder, or a file where it needs a folder."""
    found: Tree = {}
    for tree in trees:
        for path, text in tree.items():
            found = {
                other: kept for other, kept in found.items()
                if other != path and not other.startswith(f"{path}/") and not path.startswith(f"{other}/")
            }  # fmt: skip
            found[path] = text
    return found


def write(folder: Path, tree: Tree) -> Path:
    folder.mkdir()
    for path, text in tree.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def read(folder: Path) -> Tree:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@given(trees=st.lists(TREES, max_size=4))
def test_later_folders_lie_over_earlier_ones(trees: list[Tree]) -> None:
    with tempfile.TemporaryDirectory() as home:
        sources = [write(Path(home, str(number)), tree) for number, tree in enumerate(trees)]
        merge(sources, Path(home, "all"))
        assert read(Path(home, "all")) == by_hand(trees)
        assert [read(source) for source in sources] == trees, "the parts are as they were"
