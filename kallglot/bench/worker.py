"""Processes of the bench that answer questions: a line of JSON each way, until standard input ends.

What a worker prints for people goes to standard error.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Self, TypeVar

import msgspec

__all__ = ["Worker", "answer_questions"]

T = TypeVar("T")

#: Seconds in which a worker must answer, beyond what it was asked to take.
PATIENCE = 60.0

_LONGEST = 64 * 1024 * 1024


async def answer_questions(kinds: Any, answer: Callable[[Any], Awaitable[Any]]) -> None:
    """Answer each question on standard input with a line on standard output."""
    reader = asyncio.StreamReader(limit=_LONGEST)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        say(await answer(msgspec.json.decode(line, type=kinds)))


def say(message: Any) -> None:
    """Say something that was not asked for, or the answer."""
    os.write(sys.stdout.fileno(), msgspec.json.encode(message) + b"\n")


class Worker:
    """A worker, as whoever asks it sees it; leaving its context ends it."""

    def __init__(self, module: str, *arguments: str, core: int, priority: int = 1) -> None:
        self._command = (sys.executable, "-m", module, *arguments)
        self._core = core
        self._priority = priority
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST,
            preexec_fn=self._settle,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _settle(self) -> None:
        """Go to the core, and before others who want it, if that is allowed."""
        os.sched_setaffinity(0, {self._core})
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(self._priority))

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def listen(self, kind: type[T], within: float = PATIENCE) -> T:
        """Return the next thing it says.

        Raises:
            RuntimeError: it has died.
        """
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(within):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._command[2]} has died; what it said is above")
        return msgspec.json.decode(line, type=kind)

    async def ask(self, question: Any, kind: type[T], within: float = PATIENCE) -> T:
        """Return the answer to a question."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(question) + b"\n")
        return await self.listen(kind, within)
