"""What an actor is reached by: a mailbox for what it is told, a future for what it answers."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator
from typing import Any, TypeVar, cast

import pykka
from pykka._envelope import Envelope  # the type that Pykka's inbox protocol speaks

from kallglot.errors import KallglotError
from kallglot.messages import Media

__all__ = ["AsyncioFuture", "Mailbox", "MailboxFull"]

T = TypeVar("T")


class MailboxFull(KallglotError):
    """A receiver has fallen so far behind that it cannot take another message."""


class Mailbox:
    """A bounded first-in-first-out queue with one reader, safe to write to from any thread.

    When `media_limit` media messages wait, a new one pushes out the oldest.  Everything else is
    kept until there are `limit` messages, beyond which `put` raises `MailboxFull`.
    """

    def __init__(self, limit: int = 10_000, media_limit: int = 50) -> None:
        #: Called for each media message that is pushed out.
        self.dropped: Callable[[], object] = _count_nothing
        self._limit = limit
        self._media_limit = media_limit
        self._media = 0
        self._envelopes: deque[Envelope[Any]] = deque()
        self._arrival: asyncio.Future[None] | None = None
        #: Whether the reader waits, with nothing on its way to it.
        self.is_idle = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def __len__(self) -> int:
        return len(self._envelopes)

    def empty(self) -> bool:
        return not self._envelopes

    def put(self, envelope: Envelope[Any], /) -> None:
        if threading.get_ident() == self._thread:
            self._put(envelope)
        else:
            self._loop.call_soon_threadsafe(self._put, envelope)

    def get(self) -> Envelope[Any]:
        envelope = self._envelopes.popleft()
        if isinstance(envelope.message, Media):
            self._media -= 1
        return envelope

    async def arrival(self) -> None:
        """Wait until there is something to get."""
        while not self._envelopes:
            self._arrival = self._loop.create_future()
            self.is_idle = True
            try:
                await self._arrival
            finally:
                self._arrival = None
                self.is_idle = False

    def _put(self, envelope: Envelope[Any]) -> None:
        if isinstance(envelope.message, Media):
            if self._media == self._media_limit:
                self._drop_oldest_media()
            self._media += 1
        elif len(self._envelopes) >= self._limit:
            raise MailboxFull(repr(envelope.message))
        self._envelopes.append(envelope)
        self.is_idle = False
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def _drop_oldest_media(self) -> None:
        for index, envelope in enumerate(self._envelopes):
            if isinstance(envelope.message, Media):
                del self._envelopes[index]
                break
        self._media -= 1
        self.dropped()


def _count_nothing() -> None:
    pass


class AsyncioFuture(pykka.Future[T]):
    """A reply that is awaited, never waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.future: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()

    def __await__(self) -> Generator[Any, None, T]:
        return cast("Generator[Any, None, T]", self.future.__await__())

    def get(self, *, timeout: float | None = None) -> T:
        if not self.future.done():
            raise RuntimeError("Future.get() would block the event loop: await the future instead")
        return cast("T", self.future.result())

    def set(self, value: T | None = None) -> None:
        if not self.future.done():  # the asker may have given up
            self.future.set_result(value)

    def set_exception(self, exc_info: Any = None) -> None:
        _, error, _ = exc_info or sys.exc_info()
        if error is not None and not self.future.done():
            self.future.set_exception(error)

    def set_get_hook(self, func: Callable[[float | None], T]) -> None:
        raise NotImplementedError("get hooks block; await the future and go on from there")
