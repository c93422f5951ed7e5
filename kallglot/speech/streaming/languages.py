"""Which language a participant speaks, as far as what they have said so far tells.

Each understanding of each turn is a piece of evidence.  A turn counts for more the more of it was
heard and the surer the recogniser was, and old turns count for less and less, so that who switches
is followed.  One short word in between ("okay") is no switch.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import attrs

__all__ = ["Belief", "LanguageBelief", "LanguagePolicy", "likeliest"]

#: What no language is thought to be less likely than, so that nobody is ever beyond persuasion.
_FLOOR: Final = 0.01
#: How many times as likely a language must be that nobody expects.
_UNEXPECTED: Final = 4.0


def likeliest(shares: Mapping[str, float], expected: Collection[str] = ()) -> str:
    """Return which language a sound is in, given how likely each is by the sound alone."""
    return max(
        shares,
        key=lambda name: (shares[name] * (_UNEXPECTED if name in expected else 1.0), name),
    )


@attrs.frozen
class LanguagePolicy:
    """When to say that a language was detected, and when that it has changed.

    It takes `least` seconds of speech and a confidence of `detected`; another language than the
    one detected before must reach `switched`.  A turn that is `full` seconds long counts wholly,
    and the evidence from before a whole turn counts for `memory` of what it did.
    """

    least: float = 0.8
    detected: float = 0.7
    switched: float = 0.85
    full: float = 2.0
    memory: float = 0.4


@attrs.frozen
class Belief:
    """A language newly detected; `before` is what was believed, and None the first time."""

    language: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()
    before: str | None = None


class LanguageBelief:
    """What is believed of one participant."""

    def __init__(self, policy: LanguagePolicy | None = None, known: str | None = None) -> None:
        self._policy = policy or LanguagePolicy()
        self._language = known
        self._past: dict[str, float] = {}
        self._turn: dict[str, float] = {}
        self._seconds = 0.0
        self._speech = 0.0

    @property
    def language(self) -> str | None:
        """What is believed now."""
        return self._language

    @property
    def confidence(self) -> float:
        return self.shares().get(self._language or "", 0.0)

    def assume(self, language: str) -> None:
        """Learn what was believed before this began."""
        self._language = language

    def hear(
        self,
        language: str,
        confidence: float,
        alternatives: Iterable[tuple[str, float]] = (),
        *,
        seconds: float,
    ) -> Belief | None:
        """Take what the turn that goes on is taken for, now that so many seconds are heard.

        Each replaces what was known of the same turn.  Returns what is news.
        """
        self._seconds = seconds
        weight = min(1.0, seconds / self._policy.full)
        shares = {**dict(alternatives), language: confidence}
        self._turn = {
            name: weight * math.log(max(min(share, 1.0), _FLOOR) / _FLOOR)
            for name, share in shares.items()
        }
        return self._decide()

    def end_turn(self) -> None:
        """The turn is over; what it said is remembered, what was said before it fades."""
        fading = self._policy.memory ** min(1.0, self._seconds / self._policy.full)
        self._past = {name: score * fading for name, score in self._past.items()}
        for name, score in self._turn.items():
            self._past[name] = self._past.get(name, 0.0) + score
        self._speech += self._seconds
        self._turn, self._seconds = {}, 0.0

    def shares(self) -> dict[str, float]:
        """How likely each language is; what is missing to one is that it is none of them."""
        names = self._past.keys() | self._turn.keys()
        scores = {name: self._past.get(name, 0.0) + self._turn.get(name, 0.0) for name in names}
        highest = max(scores.values(), default=0.0)
        powers = {name: math.exp(score - highest) for name, score in scores.items()}
        # The chance that it is none of those that were ever thought of.
        whole = sum(powers.values()) + math.exp(-highest)
        return {name: power / whole for name, power in powers.items()}

    def _decide(self) -> Belief | None:
        shares = self.shares()
        best = max(shares, key=lambda name: (shares[name], name), default=None)
        if best is None or best == self._language:
            return None
        needed = self._policy.detected if self._language is None else self._policy.switched
        if self._speech + self._seconds < self._policy.least or shares[best] < needed:
            return None
        if self._language is not None and self._seconds < self._policy.least:
            return None
        others = sorted(shares.items(), key=lambda one: -one[1])
        belief = Belief(
            best,
            shares[best],
            tuple((name, share) for name, share in others if name != best and share >= _FLOOR),
            before=self._language,
        )
        self._language = best
        return belief
