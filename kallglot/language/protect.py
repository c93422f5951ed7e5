"""Whether a translation kept what must not change, and how to put it right.

Three things are done, in this order, and each is checked again after it was done.  A translation
is compared with its source: every item of the one must be in the other once.  Where one item is
missing and one of its kind is there instead, the right one is put into its place.  Where that
cannot be, the source is translated once more with a stand-in for the item, an easier one of its
kind, which is replaced where it comes out.  What is still not right must not be spoken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import attrs

from kallglot.language import calendar, clock, numerals, written
from kallglot.language.items import Item, Kind, found

__all__ = ["Difference", "Masked", "difference", "masked", "repaired", "unmasked"]

#: Numbers of fewer digits may have become words in languages whose number words are not known.
_CERTAIN_DIGITS: Final = 3
_COPIED: Final = frozenset({Kind.ADDRESS, Kind.CODE, Kind.SPELLED})
_COUNTED: Final = frozenset({Kind.NUMBER, Kind.ORDINAL, Kind.TIME})


@attrs.frozen
class Difference:
    """Items of the source that the translation lacks, and those it has instead or besides."""

    missing: tuple[Item, ...] = ()
    extra: tuple[Item, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra)


def difference(text: str, translation: str, source: str, target: str) -> Difference:
    """Compare a translation with its source, by the languages of the two."""
    ours, theirs = found(text, source), found(translation, target)
    if not {source, target} <= numerals.WRITTEN_OUT:
        ours = [item for item in ours if _is_certain(item)]
        theirs = [item for item in theirs if item.is_written or item.kind in _COPIED]
    left, right = _unmatched(ours, theirs)
    missing, extra = _serious(left, right), _serious(right, left)
    if _are_digits_alike(missing, extra) or _are_digits_alike(left, right):
        return Difference()
    if not {source, target} <= numerals.WRITTEN_OUT:
        extra = [item for item in extra if _is_certain(item)]
    return Difference(tuple(missing), tuple(extra))


def _is_certain(item: Item) -> bool:
    is_long = item.is_written and len(item.digits) >= _CERTAIN_DIGITS
    return item.kind in _COPIED or (item.kind is Kind.NUMBER and is_long)


def _unmatched(ours: Sequence[Item], theirs: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """The items of each side that have none on the other."""
    left, right = list(ours), list(theirs)
    # What means it is served first, and by its own kind: `third fifth` is also the third of May.
    for item in sorted(ours, key=lambda item: item.is_loose):
        others = [other for other in right if other.forms & item.forms]
        if others:
            left.remove(item)
            right.remove(min(others, key=lambda o: (o.is_loose, o.kind is not item.kind)))
    return left, right


def _serious(items: Sequence[Item], others: Sequence[Item]) -> list[Item]:
    """Leave out what is loose and needs no other, but not the `third` against a `fourth`."""
    ordinals = [item for item in others if item.kind is Kind.ORDINAL and not item.is_loose]
    return [
        item
        for item in items
        if not item.is_loose or (item.kind is Kind.ORDINAL and len(ordinals) == 1)
    ]


def _are_digits_alike(missing: Sequence[Item], extra: Sequence[Item]) -> bool:
    """Tell whether the same digits were only grouped in another way."""
    if not missing or not extra or any(i.kind not in _COUNTED for i in (*missing, *extra)):
        return False
    ours, theirs = ("".join(item.digits for item in items) for items in (missing, extra))
    return ours == theirs and len(missing) != len(extra)


# Putting it right.


def repaired(text: str, translation: str, source: str, target: str, *, keep: int = 0) -> str | None:
    """The translation with the right items in place of wrong ones; None if that cannot be done.

    The first `keep` letters have been spoken, and stay as they are.
    """
    found = difference(text, translation, source, target)
    made = translation
    pairs = _pairs(found)
    if not found or pairs is None:
        return None
    for right, wrong in sorted(pairs, key=lambda pair: -pair[1].start):
        words = _rendered(right, source, target, like=wrong)
        if words is None or wrong.start < keep:
            return None
        made = _replaced(made, wrong, words)
    return None if difference(text, made, source, target) else made


def _pairs(found: Difference) -> list[tuple[Item, Item]] | None:
    """Which wrong item stands where which right one should; None if it cannot be told."""
    pairs = []
    for kind in {item.kind for item in (*found.missing, *found.extra)}:
        missing = [item for item in found.missing if item.kind is kind]
        extra = [item for item in found.extra if item.kind is kind]
        if len(missing) != 1 or len(extra) != 1 or not _are_akin(missing[0], extra[0]):
            return None
        pairs.append((missing[0], extra[0]))
    return pairs


def _are_akin(one: Item, other: Item) -> bool:
    """Tell whether both are single numbers, or both several in a row, or both prices."""
    if one.kind is not Kind.NUMBER or (one.is_written and other.is_written):
        return True
    is_price, is_other_price = (any("." in form for form in i.forms) for i in (one, other))
    return (len(one.parts) > 1) is (len(other.parts) > 1) and is_price is is_other_price


def _rendered(item: Item, source: str, target: str, like: Item) -> str | None:
    """The item in the words of the target language, in the manner of one that stands there.

    None if the words are not known.
    """
    match item.kind:
        case Kind.NUMBER if item.is_written:
            return written.localised(item.text, source, target)
        case Kind.NUMBER if like.is_written:
            return item.digits
        case Kind.NUMBER | Kind.ORDINAL if target not in numerals.WRITTEN_OUT:
            return item.digits if item.kind is Kind.NUMBER else None
        case Kind.NUMBER:
            return " ".join(_cardinal(part, target) for part in item.parts)
        case Kind.ORDINAL:
            day = int(item.parts[0])
            return numerals.ordinal(day, target, like.text) if 0 < day < 100 else None
        case Kind.TIME:
            hour, minute = map(int, item.parts)
            return clock.said(clock.Time(hour, minute), target)
        case Kind.CALENDAR:
            name = calendar.name(item.parts[0], target)
            return (
                None if name is None or calendar.read(like.text.lower(), target) is None else name
            )
        case Kind.SPELLED if not item.is_written:
            return _spelled_out(item, target)
        case Kind.ADDRESS if not item.is_written:
            return _address(item, target)
        case _:
            return item.text


def _cardinal(part: str, language: str) -> str:
    return numerals.cardinal(int(part), language) if len(part) < 10 else part


def _spelled_out(item: Item, target: str) -> str:
    """`B as in Berta` for `B wie Berta`."""
    link = {"de": "wie", "en": "as in"}.get(target)
    if link is None:
        return "-".join(item.parts[0].upper())
    return re.sub(r"(?<=\b\w) (?:wie|as in|for|like) ", f" {link} ", item.text, flags=re.IGNORECASE)


def _address(item: Item, target: str) -> str:
    if target not in numerals.WRITTEN_OUT:
        return item.parts[0]
    signs = {".": "punkt", "-": "minus", "_": "unterstrich", "@": "at"}
    if target == "en":
        signs = {".": "dot", "-": "dash", "_": "underscore", "@": "at"}
    return " ".join(signs.get(p, p) for p in re.split(r"([.@_-])", item.parts[0]))


def _replaced(text: str, item: Item, words: str) -> str:
    is_capital = item.text[:1].isupper() and words[:1].islower() and item.start == 0
    words = f"{words[:1].upper()}{words[1:]}" if is_capital else words
    return f"{text[: item.start]}{words}{text[item.end :]}"


# Stand-ins.

#: Digits in an order that no neighbours repeat.
_DIGITS: Final = ("4927183506", "8361940725", "2594703618")
_VALUES: Final = (20, 12, 50, 30, 10, 15)
_DAYS: Final = (5, 10, 12, 8)
_NAMES: Final = ("XK4", "QZ7", "RV2")
#: How many ways are tried.
WAYS: Final = 3


@attrs.frozen
class Masked:
    """A source with stand-ins: `text`, and pairs of item and the stand-in found in its place."""

    text: str = attrs.field(repr=False)
    pairs: tuple[tuple[Item, Item], ...] = attrs.field(repr=False)


def masked(text: str, translation: str, source: str, target: str) -> list[Masked]:
    """The source with stand-ins for what went wrong in its translation, in several ways."""
    found_wrong = difference(text, translation, source, target)
    items = list(found_wrong.missing)
    if not items:  # something too much: whatever it was made from
        kinds = {item.kind for item in found_wrong.extra}
        items = [item for item in found(text, source) if item.kind in kinds and not item.is_loose]
    ways = [_masked(text, items, source, way) for way in range(WAYS)] if items else []
    return [way for way in ways if way is not None]


def _masked(text: str, items: Sequence[Item], language: str, way: int) -> Masked | None:
    made, starts, shift = text, [], 0
    taken = {form for item in found(text, language) for form in item.forms}
    for item in sorted(items, key=lambda item: item.start):
        words = _stand_in(item, language, way, taken)
        if words is None:
            return None
        starts.append((item, item.start + shift))
        at = item.start + shift
        made = f"{made[:at]}{words}{made[at + len(item.text) :]}"
        shift += len(words) - len(item.text)
    places = {item.start: item for item in found(made, language)}
    if any(start not in places for _, start in starts):
        return None
    return Masked(made, tuple((item, places[start]) for item, start in starts))


def _stand_in(item: Item, language: str, way: int, taken: set[str]) -> str | None:
    """Another item of the same kind that is written in the same manner."""
    if item.kind in _COPIED:
        return _NAMES[way % len(_NAMES)]
    if item.kind is Kind.CALENDAR:
        number = (int(item.parts[0][1:]) + way) % 7 + 1
        return calendar.name(f"{item.parts[0][0]}{number}", language)
    if item.kind is Kind.TIME:
        hour, minute = map(int, item.parts)
        return clock.said(clock.Time((hour + way) % 12 + 1, minute), language)
    if item.kind is Kind.NUMBER and len(item.parts) > 1:
        length = len(item.parts) - way if len(item.parts) - way > 2 else 3
        digits = _DIGITS[way % len(_DIGITS)][: min(length, 10)]
        if item.is_written or language not in numerals.WRITTEN_OUT:
            return digits
        return " ".join(numerals.DIGITS[language][int(digit)] for digit in digits)
    numbers = _DAYS if item.kind is Kind.ORDINAL else _VALUES
    free = [number for number in numbers if str(number) not in taken]
    if not free or language not in numerals.WRITTEN_OUT:
        return None
    number = free[way % len(free)]
    if item.is_written:
        return str(number) if item.kind is Kind.NUMBER else None
    if item.kind is Kind.ORDINAL:
        return numerals.ordinal(number, language, item.text.lower())
    return numerals.cardinal(number, language)


def unmasked(
    way: Masked, text: str, translation: str, source: str, target: str, *, keep: int = 0
) -> str | None:
    """The translation of a masked source with the true items; None if it is not right."""
    if difference(way.text, translation, source, target):
        return None
    theirs = found(translation, target)
    places = []
    for item, stand_in in way.pairs:
        same = [other for other in theirs if other.forms & stand_in.forms]
        if len(same) != 1 or same[0].start < keep:
            return None
        words = _rendered(item, source, target, like=same[0])
        if words is None:
            return None
        places.append((same[0], words))
    made = translation
    for place, words in sorted(places, key=lambda pair: -pair[0].start):
        made = _replaced(made, place, words)
    return None if difference(text, made, source, target) else made
