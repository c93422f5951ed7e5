"""A host as a child process: spawned at one end of a socket pair, and ended with it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

import attrs
import msgspec

from kallglot.errors import EngineError
from kallglot.speech import pipe
from kallglot.speech.catalogue import SpeechSettings
from kallglot.speech.wire import FromHost

__all__ = ["Command"]

#: Seconds that a child which answers may take to end.
_FAREWELL = 1.0


@attrs.frozen
class Command:
    """What is run: a role of `kallglot.speech.host`.

    `engines` replaces the engines of the settings by those of a function, for tests.
    """

    role: Literal["ear", "mind"]
    settings: SpeechSettings
    engines: str | None = None

    @property
    def name(self) -> str:
        return self.role

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

    @asynccontextmanager
    async def connected(self, receive: Callable[[FromHost], None]) -> AsyncIterator[pipe.Pipe]:
        """Run the process; see `kallglot.speech.child.Reach`."""
        ours, theirs = pipe.pair()
        try:
            with theirs:
                process = await self._spawn(theirs.fileno())
        except OSError as error:
            ours.close()
            raise EngineError(f"cannot be started: {error}") from error
        except asyncio.CancelledError:
            ours.close()
            raise
        grace = _FAREWELL
        link = pipe.Pipe(receive)
        try:
            ours.setblocking(False)
            await asyncio.get_running_loop().create_connection(lambda: link, sock=ours)
            yield link
        except EngineError:  # it does not answer, and would not hear that it shall end
            grace = 0.0
            raise
        finally:
            link.close()
            code = await _end(process, grace)
        raise EngineError(f"ended with status {code}")

    async def _spawn(self, fd: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.arguments(fd),
            env=self.environment(),
            pass_fds=(fd,),
            stdin=asyncio.subprocess.DEVNULL,
        )


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
