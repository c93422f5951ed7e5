"""SubRip subtitles: what every player reads, and nobody specified."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from kallglot.formats.passages import Passage, clock

__all__ = ["write"]

_WIDTH = 42
#: There is no way to escape: players read `<i>` as italics and `-->` as a time.
_HARMLESS = str.maketrans("<>", "\u2039\u203a")


def write(passages: Sequence[Passage]) -> str:
    """Return the subtitles, each with its speaker's name before the words."""
    return "".join(_cue(number, passage) for number, passage in enumerate(passages, 1))


def _cue(number: int, passage: Passage) -> str:
    times = f"{clock(passage.start_ms, ',')} --> {clock(passage.end_ms, ',')}"
    first, *others = passage.marked
    shown = [f"{passage.speaker}: {first}" if passage.speaker else first, *others]
    lines = [line for text in shown for line in textwrap.wrap(text.translate(_HARMLESS), _WIDTH)]
    return "\n".join([str(number), times, *lines]) + "\n\n"
