"""Who waits hears of what arrives, and nobody else does."""

from __future__ import annotations

import asyncio
import threading

from lablib.cloud.arrivals import Arrivals


def test_only_who_listens_there_hears_and_once_for_many() -> None:
    async def told() -> list[str]:
        arrivals, heard = Arrivals(asyncio.get_running_loop()), []
        stop = arrivals.listen("one", lambda: heard.append("one"))
        arrivals.listen("one", lambda: heard.append("one too"))
        arrivals.listen("other", lambda: heard.append("other"))

        def tell() -> None:
            for _ in range(100):
                arrivals.tell("one")
            arrivals.tell("nobody's")

        thread = threading.Thread(target=tell)
        thread.start()
        thread.join()
        await asyncio.sleep(0)
        stop()
        stop()
        arrivals.tell("one")
        await asyncio.sleep(0)
        arrivals.tell_all()
        return heard

    assert asyncio.run(told()) == ["one", "one too", "one too", "one too", "other"]


def test_a_listener_may_stop_another() -> None:
    async def told() -> list[str]:
        arrivals, heard = Arrivals(asyncio.get_running_loop()), []

        def first() -> None:
            heard.append("first")
            stop()

        arrivals.listen("queue", first)
        stop = arrivals.listen("queue", lambda: heard.append("second"))
        arrivals.tell("queue")
        await asyncio.sleep(0)
        return heard

    assert asyncio.run(told()) == ["first"]
