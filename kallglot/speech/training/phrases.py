"""What a phrase table is made of: patterns in two languages, and words to fill their slots.

A pattern is one sentence in German and the same sentence in English, with slots in braces.  A
slot names a list in `words`; a German slot may ask for a form (`{item.acc}`), because German
nouns want an article in the right case and gender, where English gets by with the bare word.
"""

from __future__ import annotations

import enum
from typing import Final, Literal

import attrs

__all__ = [
    "Gender",
    "Noun",
    "Pattern",
    "Speaker",
    "Word",
    "agent",
    "customer",
    "either",
    "names",
    "nouns",
    "pairs",
    "words",
]

Speaker = Literal["agent", "customer", "either"]


@attrs.frozen
class Pattern:
    """A sentence with slots, in both languages, and who would say it."""

    speaker: Speaker
    german: str
    english: str


def agent(german: str, english: str) -> Pattern:
    return Pattern("agent", german, english)


def customer(german: str, english: str) -> Pattern:
    return Pattern("customer", german, english)


def either(german: str, english: str) -> Pattern:
    return Pattern("either", german, english)


@attrs.frozen
class Word:
    """Something that is the same in every case; `oblique` is for `Herr`, which is not."""

    german: str
    english: str
    oblique: str = ""

    def __format__(self, spec: str) -> str:
        return self.german


class Gender(enum.Enum):
    MASCULINE = "m"
    FEMININE = "f"
    NEUTER = "n"


#: The endings of ein, mein, Ihr: nominative, accusative, dative.
_ENDINGS: Final = {
    Gender.MASCULINE: ("", "en", "em"),
    Gender.FEMININE: ("e", "e", "er"),
    Gender.NEUTER: ("", "", "em"),
}
_ARTICLES: Final = {
    Gender.MASCULINE: ("der", "den", "dem"),
    Gender.FEMININE: ("die", "die", "der"),
    Gender.NEUTER: ("das", "das", "dem"),
}
_NEW: Final = {
    Gender.MASCULINE: "einen neuen",
    Gender.FEMININE: "eine neue",
    Gender.NEUTER: "ein neues",
}


@attrs.frozen
class Noun:
    """A German noun with its gender; the forms are what patterns ask for by attribute.

    `oblique` differs from `german` only for the weak nouns, `Name` and its compounds.
    """

    gender: Gender
    german: str
    english: str
    oblique: str

    def __format__(self, spec: str) -> str:
        return self.german

    @property
    def nom(self) -> str:
        return f"{_ARTICLES[self.gender][0]} {self.german}"

    @property
    def start(self) -> str:
        """The nominative at the beginning of a sentence."""
        return self.nom[0].upper() + self.nom[1:]

    @property
    def acc(self) -> str:
        return f"{_ARTICLES[self.gender][1]} {self.oblique}"

    @property
    def dat(self) -> str:
        return f"{_ARTICLES[self.gender][2]} {self.oblique}"

    @property
    def my(self) -> str:
        return f"mein{_ENDINGS[self.gender][0]} {self.german}"

    @property
    def my_start(self) -> str:
        return f"M{self.my[1:]}"

    @property
    def my_acc(self) -> str:
        return f"mein{_ENDINGS[self.gender][1]} {self.oblique}"

    @property
    def my_dat(self) -> str:
        return f"mein{_ENDINGS[self.gender][2]} {self.oblique}"

    @property
    def your(self) -> str:
        return f"Ihr{_ENDINGS[self.gender][0]} {self.german}"

    @property
    def your_acc(self) -> str:
        return f"Ihr{_ENDINGS[self.gender][1]} {self.oblique}"

    @property
    def new_acc(self) -> str:
        """`einen neuen Drucker`: article and adjective both bend."""
        return f"{_NEW[self.gender]} {self.oblique}"


def words(table: str) -> tuple[Word, ...]:
    """One `german = english` a line; `german = english = oblique` for the few that bend."""
    rows = (line.split(" = ") for line in table.strip().splitlines())
    return tuple(Word(*(cell.strip() for cell in row)) for row in rows)


def nouns(table: str) -> tuple[Noun, ...]:
    """One `gender german = english` a line; `Name/Namen` where the other cases differ."""
    rows = (line.strip().split(" = ") for line in table.strip().splitlines())
    return tuple(_noun(german[0], german[2:], english) for german, english in rows)


def _noun(gender: str, german: str, english: str) -> Noun:
    nominative, _, oblique = german.partition("/")
    return Noun(Gender(gender), nominative, english, oblique or nominative)


def pairs(german: str, english: str) -> tuple[Word, ...]:
    return tuple(Word(a, b) for a, b in zip(german.split(), english.split(), strict=True))


def names(names: str) -> tuple[Word, ...]:
    """Names are the same in both languages."""
    return tuple(Word(name, name) for name in names.split())
