"""The turns that are being recognised, as seen from the media process.

A turn outlives the engine that follows it: what was heard since the last word that was committed
is kept, and told to the next engine.  No socket, no clock.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from contextvars import Context, copy_context
from typing import TypeAlias

import attrs

from kallglot.audio.past import Past
from kallglot.errors import EngineError
from kallglot.speech import wire
from kallglot.speech.engines import Feed, Hypothesis, Opening
from kallglot.speech.wire import ToHost

__all__ = ["Dictation", "Transcriptions"]

Heard: TypeAlias = Callable[[Hypothesis | EngineError], None]
Deliver: TypeAlias = Callable[["Dictation", Hypothesis | EngineError], object]

#: Seconds of a turn that are kept beyond what the recogniser can look at.
MARGIN = 2.0
#: What an engine that was not heard of yet can presumably look at, in seconds.
WINDOW = 30.0
#: Lost so many times without an answer between, a turn is suspected of being the cause, and
#: worked on alone; once more, and it is not tried again.
SUSPECT = 2
GONE = "the process that understands and speaks is away"


class Dictation:
    """One turn; see `kallglot.speech.service.Transcription`.

    `sound` is what is kept of it, for an engine that must hear it again; the stream of that
    `number` begins at `base` for the engine, in seconds of the turn.
    """

    def __init__(self, turns: Transcriptions, opening: Opening, heard: Heard) -> None:
        self._turns = turns
        self._heard = heard
        self.context: Context = copy_context()
        self.opening = opening
        self.number: int | None = None
        self.sound = Past()
        self.base = 0.0
        self.until = 0.0
        self.losses = 0
        self.is_open = True
        self.is_pause = False
        self.is_last = False
        self.is_owed = False

    def feed(self, pcm: bytes, *, is_pause: bool = False) -> None:
        self._hear(pcm, is_pause=is_pause, is_last=False)

    def finish(self, pcm: bytes = b"") -> None:
        self._hear(pcm, is_pause=True, is_last=True)

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self.sound.clear()
            self._turns.forget(self)

    def tell(self, news: Hypothesis | EngineError) -> None:
        """Call whoever listens, unless they have closed meanwhile."""
        if self.is_open:
            if isinstance(news, EngineError) or news.is_final:
                self.is_open = False
                self.sound.clear()
            self._heard(news)

    @property
    def end(self) -> float:
        """Seconds of the turn that were heard."""
        return self.sound.end / 2 / self.opening.rate_hz

    @property
    def start(self) -> float:
        """From where on what was heard is kept."""
        return self.sound.start / 2 / self.opening.rate_hz

    def trim(self, start: float) -> None:
        """Forget what was heard before `start`."""
        self.sound.forget(2 * int(start * self.opening.rate_hz))

    def _hear(self, pcm: bytes, *, is_pause: bool, is_last: bool) -> None:
        if not self.is_open or self.is_last:
            return
        self.sound.append(pcm)
        self.is_pause, self.is_last, self.is_owed = is_pause, is_last, True
        self._turns.hear(self, pcm)


@attrs.frozen
class _Here:
    """The engine is there."""


@attrs.frozen
class _Away:
    """It is not, and was last seen `since`."""

    since: float


class Transcriptions:
    """All of them, and whether there is an engine to follow them.

    `deliver` is to `tell` a turn, later.  An engine that stays away longer than `patience` is not
    waited for.
    """

    def __init__(
        self, send: Callable[[ToHost], None], deliver: Deliver, patience: float = 10.0
    ) -> None:
        self._send = send
        self._deliver = deliver
        self._patience = patience
        self._numbers = itertools.count(1)
        self._streams: dict[int, Dictation] = {}
        self._orphans: dict[int, Dictation] = {}
        self._longest = WINDOW + MARGIN
        self._engine: _Here | _Away = _Away(-float("inf"))

    def __len__(self) -> int:
        return len(self._streams) + len(self._orphans)

    def open(self, opening: Opening, heard: Heard, now: float) -> Dictation:
        turn = Dictation(self, opening, heard)
        match self._engine:
            case _Here():
                self._begin(turn)
            case _Away(since):
                self._orphans[id(turn)] = turn
                if now - since > self._patience:
                    self._give_up(turn, GONE)
        return turn

    def connect(self, window: float) -> None:
        """An engine is there that knows none of the turns."""
        self._engine = _Here()
        self._longest = window + MARGIN
        orphans, self._orphans = self._orphans, {}
        for turn in orphans.values():
            self._begin(turn)

    def disconnect(self, now: float) -> float:
        """The engine is gone; return when to `expire` if it does not come back."""
        if isinstance(self._engine, _Here):
            self._engine = _Away(now)
        streams, self._streams = self._streams, {}
        culprit = _culprit(streams)
        for number, turn in streams.items():
            turn.number = None
            if number == culprit:
                self._give_up(turn, GONE)
                continue
            if turn.is_owed:
                turn.losses = min(turn.losses + 1, SUSPECT)
            self._orphans[id(turn)] = turn
        assert isinstance(self._engine, _Away)
        return self._engine.since + self._patience

    def expire(self, now: float) -> None:
        """Wait no longer, if it has been long."""
        if isinstance(self._engine, _Away) and now - self._engine.since >= self._patience:
            for turn in list(self._orphans.values()):
                self._give_up(turn, GONE)

    def hear(self, turn: Dictation, pcm: bytes) -> None:
        if turn.number is not None:
            self._send(wire.Listen(Feed(turn.number, pcm, turn.is_pause, turn.is_last)))
        turn.trim(turn.end - self._longest)

    def forget(self, turn: Dictation) -> None:
        self._orphans.pop(id(turn), None)
        if turn.number is not None:
            del self._streams[turn.number]
            self._send(wire.Forget(turn.number))
            turn.number = None

    def receive(self, message: wire.Understood | wire.Lost) -> None:
        turn = self._streams.get(message.stream)
        if turn is None:
            return
        match message:
            case wire.Understood(hypothesis=hypothesis):
                self._understand(turn, hypothesis)
            case wire.Lost(reason=reason):
                del self._streams[message.stream]
                turn.number = None
                turn.losses += 1
                if turn.losses > SUSPECT:
                    self._give_up(turn, reason)
                else:
                    self._begin(turn)

    def _understand(self, turn: Dictation, hypothesis: Hypothesis) -> None:
        turn.losses = 0
        turn.until = max(turn.until, turn.base + hypothesis.until)
        heard = turn.base + hypothesis.heard
        turn.is_owed = heard < turn.end or (turn.is_last and not hypothesis.is_final)
        turn.trim(turn.until)
        if hypothesis.is_final:
            assert turn.number is not None
            del self._streams[turn.number]
            turn.number = None
        self._deliver(turn, attrs.evolve(hypothesis, until=turn.until, heard=heard))

    def _begin(self, turn: Dictation) -> None:
        """Tell the engine of a turn, and all that it must hear of it."""
        turn.number = next(self._numbers)
        turn.base = turn.start
        self._streams[turn.number] = turn
        self._send(wire.Open(turn.number, turn.opening, is_suspect=turn.losses >= SUSPECT))
        if turn.sound or turn.is_owed:
            pcm = turn.sound.between(turn.sound.start, turn.sound.end)
            feed = Feed(turn.number, pcm, turn.is_pause, turn.is_last)
            self._send(wire.Listen(feed))

    def _give_up(self, turn: Dictation, reason: str) -> None:
        self._orphans.pop(id(turn), None)
        self._deliver(turn, EngineError(reason))


def _culprit(streams: Mapping[int, Dictation]) -> int | None:
    """Return which of the suspects was worked on when the engine was lost.

    They are worked on one after the other, those at a pause or at their end first.
    """
    suspects = [
        (not turn.is_pause, number)
        for number, turn in streams.items()
        if turn.is_owed and turn.losses >= SUSPECT
    ]
    return min(suspects)[1] if suspects else None
