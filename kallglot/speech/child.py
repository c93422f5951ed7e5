"""A host process kept alive: started, pinged, and started again when it dies or hangs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable
from typing import Literal

import attrs
import msgspec

from kallglot.errors import EngineError, ModelMissing
from kallglot.speech import pipe, wire
from kallglot.speech.catalogue import SpeechSettings
from kallglot.speech.wire import FromHost, ToHost

__all__ = ["Child", "Command", "Patience"]

logger = logging.getLogger(__name__)

#: Seconds that a child which answers may take to end.
_FAREWELL = 1.0


@attrs.frozen
class Patience:
    """How long, in seconds, a host may take for what.

    It is asked every `ping` seconds and must answer within `silence`, and no piece of its work
    may take longer than `work`.  `restarts` are the waits before it is started again, the last
    one repeated; after `health` seconds of life they begin anew.
    """

    ping: float = 2.0
    silence: float = 10.0
    work: float = 60.0
    restarts: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
    health: float = 60.0


@attrs.frozen
class Command:
    """What is run: a role of `kallglot.speech.host`.

    `engines` replaces the engines of the settings by those of a function, for tests.
    """

    role: Literal["ear", "mind"]
    settings: SpeechSettings
    engines: str | None = None

    def arguments(self, fd: int) -> list[str]:
        settings = msgspec.json.encode(self.settings).decode()
        level = logging.getLevelName(logging.getLogger().getEffectiveLevel())
        own = [sys.executable, "-m", "kallglot.speech.host", self.role, str(fd)]
        engines = ["--engines", self.engines] if self.engines else []
        return [*own, "--settings", settings, "--log-level", level, *engines]

    def environment(self) -> dict[str, str]:
        """Let the child find what we find, and keep to its share of the cores."""
        cores = os.cpu_count() or 1
        threads = "1" if self.role == "ear" else str(min(self.settings.threads, cores))
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
            "TOKENIZERS_PARALLELISM": "false",
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }


class Child:
    """One host after another, as if they were one that is sometimes away.

    `receive` gets what it says while it is there, `Ready` first; `gone` is called when it is there
    no longer.
    """

    def __init__(
        self,
        command: Command,
        receive: Callable[[FromHost], None],
        gone: Callable[[], None],
        patience: Patience,
    ) -> None:
        self._command = command
        self._receive = receive
        self._gone = gone
        self._patience = patience
        self._pipe: pipe.Pipe | None = None
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
        self._keeper = asyncio.create_task(self._keep(), name=f"speech-{self._command.role}")
        await self._first

    async def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None

    def send(self, message: ToHost) -> None:
        """Send to a child that is ready."""
        assert self._pipe is not None
        self._pipe.send(message)

    async def _keep(self) -> None:
        """Start it again and again."""
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            born = loop.time()
            why = await self._live()
            if loop.time() - born > self._patience.health:
                deaths = 0
            waits = self._patience.restarts
            wait = waits[min(deaths, len(waits) - 1)]
            deaths += 1
            logger.warning("speech %s %s; again in %.1f s", self._command.role, why, wait)
            await asyncio.sleep(wait)

    async def _live(self) -> str:
        """Run one process to its end, and say how it ended."""
        ours, theirs = pipe.pair()
        try:
            with theirs:
                process = await self._spawn(theirs)
        except OSError as error:
            ours.close()
            return f"cannot be started: {error}"
        except asyncio.CancelledError:
            ours.close()
            raise
        why = ""
        try:
            why = await self._watch(await self._connect(ours))
        finally:
            was_ready, self._ready_at = self.is_ready, None
            if self._pipe is not None:
                self._pipe.close()
            if was_ready:
                self._gone()
            code = await _end(process, _FAREWELL if not why else 0.0)
        return why or f"ended with status {code}"

    async def _spawn(self, theirs: socket.socket) -> asyncio.subprocess.Process:
        fd = theirs.fileno()
        return await asyncio.create_subprocess_exec(
            *self._command.arguments(fd),
            env=self._command.environment(),
            pass_fds=(fd,),
            stdin=asyncio.subprocess.DEVNULL,
        )

    async def _connect(self, ours: socket.socket) -> pipe.Pipe:
        ours.setblocking(False)
        self._pipe = link = pipe.Pipe(self._hear)
        await asyncio.get_running_loop().create_connection(lambda: link, sock=ours)
        return link

    async def _watch(self, link: pipe.Pipe) -> str:
        """Ping until the link is lost, or until there is no answer; then say so."""
        loop = asyncio.get_running_loop()
        patience = self._patience
        while True:
            await asyncio.wait([link.lost], timeout=patience.ping)
            if link.lost.done():
                return ""
            if not self.is_ready:
                continue
            if loop.time() - self._heard > patience.silence:
                return "does not answer"
            if self._busy > patience.work:
                return f"has been busy for {self._busy:.0f} s"
            link.send(wire.Ping())

    def _hear(self, message: FromHost) -> None:
        self._heard = asyncio.get_running_loop().time()
        match message:
            case wire.Progress(text):
                logger.info("speech %s: %s", self._command.role, text)
            case wire.Broken(reason, is_model_missing):
                logger.error("speech %s: %s", self._command.role, reason)
                kind = ModelMissing if is_model_missing else EngineError
                self._settle(kind(reason))
            case wire.Ready():
                self._ready_at = self._heard
                self._busy = 0.0
                self._receive(message)
                self._settle(None)
            case wire.Pong(busy):
                self._busy = busy
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


async def _end(process: asyncio.subprocess.Process, grace: float) -> int:
    """Give the process, whose socket is closed, a moment to end by itself; then make it."""
    try:
        async with asyncio.timeout(grace):
            return await process.wait()
    except TimeoutError:
        return await _kill(process)
    except asyncio.CancelledError:
        await _kill(process)
        raise


async def _kill(process: asyncio.subprocess.Process) -> int:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    return await process.wait()
