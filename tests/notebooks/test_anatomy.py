"""Every lab is built as the course promises: its parts, their order and their size. (nbval runs the cells themselves.)"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lablib.course.catalogue import LABS, LabCard
from lablib.course.question_bank import PREDICTIONS, QUIZZES

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = [lab for lab in LABS if lab.written]
EACH = pytest.mark.parametrize("lab", WRITTEN, ids=lambda lab: lab.slug)
BOTH = pytest.mark.parametrize("folder", ["labs", "solutions"])


def cells(lab: LabCard, folder: str = "solutions") -> list[Any]:
    return list(nbformat.read(ROOT / folder / f"{lab.slug}.ipynb", as_version=4).cells)


def words(lab: LabCard) -> str:
    return "\n\n".join(cell.source for cell in cells(lab) if cell.cell_type == "markdown")


def code(lab: LabCard, folder: str = "solutions") -> list[str]:
    return [cell.source for cell in cells(lab, folder) if cell.cell_type == "code"]


@EACH
@BOTH
def test_size(lab: LabCard, folder: str) -> None:
    assert 25 <= len(cells(lab, folder)) <= 40
    assert len(words(lab).split()) <= 1500
    assert max(len(source.split("\n")) for source in code(lab, folder)) <= 12


@EACH
@BOTH
def test_starts_with_the_title_then_one_set_up_cell(lab: LabCard, folder: str) -> None:
    title, setup, *rest = cells(lab, folder)
    assert title.source.startswith(f"# {lab.title}\n")
    for part in ("**You will make**", "**You will learn**", "minutes", "the course map", "next: "):
        assert part in title.source
    assert len(re.findall(r"\*\w[^*]*\*(?!\*)", title.source.split("**You will learn**")[1])) == 3, "three verbs"
    assert setup.cell_type == "code" and len(setup.source.split("\n")) <= 5
    said = setup.outputs[0].text
    assert "functions run on this machine" in said and "nothing is billed" in said
    assert not [cell for cell in rest if "lablib.start(" in cell.source]


@EACH
def test_parts_come_in_order(lab: LabCard) -> None:
    headings = [line for cell in cells(lab) for line in cell.source.split("\n") if re.match(r"## ", line)]
    order = ["Win first", "Predict", "Modify", "Bug hunt", "Make", "Recap", "In practice", "Stretch goals"]
    places = [next(i for i, heading in enumerate(headings) if heading.startswith(f"## {part}")) for part in order]
    assert places == sorted(places), headings


@EACH
def test_wins_within_the_first_cells(lab: LabCard) -> None:
    first = [cell for cell in cells(lab)[:6] if cell.cell_type == "code"]
    assert any("lab.invoke(" in cell.source and cell.outputs for cell in first)


@EACH
def test_each_prediction_is_committed_before_and_compared_after(lab: LabCard) -> None:
    source = "\n".join(code(lab))
    mine = [name for name in PREDICTIONS if name.startswith(lab.number)]
    assert mine
    for name in mine:
        asked, compared = source.index(f'lab.predict("{name}")'), source.index(f'lab.predict("{name}", got=')
        assert asked < compared


@EACH
def test_the_cells_that_answer_a_prediction_are_stored_without_their_outputs_in_labs(lab: LabCard) -> None:
    solved, unsolved = cells(lab), cells(lab, "labs")
    answering = [cell["id"] for cell in solved if re.search(r"lab\.predict\(.*got=", cell.source)]
    assert answering == [cell["id"] for cell in solved if "reveals" in cell.metadata.get("tags", [])]
    assert all(cell.outputs for cell in solved if cell["id"] in answering)
    for cell in unsolved:
        if cell["id"] in answering:
            assert cell.outputs == [] and cell.metadata.tags == ["reveals", "nbval-ignore-output"]
        else:
            assert "nbval-ignore-output" not in cell.metadata.get("tags", [])


@EACH
def test_the_figures_of_a_notebook_agree(lab: LabCard) -> None:
    """Where a figure is shown twice it is the same: what is stored comes from one run."""
    for folder in ("labs", "solutions"):
        shown = {cell["id"]: str(cell.outputs) for cell in cells(lab, folder) if cell.get("outputs")}
        if "report-line" in shown:
            init = re.search(r"Init Duration: ([\d.]+ ms)", shown["report-line"])
            assert init and f"cold start: {init[1]} to initialise" in shown["win-invoke"]


@EACH
def test_two_quiz_questions(lab: LabCard) -> None:
    source = "\n".join(code(lab))
    asked = re.findall(r'lab\.quiz\("([^"]+)"\)', source)
    assert asked == [name for name in QUIZZES if name.startswith(lab.number)] and len(asked) == 2


@EACH
def test_each_exercise_has_an_instruction_an_example_three_hints_a_stub_and_a_check(lab: LabCard) -> None:
    solved, unsolved = cells(lab), cells(lab, "labs")
    assert re.findall(r'lab\.check\("([^"]+)"\)', "\n".join(code(lab))) == list(lab.exercises)
    for exercise in lab.exercises:
        at = next(i for i, cell in enumerate(solved) if f"### Exercise {exercise}\n" in cell.source)
        asked = solved[at].source.split(f"### Exercise {exercise}\n")[1]
        assert "```\n" in asked and "answer: " in asked, "an example in sight"
        hints = re.findall(r"<details><summary>Hint (\d): ([^<]+)</summary>", asked)
        assert hints == [("1", "a nudge"), ("2", "what to use"), ("3", "nearly the code")]
        assert f"(../solutions/{lab.slug}.ipynb)" in asked
        assert "### BEGIN SOLUTION" in solved[at + 1].source
        assert "raise NotImplementedError" in unsolved[at + 1].source
        assert solved[at + 2].source == f'lab.check("{exercise}")'


@EACH
def test_every_check_is_open_in_the_lab_and_done_in_the_solution(lab: LabCard) -> None:
    for folder, mark in (("labs", "⏳"), ("solutions", "✅")):
        shown = [cell.outputs[0].data["text/plain"] for cell in cells(lab, folder) if cell.source.startswith("lab.check(")]
        assert [text[: len(f"{mark} {exercise} ")] for text, exercise in zip(shown, lab.exercises, strict=True)] == [
            f"{mark} {exercise} " for exercise in lab.exercises
        ]


@EACH
@BOTH
def test_every_picture_has_a_line_of_text_and_says_how_to_read_it(lab: LabCard, folder: str) -> None:
    found = cells(lab, folder)
    pictures = [i for i, cell in enumerate(found) if re.match(r"lab\.(map|picture)\(", cell.source)]
    assert pictures
    for i in pictures:
        data = found[i].outputs[0].data
        assert set(data) == {"image/png", "text/plain"} and not data["text/plain"].startswith(("<", "VBox"))
        assert re.search(r"^1\. ", found[i - 1].source, re.MULTILINE), "directed moves before the picture"
        assert found[i + 1].source.startswith("**How to read it.**")


@EACH
def test_in_practice_has_a_dated_cost(lab: LabCard) -> None:
    practice = words(lab).split("## In practice")[1].split("## Stretch")[0]
    assert re.search(r"= 0\.\d+ USD \(us-east-1, prices of \w+ 20\d\d\)", practice)


@EACH
def test_the_printed_cost_is_what_the_figures_give(lab: LabCard) -> None:
    """Requests and GB-seconds, the latter as a product of seconds and GB where that is how the lab says it."""
    found = re.search(r"([\d,]+) × 0\.0000002 \+ ([\d.]+) (?:s × ([\d.]+) GB|GB-s) × 0\.0000166667 = ([\d.]+) USD", words(lab))
    assert found
    n, s, gb, usd = (float((part or "1").replace(",", "")) for part in found.groups())
    assert usd == pytest.approx(n * 0.0000002 + s * gb * 0.0000166667, rel=0.02)
    assert n >= sum(source.count("nvoke(") for source in code(lab))


@EACH
@BOTH
def test_links_lead_somewhere(lab: LabCard, folder: str) -> None:
    for target in re.findall(r"\]\(([^)#]+\.ipynb)[^)]*\)", words(lab)):
        assert (ROOT / folder / target).exists(), target


TERMS = {
    "08": ("GB-second", "free tier", "INIT", "vCPU", "power tuning", "arm64", "break-even",
           "REPORT line"),
    "00": ("package", "handler", "event", "invokes", "execution environment", "invocation"),
    "04": ("log stream", "execution environment", "concurrency", "fleet", "INIT", "reserve", "throttled"),
    "01": ("handler", "event", "context", "boto3", "role", "ARN", "Region", "Availability Zone"),
    "03": ("OS-only runtime", "bootstrap", "Runtime API", "managed runtime", "mode", "layer", "execution environment", "handler", "cold",
           "warm", "INIT", "ARN"),
    "02": ("handler", "event", "event source", "object", "bucket", "key", "policy", "notification", "boto3", "ARN", "synchronous", "poll",
           "topic", "rule", "poller", "event source mapping", "role", "stream", "batche"),
    "07": ("cold start", "execution environment", "handler", "INIT", "REPORT line", "Init Duration", "client", "reclaimed", "Provisioned concurrency",
           "published version", "on demand", "SnapStart", "snapshot", "package", "container image", "invocation"),
    "06": ("handler", "event", "quota", "invocation", "payload", "layer", "package", "container image", "throttled"),
    "05": ("global variable", "state", "execution environment", "log stream", "stateless", "bucket", "table", "state machine", "role",
           "race", "idempotent"),
}


@pytest.mark.parametrize(("number", "term"), [(number, term) for number, terms in TERMS.items() for term in terms])
def test_a_term_is_explained_where_it_comes_first(number: str, term: str) -> None:
    """After the title, which says what one will make, a new term stands in italics with its explanation."""
    lab = next(lab for lab in WRITTEN if lab.number == number)
    text = words(lab).split("## Win first")[1]
    first = re.search(rf"(?<![`\w*])\*?{term}s?\b\*?", text)
    assert first and first[0].startswith("*"), text[max(0, first.start() - 40) : first.end() + 40] if first else term


@EACH
def test_what_is_said_to_run_in_a_terminal_runs_from_a_notebook(lab: LabCard) -> None:
    """`python` of a shell may be another one than the kernel's."""
    assert "`python -m" not in words(lab)


@EACH
@BOTH
def test_no_cell_failed_and_nothing_of_this_machine_is_stored(lab: LabCard, folder: str) -> None:
    text = (ROOT / folder / f"{lab.slug}.ipynb").read_text(encoding="utf-8")
    assert '"output_type": "error"' not in text
    assert "widget-view+json" not in text, "a page without a kernel would say that the widget is missing"
    assert not re.search(r"/home/|/Users/|/root/|site-packages", text)
