"""SubRip subtitles: what every player reads, and nobody specified."""

from __future__ import annotations

from collections.abc import Sequence

from kallglot.formats.captions import Caption, captions
from kallglot.formats.passages import Passage, clock

__all__ = ["write"]

#: There is no way to escape: players read `<i>` as italics and `-->` as a time.
_HARMLESS = str.maketrans("<>", "\u2039\u203a")


def write(passages: Sequence[Passage]) -> str:
    """Return the subtitles, each with its speaker's name before the words."""
    shown = captions(passages, are_labelled=True)
    return "".join(_cue(number, caption) for number, caption in enumerate(shown, 1))


def _cue(number: int, caption: Caption) -> str:
    times = f"{clock(caption.start_ms, ',')} --> {clock(caption.end_ms, ',')}"
    lines = [line.translate(_HARMLESS) for line in caption.lines]
    return "\n".join([str(number), times, *lines]) + "\n\n"
