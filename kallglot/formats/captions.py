"""Subtitles as they are shown: what was said, cut to what can be read at a time.  Pure.

A caption has at most two lines of 42 characters in each language and stays for seven seconds at
most, as broadcasters do it.  There is one at a time: who speaks while another does is shown as
soon as the other could be read.
"""

from __future__ import annotations

import itertools
import math
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

import attrs

from kallglot.formats.passages import Passage

__all__ = ["LONGEST_MS", "MOST_LINES", "WIDTH", "Caption", "captions"]

WIDTH = 42
MOST_LINES = 2
LONGEST_MS = 7000
#: What is shown for less cannot be seen.
SHORTEST_MS = 500
#: How long at most somebody who interrupts waits for what they interrupt to be read.
_POLITE_MS = 1500
#: How fast people read: characters a second.
_READING = 25

#: What of a speaker's name is shown; it must leave room for a word beside it.
_LABEL = 20

_JOINERS = frozenset("\u200c\u200d")


@attrs.frozen
class Caption:
    """What is shown at a time; there is a line at least."""

    start_ms: int
    end_ms: int
    speaker: str
    lines: tuple[str, ...] = attrs.field(repr=False)


def captions(passages: Sequence[Passage], *, are_labelled: bool = False) -> list[Caption]:
    """Return captions in the order in which they are shown, none overlapping another.

    Where they are `labelled`, each begins with its speaker's name.
    """
    wanted = [each for passage in passages for each in _cut(passage, are_labelled)]
    return _in_turn(sorted(wanted, key=lambda caption: caption.start_ms))


def _cut(passage: Passage, is_labelled: bool) -> Iterator[Caption]:
    label = _label(passage.speaker) if is_labelled else ""
    duration = passage.end_ms - passage.start_ms
    parts = _parts([_words(text) for text in passage.marked], label, duration)
    weights = [sum(len(word) for words in part for word in words) for part in parts]
    total, before = sum(weights), 0
    for part, weight in zip(parts, weights, strict=True):
        start = passage.start_ms + duration * before // total
        before += weight
        end = passage.start_ms + duration * before // total
        yield Caption(
            start, min(end, start + LONGEST_MS), passage.speaker, tuple(_lines(part, label))
        )


def _parts(
    texts: Sequence[Sequence[str]], label: str, duration_ms: int
) -> list[tuple[Sequence[str], ...]]:
    """Return what is shown one after the other, of each language some words.

    The languages are cut at the same shares of their lengths, so that what stands together
    belongs together.
    """
    most = max(map(len, texts))
    longest = max(sum(map(len, words)) for words in texts)
    least = max(1, math.ceil(duration_ms / LONGEST_MS), longest // (WIDTH * MOST_LINES))
    for count in range(min(least, most), most):
        parts = list(zip(*(_shares(words, count) for words in texts), strict=True))
        if all(_fits(part, label) for part in parts):
            return [part for part in parts if any(part)]
    return list(zip(*(_one_by_one(words, most) for words in texts), strict=True))


def _shares(words: Sequence[str], count: int) -> list[Sequence[str]]:
    """Cut words into `count` runs of much the same length, of which some may be empty."""
    shares: list[list[str]] = [[] for _ in range(count)]
    total, before = sum(map(len, words)), 0
    for word in words:
        shares[(2 * before + len(word)) * count // (2 * total)].append(word)
        before += len(word)
    return [*shares]


def _one_by_one(words: Sequence[str], count: int) -> list[Sequence[str]]:
    """Spread at most `count` words over as many places."""
    places: list[list[str]] = [[] for _ in range(count)]
    for index, word in enumerate(words):
        places[index * count // len(words)].append(word)
    return [*places]


def _fits(part: tuple[Sequence[str], ...], label: str) -> bool:
    return all(
        len(_wrapped(words, label if index == 0 else "")) <= MOST_LINES
        for index, words in enumerate(part)
    )


def _lines(part: tuple[Sequence[str], ...], label: str) -> Iterator[str]:
    """Yield the lines of a caption, with the label before the first."""
    spoken = [words for words in part if words]
    for index, words in enumerate(spoken):
        yield from _wrapped(words, label if index == 0 else "")


def _wrapped(words: Sequence[str], label: str) -> list[str]:
    if not words:
        return []
    text = " ".join([label, *words] if label else words)
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _label(speaker: str) -> str:
    if not speaker:
        return ""
    name = speaker if len(speaker) <= _LABEL else speaker[: _LABEL - 1].rstrip() + "…"
    return f"{name}:"


def _words(text: str) -> list[str]:
    """Return the words of a text; what is longer than a line, as in Chinese, in pieces."""
    return [piece for word in text.split() for piece in _pieces(word)]


def _pieces(word: str) -> Iterator[str]:
    while len(word) > WIDTH:
        cut = WIDTH
        while cut > 1 and _belong_together(word[cut - 1], word[cut]):
            cut -= 1
        yield word[:cut]
        word = word[cut:]
    yield word


def _belong_together(left: str, right: str) -> bool:
    return left in _JOINERS or right in _JOINERS or unicodedata.category(right).startswith("M")


def _in_turn(wanted: Sequence[Caption]) -> list[Caption]:
    """Move captions out of each other's way, and let them stay while nobody else speaks."""
    shown: list[Caption] = []
    for caption in wanted:
        start = caption.start_ms
        if shown:
            before = shown[-1]
            least = max(SHORTEST_MS, min(_POLITE_MS, _reading_time(before)))
            end = min(before.end_ms, max(start, before.start_ms + least))
            shown[-1] = attrs.evolve(before, end_ms=end)
            start = max(start, end)
        end = max(caption.end_ms, start + SHORTEST_MS)
        shown.append(attrs.evolve(caption, start_ms=start, end_ms=min(end, start + LONGEST_MS)))
    return [
        attrs.evolve(caption, end_ms=_readable_until(caption, following))
        for caption, following in itertools.zip_longest(shown, shown[1:])
    ]


def _reading_time(caption: Caption) -> int:
    return min(LONGEST_MS, sum(map(len, caption.lines)) * 1000 // _READING)


def _readable_until(caption: Caption, following: Caption | None) -> int:
    """Return until when a caption is shown: until it has been read, if there is time."""
    wanted = caption.start_ms + _reading_time(caption)
    if following is not None:
        wanted = min(wanted, following.start_ms)
    return max(caption.end_ms, wanted)
