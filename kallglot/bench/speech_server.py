"""The server that `scripts/bench speech` calls: `kallglot serve` with the models of the settings.

`python -m kallglot.bench.speech_server FOLDER`, and `KALLGLOT_CONFIG` and `KALLGLOT_SPEECH_…` as
for any server.  Nothing is faked; a stopwatch stands between the actors and the engines.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import attrs
import msgspec

from kallglot.bench.worker import answer_questions, say
from kallglot.commands import settings as options
from kallglot.commands import terminal
from kallglot.commands.serve import cards
from kallglot.config import Settings
from kallglot.errors import EngineError, KallglotError
from kallglot.model.transcript import Utterance
from kallglot.server import Server, running, settle
from kallglot.settingtypes import AddressType
from kallglot.speech.client import SpeechClient
from kallglot.speech.engines import (
    Chunk,
    Hypothesis,
    Opening,
    Recognition,
    SpeechRequest,
    TextRequest,
    Translation,
    VoiceRequest,
)
from kallglot.speech.service import Transcription

__all__ = ["Ready", "Stages", "Told", "Transcript", "Transcripts"]

#: How many times of each stage are kept.
_MOST = 100_000


class Ready(msgspec.Struct, frozen=True):
    """The server is up with these models; `key` opens its API.  Or it is not, and says why."""

    url: str = ""
    key: str = ""
    models: list[str] = []
    failure: str = ""


class Transcripts(msgspec.Struct, frozen=True, tag=True):
    """What was understood in these sessions?"""

    sessions: list[str]


class Stages(msgspec.Struct, frozen=True, tag=True):
    """How long did each stage take, since this was last asked?"""


class Transcript(msgspec.Struct, frozen=True):
    """A session's utterances; its time 0 was at `origin` on this machine's monotonic clock."""

    session: str
    origin: float
    utterances: list[Utterance]


class Told(msgspec.Struct, frozen=True):
    """Seconds by stage."""

    seconds: dict[str, list[float]]


class Stopwatch:
    """A speech service that writes down how long the one behind it takes.

    `follow` is from a feed of a turn to the next answer about it, `finish` from the end of a turn
    to its final answer.
    """

    def __init__(self, speech: SpeechClient) -> None:
        self._speech = speech
        self._spent: dict[str, deque[float]] = {}

    def __getattr__(self, name: str) -> Any:
        """Leave to the service what takes no time."""
        return getattr(self._speech, name)

    def read(self) -> dict[str, list[float]]:
        """Return what was written down since this was last called."""
        spent, self._spent = self._spent, {}
        return {stage: list(times) for stage, times in spent.items()}

    def note(self, stage: str, seconds: float) -> None:
        self._spent.setdefault(stage, deque(maxlen=_MOST)).append(seconds)

    def transcribe(
        self, opening: Opening, heard: Callable[[Hypothesis | EngineError], None]
    ) -> Transcription:
        timed = _TimedTurn(self, heard)
        timed.turn = self._speech.transcribe(opening, timed.hear)
        return timed

    async def recognise(self, request: VoiceRequest, *, within: float) -> Recognition:
        with self._timed("recognise part" if request.is_partial else "recognise"):
            return await self._speech.recognise(request, within=within)

    async def translate(self, request: TextRequest, *, within: float) -> Translation:
        with self._timed("translate"):
            return await self._speech.translate(request, within=within)

    async def synthesise(self, request: SpeechRequest, *, within: float) -> AsyncIterator[Chunk]:
        began, is_first = time.perf_counter(), True
        spoken: Any = self._speech.synthesise(request, within=within)
        async with aclosing(spoken) as chunks:
            async for chunk in chunks:
                if is_first:
                    self.note("first sound", time.perf_counter() - began)
                    is_first = False
                yield chunk

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.note(stage, time.perf_counter() - began)


class _TimedTurn:
    """A turn that is recognised while it goes on, under the stopwatch."""

    turn: Transcription

    def __init__(self, watch: Stopwatch, heard: Callable[[Hypothesis | EngineError], None]) -> None:
        self._watch = watch
        self._heard = heard
        self._fed: float | None = None
        self._finished: float | None = None

    def hear(self, answer: Hypothesis | EngineError) -> None:
        now = time.perf_counter()
        if isinstance(answer, Hypothesis):
            if answer.is_final and self._finished is not None:
                self._watch.note("finish", now - self._finished)
            elif self._fed is not None:
                self._watch.note("follow", now - self._fed)
            self._fed = None
        self._heard(answer)

    def feed(self, pcm: bytes, *, is_pause: bool = False) -> None:
        self._fed = self._fed or time.perf_counter()
        self.turn.feed(pcm, is_pause=is_pause)

    def finish(self, pcm: bytes = b"") -> None:
        self._finished = time.perf_counter()
        self.turn.finish(pcm)

    def close(self) -> None:
        self.turn.close()


def _settings(folder: str) -> Settings:
    """Return the operator's settings, with what a bench must have for itself."""
    return attrs.evolve(
        Settings.load(),
        bind=AddressType()("127.0.0.1:0"),
        data=Path(folder),
        max_sessions=100_000,
        rate_limit=1_000_000,
    )


async def _serve(folder: str) -> None:
    try:
        settings = _settings(folder)
        speech = SpeechClient(options.hosts_of(settings))
        await speech.start()
    except KallglotError as error:
        say(Ready(failure=str(error)))
        return
    watch = Stopwatch(speech)
    try:
        async with running(settings, watch) as server:
            settle()
            say(Ready(server.url, server.first_key or "", cards(speech.cards)))

            async def answer(question: Transcripts | Stages) -> Any:
                match question:
                    case Transcripts(sessions):
                        return [await _transcript(server, session) for session in sessions]
                    case Stages():
                        return Told(watch.read())

            await answer_questions(Transcripts | Stages, answer)
    finally:
        await speech.stop()


async def _transcript(server: Server, session_id: str) -> Transcript:
    session = await server.store.sessions.get(session_id)
    assert session is not None
    utterances = await server.store.transcripts.of_session(session_id)
    began = session.created_at if session.started_at is None else session.started_at
    return Transcript(session_id, began - time.time() + time.monotonic(), utterances)


if __name__ == "__main__":
    terminal.log_to_stderr(os.environ.get("KALLGLOT_LOG_LEVEL", "warning"))
    logging.getLogger("kallglot.speech").setLevel(logging.ERROR)
    terminal.run(_serve(sys.argv[1]))
