"""Numbers in digits, as different countries write them."""

from __future__ import annotations

import re
from typing import Final

from kallglot.language.clock import Time

__all__ = ["forms", "localised", "time"]

_TIME: Final = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_APART: Final = re.compile(r"[^\d+]")


def _signs(language: str) -> tuple[str, str]:
    """The decimal sign, and the one between groups of three."""
    return (".", ",") if language == "en" else (",", ".")


def _value(text: str, language: str) -> str | None:
    """`4500.5` for `4.500,50` in German and `4,500.50` in English; None for other shapes."""
    point, group = (re.escape(sign) for sign in _signs(language))
    grouped = re.fullmatch(rf"(\d{{1,3}}(?:{group}\d{{3}})+)(?:{point}(\d+))?", text)
    match = grouped or re.fullmatch(rf"(\d+){point}(\d+)", text)
    if match is None:
        return None
    whole = re.sub(r"\D", "", match[1])
    parts = (match[2] or "").rstrip("0")
    return f"{whole}.{parts}" if parts else whole


def forms(text: str, language: str) -> frozenset[str]:
    """What the number may be recognised by: its value, or its digits one after the other."""
    value = _value(text, language)
    digits = _APART.sub("", text)
    if value is None:
        return frozenset({digits})
    # 45,50 is also said as `forty-five fifty`; but 4.500 and 4,500 must not become the same.
    is_price = re.search(r"\D\d\d$", text) is not None
    return frozenset({value, digits} if is_price else {value})


def time(text: str) -> Time | None:
    match = _TIME.fullmatch(text)
    return None if match is None else Time(int(match[1]), int(match[2]))


def localised(text: str, source: str, target: str) -> str:
    """The number with the signs of another language."""
    if _value(text, source) is None:
        return text
    here, there = _signs(source), _signs(target)
    return text.translate({ord(one): other for one, other in zip(here, there, strict=True)})
