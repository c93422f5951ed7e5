"""A transcript as a table (RFC 4180): a row per utterance and translation."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from kallglot.formats.passages import Line, Passage

__all__ = ["write"]

_COLUMNS = ("sequence", "speaker", "start", "end", "is_sure", "confidence", "language", "text")
_TRANSLATION = ("translation_language", "translation")


def write(passages: Sequence[Passage], has_translations: bool) -> str:
    """Return the table, with times in seconds and translations, if wanted, beside the original."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\r\n")
    rows.writerow(_COLUMNS + _TRANSLATION if has_translations else _COLUMNS)
    for passage in passages:
        rows.writerows(_rows(passage, has_translations))
    return table.getvalue()


def _rows(passage: Passage, has_translations: bool) -> Iterator[list[object]]:
    said = passage.utterance
    facts: list[object] = [
        said.sequence,
        _cell(passage.speaker),
        f"{passage.start_ms / 1000:.3f}",
        f"{passage.end_ms / 1000:.3f}",
        str(said.is_sure).lower(),
        f"{said.confidence:.2f}",
    ]
    if not has_translations:
        yield from (facts + _words(line) for line in passage.lines)
        return
    originals = [line for line in passage.lines if line.is_original]
    beside = [line for line in passage.lines if not line.is_original]
    first = _words(originals[0]) if originals else ["", ""]
    yield from (facts + first + _words(line) for line in beside)
    if not beside:
        yield [*facts, *first, "", ""]


def _words(line: Line) -> list[object]:
    return [_cell(line.language), _cell(line.text)]


def _cell(text: str) -> str:
    """Return text that a spreadsheet does not take for a formula: callers may say anything."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
