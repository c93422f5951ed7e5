"""What a translation is counted in: words, or signs where nobody puts a space between words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

__all__ = ["are_signs", "joined", "units"]

#: Languages that put no space between words.
_UNSPACED: Final = frozenset({"zh", "yue", "ja", "th", "lo", "km", "my"})
#: Languages that are counted in signs, as is the custom in the literature.
_IN_SIGNS: Final = _UNSPACED | {"ko"}


def units(text: str, language: str) -> list[str]:
    """Cut a text into what lag is counted in; a region, as in `zh-TW`, does not matter."""
    words = text.split()
    return list("".join(words)) if are_signs(language) else words


def are_signs(language: str) -> bool:
    """Tell whether the units of a language are signs, and not words."""
    return _base(language) in _IN_SIGNS


def joined(pieces: Iterable[str], language: str) -> str:
    """Put the pieces of a text together, on one line."""
    words = (" ".join(piece.split()) for piece in pieces)
    return ("" if _base(language) in _UNSPACED else " ").join(word for word in words if word)


def _base(language: str) -> str:
    return language.partition("-")[0].lower()
