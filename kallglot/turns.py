"""When somebody starts to speak, is still speaking, and has finished: turn taking as pure code.

Fed with the probability of speech of each 32 ms, it answers with what that means.  All times are
seconds since the voice began, counted in frames, so that they do not depend on when a
probability was computed.
"""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

import attrs

__all__ = [
    "SpeechEnded",
    "SpeechGoesOn",
    "SpeechPaused",
    "SpeechStarted",
    "SpeechWithdrawn",
    "TurnEvent",
    "TurnPolicy",
    "Turns",
]


@attrs.frozen
class TurnPolicy:
    """How long is long.

    A probability of `onset` or more for `starts_after` starts a turn, one below `offset` for
    `pauses_after` is a pause in it and for `ends_after` its end.  `lead` and `tail` are what is
    kept before and after, so that a soft consonant is not cut off.  A turn longer than `longest`
    is cut at its quietest moment within the last `cut_within`.  `partial_every` is how often it is
    worth looking what has been said so far.
    """

    frame: float = 0.032
    onset: float = 0.5
    offset: float = 0.35
    starts_after: float = 0.064
    pauses_after: float = 0.192
    ends_after: float = 0.544
    lead: float = 0.25
    tail: float = 0.2
    longest: float = 30.0
    cut_within: float = 2.0
    partial_every: float = 0.32
    shortest: float = 0.16


@attrs.frozen
class SpeechStarted:
    """Somebody has started to speak, at `onset`; the air before it, from `start`, belongs to it."""

    start: float
    onset: float


@attrs.frozen
class SpeechGoesOn:
    """They are still speaking; what was heard from `start` to `end` is worth a partial result."""

    start: float
    end: float


@attrs.frozen
class SpeechPaused:
    """They have said nothing more since `offset`, and it is `end` now; they may go on."""

    offset: float
    end: float


@attrs.frozen
class SpeechWithdrawn:
    """What had started was too short to be speech."""


@attrs.frozen
class SpeechEnded:
    """They have finished, or must be cut.

    The turn, with a little air around it, is from `start` to `end`; the speech in it, from
    `onset` to `offset`.
    """

    start: float
    end: float
    onset: float
    offset: float


TurnEvent: TypeAlias = SpeechStarted | SpeechGoesOn | SpeechPaused | SpeechEnded | SpeechWithdrawn


@attrs.frozen
class _Silent:
    """Nobody speaks; speech has been likely for `frames` frames."""

    frames: int = 0


@attrs.frozen
class _Speaking:
    """Somebody speaks, since `onset`; silence has been likely for `pause` frames."""

    start: float
    onset: float
    pause: int
    partial_due: float


class Turns:
    """The turns of one voice."""

    def __init__(self, policy: TurnPolicy | None = None) -> None:
        self.policy = policy or TurnPolicy()
        self._frames = 0
        self._floor = 0.0
        self._state: _Silent | _Speaking = _Silent()
        self._recent: deque[float] = deque(maxlen=round(self.policy.cut_within / self.policy.frame))

    @property
    def now(self) -> float:
        """Seconds judged so far."""
        return self._frames * self.policy.frame

    @property
    def is_speaking(self) -> bool:
        return isinstance(self._state, _Speaking)

    def judge(self, probability: float) -> list[TurnEvent]:
        """Take the probability of speech in the next frame."""
        self._frames += 1
        self._recent.append(probability)
        match self._state:
            case _Silent(frames):
                return self._silent(frames, probability)
            case _Speaking() as speaking:
                return self._speaking(speaking, probability)

    def flush(self) -> list[TurnEvent]:
        """End what is being said: the voice is gone, or the session is over."""
        if isinstance(self._state, _Speaking):
            return self._end(self._state, self.now, self.now)
        self._state = _Silent()
        return []

    def _silent(self, frames: int, probability: float) -> list[TurnEvent]:
        if probability < self.policy.onset:
            self._state = _Silent(max(0, frames - 1) if probability >= self.policy.offset else 0)
            return []
        frames += 1
        if frames * self.policy.frame < self.policy.starts_after - 1e-9:
            self._state = _Silent(frames)
            return []
        onset = self.now - frames * self.policy.frame
        start = max(self._floor, onset - self.policy.lead)
        onset = max(start, onset)
        partial_due = self.now + self.policy.partial_every
        self._state = _Speaking(start, onset, pause=0, partial_due=partial_due)
        return [SpeechStarted(start, onset)]

    def _speaking(self, state: _Speaking, probability: float) -> list[TurnEvent]:
        policy = self.policy
        pause = state.pause + 1 if probability < policy.offset else 0
        if pause * policy.frame >= policy.ends_after:
            offset = self.now - pause * policy.frame
            return self._end(state, offset, offset + policy.tail)
        if self.now - state.start >= policy.longest:
            return self._cut(state)
        if pause == round(policy.pauses_after / policy.frame):
            self._state = attrs.evolve(state, pause=pause)
            return [SpeechPaused(self.now - pause * policy.frame, self.now)]
        if self.now >= state.partial_due and pause == 0:
            self._state = attrs.evolve(
                state, pause=pause, partial_due=self.now + policy.partial_every
            )
            return [SpeechGoesOn(state.start, self.now)]
        self._state = attrs.evolve(state, pause=pause)
        return []

    def _end(self, state: _Speaking, offset: float, end: float) -> list[TurnEvent]:
        self._state = _Silent()
        self._floor = end
        if offset - state.onset < self.policy.shortest:
            return [SpeechWithdrawn()]
        return [SpeechEnded(state.start, end, state.onset, offset)]

    def _cut(self, state: _Speaking) -> list[TurnEvent]:
        """End a turn that is too long where a pause is likeliest, and go on with the rest."""
        quietest = min(range(len(self._recent)), key=lambda i: (self._recent[i], -i))
        at = self.now - (len(self._recent) - quietest - 0.5) * self.policy.frame
        at = max(at, state.onset + self.policy.frame)
        self._floor = at
        partial_due = self.now + self.policy.partial_every
        self._state = _Speaking(at, onset=at, pause=0, partial_due=partial_due)
        return [SpeechEnded(state.start, at, state.onset, at), SpeechStarted(at, at)]
