"""When words that were heard are believed for good: the decision, without sound and without engine.

A recogniser that hears the same growing sound again and again changes its mind about the end of
it.  LocalAgreement (Liu et al., 2020) believes what it has said `votes` times in a row, word by
word from the beginning.  AlignAtt (Papi et al., 2023) believes at once what was said before the
last moments of the sound, and nothing of what it takes from those: that is one vote and a wide
`margin`.  Either way the rest stays unstable.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Final

import attrs

from kallglot.speech.engines import Word
from kallglot.speech.streaming import pieces
from kallglot.speech.streaming.numbers import is_number

__all__ = ["Ballot", "Guess", "Moment", "Policy"]

#: How many pieces more or fewer than before the committed words may take in a new hypothesis.
_DRIFT: Final = 3


class Moment(enum.Enum):
    """Where in the turn a hypothesis stands: while the voice goes on, at a rest, at its end.

    `FULL` is when no more sound can be heard together with this, and part of it has to go.
    """

    GOING_ON = "going on"
    PAUSE = "pause"
    FULL = "full"
    LAST = "last"


@attrs.frozen
class Policy:
    """How long to doubt.

    A word is not believed that ends within `margin` seconds of the end of the sound, unless there
    is a pause; nor is the end of a sentence in the last `tail` seconds, for what is half said is
    often taken for something whole.  In a pause a sentence is believed that has `fewest` words; a
    shorter one may be how a longer begins ("Hello, this is …") and waits for the end of the turn.
    Where sound has to go, the last `kept` seconds stay.  A number at the end waits for a pause or
    for a word behind it, if `keeps_numbers_together`.
    """

    votes: int = 2
    margin: float = 0.1
    kept: float = 1.0
    tail: float = 0.4
    fewest: int = 2
    keeps_numbers_together: bool = True


@attrs.frozen
class Guess:
    """What the sound is taken for: pieces of text, and when they were said, in seconds."""

    words: tuple[Word, ...] = attrs.field(repr=False)
    heard: float
    is_sure: bool = True


class Ballot:
    """The committed words of one stretch of sound, and the hypotheses they came from."""

    def __init__(self, policy: Policy | None = None) -> None:
        self._policy = policy or Policy()
        self._committed: list[Word] = []
        self._earlier: list[tuple[Word, ...]] = []
        self._rest: tuple[Word, ...] = ()

    @property
    def committed(self) -> tuple[Word, ...]:
        """What is committed of the sound that is still there, when it was committed."""
        return tuple(self._committed)

    @property
    def rest(self) -> tuple[Word, ...]:
        """What the last hypothesis has behind that."""
        return self._rest

    def take(self, guess: Guess, moment: Moment) -> tuple[Word, ...]:
        """Take a hypothesis about all of the sound; returns the words committed by it."""
        new = guess.words[_behind(self._committed, guess.words) :]
        count = self._believed(new, guess, moment)
        self._committed += new[:count]
        self._rest = new[count:]
        earlier = [*(one[count:] for one in self._earlier), new[count:]] if guess.is_sure else []
        self._earlier = earlier[max(0, len(earlier) + 1 - self._policy.votes) :]
        return new[:count]

    def cut(self, at: float, words: int) -> None:
        """Forget the sound before `at`, and so many of the committed words with it."""
        self._committed = list(_shifted(self._committed[words:], at))
        self._earlier = [_shifted(words, at) for words in self._earlier]
        self._rest = _shifted(self._rest, at)

    def _believed(self, new: Sequence[Word], guess: Guess, moment: Moment) -> int:
        """How many of the new words are committed."""
        if moment is Moment.LAST:
            return len(new)
        if moment is Moment.FULL:
            count = self._old_enough(new, guess.heard - self._policy.kept)
            return max(count, 0 if self._committed else min(1, len(new)))
        if not guess.is_sure or not new:
            return 0
        is_pause = moment is Moment.PAUSE
        is_long = len(self._committed) + len(new) >= self._policy.fewest
        if is_pause and is_long and pieces.ends_sentence(new[-1].text):
            return len(new)
        count = self._agreed(new)
        is_whole = is_pause and is_long
        is_end = count == len(new) and pieces.ends_sentence(new[-1].text)
        if is_end and not is_whole and new[-1].end > guess.heard - self._policy.tail:
            count -= 1
        if not is_pause:
            count = min(count, self._old_enough(new, guess.heard - self._policy.margin))
            if self._policy.keeps_numbers_together:
                count = _before_number(new, count)
        return count

    def _agreed(self, new: Sequence[Word]) -> int:
        if len(self._earlier) < self._policy.votes - 1:
            return 0
        return min((_common(one, new) for one in self._earlier), default=len(new))

    @staticmethod
    def _old_enough(new: Sequence[Word], latest: float) -> int:
        """How many words end before a moment."""
        return next((k for k, word in enumerate(new) if word.end > latest), len(new))


def _shifted(words: Sequence[Word], seconds: float) -> tuple[Word, ...]:
    return tuple(
        attrs.evolve(word, start=max(word.start - seconds, 0.0), end=max(word.end - seconds, 0.0))
        for word in words
    )


def _common(before: Sequence[Word], now: Sequence[Word]) -> int:
    """How many words two hypotheses have in common from the beginning.

    The last of them must have the same punctuation too: nothing tells that a sentence ends there
    but the sign itself.
    """
    count = 0
    for one, other in zip(before, now, strict=False):
        if pieces.key(one.text) != pieces.key(other.text):
            break
        count += 1
    while count and before[count - 1].text.strip() != now[count - 1].text.strip():
        count -= 1
    return count


def _before_number(new: Sequence[Word], count: int) -> int:
    """How many words are left when a number that may go on waits."""
    if count < len(new) and not is_number(new[count].text):
        return count
    while count and is_number(new[count - 1].text):
        count -= 1
    return count


def _behind(committed: Sequence[Word], now: Sequence[Word]) -> int:
    """At which word of a hypothesis that begins like the committed words the new ones begin.

    Engines that cannot be told what is committed may write it otherwise the next time; then the
    place is taken up to which the two differ least.
    """
    ours = [pieces.key(word.text) for word in committed]
    theirs = [pieces.key(word.text) for word in now]
    if theirs[: len(ours)] == ours:
        return len(ours)
    row = list(range(len(theirs) + 1))
    for index, own in enumerate(ours, 1):
        above, row[0] = row[0], index
        for column, other in enumerate(theirs, 1):
            above, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, above + (own != other)),
            )
    near = range(max(0, len(ours) - _DRIFT), min(len(theirs), len(ours) + _DRIFT) + 1)
    ends = {at for at in near if at and theirs[at - 1] == ours[-1]}
    return min(
        near, key=lambda at: (row[at], at not in ends, abs(at - len(ours))), default=len(theirs)
    )
