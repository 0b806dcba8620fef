"""Both ends of a streamed response: what waits for a slow reader stays small."""

from __future__ import annotations

import asyncio
from typing import Any

from lablib.environments.streams import Outflow, ResponseStream
from tests.environments.conftest import Plane
from tests.streaming import streaming_package

KB = 1024
WINDOW = 1024 * KB


class Ends:
    """The two ends, joined; the reader counts what it holds."""

    def __init__(self) -> None:
        self.stream = ResponseStream()
        self.outflow = Outflow(self._send)
        self.stream.connect(self._taken)
        self.held = self.most = 0

    def _send(self, message: dict[str, Any], piece: bytes) -> None:
        if "begun" in message:
            self.stream.begin(message["begun"])
        else:
            self.held += len(piece)
            self.most = max(self.most, self.held)
            self.stream.put(piece)

    def _taken(self, size: int) -> None:
        self.held -= size
        self.outflow.taken(size)

    async def write(self, pieces: int) -> None:
        for _ in range(pieces):
            await self.outflow.write(bytes(64 * KB))
        self.stream.end()


async def _turns() -> None:
    for _ in range(100):
        await asyncio.sleep(0)


def test_a_writer_waits_for_its_reader() -> None:
    async def story() -> None:
        ends = Ends()
        ends.outflow.begin("text/plain")
        assert ends.stream.begun.is_set() and ends.stream.content_type == "text/plain"
        writing = asyncio.ensure_future(ends.write(64))
        await _turns()
        assert ends.held == WINDOW and not writing.done()
        size = 0
        while (piece := await ends.stream.next()) is not None:
            size += len(piece)
        assert size == 64 * 64 * KB and writing.done() and ends.held == 0
        assert ends.most <= WINDOW + 64 * KB

    asyncio.run(story())


def test_a_writer_whose_reader_is_gone_goes_on() -> None:
    async def story() -> None:
        ends = Ends()
        writing = asyncio.ensure_future(ends.write(64))
        await _turns()
        assert await ends.stream.next() is not None
        ends.stream.give_up()
        await writing
        assert ends.held == 0

    asyncio.run(story())


def test_no_more_than_the_limit_goes_out() -> None:
    """200 MB arrive of what is more; at full speed only the first 6 are, but the clock of this loop jumps."""

    class Jumping(asyncio.SelectorEventLoop):
        ahead = 0.0

        def time(self) -> float:
            return super().time() + self.ahead

    async def story(loop: Jumping) -> None:
        sizes: list[int] = []
        outflow = Outflow(lambda message, piece: sizes.append(len(piece)))
        started = loop.time()

        def jump() -> None:
            loop.ahead += 0.5
            loop.call_soon(jump)

        jump()
        for _ in range(201):
            await outflow.write(bytes(WINDOW))
            outflow.taken(sizes[-1])
        assert sum(sizes) == 200 * WINDOW
        assert loop.time() - started >= (200 - 6) / 2

    loop = Jumping()
    loop.run_until_complete(story(loop))
    loop.close()


def test_a_function_that_nobody_reads_times_out_and_leaves_little(plane: Plane) -> None:
    files = {name: text.encode() for name, text in streaming_package("begin a/b; zeros 5242880; end").items()}
    function = plane.function("", files=files, runtime="provided.al2023", timeout_s=4.0, memory_mb=1769)
    most = 0

    class Unread(ResponseStream):
        def put(self, piece: bytes) -> None:
            nonlocal most
            most += len(piece)
            super().put(piece)

    async def unread() -> Unread:
        return Unread()

    outcome = function(stream=plane.run(unread()))
    assert (outcome.status, outcome.streamed) == ("timeout", True)
    assert most <= WINDOW + 64 * KB
    assert function(None).payload == bytes(5242880)
