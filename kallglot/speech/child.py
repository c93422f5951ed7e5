"""A host kept alive: reached, pinged, and reached again when it dies, hangs or is cut off."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import attrs

from kallglot.errors import EngineError, ModelMissing
from kallglot.speech import wire
from kallglot.speech.load import worst
from kallglot.speech.pipe import Pipe
from kallglot.speech.process import Command
from kallglot.speech.wire import FromHost, ToHost

__all__ = ["Child", "Command", "Patience", "Reach"]

logger = logging.getLogger(__name__)


@attrs.frozen
class Patience:
    """How long, in seconds, a host may take for what.

    It is asked every `ping` seconds and must answer within `silence`, and no piece of its work
    may take longer than `work`.  `restarts` are the waits before it is reached again, the last
    one repeated; after `health` seconds of life they begin anew.
    """

    ping: float = 0.5
    silence: float = 10.0
    work: float = 30.0
    restarts: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
    health: float = 60.0


class Reach(Protocol):
    """How a host is got at: `kallglot.speech.process` spawns it, `.remote` calls it."""

    @property
    def name(self) -> str:
        """What the host is called in the log."""
        ...

    def connected(self, receive: Callable[[FromHost], None]) -> AbstractAsyncContextManager[Pipe]:
        """Be connected, until the context is left or the pipe is lost.

        Leaving it by an `EngineError` gives up a host that does not answer.  Entering and leaving
        raise `EngineError`, which says in the log why there is no host any more.
        """
        ...


class Child:
    """One host after another, as if they were one that is sometimes away.

    `receive` gets what it says while it is there, `Ready` first; `gone` is called when it is there
    no longer.
    """

    def __init__(
        self,
        reach: Reach,
        receive: Callable[[FromHost], None],
        gone: Callable[[], None],
        patience: Patience,
    ) -> None:
        self._reach = reach
        self._receive = receive
        self._gone = gone
        self._patience = patience
        self._link: Pipe | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._first: asyncio.Future[None] | None = None
        self._heard = 0.0
        self._busy = 0.0
        self._ready_at: float | None = None

    @property
    def is_ready(self) -> bool:
        return self._ready_at is not None

    async def start(self) -> None:
        """Return when it is ready; raise `EngineError` if it says that it cannot be."""
        self._first = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(), name=f"speech-{self._reach.name}")
        await self._first

    async def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None

    def send(self, message: ToHost) -> None:
        """Send to a host that is ready."""
        assert self._link is not None
        self._link.send(message)

    async def _keep(self) -> None:
        """Reach it again and again."""
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            born = loop.time()
            try:
                await self._live()
                why = "is gone"
            except EngineError as error:
                why = str(error)
            if loop.time() - born > self._patience.health:
                failures = 0
            waits = self._patience.restarts
            wait = waits[min(failures, len(waits) - 1)]
            failures += 1
            logger.warning("speech %s %s; again in %.1f s", self._reach.name, why, wait)
            await asyncio.sleep(wait)

    async def _live(self) -> None:
        """Be with one host to its end; raises `EngineError` with how it ended."""
        async with self._reach.connected(self._hear) as self._link:
            try:
                await self._watch(self._link)
            finally:
                was_ready, self._ready_at = self.is_ready, None
                self._link.close()
                if was_ready:
                    self._gone()

    async def _watch(self, link: Pipe) -> None:
        """Ping until the link is lost; raises `EngineError` if there is no answer."""
        loop = asyncio.get_running_loop()
        patience = self._patience
        while True:
            await asyncio.wait([link.lost], timeout=patience.ping)
            if link.lost.done():
                return
            if not self.is_ready:
                continue
            if loop.time() - self._heard > patience.silence:
                raise EngineError("does not answer")
            if self._busy > patience.work:
                raise EngineError(f"has been busy for {self._busy:.0f} s")
            link.send(wire.Ping())

    def _hear(self, message: FromHost) -> None:
        self._heard = asyncio.get_running_loop().time()
        match message:
            case wire.Progress(text):
                logger.info("speech %s: %s", self._reach.name, text)
            case wire.Broken(reason, is_model_missing):
                logger.error("speech %s: %s", self._reach.name, reason)
                kind = ModelMissing if is_model_missing else EngineError
                self._settle(kind(reason))
            case wire.Ready():
                self._ready_at = self._heard
                self._busy = 0.0
                self._receive(message)
                self._settle(None)
            case wire.Pong(loads):
                self._busy = worst(*loads.values()).busy
                self._receive(message)
            case _:
                self._receive(message)

    def _settle(self, error: EngineError | None) -> None:
        """Answer `start`."""
        if self._first is None or self._first.done():
            return
        if error is None:
            self._first.set_result(None)
        else:
            self._first.set_exception(error)
