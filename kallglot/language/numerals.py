"""German and English number words: their values, and the words for a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

__all__ = ["DIGITS", "WRITTEN_OUT", "Spoken", "cardinal", "ordinal", "read"]

#: The languages whose number words are known.
WRITTEN_OUT: Final = frozenset({"de", "en"})

_DE_SMALL: Final = (
    "null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn",
    "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn",
    "neunzehn",
)  # fmt: skip
_DE_TENS: Final = (
    "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
)  # fmt: skip
_EN_SMALL: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_EN_TENS: Final = (
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)  # fmt: skip

#: The words of the digits, by language.
DIGITS: Final = {"de": _DE_SMALL[:10], "en": _EN_SMALL[:10]}

_GERMAN: Final = {
    **{word: value for value, word in enumerate(_DE_SMALL)},
    **{word: 10 * tens for tens, word in enumerate(_DE_TENS, 2)},
    "ein": 1,
    "zwo": 2,
    "fuenf": 5,
    "zwoelf": 12,
    "fuenfzehn": 15,
    "dreissig": 30,
    "fuenfzig": 50,
}
_ENGLISH: Final = {
    **{word: value for value, word in enumerate(_EN_SMALL)},
    **{word: 10 * tens for tens, word in enumerate(_EN_TENS, 2)},
    "nought": 0,
    "fourty": 40,
}
_SCALES: Final = {
    "de": {"hundert": 100, "tausend": 1000, "million": 10**6, "millionen": 10**6},
    "en": {"hundred": 100, "thousand": 1000, "million": 10**6},
}
#: What an indefinite article looks like; the number it may be is one.
_ARTICLES: Final = {
    "de": frozenset({"ein", "eine", "einen", "einem", "einer", "eines"}),
    "en": frozenset({"one", "a", "an"}),
}
_DE_STEMS: Final = {"ers": 1, "drit": 3, "sieb": 7, "ach": 8}
_EN_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12,
}  # fmt: skip
_EN_IRREGULAR: Final = {value: word for word, value in _EN_ORDINALS.items()}
_DE_ENDINGS: Final = ("te", "ten", "ter", "tes", "tem")
#: Times that are said without a number as well as with one.
_LOOSE: Final = {
    "de": {"mittag": 12, "mittags": 12, "mitternacht": 12},
    "en": {"noon": 12, "midday": 12, "midnight": 12, "fortnight": 14, "once": 1},
}
_TIMES: Final = {"de": {"dutzend": 12}, "en": {"dozen": 12, "twice": 2, "thrice": 3}}
_AND: Final = {"de": "und", "en": "and"}
_LARGEST: Final = 10**9


@attrs.frozen
class Spoken:
    """Number words `first` up to, not including, `end`.

    `is_loose` is set for what need not be meant as a number, such as the article `eine` or the
    `second` that is a unit of time.
    """

    first: int
    end: int
    value: int
    is_ordinal: bool = False
    is_loose: bool = False


def read(words: Sequence[str], language: str) -> list[Spoken]:
    """The numbers among words, which are in lower case; each is as long as it can be."""
    if language not in WRITTEN_OUT:
        return []
    found = []
    at = 0
    while at < len(words):
        one = _read_at(words, at, language)
        if one is None:
            at += 1
        else:
            found.append(one)
            at = one.end
    return found


def _read_at(words: Sequence[str], at: int, language: str) -> Spoken | None:
    read = _part(words, at, language, is_first=True)
    if read is None:
        return _other(words, at, language)
    value, end = read
    # What follows is added where there are zeros for it.
    while (room := _room(value)) and (more := _part(words, end, language)) is not None:
        if not 0 < more[0] < room:
            break
        value, end = value + more[0], more[1]
    is_ordinal = False
    if language == "en" and (last := _tail(words, end, value)) is not None:
        value, end, is_ordinal = value + last[0], last[1], True
    is_loose = end == at + 1 and words[at] in _ARTICLES[language]
    return Spoken(at, end, value, is_ordinal, is_loose)


def _part(
    words: Sequence[str], at: int, language: str, *, is_first: bool = False
) -> tuple[int, int] | None:
    """A number below a thousand, or so many thousands or millions, and where it ends."""
    if not is_first and at < len(words) and words[at] == _AND[language]:
        at += 1
    read = _hundreds(words, at, language, is_first=is_first)
    if read is None:
        return (scale, at + 1) if is_first and (scale := _scale(words, at, language)) else None
    value, end = read
    scale = _scale(words, end, language)
    return (value * scale, end + 1) if scale > value > 0 else (value, end)


def _hundreds(
    words: Sequence[str], at: int, language: str, *, is_first: bool
) -> tuple[int, int] | None:
    read = _simple(words, at, language)
    if read is None or (not is_first and words[at] in _ARTICLES[language] - {"one"}):
        return None  # `hundert und eine` is rather two things than a number
    value, end = read
    if 0 < value < 100 and _scale(words, end, language) == 100:
        value, end = 100 * value, end + 1
        start = end + (end < len(words) and words[end] == _AND[language])
        rest = _simple(words, start, language)
        if rest is not None and 0 < rest[0] < 100 and words[start] not in _ARTICLES["de"]:
            value, end = value + rest[0], rest[1]
    return value, end


def _room(value: int) -> int:
    """The number below which another one may be added to a number that has been said."""
    scales = (10**6, 1000, 100)
    return next((scale for scale in scales if value and value % scale == 0), 0)


def _scale(words: Sequence[str], at: int, language: str) -> int:
    return _SCALES[language].get(words[at], 0) if at < len(words) else 0


def _simple(words: Sequence[str], at: int, language: str) -> tuple[int, int] | None:
    """The number in one word, or in two such as `twenty-five`, and where it ends."""
    if at >= len(words):
        return None
    if language == "de":
        value = 1 if words[at] in _ARTICLES["de"] else _german(words[at])
        is_scale = words[at] in _SCALES["de"]
        return None if value is None or is_scale else (value, at + 1)
    value = _ENGLISH.get(words[at])
    if value is None:
        is_counted = words[at] == "a" and _scale(words, at + 1, "en")
        return (1, at + 1) if is_counted else None
    if value >= 20 and at + 1 < len(words):
        unit = _ENGLISH.get(words[at + 1], 0)
        if 0 < unit < 10:
            return value + unit, at + 2
    return value, at + 1


def _german(word: str) -> int | None:
    """The value of a number in one word."""
    if word in _GERMAN:
        return _GERMAN[word]
    for scale, factor in (("tausend", 1000), ("hundert", 100)):
        if scale in word:
            head, _, tail = word.partition(scale)
            times = _german(head) if head else 1
            rest = _german(tail.removeprefix("und")) if tail else 0
            if times is None or rest is None or not 0 < times < 1000 or rest >= factor:
                return None
            return times * factor + rest
    unit, joiner, tens = word.partition("und")
    if joiner and 0 < _GERMAN.get(unit, 0) < 10 and _GERMAN.get(tens, 0) >= 20:
        return _GERMAN[unit] + _GERMAN[tens]
    return None


def _other(words: Sequence[str], at: int, language: str) -> Spoken | None:
    """Ordinals, dozens, and how many times."""
    word = words[at]
    if language == "en":
        value = _english_ordinal(word)
        if value is not None:
            return Spoken(at, at + 1, value, is_ordinal=True, is_loose=value <= 3)
        if word in {"a", "an"}:
            return Spoken(at, at + 1, 1, is_loose=True)
    else:
        value = _german_ordinal(word)
        if value is not None:
            return Spoken(at, at + 1, value, is_ordinal=True, is_loose=value == 1)
        for ending in ("mal", "einhalb"):
            value = _german(word.removesuffix(ending)) if word.endswith(ending) else None
            if value is not None:
                return Spoken(at, at + 1, value, is_loose=value == 1)
    if word in _LOOSE[language]:
        return Spoken(at, at + 1, _LOOSE[language][word], is_loose=True)
    value = _TIMES[language].get(word)
    return None if value is None else Spoken(at, at + 1, value)


def _german_ordinal(word: str) -> int | None:
    for ending in _DE_ENDINGS:
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            if stem in _DE_STEMS:
                return _DE_STEMS[stem]
            value = _german(stem)
            if value is not None:
                return value if 2 <= value < 20 else None
            value = _german(stem.removesuffix("s"))
            return value if value is not None and value >= 20 else None
    return None


def _english_ordinal(word: str) -> int | None:
    if word in _EN_ORDINALS:
        return _EN_ORDINALS[word]
    if word.endswith("ieth"):
        return _ENGLISH.get(f"{word.removesuffix('ieth')}y")
    return _ENGLISH.get(word.removesuffix("th")) if word.endswith("th") else None


def _tail(words: Sequence[str], at: int, value: int) -> tuple[int, int] | None:
    """The ordinal that ends a number, as `fifth` does `twenty-fifth`, and where that ends."""
    at += at < len(words) and words[at] == _AND["en"]
    last = _english_ordinal(words[at]) if at < len(words) else None
    room = 10 if value % 100 in range(20, 100, 10) else _room(value)
    return (last, at + 1) if last is not None and last < room else None


def cardinal(value: int, language: str) -> str:
    """The words for a number.

    Raises:
        ValueError: it is too large, or the language's words are not known.
    """
    if not 0 <= value < _LARGEST or language not in WRITTEN_OUT:
        raise ValueError("no words for that number")
    return _german_words(value) if language == "de" else _english_words(value)


def _german_words(value: int) -> str:
    if value < 10**6:
        return _german_word(value)
    millions, rest = divmod(value, 10**6)
    head = "eine Million" if millions == 1 else f"{_german_word(millions)} Millionen"
    return f"{head} {_german_word(rest)}" if rest else head


def _german_word(value: int) -> str:
    if value >= 1000:
        thousands, rest = divmod(value, 1000)
        return f"{_joined(thousands)}tausend{_german_word(rest) if rest else ''}"
    if value >= 100:
        hundreds, rest = divmod(value, 100)
        return f"{_joined(hundreds)}hundert{_german_word(rest) if rest else ''}"
    if value < 20:
        return _DE_SMALL[value]
    tens, unit = divmod(value, 10)
    return f"{_joined(unit)}und{_DE_TENS[tens - 2]}" if unit else _DE_TENS[tens - 2]


def _joined(value: int) -> str:
    """As it stands before more of the word: `ein`, not `eins`."""
    return _german_word(value).removesuffix("s") if value % 100 == 1 else _german_word(value)


def _english_words(value: int) -> str:
    for scale, word in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if value >= scale:
            times, rest = divmod(value, scale)
            joiner = " and " if rest < 100 else " "
            head = f"{_english_words(times)} {word}"
            return f"{head}{joiner}{_english_words(rest)}" if rest else head
    if value < 20:
        return _EN_SMALL[value]
    tens, unit = divmod(value, 10)
    return f"{_EN_TENS[tens - 2]}-{_EN_SMALL[unit]}" if unit else _EN_TENS[tens - 2]


def ordinal(value: int, language: str, like: str = "") -> str:
    """The ordinal for a number, in German with the ending that the word `like` has.

    Raises:
        ValueError: it is out of the range of days and floors.
    """
    if not 0 < value < 100 or language not in WRITTEN_OUT:
        raise ValueError("no ordinal for that number")
    if language == "en":
        tens, unit = divmod(value, 10)
        if value > 20 and unit:
            return f"{_EN_TENS[tens - 2]}-{_english_th(unit)}"
        return _english_th(value)
    ending = next((e for e in _DE_ENDINGS[1:] if like.endswith(e)), _DE_ENDINGS[0])
    stems = {number: stem for stem, number in _DE_STEMS.items()}
    stem = stems.get(value) or f"{_german_word(value)}{'s' if value >= 20 else ''}"
    return f"{stem}{ending}"


def _english_th(value: int) -> str:
    if value in _EN_IRREGULAR:
        return _EN_IRREGULAR[value]
    word = _english_words(value)
    return f"{word.removesuffix('y')}ieth" if word.endswith("ty") else f"{word}th"
