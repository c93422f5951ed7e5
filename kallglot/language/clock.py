"""Times of day as they are said in German and English: `halb vier` is `half past three`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from kallglot.language import numerals

__all__ = ["Time", "Token", "forms", "read", "said"]


@attrs.frozen
class Token:
    """A word in lower case, or a number; a loose one may mean something else."""

    word: str
    value: int | None = None
    is_loose: bool = False


@attrs.frozen
class Time:
    """A time of day, and how many tokens it takes; on telephones noon and midnight are alike."""

    hour: int
    minute: int
    length: int = 0


_NOTHING: Final = Token("")


def read(tokens: Sequence[Token], at: int, language: str) -> Time | None:
    """The time that is said from a token on, if one is."""
    window = [*tokens[at : at + 4], *[_NOTHING] * 4][:4]
    match language:
        case "de":
            return _german(window)
        case "en":
            return _english(window)
        case _:
            return None


def _german(tokens: Sequence[Token]) -> Time | None:
    first, second, third = (token.word for token in tokens[:3])
    hours = [token.value if _is_hour(token, 12) else None for token in tokens]
    minutes = tokens[0].value
    if first == "halb" and hours[1]:
        return Time(hours[1] - 1, 30, 2)
    if first == "dreiviertel" and hours[1]:
        return Time(hours[1] - 1, 45, 2)
    if first == "viertel" and second in {"vor", "nach"} and hours[2]:
        return Time(hours[2], 15, 3) if second == "nach" else Time(hours[2] - 1, 45, 3)
    if minutes and minutes < 30 and second in {"vor", "nach"} and third == "halb" and hours[3]:
        return Time(hours[3] - 1, 30 + (minutes if second == "nach" else -minutes), 4)
    if _is_hour(tokens[0], 24) and second == "uhr" and minutes is not None:
        past = tokens[2].value
        # `um elf Uhr ein` is the end of `eintragen`.
        is_past = past is not None and past < 60 and not tokens[2].is_loose
        return Time(minutes, past if is_past and past else 0, 3 if is_past else 2)
    return None


def _english(tokens: Sequence[Token]) -> Time | None:
    first, second = (token.word for token in tokens[:2])
    hours = [token.value if _is_hour(token, 12) else None for token in tokens]
    if first == "half" and second == "past" and hours[2]:
        return Time(hours[2], 30, 3)
    if first in {"a", "an"} and second == "quarter":
        time = _english([*tokens[1:], _NOTHING])
        return None if time is None else Time(time.hour, time.minute, time.length + 1)
    if first == "quarter" and second in {"past", "after", "to", "before"} and hours[2]:
        is_past = second in {"past", "after"}
        return Time(hours[2], 15, 3) if is_past else Time(hours[2] - 1, 45, 3)
    if hours[0] and second in {"o'clock", "o’clock", "oclock"}:  # noqa: RUF001
        return Time(hours[0], 0, 2)
    return _half_of_day(tokens, hours)


def _half_of_day(tokens: Sequence[Token], hours: Sequence[int | None]) -> Time | None:
    """`3 pm`, `3 p.m.` and `three thirty p.m.`"""
    past = tokens[1].value
    at = 1 if past is None or past >= 60 else 2
    word = tokens[at].word
    length = at + 1
    if word in {"a", "p"} and at + 1 < len(tokens) and tokens[at + 1].word == "m":
        word, length = f"{word}m", at + 2
    if hours[0] is None or word not in {"am", "pm"}:
        return None
    hour = hours[0] % 12 + (12 if word == "pm" else 0)
    return Time(hour, past if at == 2 and past else 0, length)


def _is_hour(token: Token, most: int) -> bool:
    return token.value is not None and (0 if most == 24 else 1) <= token.value <= most


def forms(time: Time) -> frozenset[str]:
    """What a time may be recognised by; on the hour also by the number of the hour."""
    early = time.hour % 12
    hours = {early or 12, early + 12, time.hour}
    same = {f"t{early}:{time.minute:02}"}
    if time.minute == 0:
        return frozenset(same | {str(hour) for hour in hours})
    return frozenset(same | {f"{hour}{time.minute:02}" for hour in hours})


def said(time: Time, language: str) -> str:
    """The time as one says it; in languages that are not known, in digits."""
    early = time.hour % 12 or 12
    following = early % 12 + 1
    if language not in numerals.WRITTEN_OUT:
        return f"{time.hour}:{time.minute:02}"
    hour, after = numerals.cardinal(early, language), numerals.cardinal(following, language)
    is_early = 1 <= time.hour <= 12
    match (language, time.minute if is_early else None):
        case ("de", 0):
            return f"{'ein' if early == 1 else hour} Uhr"
        case ("de", 15):
            return f"Viertel nach {hour}"
        case ("de", 30):
            return f"halb {after}"
        case ("de", 45):
            return f"Viertel vor {after}"
        case ("de", _):
            return f"{time.hour} Uhr {time.minute}" if time.minute else f"{time.hour} Uhr"
        case ("en", 0):
            return f"{hour} o'clock"
        case ("en", 15):
            return f"a quarter past {hour}"
        case ("en", 30):
            return f"half past {hour}"
        case ("en", 45):
            return f"a quarter to {after}"
        case _:
            half = f" {'p' if time.hour >= 12 else 'a'}.m." if not is_early else ""
            return f"{early}:{time.minute:02}{half}"
