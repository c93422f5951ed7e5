"""Transcripts as files: text to read, subtitles, a table.  Pure; JSON is the API's own."""

from __future__ import annotations

from collections.abc import Sequence

from kallglot.formats import csv, srt, text, vtt
from kallglot.formats.passages import LANGUAGES, passages
from kallglot.model.transcript import Utterance

__all__ = ["LANGUAGES", "MEDIA_TYPES", "render"]

#: The media type of each format.
MEDIA_TYPES = {
    "text": "text/plain; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}


def render(
    utterances: Sequence[Utterance],
    format: str,  # noqa: A002  # what the API calls it
    *,
    language: str = "both",
    include_translations: bool = True,
) -> str:
    """Return a transcript in one of the formats of `MEDIA_TYPES`.

    `language` is `source`, `target`, or `both`, which shows the translations below the original.
    Without translations the original is shown, whatever the language.

    Raises:
        ValueError: The format or the language is none of these.
    """
    shown = passages(utterances, language, include_translations)
    match format:
        case "text":
            return text.write(shown)
        case "srt":
            return srt.write(shown)
        case "vtt":
            return vtt.write(shown)
        case "csv":
            return csv.write(shown, language == "both" and include_translations)
        case _:
            raise ValueError(f"cannot write a transcript as {format}")
