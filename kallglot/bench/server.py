"""The server that is measured: `kallglot serve` with engines that answer at once, and a window.

`python -m kallglot.bench.server FOLDER ENGINES INTERRUPTION`
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import pykka

from kallglot.bench.engines import COUNT
from kallglot.bench.worker import answer_questions, say
from kallglot.commands import terminal
from kallglot.config import Settings
from kallglot.metering import Metering
from kallglot.server import running, settle
from kallglot.speech.catalogue import SpeechSettings
from kallglot.speech.child import Command
from kallglot.speech.client import Hosts, SpeechClient

__all__ = ["Census", "Look", "Profile", "Profiled", "Serving"]

#: Seconds between two looks at how late the event loop is.
LAG_EVERY = 0.02


class Serving(msgspec.Struct, frozen=True):
    """The server is up; `key` opens its API."""

    url: str
    key: str


class Look(msgspec.Struct, frozen=True, tag=True):
    """What is there?  With `is_thorough`, after everything that can be let go was let go."""

    is_thorough: bool = False


class Profile(msgspec.Struct, frozen=True, tag=True):
    """Profile for so many seconds."""

    seconds: float


class Profiled(msgspec.Struct, frozen=True):
    """Where the time went, for people."""

    text: str


class Census(msgspec.Struct, frozen=True):
    """What is there in the media process.

    `lags` are how late the event loop was, in seconds, since the last look, and `pause` the longest
    that the garbage was collected at a stretch; `dropped` counts media
    frames that were dropped on their way; `voices` are what the ear process knows of.
    """

    rss: int
    files: int
    threads: int
    tasks: int
    actors: int
    timers: int
    ears: int
    voices: int
    judged: int
    guessed: int
    dropped: int
    lags: list[float]
    pause: float
    objects: dict[str, int]


class CountingMetering(Metering):
    """Counts what was dropped where it can be read."""

    def __init__(self) -> None:
        super().__init__()
        self.lost = 0

    def frames_dropped(self, where: str, count: int = 1) -> None:
        super().frames_dropped(where, count)
        self.lost += count


class Window:
    """Looks into the process it runs in."""

    def __init__(self, speech: SpeechClient, voices: Path, metering: CountingMetering) -> None:
        self._speech = speech
        self._metering = metering
        self._voices = voices
        self._lags: list[float] = []
        self._due = 0.0
        self._pause = self._paused_at = 0.0
        gc.callbacks.append(self._note_pause)

    def watch(self) -> None:
        """Begin to measure how late the loop is."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._due:
            self._lags.append(now - self._due)
            del self._lags[:-10_000]
        self._due = now + LAG_EVERY
        loop.call_at(self._due, self.watch)

    def _note_pause(self, phase: str, _info: object) -> None:
        now = time.perf_counter()
        if phase == "start":
            self._paused_at = now
        else:
            self._pause = max(self._pause, now - self._paused_at)

    async def answer(self, question: Look | Profile) -> Any:
        match question:
            case Look(is_thorough):
                return await self._look(is_thorough=is_thorough)
            case Profile(seconds):
                return await _profile(seconds)

    async def _look(self, *, is_thorough: bool) -> Census:
        lags, self._lags = self._lags, []
        pause, self._pause = self._pause, 0.0
        if is_thorough:
            await _let_go()
        # Counting objects looks at every one of them: too slow during a call.
        objects = _objects() if is_thorough else Counter[str]()
        actors = pykka.ActorRegistry.get_all()
        judged, guessed = self._speech.frames
        return Census(
            rss=_resident(),
            files=_files(),
            threads=threading.active_count(),
            tasks=len(asyncio.all_tasks()),
            actors=len(actors),
            timers=objects["TimerHandle"],
            ears=objects["kallglot.speech.ears.Listener"],
            voices=int(self._voices.read_text()),
            judged=judged,
            guessed=guessed,
            dropped=self._metering.lost,
            lags=lags,
            pause=pause,
            objects=dict(objects.most_common(400)),
        )


async def _let_go() -> None:
    for _ in range(3):
        gc.collect()
        await asyncio.sleep(0.1)
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)


def _files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def _objects() -> Counter[str]:
    counted: Counter[str] = Counter()
    for one in gc.get_objects():
        kind = type(one)
        is_plain = kind.__module__ in {"builtins", "uvloop.loop", "asyncio.events"}
        counted[kind.__name__ if is_plain else f"{kind.__module__}.{kind.__qualname__}"] += 1
    return counted


async def _profile(seconds: float) -> Profiled:
    """Look a thousand times per second of processor what is being done.

    cProfile would count calls, and make small functions look expensive.
    """
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()

    def look(_number: int, frame: FrameType | None) -> None:
        places = []
        while frame is not None:
            places.append(f"{frame.f_code.co_filename}:{frame.f_code.co_qualname}")
            frame = frame.f_back
        own[places[0]] += 1
        whole.update(set(places))

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    await asyncio.sleep(seconds)
    signal.setitimer(signal.ITIMER_PROF, 0)
    looks = sum(own.values())
    lines = [
        f"{own[place] / looks:6.1%} {count / looks:6.1%}  {place}"
        for place, count in whole.most_common(80)
    ]
    return Profiled("\n".join(["   own  whole  function", *lines]))


async def _serve(folder: str, engines: str, interruption: str) -> None:
    settings = Settings.default(
        bind="127.0.0.1:0",
        data=folder,
        max_sessions=100_000,
        rate_limit=1_000_000,
        interruption=interruption,
        log_level="warning",
        webhooks__allow_private=True,
        webhooks__retry_scale=0.002,  # a day of waiting in three minutes
    )
    models = SpeechSettings()
    voices = Path(folder) / "voices"
    os.environ[COUNT] = str(voices)
    ear = Command("ear", models, engines="kallglot.bench.engines:counting_ear")
    mind = Command("mind", models, engines=f"kallglot.bench.engines:{engines}")
    speech = SpeechClient(Hosts(ear, mind))
    await speech.start()
    try:
        metering = CountingMetering()
        async with running(settings, speech, metering=metering) as server:
            settle()
            window = Window(speech, voices, metering)
            window.watch()
            say(Serving(server.url, server.first_key or ""))
            await answer_questions(Look | Profile, window.answer)
    finally:
        await speech.stop()


if __name__ == "__main__":
    terminal.log_to_stderr("warning")
    logging.getLogger("kallglot.speech").setLevel(logging.ERROR)
    terminal.run(_serve(*sys.argv[1:]))
