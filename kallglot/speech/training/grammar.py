"""The closed world the demonstration models know: German and English sentences, one to one.

A sentence is a pattern with its slots filled, an opener ("Ja.", "Einen Moment, bitte."), or an
opener and a pattern.  One sentence in ten is never trained on.  Which ones is decided by a hash of
the German sentence, so that training and tests agree on it without a list.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterator
from random import Random
from typing import Final

import attrs

from kallglot.speech.training import (
    account,
    appointments,
    billing,
    closing,
    delivery,
    opening,
    technical,
)
from kallglot.speech.training.phrases import Pattern, Speaker, Word
from kallglot.speech.training.words import choose, repeated_digits

__all__ = [
    "LANGUAGES",
    "OPENERS",
    "PATTERNS",
    "Sentence",
    "drill",
    "sentence",
    "sentences",
    "slots_of",
]

LANGUAGES: Final = ("de", "en")
OPENERS: Final = opening.OPENERS
PATTERNS: Final[tuple[Pattern, ...]] = (
    *opening.PATTERNS,
    *account.PATTERNS,
    *billing.PATTERNS,
    *delivery.PATTERNS,
    *appointments.PATTERNS,
    *technical.PATTERNS,
    *closing.PATTERNS,
)

#: Opener and pattern together must still fit into the recogniser's window.
_LONGEST_AFTER_OPENER: Final = 10


@attrs.frozen
class Sentence:
    """The same utterance in both languages."""

    german: str
    english: str
    speaker: Speaker
    is_held_out: bool

    def text(self, language: str) -> str:
        return self.german if language == "de" else self.english


def slots_of(pattern: Pattern) -> frozenset[str]:
    """The slots of a pattern; both languages fill the same ones."""
    return _slots(pattern.german)


def _slots(template: str) -> frozenset[str]:
    fields = (field for _, field, _, _ in string.Formatter().parse(template) if field)
    return frozenset(field.partition(".")[0] for field in fields)


_SLOTS: Final = {pattern: slots_of(pattern) for pattern in (*OPENERS, *PATTERNS)}
#: Patterns with more slots have more to teach, so they come up more often.
_WEIGHTS: Final = tuple(1 + 0.75 * len(_SLOTS[pattern]) for pattern in PATTERNS)

_NUMBERS: Final = tuple(pattern for pattern in PATTERNS if "digits" in _SLOTS[pattern])


def _fill(pattern: Pattern, random: Random, **chosen: Word) -> tuple[str, str]:
    words = {slot: choose(slot, random) for slot in sorted(_SLOTS[pattern])} | chosen
    english = {slot: word.english for slot, word in words.items()}
    return pattern.german.format(**words), pattern.english.format(**english)


def _is_held_out(german: str) -> bool:
    return hashlib.md5(german.encode(), usedforsecurity=False).digest()[0] % 10 == 0


def _build(random: Random) -> Sentence:
    kind = random.random()
    if kind < 0.05:
        opener = random.choice(OPENERS)
        return Sentence(*_fill(opener, random), opener.speaker, is_held_out=False)
    pattern = random.choices(PATTERNS, _WEIGHTS)[0]
    german, english = _fill(pattern, random)
    # With a slot to fill, the sentence itself is unseen; without one, only the combination is.
    is_held_out = bool(_SLOTS[pattern]) and _is_held_out(german)
    if kind > 0.7 and max(len(german.split()), len(english.split())) <= _LONGEST_AFTER_OPENER:
        before = _fill(random.choice(OPENERS), random)
        german, english = f"{before[0]} {german}", f"{before[1]} {english}"
        is_held_out = is_held_out if _SLOTS[pattern] else _is_held_out(german)
    return Sentence(german, english, pattern.speaker, is_held_out)


def drill(random: Random) -> Sentence:
    """A sentence to train on with a number in which digits follow themselves.

    Those are what both models find hardest, and chance alone makes few of them.
    """
    while True:
        pattern = random.choice(_NUMBERS)
        texts = _fill(pattern, random, digits=repeated_digits(random))
        if not _is_held_out(texts[0]):
            return Sentence(*texts, pattern.speaker, is_held_out=False)


def sentence(random: Random, *, held_out: bool = False) -> Sentence:
    """A sentence from the part that is trained on, or from the part that never is."""
    while True:
        built = _build(random)
        if built.is_held_out == held_out:
            return built


def sentences(seed: int, *, held_out: bool = False) -> Iterator[Sentence]:
    """Distinct sentences without end, the same ones for the same seed."""
    random = Random(seed)
    seen: set[str] = set()
    while True:
        built = sentence(random, held_out=held_out)
        if built.german not in seen:
            seen.add(built.german)
            yield built
