"""All the ears of a server, listened to together.

Sound of every call is put into one message per tick for the process that judges it, and the
answers are taken apart again.  Where that process is away, slow or starting, the frames it owes
are judged by loudness instead; so whoever listens hears about every frame once and in order.
No socket, no clock.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context

import attrs
import numpy as np

from kallglot.speech import loudness
from kallglot.speech.wire import Hear, Judged

__all__ = ["Ears", "Listener"]

#: Samples and bytes of a frame of 32 ms at 8 kHz.
FRAME = 256
FRAME_BYTES = FRAME * 2

Judge = Callable[[Sequence[float]], None]


class Listener:
    """The ear of one voice; see `kallglot.speech.service.Ear`."""

    __slots__ = ("_ears", "_is_open", "_judged", "context", "is_due", "room", "stream", "waiting")

    def __init__(self, ears: Ears, stream: int, judged: Judge) -> None:
        self._ears = ears
        self._judged = judged
        self._is_open = True
        #: Of whoever listens, so that what is logged while it is told is logged as theirs.
        self.context = copy_context()
        self.stream = stream
        self.waiting = bytearray()
        self.is_due = False
        self.room = loudness.Room()

    def hear(self, pcm: bytes) -> None:
        if not self._is_open:
            return
        self.waiting += pcm
        if len(self.waiting) >= FRAME_BYTES and not self.is_due:
            self.is_due = True
            self._ears.expect(self)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self.waiting.clear()
            self._ears.forget(self)

    def tell(self, probabilities: Sequence[float]) -> None:
        if self._is_open:
            self._judged(probabilities)


@attrs.frozen
class _Batch:
    """What was sent and not answered so far."""

    at: float
    listeners: list[tuple[Listener, int]]
    pcm: bytes = attrs.field(repr=False)


@attrs.frozen
class _Away:
    """No process judges; everything is guessed."""


@attrs.frozen
class _Prompt:
    """The process answers in time."""


@attrs.frozen
class _Late:
    """The process owes answers that were guessed instead; `last` will be the end of them."""

    last: int


@attrs.define
class Counts:
    """Frames judged since the start; the guessed ones are those that nobody else judged."""

    judged: int = 0
    guessed: int = 0


class Ears:
    """Collects what is heard, and hands out what is thought of it.

    `wake` is called when there is something to collect for the first time since the last
    `collect`.  `deliver` is to `tell` a listener, preferably later, so that a listener who fails
    fails alone.
    """

    def __init__(
        self,
        wake: Callable[[], None],
        deliver: Callable[[Listener, list[float]], object],
        patience: float = 0.25,
    ) -> None:
        self._wake = wake
        self._deliver = deliver
        self._patience = patience
        self._due: list[Listener] = []
        self._next_stream = 1
        self._next_batch = 1
        self._in_flight: deque[tuple[int, _Batch]] = deque()
        self._closed: list[int] = []
        self._process: _Away | _Prompt | _Late = _Away()
        self.counts = Counts()

    def open(self, judged: Judge) -> Listener:
        listener = Listener(self, self._next_stream, judged)
        self._next_stream += 1
        return listener

    def expect(self, listener: Listener) -> None:
        """Remember that a listener has a whole frame."""
        if not self._due and not self._closed:
            self._wake()
        self._due.append(listener)

    def forget(self, listener: Listener) -> None:
        if not isinstance(self._process, _Away):
            if not self._due and not self._closed:
                self._wake()
            self._closed.append(listener.stream)

    def closed(self) -> list[int]:
        """Return the streams that have ended since the last time."""
        closed, self._closed = self._closed, []
        return closed

    def connect(self) -> None:
        """A process is there, which knows none of the streams."""
        self._process = _Prompt()

    def disconnect(self) -> None:
        """The process is gone; guess what it owes."""
        self._process = _Away()
        self._closed.clear()
        self._guess_all()

    def collect(self, now: float) -> Hear | None:
        """Return what is to be judged, or None if it has been guessed or there is nothing."""
        self.expire(now)
        batch = self._gather(now)
        if batch is None:
            return None
        if not isinstance(self._process, _Prompt):
            self._guess(batch)
            return None
        number = self._next_batch
        self._next_batch += 1
        self._in_flight.append((number, batch))
        streams = array("I")
        for listener, frames in batch.listeners:
            streams.append(listener.stream)
            streams.append(frames)
        return Hear(number, streams.tobytes(), batch.pcm)

    def expire(self, now: float) -> None:
        """Guess what has been owed for too long, and everything until the answers are back."""
        if self._in_flight and now - self._in_flight[0][1].at > self._patience:
            self._process = _Late(last=self._next_batch - 1)
            self._guess_all()

    def receive(self, judged: Judged) -> None:
        if self._process == _Late(judged.batch):
            self._process = _Prompt()
        if not self._in_flight or self._in_flight[0][0] != judged.batch:
            return
        _, batch = self._in_flight.popleft()
        self._hand_out(batch, np.frombuffer(judged.probabilities, np.float32).tolist())

    def is_waiting(self) -> bool:
        """Tell whether answers are owed."""
        return bool(self._in_flight)

    def _gather(self, now: float) -> _Batch | None:
        listeners: list[tuple[Listener, int]] = []
        pieces: list[bytes | bytearray] = []
        for listener in self._due:
            listener.is_due = False
            frames = len(listener.waiting) // FRAME_BYTES
            if frames:
                size = frames * FRAME_BYTES
                pieces.append(listener.waiting[:size])
                del listener.waiting[:size]
                listeners.append((listener, frames))
        self._due.clear()
        return _Batch(now, listeners, b"".join(pieces)) if listeners else None

    def _hand_out(self, batch: _Batch, probabilities: list[float]) -> None:
        deliver = self._deliver
        at = 0
        for listener, frames in batch.listeners:
            deliver(listener, probabilities[at : at + frames])
            at += frames
        self.counts.judged += at

    def _guess_all(self) -> None:
        while self._in_flight:
            _, batch = self._in_flight.popleft()
            self._guess(batch)

    def _guess(self, batch: _Batch) -> None:
        heard = iter(loudness.levels(batch.pcm, FRAME))
        guesses = [
            listener.room.judge(next(heard))
            for listener, frames in batch.listeners
            for _ in range(frames)
        ]
        self.counts.guessed += len(guesses)
        self._hand_out(batch, guesses)
