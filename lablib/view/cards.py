"""A question with options to choose from: reachable by keyboard, labelled, and readable without a kernel."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lablib.view.theme import stylesheet

if TYPE_CHECKING:
    import ipywidgets


@dataclass(frozen=True)
class Option:
    """One answer: `key` names it ("a", "b", ...), `text` is what the reader sees."""

    key: str
    text: str


class ChoiceCard:
    """A question, its options and one button.

    Parameters
    ----------
    heading, prompt : str
    options : sequence of Option
    button : str
        What the button says.
    commit : callable (key) -> str
        Called with the chosen option's key; returns the sentence to show underneath.
    once : bool
        True locks the answer after the first commit (a prediction); False lets the reader try again (a quiz).
    chosen : str or None
        The key of an answer that was committed earlier.
    note : str
        The sentence shown before anything is committed in this session.
    """

    def __init__(
        self,
        heading: str,
        prompt: str,
        options: Sequence[Option],
        *,
        button: str,
        commit: Callable[[str], str],
        once: bool,
        chosen: str | None = None,
        note: str = "",
    ) -> None:
        self.heading, self.prompt, self.options = heading, prompt, tuple(options)
        self._button, self._commit, self._once = button, commit, once
        self._chosen, self._note = chosen, note
        self._widget: ipywidgets.VBox | None = None

    @property
    def still(self) -> str:
        """The question in plain lines, for a page without a kernel: nothing of the learner's is in it."""
        return "\n".join([f"{self.heading}: {self.prompt}", *(f"  ({o.key}) {o.text}" for o in self.options)])

    def widget(self) -> ipywidgets.VBox:
        """The card: made once, then kept."""
        if self._widget is None:
            self._widget = self._make()
        return self._widget

    def _make(self) -> ipywidgets.VBox:
        import ipywidgets

        known = {option.key for option in self.options}
        radios = ipywidgets.RadioButtons(
            options=[(f"({o.key}) {o.text}", o.key) for o in self.options],
            value=self._chosen if self._chosen in known else None,
            layout=ipywidgets.Layout(width="auto"),
        )
        button = ipywidgets.Button(
            description=self._button, tooltip=f"{self._button}: {self.heading}", icon="check",
            layout=ipywidgets.Layout(width="auto", align_self="flex-start", padding="0 1em"),
        )
        answer = ipywidgets.HTML(_paragraph(self._note))
        if self._once and self._chosen in known:
            radios.disabled = button.disabled = True

        def press(_: Any) -> None:
            if radios.value is None:
                answer.value = _paragraph("Choose one of the answers first.")
                return
            answer.value = _paragraph(self._commit(radios.value))
            if self._once:
                radios.disabled = button.disabled = True

        button.on_click(press)
        asked = f"<strong>{html.escape(self.heading)}</strong> {html.escape(self.prompt)}"
        card = ipywidgets.VBox([ipywidgets.HTML(_page(f"<p>{asked}</p>")), radios, button, answer])
        card.add_class("ll").add_class("ll-card")
        return card

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        live = self.widget()._repr_mimebundle_() or {}
        return {"text/plain": self.still, **{kind: data for kind, data in live.items() if kind != "text/plain"}}


_COMMITTED = (
    ".ll-card input[type=radio]:disabled:checked{appearance:none;width:13px;height:13px;border-radius:50%;"
    "border:4px solid var(--ll-focus);box-sizing:border-box;opacity:1;transform:translateY(2.5px)}"
)
"""A browser greys a disabled radio button out until it is hardly seen; the committed answer is what a reader looks for."""


def _page(body: str) -> str:
    return f"<style>{stylesheet()}{_COMMITTED}</style><div class='ll'>{body}</div>"


def _paragraph(text: str) -> str:
    return _page(f"<p role='status'>{html.escape(text)}</p>") if text else ""
