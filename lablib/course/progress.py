"""What a learner has done, kept in their data folder and never in the repository.

One JSON file. It is written whole to a temporary file and then renamed, under a lock that every notebook takes, so
that two notebooks lose nothing and a crash leaves the old file. A file that cannot be read is kept aside and said.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import platformdirs

HOME_VARIABLE = "LAMBDA_LAB_HOME"


def home() -> Path:
    """The learner's folder: `LAMBDA_LAB_HOME`, else the platform's data folder."""
    chosen = os.environ.get(HOME_VARIABLE)
    return Path(chosen) if chosen else platformdirs.user_data_path("lambda-lab", appauthor=False)


@dataclass(frozen=True)
class Record:
    """The file's content: exercises done, predictions committed (id to key), quizzes answered right."""

    done: frozenset[str] = frozenset()
    predictions: dict[str, str] = field(default_factory=dict)
    quizzes: frozenset[str] = frozenset()

    def to_json(self) -> str:
        content = {"done": sorted(self.done), "predictions": self.predictions, "quizzes": sorted(self.quizzes)}
        return json.dumps(content, indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Record:
        """Raises ValueError when `text` is no record of ours."""
        try:
            content: Any = json.loads(text)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        if not isinstance(content, dict):
            raise ValueError("not a JSON object")
        done, quizzes = content.get("done", []), content.get("quizzes", [])
        predictions = content.get("predictions", {})
        if not (_words(done) and _words(quizzes) and isinstance(predictions, dict) and _words(list(predictions.values()))):
            raise ValueError("fields of an unexpected type")
        return cls(frozenset(done), dict(predictions), frozenset(quizzes))


class Progress:
    """The record in one folder.

    Parameters
    ----------
    folder : Path
        Made when something is first kept.

    Attributes
    ----------
    notes : list of str
        Sentences that the learner should see: a broken file kept aside, a folder that cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "progress.json"
        self.notes: list[str] = []

    @classmethod
    def of_this_learner(cls) -> Progress:
        return cls(home())

    def done(self) -> frozenset[str]:
        """Ids of the exercises that were ✅ once."""
        return self.read().done

    def prediction(self, name: str) -> str | None:
        """The key committed for a prediction, or None."""
        return self.read().predictions.get(name)

    def keep_done(self, exercise: str) -> None:
        self._change(lambda old: replace(old, done=old.done | {exercise}))

    def keep_prediction(self, name: str, key: str) -> None:
        self._change(lambda old: replace(old, predictions={**old.predictions, name: key}))

    def keep_quiz(self, name: str) -> None:
        self._change(lambda old: replace(old, quizzes=old.quizzes | {name}))

    def say(self) -> None:
        """Print the notes there are, once."""
        while self.notes:
            print(self.notes.pop(0))

    def read(self) -> Record:
        """The record; an empty one when there is none, or none that can be read (then `notes` says so)."""
        try:
            return self._parse()
        except ValueError:
            return self._change(lambda old: old)  # under the lock: another notebook may be mending it just now
        except OSError as error:
            self.notes.append(f"Your progress in {self.file} cannot be read ({error.strerror}).")
            return Record()

    def _parse(self) -> Record:
        try:
            return Record.from_json(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Record()

    def _change(self, step: Callable[[Record], Record]) -> Record:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self.file.with_suffix(".lock")):
                try:
                    old = self._parse()
                except ValueError as error:
                    self.notes.append(self._keep_aside(error))
                    old = Record()
                new = step(old)
                if new != old:
                    _write_whole(self.file, new.to_json())
                return new
        except OSError as error:
            reason = error.strerror or str(error)
            self.notes.append(
                f"Your progress cannot be kept in {self.file.parent} ({reason}). Set {HOME_VARIABLE} to a folder you can write."
            )
            return Record()

    def _keep_aside(self, error: ValueError) -> str:
        taken = {path.name for path in self.file.parent.glob("progress.broken-*.json")}
        name = next(name for n in itertools.count(1) if (name := f"progress.broken-{n}.json") not in taken)
        os.replace(self.file, self.file.with_name(name))
        return f"Your progress file was damaged ({error}). It is kept as {name} in {self.file.parent}; a new one starts empty."


def _words(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _write_whole(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".progress-", suffix=".json")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
