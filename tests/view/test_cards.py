"""Questions to choose an answer of."""

from __future__ import annotations

from typing import Any

from lablib.view.cards import ChoiceCard, Option

OPTIONS = (Option("a", "It is warm."), Option("b", "It is <cold>."))


def card(once: bool, chosen: str | None = None) -> tuple[ChoiceCard, list[str]]:
    committed: list[str] = []

    def commit(key: str) -> str:
        committed.append(key)
        return f"You said {key} & that is kept."

    made = ChoiceCard("Predict 9", "Warm?", OPTIONS, button="Commit", commit=commit, once=once, chosen=chosen, note="Choose.")
    return made, committed


def parts(made: ChoiceCard) -> tuple[Any, Any, Any]:
    _, radios, button, answer = made.widget().children
    return radios, button, answer


def test_nothing_is_chosen_at_first() -> None:
    made, committed = card(once=True)
    radios, button, answer = parts(made)
    assert radios.value is None
    button.click()
    assert committed == [] and "Choose one of the answers first." in answer.value and not radios.disabled


def test_a_prediction_is_committed_once() -> None:
    made, committed = card(once=True)
    radios, button, answer = parts(made)
    radios.value = "b"
    button.click()
    assert committed == ["b"] and radios.disabled and button.disabled
    assert "You said b &amp; that is kept." in answer.value


def test_a_quiz_may_be_tried_again() -> None:
    made, committed = card(once=False)
    radios, button, _ = parts(made)
    for key in ("b", "a"):
        radios.value = key
        button.click()
    assert committed == ["b", "a"] and not radios.disabled


def test_an_earlier_commitment_is_shown_and_kept() -> None:
    radios, button, _ = parts(card(once=True, chosen="a")[0])
    assert radios.value == "a" and radios.disabled and button.disabled


def test_a_choice_that_no_longer_exists_can_be_made_again() -> None:
    radios, button, _ = parts(card(once=True, chosen="z")[0])
    assert radios.value is None and not button.disabled


def test_a_committed_answer_is_seen() -> None:
    """A browser nearly hides a disabled radio button: the card draws the chosen one itself, in a colour of the theme."""
    made = card(once=True, chosen="a")[0].widget()
    assert {"ll", "ll-card"} <= set(made._dom_classes)
    assert ".ll-card input[type=radio]:disabled:checked{appearance:none" in made.children[0].value


def test_page_without_a_kernel_has_the_question_and_nothing_of_the_learner() -> None:
    plain = card(once=True, chosen="a")[0]._repr_mimebundle_()["text/plain"]
    assert plain == "Predict 9: Warm?\n  (a) It is warm.\n  (b) It is <cold>."
