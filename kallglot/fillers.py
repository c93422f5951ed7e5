"""What people say while they think, and no interpreter repeats.

Sounds of hesitation only: words that may mean something, such as "well" or "also", stay.
"""

from __future__ import annotations

import re

__all__ = ["without_fillers"]

_EVERYWHERE = ("ehm+", "hm+", "mm+", "u+h+", "u+m+", "e+rm+")
_FILLERS: dict[str, tuple[str, ...]] = {
    "de": ("ä+h*m*", "ö+h*m*"),
    "en": ("e+r", "a+h"),
    "es": ("e+h", "e+m+"),
    "fr": ("e+u+h+", "be+n euh"),
    "it": ("e+h+m*",),
    "nl": ("e+h+", "u+h+m*"),
    "pl": ("y+", "e+y+"),
    "pt": ("é+h+", "hã+"),
    "tr": (r"\u0131+", "e+e+"),
}


def without_fillers(text: str, language: str) -> str:
    """Return a sentence without its hesitations; one that is nothing else stays as it is."""
    sounds = (*_FILLERS.get(language.partition("-")[0], ()), *_EVERYWHERE)
    # A comma after a filler goes with it; one before it may belong to what precedes it.
    pattern = rf"(?:(?<=^)|(?<=\s))(?:{'|'.join(sounds)})(?:,|\.\.\.|…|-)?(?=\s|$|[.?!])\s*"
    shorter = re.sub(pattern, "", text, flags=re.IGNORECASE)
    shorter = re.sub(r"\s+([.?!,])", r"\1", shorter).strip()
    shorter = re.sub(r",(?=[.?!]|$)", "", shorter)
    if not any(letter.isalnum() for letter in shorter):
        return text
    if text[:1].isupper():
        shorter = shorter[:1].upper() + shorter[1:]
    return shorter
