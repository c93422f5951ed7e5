"""What is done at the desks: requests answered in batches, and speech piece by piece."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Generic, TypeVar

import attrs

from kallglot.speech import wire
from kallglot.speech.desk import Errand, refusal
from kallglot.speech.engines import Chunk, SpeechRequest, Synthesiser
from kallglot.speech.scheduler import Job, Key, Lane
from kallglot.speech.wire import FromHost

__all__ = ["Answering", "Speaking"]

R = TypeVar("R")
A = TypeVar("A")


class Answering(Generic[R, A]):
    """Requests that are answered once, by an engine that takes several."""

    is_separable = True

    def __init__(
        self, engine: Callable[[Sequence[R]], list[A]], answer: Callable[[int, A], FromHost]
    ) -> None:
        self._engine = engine
        self._answer = answer

    def do(self, batch: Sequence[Job[Errand[R]]]) -> Sequence[Job[Errand[R]]]:
        results = self._engine([job.request.request for job in batch])
        for job, result in zip(batch, results, strict=True):
            job.request.send(self._answer(job.id[1], result))
        return ()

    def fail(self, job: Job[Errand[R]], reason: str, *, is_busy: bool) -> None:
        refusal(job, reason, is_busy=is_busy)


@attrs.define
class _Speech:
    """A sentence that is being spoken; what has been sent of it lasts until `runs_dry`."""

    chunks: Iterator[Chunk]
    runs_dry: float


class Speaking:
    """Sentences that are spoken piece by piece, several in turn.

    Whoever is served next is decided by the scheduler: the first sound of a sentence goes before
    the rest of others, and among those whoever has least left to play.
    """

    is_separable = True

    def __init__(self, synthesiser: Synthesiser) -> None:
        self._synthesiser = synthesiser
        self._lock = threading.Lock()
        self._cancelled: set[Key] = set()
        self._running: dict[Key, _Speech] = {}

    def cancel(self, key: Key) -> bool:
        """Say no more of a sentence; tell whether it has begun, and ends when it is its turn."""
        with self._lock:
            if key in self._running:
                self._cancelled.add(key)
            return key in self._running

    def leave(self, guest: int) -> None:
        """Say no more to somebody who has gone."""
        with self._lock:
            self._cancelled |= {key for key in self._running if key[0] == guest}

    def do(self, batch: Sequence[Job[Errand[SpeechRequest]]]) -> list[Job[Errand[SpeechRequest]]]:
        again = (self._say(job) for job in batch)
        return [job for job in again if job is not None]

    def fail(self, job: Job[Errand[SpeechRequest]], reason: str, *, is_busy: bool) -> None:
        self._end(job.id)
        refusal(job, reason, is_busy=is_busy)

    def _say(self, job: Job[Errand[SpeechRequest]]) -> Job[Errand[SpeechRequest]] | None:
        """Say one piece more; return the rest, if there is any."""
        request = job.request.request
        with self._lock:
            speech = self._running.get(job.id)
            if speech is None:
                chunks = self._synthesiser.synthesise(request, lambda: job.id in self._cancelled)
                self._running[job.id] = speech = _Speech(chunks, 0.0)
        chunk = None if job.id in self._cancelled else next(speech.chunks, None)
        if chunk is None:
            self._end(job.id)
            return None
        job.request.send(wire.Spoken(job.id[1], chunk))
        if chunk.is_last:
            self._end(job.id)
            return None
        now = time.monotonic()
        seconds = len(chunk.pcm) / 2 / request.rate_hz
        speech.runs_dry = max(now, speech.runs_dry) + seconds
        return attrs.evolve(
            job, came=now, deadline=speech.runs_dry, lane=Lane.LATER, is_patient=True
        )

    def _end(self, key: Key) -> None:
        with self._lock:
            speech = self._running.pop(key, None)
            self._cancelled.discard(key)
        if speech is not None and isinstance(speech.chunks, Generator):
            speech.chunks.close()
