"""The telephones: `python -m kallglot.bench.load HOST PORT`, a process that costs little.

Twenty times every 20 ms the lines whose turn it is say the next block of the tape, so that frames
come as evenly as from a thousand telephones that know nothing of each other.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from binascii import a2b_base64
from collections import Counter
from functools import partial
from typing import Any, cast

import msgspec

from kallglot.bench.line import Line, Plan
from kallglot.bench.stamps import BLOCK, base64_of
from kallglot.bench.worker import answer_questions
from kallglot.commands import terminal

__all__ = [
    "RESOLUTION",
    "Call",
    "Called",
    "HangUp",
    "Heard",
    "HungUp",
    "Listen",
    "Log",
    "Recall",
]

#: Microseconds in a column of the histogram of ages.
RESOLUTION = 50

#: How many turns there are in 20 ms, and how many lines are connected at a time.
TURNS = 20
TOGETHER = 20

#: Seconds in which all lines must be open, and that a frame may take before it is missing.
PATIENCE = 60.0
LATEST = 1.5


class Call(msgspec.Struct, frozen=True, tag=True):
    """Connect these lines, and begin to speak what is on the tape: mu-law in base64."""

    lines: list[Plan]
    tape: str


class Listen(msgspec.Struct, frozen=True, tag=True):
    """Measure for so many seconds."""

    seconds: float


class HangUp(msgspec.Struct, frozen=True, tag=True):
    """Close every line; `within` is how long the server has to do so first."""

    within: float = 0.0


class Recall(msgspec.Struct, frozen=True, tag=True):
    """When did the logged lines say and hear what?"""


class Log(msgspec.Struct, frozen=True):
    """When a line said its blocks, and when it was told to throw away what it had heard."""

    plan: Plan
    said: list[int]
    cleared: list[int]


class Called(msgspec.Struct, frozen=True):
    """So many lines are open."""

    lines: int
    refusals: list[str]


class Heard(msgspec.Struct, frozen=True):
    """How many frames were sent and received, and how old they were.

    `ages` is a histogram with columns of `RESOLUTION` microseconds; `late` is by how many
    seconds the generator itself was late at worst.
    """

    sent: int
    received: int
    unstamped: int
    oldest: int
    ages: dict[int, int]
    late: float


class HungUp(msgspec.Struct, frozen=True):
    """So many lines were still open."""

    open: int


class Socket(asyncio.Protocol):
    """A line on the loop."""

    def __init__(self, line: Line, host: str, switch: Switch) -> None:
        self.line = line
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._host = host
        self._switch = switch
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self.line.upgrade(self._host))

    def data_received(self, data: bytes) -> None:
        line, now = self.line, time.monotonic_ns() // 1000
        answer = line.hear(data, now)
        if answer and self.transport is not None:
            self.transport.write(answer)
        if line.ages:
            self._switch.note(line.ages, now)
            line.ages.clear()
        if not self.opened.done() and (line.is_open or line.is_closed):
            if line.is_open and self.transport is not None:
                self.transport.write(line.start())
            self.opened.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.line.is_closed = True
        self.transport = None
        if not self.opened.done():
            self.opened.set_result(None)


class Switch:
    """All lines, and what they hear."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._turns: list[list[Socket]] = [[] for _ in range(TURNS)]
        self._sockets: list[Socket] = []
        self._tape: list[bytes] = []
        self._turn = 0
        self._next = 0.0
        self._is_speaking = False
        self._since = self._until = 0
        self._forget()

    def _forget(self) -> None:
        self._sent = self._received = self._unstamped = self._oldest = 0
        self._ages: Counter[int] = Counter()
        self._late = 0.0

    async def answer(self, question: Call | Listen | Recall | HangUp) -> Any:
        match question:
            case Call(lines, tape):
                return await self._call(lines, tape)
            case Listen(seconds):
                return await self._listen(seconds)
            case Recall():
                logged = [one.line for one in self._sockets if one.line.plan.is_logged]
                return [Log(line.plan, line.said, line.cleared) for line in logged]
            case HangUp(within):
                return await self._hang_up(within)

    async def _call(self, lines: list[Plan], tape: str) -> Called:
        mulaw = a2b_base64(tape)
        self._tape = [base64_of(mulaw[at : at + BLOCK]) for at in range(0, len(mulaw), BLOCK)]
        loop = asyncio.get_running_loop()
        fresh: list[Socket] = []
        for at in range(0, len(lines), TOGETHER):
            sockets = [
                Socket(Line(plan, self._tape), f"{self._host}:{self._port}", self)
                for plan in lines[at : at + TOGETHER]
            ]
            for socket in sockets:
                await loop.create_connection(partial(_itself, socket), self._host, self._port)
            await asyncio.wait([socket.opened for socket in sockets], timeout=PATIENCE)
            for socket in sockets:
                self._turns[len(self._sockets) % TURNS].append(socket)
                self._sockets.append(socket)
            fresh += sockets
            self._begin(loop)
        refusals = [socket.line.answer.decode(errors="replace") for socket in fresh]
        opened = sum(socket.line.is_open for socket in fresh)
        return Called(opened, [refusal for refusal in refusals if refusal])

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._is_speaking:
            self._is_speaking = True
            self._next = loop.time()
            self._speak()

    def _speak(self) -> None:
        """Let the lines speak whose turn has come, and be called again for the next ones."""
        if not self._is_speaking:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._late = max(self._late, now - self._next)
        while self._next <= now:
            for socket in self._turns[self._turn]:
                if socket.transport is not None and not socket.line.is_closed:
                    at = time.monotonic_ns() // 1000
                    socket.transport.write(socket.line.speak(at))
                    self._sent += self._since <= at < self._until
            self._turn = (self._turn + 1) % TURNS
            self._next += 0.02 / TURNS
        # uvloop counts whole milliseconds, and would come back at once for less than half of one.
        loop.call_later(max(0.001, self._next - now), self._speak)

    async def _listen(self, seconds: float) -> Heard:
        self._forget()
        self._since = time.monotonic_ns() // 1000
        self._until = self._since + round(seconds * 1e6)
        await asyncio.sleep(seconds)
        late = self._late
        await asyncio.sleep(LATEST)
        return Heard(
            self._sent, self._received, self._unstamped, self._oldest, dict(self._ages), late
        )

    def note(self, ages: list[int | None], now: int) -> None:
        """Take the ages of blocks that were just heard."""
        for age in ages:
            if age is None:
                self._unstamped += 1
            elif self._since <= now - age < self._until:
                self._received += 1
                self._ages[age // RESOLUTION] += 1
                self._oldest = max(self._oldest, age)

    async def _hang_up(self, within: float) -> HungUp:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while loop.time() < deadline and self._open():  # noqa: ASYNC110 - of a hundred lines
            await asyncio.sleep(0.02)
        left = self._open()
        self._is_speaking = False
        for socket in self._sockets:
            if socket.transport is not None:
                socket.transport.abort()
        self._sockets.clear()
        self._turns = [[] for _ in range(TURNS)]
        await asyncio.sleep(0.05)
        return HungUp(left)

    def _open(self) -> int:
        return sum(not socket.line.is_closed for socket in self._sockets)


def _itself(socket: Socket) -> Socket:
    return socket


async def _load(host: str, port: str) -> None:
    gc.freeze()
    gc.disable()  # nothing here goes in circles
    await answer_questions(Call | Listen | Recall | HangUp, Switch(host, int(port)).answer)


if __name__ == "__main__":
    terminal.run(_load(*sys.argv[1:]))
