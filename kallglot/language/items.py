"""What must not change in a translation: numbers, times, days, addresses, codes and spelled names.

An *item* is such a thing in a text.  It has *forms*, and two items mean the same if they share
one: `vier neun zwei` and `4 9 2` have the form `492`, `halb vier` and `3:30` have `t3:30`.
Number words are known of German and English; what is written in digits is found in any language.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import Final

import attrs

from kallglot.language import calendar, clock, numerals, written
from kallglot.language.clock import Token

__all__ = ["Item", "Kind", "found"]


class Kind(enum.Enum):
    """What an item is."""

    NUMBER = "number"
    ORDINAL = "ordinal"
    TIME = "time"
    CALENDAR = "calendar"
    ADDRESS = "address"
    CODE = "code"
    SPELLED = "spelled"


@attrs.frozen
class Item:
    """A thing in a text, from `start` to `end`.

    `parts` are the numbers of a `NUMBER` one after the other, as in a telephone number, or what
    else names the thing.  `is_written` is set for digits, as against words; `is_loose` for what
    need not be meant as it seems, such as the `one` of `this one`.
    """

    kind: Kind
    start: int
    end: int
    text: str = attrs.field(repr=False)
    forms: frozenset[str] = attrs.field(repr=False)
    parts: tuple[str, ...] = attrs.field(repr=False)
    is_written: bool = False
    is_loose: bool = False

    @property
    def digits(self) -> str:
        """The digits one after the other."""
        return "".join(letter for part in self.parts for letter in part if letter.isdigit())


@attrs.frozen
class _Piece:
    """A word, or a number in digits or words."""

    start: int
    end: int
    word: str
    value: str = ""
    is_written: bool = False
    is_ordinal: bool = False
    is_loose: bool = False

    @property
    def whole(self) -> int | None:
        return int(self.value) if self.value.isdigit() and len(self.value) < 12 else None


_EMAIL: Final = re.compile(r"[\w.+%-]+@\w[\w-]*(?:\.\w[\w-]*)+")
_URL: Final = re.compile(
    r"(?:https?://|www\.)[^\s,;]*[^\s,;.:!?)]"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|de|org|net|eu|io|at|ch|info|uk|fr|es|it|nl|pl)\b(?:/[^\s,;]*[^\s,;.:!?)])?",
    re.IGNORECASE,
)
#: `anna punkt becker at example punkt de`
_SAID: Final = re.compile(
    r"\b[^\W_]+(?: (?:punkt|dot|minus|dash|unterstrich|underscore) [^\W_]+)*"
    r" (?:at|ät|klammeraffe) [^\W_]+(?: (?:punkt|dot|minus|dash) [^\W_]+)*?"
    r" (?:punkt|dot) [^\W\d_]{2,}\b",
    re.IGNORECASE,
)
_SIGNS: Final = {
    "punkt": ".", "dot": ".", "minus": "-", "dash": "-", "unterstrich": "_", "underscore": "_",
    "at": "@", "ät": "@", "klammeraffe": "@",
}  # fmt: skip
_LETTER_AS: Final = r"\b([^\W\d_]) (?:wie|as in|for|like) \1[^\W\d_]+"
_SPELLED: Final = re.compile(
    rf"{_LETTER_AS}(?:[, ]+(?:und |and )?{_LETTER_AS.replace('1', '2')})*", re.IGNORECASE
)
_LETTER: Final = re.compile(r"\b([^\W\d_])(?= (?:wie|as in|for|like) )", re.IGNORECASE)
_LETTERS: Final = re.compile(
    r"\b[^\W\d_](?:-[^\W\d_]){2,}\b|\b[^\W\d_a-zäöüß](?:,? [^\W\d_a-zäöüß]){2,}\b"
)
_CODE: Final = re.compile(
    r"(?<![\w-])(?=[\w/-]*\d)(?=[\w/-]*[A-Za-z])[A-Za-z0-9]+(?:[-/][A-Za-z0-9]+)*(?![\w-])"
)
#: `21st`, `3pm`, `10km`: numbers with something behind them.
_NO_CODE: Final = re.compile(r"\d+[a-z]{1,4}")
_PIECE: Final = re.compile(
    r"(?P<written>\+?\d+(?:[.,:/'’\-\u202f]\d+)*)(?P<th>(?:st|nd|rd|th)\b|\.(?= [^\W\d_a-z]))?"  # noqa: RUF001
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*"  # noqa: RUF001
)
_GAP: Final = re.compile(r"[ \u00a0\u202f\-–/]+")  # noqa: RUF001
_LIST: Final = re.compile(r", ?")
_BLANK: Final = "\ue000"


def found(text: str, language: str) -> list[Item]:
    """The items of a text in the order in which they stand in it."""
    items: list[Item] = []
    rest = text
    for finder in (_addresses, _spelled, _codes):
        for item in list(finder(rest)):
            items.append(item)
            rest = f"{rest[: item.start]}{_BLANK * (item.end - item.start)}{rest[item.end :]}"
    pieces = list(_pieces(rest, language))
    items += _counted(rest, pieces, language)
    return sorted(items, key=lambda item: item.start)


def _addresses(text: str) -> Iterator[Item]:
    for pattern in (_EMAIL, _URL):
        for match in pattern.finditer(text):
            if pattern is _EMAIL or "@" not in text[max(0, match.start() - 1) : match.start()]:
                yield _copied(Kind.ADDRESS, match, match[0].lower(), is_written=True)
    for match in _SAID.finditer(text):
        words = match[0].lower().split()
        address = "".join(_SIGNS.get(word, word) for word in words)
        yield _copied(Kind.ADDRESS, match, address, is_written=False)


def _spelled(text: str) -> Iterator[Item]:
    for match in _SPELLED.finditer(text):
        letters = "".join(_LETTER.findall(match[0])).lower()
        yield _copied(Kind.SPELLED, match, letters, is_written=False)
    for match in _LETTERS.finditer(text):
        letters = "".join(letter for letter in match[0] if letter.isalpha()).lower()
        yield _copied(Kind.SPELLED, match, letters, is_written=True)


def _codes(text: str) -> Iterator[Item]:
    for match in _CODE.finditer(text):
        if _NO_CODE.fullmatch(match[0]) is None:
            code = re.sub(r"[-/]", "", match[0]).upper()
            yield _copied(Kind.CODE, match, code, is_written=True)


def _copied(kind: Kind, match: re.Match[str], name: str, *, is_written: bool) -> Item:
    forms = frozenset({f"{kind.value}:{name}"})
    return Item(kind, match.start(), match.end(), match[0], forms, (name,), is_written)


def _pieces(text: str, language: str) -> Iterator[_Piece]:
    """Cut into words and numbers; numbers of several words become one piece."""
    words: list[_Piece] = []
    for match in _PIECE.finditer(text):
        is_apart = words and _GAP.fullmatch(text, words[-1].end, match.start()) is None
        if match["written"] or is_apart:
            yield from _worded(words, language)
            words = []
        if match["written"]:
            is_ordinal = match["th"] is not None
            end = match.end("written") if match["th"] == "." else match.end()
            yield _Piece(
                match.start(),
                end,
                match[0],
                match["written"],
                is_written=True,
                is_ordinal=is_ordinal,
            )
        else:
            words.append(_Piece(match.start(), match.end(), match[0].lower()))
    yield from _worded(words, language)


def _worded(words: list[_Piece], language: str) -> Iterator[_Piece]:
    said = [piece.word for piece in words]
    at = 0
    for spoken in numerals.read(_digits(said, language), language):
        yield from words[at : spoken.first]
        first, last = words[spoken.first], words[spoken.end - 1]
        yield _Piece(
            first.start,
            last.end,
            " ".join(said[spoken.first : spoken.end]),
            str(spoken.value),
            is_ordinal=spoken.is_ordinal,
            is_loose=spoken.is_loose,
        )
        at = spoken.end
    yield from words[at:]


def _digits(words: list[str], language: str) -> list[str]:
    """Read an `oh` among digits as the zero it is, and `double two` as `two two`."""
    if language != "en":
        return words
    names = set(numerals.DIGITS["en"])
    plain = list(words)
    for at, word in enumerate(words):
        after = words[at + 1] if at + 1 < len(words) else ""
        before = words[at - 1] if at else ""
        if word == "double" and after in names:
            plain[at] = after
        elif word in {"oh", "o"} and names & {before, after}:
            plain[at] = "zero"
    return plain


def _counted(text: str, pieces: list[_Piece], language: str) -> Iterator[Item]:
    """The items among words and numbers."""
    tokens = [Token(piece.word, piece.whole, piece.is_loose) for piece in pieces]
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        time = clock.read(tokens, at, language)
        if time is not None:
            yield _time(text, pieces[at : at + time.length], time)
            at += time.length
        elif piece.is_written and (time := written.time(piece.value)) is not None:
            yield _time(text, [piece], time)
            at += 1
        elif piece.is_ordinal:
            yield _ordinal(text, piece)
            at += 1
        elif piece.value:
            run = _run(text, pieces[at:])
            yield _number(text, run, language)
            at += len(run)
        else:
            yield from _day(text, piece, language)
            at += 1


def _time(text: str, pieces: list[_Piece], time: clock.Time) -> Item:
    start, end = pieces[0].start, pieces[-1].end
    parts = (str(time.hour), f"{time.minute:02}")
    is_written = any(piece.is_written for piece in pieces)
    return Item(Kind.TIME, start, end, text[start:end], clock.forms(time), parts, is_written)


def _ordinal(text: str, piece: _Piece) -> Item:
    number = re.sub(r"\D", "", piece.value)
    # The second half of `dritter fünfter` is a month.
    forms = {number, f"m{number}"} if len(number) <= 2 and 1 <= int(number) <= 12 else {number}
    return Item(
        Kind.ORDINAL,
        piece.start,
        piece.end,
        text[piece.start : piece.end],
        frozenset(forms),
        (number,),
        piece.is_written,
        piece.is_loose,
    )


def _run(text: str, pieces: list[_Piece]) -> list[_Piece]:
    """Numbers that follow each other, as those of a telephone number do."""
    run = pieces[:1]
    for piece in pieces[1:]:
        before = run[-1]
        gap = text[before.end : piece.start]
        is_near = _GAP.fullmatch(gap) or (
            _LIST.fullmatch(gap) and len(before.value) == len(piece.value) == 1
        )
        is_apart = any(one.is_loose and one.word != "one" for one in (before, piece))
        if not is_near or not piece.value or piece.is_ordinal or is_apart:
            break
        run.append(piece)
    return run


def _number(text: str, run: list[_Piece], language: str) -> Item:
    start, end = run[0].start, run[-1].end
    is_written = any(piece.is_written for piece in run)
    if len(run) == 1 and is_written:
        forms = written.forms(run[0].value, language)
    else:
        forms = frozenset({re.sub(r"[^\d+]", "", "".join(piece.value for piece in run))})
    is_loose = len(run) == 1 and run[0].is_loose
    parts = tuple(piece.value for piece in run)
    return Item(Kind.NUMBER, start, end, text[start:end], forms, parts, is_written, is_loose)


def _day(text: str, piece: _Piece, language: str) -> Iterator[Item]:
    day = calendar.read(piece.word, language)
    if day is not None:
        word = text[piece.start : piece.end]
        is_first = not text[: piece.start].strip() or text[: piece.start].rstrip()[-1] in ".!?:"
        yield Item(
            Kind.CALENDAR,
            piece.start,
            piece.end,
            word,
            frozenset({day}),
            (day,),
            is_loose=calendar.is_loose(word, language, is_first=is_first),
        )
