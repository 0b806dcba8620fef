"""How many events of one function are tried at a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.asynchronous.window import START, Window
from lablib.models import limits


def fill(window: Window) -> None:
    while window.open:
        window.begin()


def test_what_takes_long_is_tried_with_more_at_a_time() -> None:
    window = Window()
    sizes = []
    for _ in range(6):
        fill(window)
        sizes.append(window.running)
        window.tick()
    assert sizes == [50, 100, 200, 400, 800, limits.ACCOUNT_CONCURRENCY]


def test_what_is_quick_is_not() -> None:
    window = Window()
    for _ in range(10):
        for _ in range(START * 2):
            fill(window)
            window.end(refused=False)
        window.tick()
    assert window.size == START


def test_a_throttled_function_is_asked_for_as_much_as_it_takes() -> None:
    """Of a function that runs 8 at a time, hardly one event in eight is refused."""
    window, refused, done = Window(), 0, 0
    fill(window)
    while window.running > 8:
        window.end(refused=True)
    for _ in range(1000):
        fill(window)
        while window.running > 8:
            window.end(refused=True)
            refused += 1
        window.end(refused=False)
        done += 1
    assert done == 1000 and refused <= 1000 / 8 + 1


@given(st.lists(st.sampled_from(["fill", "well", "refused", "tick"]), max_size=300))
def test_there_is_always_room_for_one(moves: list[str]) -> None:
    window = Window()
    for move in moves:
        if move == "fill":
            fill(window)
        elif move == "tick":
            window.tick()
        elif window.running:
            window.end(refused=move == "refused")
        assert 0 <= window.running and 1 <= window.size <= limits.ACCOUNT_CONCURRENCY
        assert window.open or window.running
