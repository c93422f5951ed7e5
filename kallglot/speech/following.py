"""Turns that are recognised while they go on: what is done at the desk of the transcriber.

Sound that comes faster than it is understood waits in its stream, and is understood together.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Sequence

import attrs

from kallglot.speech import wire
from kallglot.speech.desk import Desk, Engine, Send
from kallglot.speech.engines import Feed, Hypothesis, Opening, StreamingRecogniser
from kallglot.speech.load import Load
from kallglot.speech.scheduler import Batching, Job, Key, Lane, Scheduler

__all__ = ["Following", "Urgency"]

logger = logging.getLogger("kallglot.speech.host")


@attrs.frozen
class Urgency:
    """Within how many seconds a feed should be answered: one that ends something, and others."""

    end: float = 0.3
    interim: float = 0.6


@attrs.define
class _Stream:
    """A turn, and what came of it that was not understood yet.

    `number` is the engine's name for it.  `skipped` are seconds that were given up because too
    much was waiting, and `unsettled` those that the engine still thinks about.  One that
    `is_suspect` goes alone until it has been answered.
    """

    key: Key
    number: int
    opening: Opening
    send: Send
    is_suspect: bool
    waiting: bytearray = attrs.field(factory=bytearray, repr=False)
    is_due: bool = False
    is_pause: bool = False
    is_last: bool = False
    is_begun: bool = False
    is_over: bool = False
    skipped: float = 0.0
    unsettled: float = 0.0

    def seconds(self, size: int) -> float:
        return size / 2 / self.opening.rate_hz

    def hear(self, feed: Feed, longest: float) -> None:
        """Take more; of more than `longest` seconds the oldest goes."""
        self.waiting += feed.pcm
        self.is_due = True
        self.is_pause, self.is_last = feed.is_pause, self.is_last or feed.is_last
        most = int(longest * self.opening.rate_hz) * 2
        if (excess := len(self.waiting) - most) > 0:
            del self.waiting[:excess]
            self.skipped += self.seconds(excess)

    def take(self) -> Feed:
        """Return what is to be understood now."""
        feed = Feed(self.number, bytes(self.waiting), self.is_pause, self.is_last)
        self.waiting.clear()
        self.is_due = False
        return feed


class _Steps:
    """The work at the desk: one step of each of several streams."""

    is_separable = False

    def __init__(self, transcriber: StreamingRecogniser, streams: _Streams) -> None:
        self._transcriber = transcriber
        self._streams = streams

    def do(self, batch: Sequence[Job[_Stream]]) -> Sequence[Job[_Stream]]:
        streams: list[_Stream] = []
        feeds: list[Feed] = []
        for stream in (job.request for job in batch):
            feed = self._streams.take(stream)
            if feed is not None:
                self._begin(stream)
                streams.append(stream)
                feeds.append(feed)
            elif stream.is_over:
                self._end(stream)
        if feeds:
            hypotheses = self._transcriber.step(feeds)
            for stream, feed, hypothesis in zip(streams, feeds, hypotheses, strict=True):
                self._tell(stream, attrs.evolve(hypothesis, is_final=feed.is_last))
        return ()

    def fail(self, job: Job[_Stream], reason: str, *, is_busy: bool) -> None:
        stream = job.request
        self._end(stream)
        if not stream.is_over:
            stream.send(wire.Lost(stream.key[1], reason))

    def _begin(self, stream: _Stream) -> None:
        if not stream.is_begun:
            stream.is_begun = True
            self._transcriber.open(stream.number, stream.opening)

    def _end(self, stream: _Stream) -> None:
        self._streams.forget(stream)
        if stream.is_begun:
            stream.is_begun = False
            self._transcriber.close(stream.number)

    def _tell(self, stream: _Stream, hypothesis: Hypothesis) -> None:
        stream.unsettled = hypothesis.heard - hypothesis.until
        stream.is_suspect = False
        if hypothesis.is_final:
            self._end(stream)
        if stream.is_over:
            return
        if stream.skipped:
            hypothesis = attrs.evolve(
                hypothesis,
                until=hypothesis.until + stream.skipped,
                heard=hypothesis.heard + stream.skipped,
            )
        stream.send(wire.Understood(stream.key[1], hypothesis))


class _Streams:
    """The turns that go on, which one thread feeds and another works on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: dict[Key, _Stream] = {}

    def open(self, stream: _Stream) -> None:
        with self._lock:
            self._streams[stream.key] = stream

    def hear(self, key: Key, feed: Feed, longest: float) -> _Stream | None:
        """Add to a stream and return it, unless it is over."""
        with self._lock:
            stream = self._streams.get(key)
            if stream is not None:
                stream.hear(feed, longest)
            return stream

    def close(self, key: Key) -> _Stream | None:
        with self._lock:
            stream = self._streams.get(key)
            if stream is not None:
                stream.is_over = True
            return stream

    def of(self, guest: int) -> list[Key]:
        with self._lock:
            return [key for key in self._streams if key[0] == guest]

    def take(self, stream: _Stream) -> Feed | None:
        with self._lock:
            return stream.take() if stream.is_due and not stream.is_over else None

    def forget(self, stream: _Stream) -> None:
        with self._lock:
            self._streams.pop(stream.key, None)


class Following:
    """The turns of everybody, before one transcriber.

    `longest` is how many seconds of a turn may wait.
    """

    def __init__(
        self,
        transcriber: StreamingRecogniser,
        batching: Batching,
        engine: Engine,
        longest: float,
        urgency: Urgency | None = None,
    ) -> None:
        self._longest = longest
        self._urgency = urgency or Urgency()
        self._numbers = itertools.count(1)
        self._streams = _Streams()
        steps = _Steps(transcriber, self._streams)
        self._desk: Desk[_Stream] = Desk("transcriber", Scheduler(batching), steps, engine)

    def start(self) -> None:
        self._desk.start()

    def load(self) -> Load:
        return self._desk.load()

    def open(self, key: Key, message: wire.Open, send: Send) -> None:
        self._streams.open(
            _Stream(key, next(self._numbers), message.opening, send, message.is_suspect)
        )

    def feed(self, key: Key, feed: Feed) -> None:
        stream = self._streams.hear(key, feed, self._longest)
        if stream is not None:
            self._queue(stream, is_urgent=feed.is_pause or feed.is_last)

    def close(self, key: Key) -> None:
        stream = self._streams.close(key)
        if stream is not None:
            self._queue(stream, is_urgent=False)

    def leave(self, guest: int) -> None:
        """Forget the turns of somebody who has gone."""
        for key in self._streams.of(guest):
            self.close(key)

    def _queue(self, stream: _Stream, *, is_urgent: bool) -> None:
        now = time.monotonic()
        self._desk.join(
            Job(
                stream.key,
                stream,
                came=now,
                deadline=now + (self._urgency.end if is_urgent else self._urgency.interim),
                lane=Lane.FIRST if is_urgent else Lane.LATER,
                size=stream.unsettled + stream.seconds(len(stream.waiting)),
                is_patient=True,
                is_alone=stream.is_suspect,
            )
        )
