"""The languages that carriers' own voices speak.  Pure.

A session's language may be as short as `de`, and carriers want to know whose German.
"""

from __future__ import annotations

from typing import Final

__all__ = ["LOCALES", "locale_of"]

#: The most usual of a language comes first.
LOCALES: Final = (
    *("en-US", "en-GB", "en-AU", "en-IN", "en-GB-WLS", "arb", "cmn-CN", "cy-GB", "da-DK", "de-DE"),
    *("es-ES", "es-MX", "es-US", "fr-FR", "fr-CA", "hi-IN", "is-IS", "it-IT", "ja-JP", "ko-KR"),
    *("nb-NO", "nl-NL", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "sv-SE", "tr-TR"),
)
#: Languages that are called something else there.
_OTHERWISE: Final = {"ar": "arb", "zh": "cmn-CN", "no": "nb-NO"}


def locale_of(tag: str) -> str:
    """Return the locale that speaks a language; one that is not known is the carrier's to judge."""
    if tag in LOCALES:
        return tag
    short = tag.partition("-")[0]
    if "-" in tag and short not in _OTHERWISE:
        return tag  # somebody has thought about it
    near = (known for known in LOCALES if known.partition("-")[0] == short)
    return next(near, _OTHERWISE.get(short, tag))
