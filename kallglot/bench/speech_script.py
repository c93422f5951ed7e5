"""What is said in the calls of `scripts/bench speech`, the same for the same seed.  Pure.

Every sentence is one that the demonstration models were not trained with, and its translation is
known.  People take turns by the clock and not by what they hear, so that a slow server is not
asked less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import Literal, TypeAlias

import attrs

from kallglot.speech.training import grammar

__all__ = ["Kind", "Part", "Passage", "Scene", "conversation", "monologue"]

#: A sentence; an opener and two sentences in one breath; minutes of sentences.
Kind: TypeAlias = Literal["sentence", "breath", "monologue"]

#: Who speaks what.
LANGUAGES = {"customer": "de", "agent": "en"}
_OTHER = {"de": "en", "en": "de"}

#: Seconds between sentences: hardly a breath, and a pause that does not yet end a turn.
_BREATH = (0.12, 0.22)
_PAUSE = (0.3, 0.45)
#: A sentence takes about so many seconds to be said.
_SENTENCE = 2.6
#: Before somebody answers, the translation takes its time: this much, and a share of the passage.
_LEAST, _SHARE = 2.0, 1.1


@attrs.frozen
class Part:
    """A sentence, and the pause after it in seconds."""

    text: str = attrs.field(repr=False)
    reference: str = attrs.field(repr=False)
    pause: float = 0.0


@attrs.frozen
class Passage:
    """What one person says in one go, and what it should become."""

    kind: Kind
    speaker: str
    language: str
    parts: tuple[Part, ...]

    @property
    def target(self) -> str:
        return _OTHER[self.language]

    @property
    def listener(self) -> str:
        return next(who for who in LANGUAGES if who != self.speaker)

    @property
    def text(self) -> str:
        return " ".join(part.text for part in self.parts)

    @property
    def reference(self) -> str:
        return " ".join(part.reference for part in self.parts)


@attrs.frozen
class Scene:
    """One call: its passages one after the other, and `seed` for the voices and the lines."""

    name: str
    seed: int
    passages: tuple[Passage, ...]

    @staticmethod
    def rest(length: float) -> float:
        """Return how long nobody speaks after a passage of so many seconds."""
        return _LEAST + _SHARE * length


def conversation(seed: int, passages: int) -> Scene:
    """Return a call in which two people take turns; every third passage is a long one."""
    random = Random(f"conversation {seed}")
    spoken = grammar.sentences(random.getrandbits(32), held_out=True)
    found = []
    for number in range(passages):
        who = tuple(LANGUAGES)[number % 2]
        is_long = number % 3 == 2
        parts = tuple(_breath(spoken, LANGUAGES[who], random) if is_long else ())
        parts = parts or (_part(next(spoken), LANGUAGES[who]),)
        found.append(Passage("breath" if is_long else "sentence", who, LANGUAGES[who], parts))
    return Scene(f"call {seed}", seed, tuple(found))


def monologue(seed: int, minutes: float, who: str = "customer") -> Scene:
    """Return a call in which one person speaks for about so many minutes."""
    random = Random(f"monologue {seed}")
    spoken = grammar.sentences(random.getrandbits(32), held_out=True)
    language = LANGUAGES[who]
    count = max(2, round(minutes * 60 / (_SENTENCE + sum(_PAUSE) / 2)))
    parts = tuple(
        _part(sentence, language, random.uniform(*_PAUSE)) for sentence in islice(spoken, count)
    )
    passage = Passage("monologue", who, language, parts)
    return Scene(f"monologue of {minutes:g} min, {language}", seed, (passage,))


def _breath(spoken: Iterator[grammar.Sentence], language: str, random: Random) -> Sequence[Part]:
    openers = [one for one in grammar.OPENERS if not grammar.slots_of(one)]
    opener = random.choice(openers)
    first, second = opener.german, opener.english
    if language == "en":
        first, second = second, first
    return (
        Part(first, second, random.uniform(*_BREATH)),
        _part(next(spoken), language, random.uniform(*_BREATH)),
        _part(next(spoken), language),
    )


def _part(sentence: grammar.Sentence, language: str, pause: float = 0.0) -> Part:
    return Part(sentence.text(language), sentence.text(_OTHER[language]), pause)
