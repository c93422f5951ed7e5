"""WebVTT subtitles (W3C), with the speaker as a voice."""

from __future__ import annotations

from collections.abc import Sequence

from kallglot.formats.captions import Caption, captions
from kallglot.formats.passages import Passage, clock

__all__ = ["write"]

#: After this neither a tag nor `-->` is left in a text (WebVTT, 4.2.2).
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def write(passages: Sequence[Passage]) -> str:
    """Return the subtitles."""
    return "WEBVTT\n\n" + "".join(map(_cue, captions(passages)))


def _cue(caption: Caption) -> str:
    times = f"{clock(caption.start_ms, '.')} --> {clock(caption.end_ms, '.')}"
    voice = f"<v {caption.speaker.translate(_ESCAPED)}>" if caption.speaker else ""
    return times + "\n" + voice + "\n".join(caption.lines).translate(_ESCAPED) + "\n\n"
