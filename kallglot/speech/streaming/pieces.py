"""A text as the pieces that are committed one by one: words, or signs where no space is written.

A piece carries the space before it and the punctuation behind it, so that the pieces of a text put
together are the text.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["ends_clause", "ends_sentence", "key", "split"]

#: Scripts that put no space between words: Thai, Lao, Burmese, Khmer, kana, Han.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30fe\u3400-\u4dbf\u4e00-\u9fff"
#: Their vowels, tones and long marks, which stand above, below or behind what they belong to.
_MARKS: Final = (
    "\u0e30-\u0e3a\u0e45-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u1059\u17b4-\u17d3"
    "\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3"
    "\u30e3\u30e5\u30e7\u30fc"
)
#: Punctuation that stands directly behind a word in any of them.
_BEHIND: Final = r".,!?…:;\"'»“”’)\]、。，．！？；：」』）"  # noqa: RUF001

_PIECE: Final = re.compile(
    rf"\s*(?:[{_UNSPACED}][{_MARKS}]*[{_BEHIND}]*|[^\s{_UNSPACED}]+)"
    # What is left can only be a mark at the beginning of a text.
    rf"|\s*\S"
)
_SENTENCE: Final = re.compile(r"[.!?…؟۔।॥።。！？．]+[\"'»“”’)\]」』）]*\s*$")  # noqa: RUF001
_CLAUSE: Final = re.compile(r"[.!?…؟۔।॥።,;:–—،؛、。，．！？；：]+[\"'»“”’)\]」』）]*\s*$")  # noqa: RUF001
_NO_END: Final = re.compile(r"(?:^|\s)(?:\d+|\w)\.\s*$")
_DROPPED: Final = re.compile(r"[^\w]+")


def split(text: str) -> list[str]:
    """Cut a text into its pieces; joined they are the text without the space at its end."""
    return _PIECE.findall(text)


def key(piece: str) -> str:
    """What a piece is compared by: neither case nor punctuation make another word of it."""
    return _DROPPED.sub("", piece).casefold() or piece.strip()


def ends_sentence(text: str) -> bool:
    """Whether a text may be the end of a sentence; "am 3." and "Herr B." may well go on."""
    return _SENTENCE.search(text) is not None and _NO_END.search(text) is None


def ends_clause(text: str) -> bool:
    """Whether there is a sign that speakers rest at behind a text."""
    return _CLAUSE.search(text) is not None and _NO_END.search(text) is None
