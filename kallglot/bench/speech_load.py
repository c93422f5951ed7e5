"""The telephones of `scripts/bench speech`: `python -m kallglot.bench.speech_load HOST PORT`.

Each says what is on its tape, at the pace of a telephone, and notes what it hears and when.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec

from kallglot.bench.line import Plan
from kallglot.bench.load import Called, HangUp, HungUp, Recall
from kallglot.bench.speech_hearing import Heard
from kallglot.bench.speech_line import Caption, Telephone, blocks
from kallglot.bench.worker import answer_questions
from kallglot.commands import terminal

__all__ = ["Connect", "Report", "Speak"]

#: Seconds in which all lines must be open.
PATIENCE = 60.0
_FRAME = 0.02


class Connect(msgspec.Struct, frozen=True, tag=True):
    """Connect these lines; the tape of each lies in the file of the same place, as mu-law."""

    lines: list[Plan]
    tapes: list[str]


class Speak(msgspec.Struct, frozen=True, tag=True):
    """Begin to say what is on the tapes."""


class Report(msgspec.Struct, frozen=True):
    """What one line has heard; times are this machine's monotonic clock, in seconds.

    It began to speak at `began`; `late` is by how much its worst block came late.
    """

    plan: Plan
    began: float
    heard: list[Heard]
    taken_back: float
    late: float
    captions: list[Caption] = []


class _Socket(asyncio.Protocol):
    """A line on the loop, which speaks by itself once it is told to."""

    def __init__(self, line: Telephone, host: str) -> None:
        self.line = line
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.late = 0.0
        self.transport: asyncio.Transport | None = None
        self._host = host

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self.line.upgrade(self._host))

    def data_received(self, data: bytes) -> None:
        answer = self.line.hear(data, time.monotonic_ns() // 1000)
        if answer and self.transport is not None:
            self.transport.write(answer)
        if not self.opened.done() and (self.line.is_open or self.line.is_closed):
            if self.line.is_open and self.transport is not None:
                self.transport.write(self.line.start())
            self.opened.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.line.is_closed = True
        self.transport = None
        if not self.opened.done():
            self.opened.set_result(None)

    def speak(self, due: float) -> None:
        """Say a block, and be called again for the next; delays do not add up."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        while due <= now:
            if self.transport is None or self.line.is_closed:
                return
            self.late = max(self.late, now - due)
            self.transport.write(self.line.speak(time.monotonic_ns() // 1000))
            due += _FRAME
        # uvloop counts whole milliseconds, and would come back at once for less than half of one.
        loop.call_later(max(0.001, due - now), self.speak, due)


class _Switch:
    """All lines."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._sockets: list[_Socket] = []

    async def answer(self, question: Connect | Speak | Recall | HangUp) -> Any:
        match question:
            case Connect(lines, tapes):
                return await self._connect(lines, tapes)
            case Speak():
                return self._speak()
            case Recall():
                return [_report(socket) for socket in self._sockets]
            case HangUp(within):
                return await self._hang_up(within)

    async def _connect(self, lines: list[Plan], tapes: list[str]) -> Called:
        loop = asyncio.get_running_loop()
        fresh = []
        for plan, tape in zip(lines, tapes, strict=True):
            said = blocks(await asyncio.to_thread(Path(tape).read_bytes))
            socket = _Socket(Telephone(plan, said), f"{self._host}:{self._port}")
            await loop.create_connection(partial(_itself, socket), self._host, self._port)
            fresh.append(socket)
        await asyncio.wait([socket.opened for socket in fresh], timeout=PATIENCE)
        self._sockets += fresh
        refusals = [socket.line.answer.decode(errors="replace") for socket in fresh]
        opened = sum(socket.line.is_open for socket in fresh)
        return Called(opened, [refusal for refusal in refusals if refusal])

    def _speak(self) -> Called:
        now = asyncio.get_running_loop().time()
        for number, socket in enumerate(self._sockets):
            # Telephones know nothing of each other: their frames do not come all at once.
            socket.speak(now + _FRAME * (1 + number / len(self._sockets)))
        return Called(len(self._sockets), [])

    async def _hang_up(self, within: float) -> HungUp:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while loop.time() < deadline and self._open():  # noqa: ASYNC110 - of many lines
            await asyncio.sleep(0.02)
        left = self._open()
        for socket in self._sockets:
            if socket.transport is not None:
                socket.transport.abort()
        self._sockets.clear()
        await asyncio.sleep(0.05)
        return HungUp(left)

    def _open(self) -> int:
        return sum(not socket.line.is_closed for socket in self._sockets)


def _itself(socket: _Socket) -> _Socket:
    return socket


def _report(socket: _Socket) -> Report:
    line = socket.line
    sounds = line.hearing.sounds
    took = line.hearing.taken_back
    return Report(line.plan, line.began * 1e-6, sounds, took, socket.late, line.captions)


async def _load(host: str, port: str) -> None:
    gc.freeze()
    gc.disable()  # nothing here goes in circles
    kinds = Connect | Speak | Recall | HangUp
    await answer_questions(kinds, _Switch(host, int(port)).answer)


if __name__ == "__main__":
    terminal.run(_load(*sys.argv[1:]))
