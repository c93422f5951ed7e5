"""Days of the week and months in German and English."""

from __future__ import annotations

from typing import Final

__all__ = ["is_loose", "name", "read"]

_DAYS: Final = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS: Final = {
    "de": (
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
        "Oktober", "November", "Dezember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
}  # fmt: skip
_ALSO: Final = {"de": {"sonnabend": "w6", "jänner": "m1", "feber": "m2"}, "en": {}}
#: What may stand behind the name of a day in the same word: `Montagabend`, `Mondays`.
_ENDINGS: Final = {
    "de": (
        "", "s", "e", "en", "früh", "morgen", "vormittag", "mittag", "nachmittag", "abend", "nacht",
    ),
    "en": ("", "s"),
}  # fmt: skip
#: Months that are other words as well.
_OTHERWISE: Final = {"en": frozenset({"may", "march"})}

_FORMS: Final[dict[str, dict[str, str]]] = {
    language: {
        **{
            f"{day.lower()}{ending}": f"w{number}"
            for number, day in enumerate(_DAYS[language], 1)
            for ending in _ENDINGS[language]
        },
        **{month.lower(): f"m{number}" for number, month in enumerate(_MONTHS[language], 1)},
        **_ALSO[language],
    }
    for language in _DAYS
}


def read(word: str, language: str) -> str | None:
    """`w3` for a Wednesday, `m5` for May; the word is in lower case."""
    return _FORMS.get(language, {}).get(word)


def name(form: str, language: str) -> str | None:
    """The day or month of that form; None where its name is not known."""
    names = (_DAYS if form[0] == "w" else _MONTHS).get(language)
    return None if names is None else names[int(form[1:]) - 1]


def is_loose(word: str, language: str, *, is_first: bool) -> bool:
    """Tell whether the word, as it is written, may mean something else."""
    is_other = word.lower() in _OTHERWISE.get(language, ())
    return is_other and (is_first or word[0].islower())
