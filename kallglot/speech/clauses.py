"""Where a text is cut for being spoken piece by piece, and how long the voice rests there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import attrs

__all__ = ["Clause", "clauses"]

#: Seconds of rest after a sentence and after a part of one.
_LONG_REST: Final = 0.3
_SHORT_REST: Final = 0.12
#: Lengths in letters: less is said together with what follows, more is cut at a space.
_SHORTEST: Final = 10
_LONGEST: Final = 110

#: The dot of a number or of an abbreviation has no space behind it; signs of East Asia need none.
_END: Final = re.compile(r"[.!?;:,…؟،؛۔।]+[\"'»“”’)]*(?=\s|$)|[。！？；：、，]+[」』）]*|\n+")  # noqa: RUF001
_SENTENCE: Final = re.compile(r"[.!?…؟۔।。！？\n]")  # noqa: RUF001


@attrs.frozen
class Clause:
    """A piece of text, and the rest after it in seconds."""

    text: str = attrs.field(repr=False)
    pause: float = 0.0


def clauses(text: str) -> list[Clause]:
    """Cut a text into what can be said in one breath; the last has no rest after it."""
    pieces = [piece for part in _parts(text) for piece in _short(part)]
    return [*pieces[:-1], *(attrs.evolve(last, pause=0.0) for last in pieces[-1:])]


def _parts(text: str) -> Iterator[Clause]:
    """Cut at what a writer puts where a speaker rests."""
    start = 0
    for end in _END.finditer(text):
        piece = text[start : end.end()].strip()
        if _size(piece) >= _SHORTEST:
            is_sentence = _SENTENCE.search(end[0]) is not None
            yield Clause(piece, _LONG_REST if is_sentence else _SHORT_REST)
            start = end.end()
    if rest := text[start:].strip():
        yield Clause(rest)


def _short(clause: Clause) -> Iterator[Clause]:
    """Cut what is too long in two, at the space nearest to its middle, and those again."""
    text = clause.text
    spaces = [at for at, letter in enumerate(text) if letter.isspace()]
    if _size(text) <= _LONGEST or not spaces:
        yield clause
        return
    at = min(spaces, key=lambda at: abs(at - len(text) // 2))
    yield from _short(Clause(text[:at].rstrip()))
    yield from _short(Clause(text[at:].lstrip(), clause.pause))


def _size(text: str) -> int:
    """How much there is to say, in Latin letters; a sign of East Asia is a syllable."""
    return sum(3 if letter >= "\u2e80" else 1 for letter in text)
