"""Sounds that were encoded a short while ago.

A player asks for one part of a recording after the other, and to encode an hour takes seconds.
What is kept are files without a name: they are gone with this process.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import BinaryIO, Final

import attrs
from aiohttp import web

__all__ = ["ENCODINGS", "Encodings", "prepare"]

#: Seconds that an encoded sound is kept for whoever asks for another part of it.
LIFETIME = 60.0
#: How many are kept at most that nobody is reading.
MOST = 8
#: How far encoding stands back behind calls.
NICENESS = 10


def _stand_back() -> None:
    """Let calls go before; on Linux a thread has a niceness of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


#: Who encodes: few, so that many listeners leave the processors to the calls.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="encoding", initializer=_stand_back)


@attrs.define(eq=False)
class _Entry:
    """A sound, or that it is being encoded, and how many read it; `leaving` ends its time."""

    made: asyncio.Future[BinaryIO]
    readers: int = 0
    leaving: asyncio.TimerHandle | None = None


class Encodings:
    """The encoded sounds by their tags; those used last are kept longest."""

    def __init__(self, lifetime: float = LIFETIME, most: int = MOST) -> None:
        self._lifetime = lifetime
        self._most = most
        self._entries: dict[str, _Entry] = {}

    @asynccontextmanager
    async def borrowed(self, tag: str, encode: Callable[[], BinaryIO]) -> AsyncIterator[BinaryIO]:
        """Lend the sound of a tag, encoded if need be.  Several may read it: use `pread`."""
        loop = asyncio.get_running_loop()
        entry = self._entries.pop(tag, None)
        if entry is None or (entry.made.done() and _has_failed(entry)):
            entry = _Entry(loop.run_in_executor(_threads, encode))
        self._entries[tag] = entry  # the last now
        entry.readers += 1
        if entry.leaving is not None:
            entry.leaving.cancel()
        try:
            yield await asyncio.shield(entry.made)
        finally:
            entry.readers -= 1
            entry.leaving = loop.call_later(self._lifetime, self._drop, tag, entry)
            self._keep(self._most)

    def forget(self) -> None:
        """Keep nothing that nobody is reading: something has been deleted."""
        self._keep(0)

    def _keep(self, most: int) -> None:
        unread = [(tag, entry) for tag, entry in self._entries.items() if not entry.readers]
        for tag, entry in unread[: max(0, len(unread) - most)]:
            self._drop(tag, entry)

    def _drop(self, tag: str, entry: _Entry) -> None:
        if entry.readers:
            return
        if entry.leaving is not None:
            entry.leaving.cancel()
        if self._entries.get(tag) is entry:
            del self._entries[tag]
        entry.made.add_done_callback(_close)


def _has_failed(entry: _Entry) -> bool:
    return entry.made.cancelled() or entry.made.exception() is not None


def _close(made: asyncio.Future[BinaryIO]) -> None:
    if not made.cancelled() and made.exception() is None:
        made.result().close()


ENCODINGS: Final = web.AppKey("encodings", Encodings)


def prepare(app: web.Application) -> None:
    """Make room for what was encoded, until the server stops."""
    app[ENCODINGS] = Encodings()

    async def forget(_: web.Application) -> None:
        app[ENCODINGS].forget()

    app.on_cleanup.append(forget)
