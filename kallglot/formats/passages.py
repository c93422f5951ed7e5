"""What of an utterance an export shows, in what order, and when; common to all formats."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import attrs

from kallglot.model.transcript import Rendering, Utterance

__all__ = ["LANGUAGES", "UNSURE", "Line", "Passage", "clock", "passages"]

#: What `language` may be.
LANGUAGES = ("source", "target", "both")
#: What stands before words for which nobody vouches.
UNSURE = "[unsure] "

#: A subtitle must end after it starts, and nobody reads faster than this.
_SHORTEST_MS = 500


@attrs.frozen
class Line:
    """The words in one language, on one line; `is_original` if they were said in it."""

    language: str
    text: str = attrs.field(repr=False)
    is_original: bool


@attrs.frozen
class Passage:
    """One utterance as it is shown; `end_ms` is after `start_ms`, and there is a line at least."""

    utterance: Utterance
    start_ms: int
    end_ms: int
    speaker: str
    lines: tuple[Line, ...] = attrs.field(repr=False)

    @property
    def marked(self) -> list[str]:
        """The lines as they are read, with the mark where it belongs."""
        sure = self.utterance.is_sure
        return [
            line.text if sure or not line.is_original else UNSURE + line.text for line in self.lines
        ]


def passages(
    utterances: Sequence[Utterance], language: str, include_translations: bool
) -> list[Passage]:
    """Return what to show, in the order in which it was said.

    Where `target` is wanted and there is no translation, the original stands in for it.
    """
    if language not in LANGUAGES:
        raise ValueError(f"cannot show the language {language}")
    shown = [
        _passage(utterance, lines)
        for utterance in sorted(utterances, key=lambda each: (each.start, each.sequence))
        if (lines := _lines(utterance, language if include_translations else "source"))
    ]
    return sorted(shown, key=lambda passage: passage.start_ms)


def clock(milliseconds: int, separator: str) -> str:
    """Return a time as `00:00:00.000`, with `separator` for the point."""
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{rest:03}"


def _passage(utterance: Utterance, lines: tuple[Line, ...]) -> Passage:
    start_ms = max(0, round(utterance.start * 1000))
    end_ms = max(start_ms + _SHORTEST_MS, round(utterance.end * 1000))
    return Passage(utterance, start_ms, end_ms, _plain(utterance.speaker), lines)


def _lines(utterance: Utterance, language: str) -> tuple[Line, ...]:
    original = Line(_plain(utterance.language or ""), _plain(utterance.text), True)
    renderings = [_rendered(each) for each in utterance.renderings]
    translated = [line for line in renderings if line.text]
    match language:
        case "source":
            wanted = [original]
        case "target":
            wanted = translated or [original]
        case _:
            wanted = [original, *translated]
    return tuple(line for line in wanted if line.text)


def _rendered(rendering: Rendering) -> Line:
    return Line(_plain(rendering.language), _plain(rendering.text), False)


def _plain(text: str) -> str:
    """Return text on one line: no control characters, no lone surrogates, single spaces.

    Joiners (category Cf) stay: Persian and Hindi cannot be written without.
    """
    printable = (" " if char.isspace() else char for char in text)
    kept = (char for char in printable if unicodedata.category(char) not in {"Cc", "Cs"})
    return " ".join("".join(kept).split())
