"""When somebody starts to speak, is still speaking, and has finished: turn taking as pure code.

Fed with the probability of speech of each 32 ms, it answers with what that means.  All times are
seconds since the voice began, counted in frames, so that they do not depend on when a
probability was computed.
"""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

import attrs

__all__ = ["SpeechEnded", "SpeechGoesOn", "SpeechStarted", "TurnEvent", "TurnPolicy", "Turns"]


@attrs.frozen
class TurnPolicy:
    """How long is long.

    A probability of `onset` or more for `starts_after` starts an utterance, one below `offset`
    for `ends_after` ends it.  `lead` and `tail` are what is kept before and after, so that a soft
    consonant is not cut off.  An utterance longer than `longest` is cut at its quietest moment
    within the last `cut_within`.  `partial_every` is how often a partial result is due.
    """

    frame: float = 0.032
    onset: float = 0.5
    offset: float = 0.35
    starts_after: float = 0.064
    ends_after: float = 0.544
    lead: float = 0.25
    tail: float = 0.2
    longest: float = 7.5
    cut_within: float = 2.0
    partial_every: float = 0.6
    shortest: float = 0.16


@attrs.frozen
class SpeechStarted:
    """Somebody has started to speak, at `start`."""

    start: float


@attrs.frozen
class SpeechGoesOn:
    """They are still speaking; what was heard from `start` to `end` is worth a partial result."""

    start: float
    end: float


@attrs.frozen
class SpeechEnded:
    """They have finished, or must be cut.

    The utterance, with a little air around it, is from `start` to `end`; the speech in it, from
    `onset` to `offset`.
    """

    start: float
    end: float
    onset: float
    offset: float


TurnEvent: TypeAlias = SpeechStarted | SpeechGoesOn | SpeechEnded


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
        self._state = _Speaking(
            start, max(start, onset), pause=0, partial_due=self.now + self.policy.partial_every
        )
        return [SpeechStarted(start)]

    def _speaking(self, state: _Speaking, probability: float) -> list[TurnEvent]:
        policy = self.policy
        pause = state.pause + 1 if probability < policy.offset else 0
        if pause * policy.frame >= policy.ends_after:
            offset = self.now - pause * policy.frame
            return self._end(state, offset, offset + policy.tail)
        if self.now - state.start >= policy.longest:
            return self._cut(state)
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
            return []
        return [SpeechEnded(state.start, end, state.onset, offset)]

    def _cut(self, state: _Speaking) -> list[TurnEvent]:
        """End an utterance that is too long where a pause is likeliest, and go on with the rest."""
        quietest = min(range(len(self._recent)), key=lambda i: (self._recent[i], -i))
        at = self.now - (len(self._recent) - quietest - 0.5) * self.policy.frame
        at = max(at, state.onset + self.policy.frame)
        self._floor = at
        partial_due = self.now + self.policy.partial_every
        self._state = _Speaking(at, onset=at, pause=0, partial_due=partial_due)
        return [SpeechEnded(state.start, at, state.onset, at), SpeechStarted(at)]
