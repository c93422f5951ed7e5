"""A transcript to read: a line per utterance, its translations indented below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kallglot.formats.passages import Passage, clock

__all__ = ["write"]


def write(passages: Sequence[Passage]) -> str:
    """Return the transcript, with times as hours, minutes and seconds."""
    return "".join(f"{line}\n" for passage in passages for line in _lines(passage))


def _lines(passage: Passage) -> Iterator[str]:
    time = clock(passage.start_ms, ".")[:8]
    for index, (line, text) in enumerate(zip(passage.lines, passage.marked, strict=True)):
        language = f" ({line.language})" if line.language else ""
        start = f"[{time}] {passage.speaker}" if index == 0 else " " * 10 + " →"
        yield f"{start}{language}: {text}"
