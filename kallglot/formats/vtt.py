"""WebVTT subtitles (W3C), with the speaker as a voice."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from kallglot.formats.passages import Passage, clock

__all__ = ["write"]

_WIDTH = 42
#: After this neither a tag nor `-->` is left in a text (WebVTT, 4.2.2).
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def write(passages: Sequence[Passage]) -> str:
    """Return the subtitles; two people who talk at once have overlapping cues."""
    return "WEBVTT\n\n" + "".join(map(_cue, passages))


def _cue(passage: Passage) -> str:
    times = f"{clock(passage.start_ms, '.')} --> {clock(passage.end_ms, '.')}"
    # Wrapped first: an escape is one character to the reader and must not be torn.
    lines = [line for text in passage.marked for line in textwrap.wrap(text, _WIDTH)]
    voice = f"<v {passage.speaker.translate(_ESCAPED)}>" if passage.speaker else ""
    return times + "\n" + voice + "\n".join(lines).translate(_ESCAPED) + "\n\n"
