"""Where the terms of a glossary are said, and whether they came out as they should.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

import attrs

from kallglot.model.glossary import Glossary, Term, TermCount

__all__ = [
    "STAND_IN",
    "GlossaryReport",
    "Match",
    "exact",
    "hidden",
    "hints_for",
    "lacking",
    "matches",
    "replaced",
    "spoken",
    "terms_for",
]

#: What a word may end in and still be the same word; the longest first.
_ENDINGS: Final = {"de": ("ern", "en", "er", "es", "e", "n", "s"), "en": ("'s", "’s", "es", "s")}  # noqa: RUF001
#: Shorter terms have no endings and their case is left alone: `US` is not `us`.
_SHORTEST_WORD: Final = 4


#: A name that translators leave as it is.
STAND_IN: Final = "XK4"


@attrs.frozen
class Match:
    """A term where it was said; `surface` is how."""

    term: Term
    start: int
    end: int
    surface: str = attrs.field(repr=False)


def matches(glossary: Glossary, text: str, source: str, target: str) -> list[Match]:
    """The terms in a text that is to be translated, none within another, the longest first."""
    low = text.lower()
    said = (term for term in glossary.terms if _begins_in(term.source, low))
    terms = tuple(_oriented(said, source, target))
    found: list[Match] = []
    for match in _found(terms, text, source, is_inflected=glossary.is_inflected):
        if not found or match.start >= found[-1].end:
            found.append(match)
    return found


def terms_for(
    glossary: Glossary, text: str, source: str, target: str
) -> tuple[tuple[str, str], ...]:
    """What is in the text, as it is said there, and what each must become."""
    pairs = [(one.surface, one.term.target) for one in matches(glossary, text, source, target)]
    return tuple(dict.fromkeys(pairs))


def hints_for(glossary: Glossary, languages: Iterable[str]) -> tuple[str, ...]:
    """The words to listen for in these languages; without any, in all."""
    wanted = set(languages)
    hints: dict[str, None] = {}
    for term in glossary.terms:
        for language, word in (
            (term.source_language, term.source),
            (term.target_language, term.target),
        ):
            if not wanted or language in wanted:
                hints[word] = None
    return tuple(hints)


def exact(glossary: Glossary, text: str, language: str) -> str:
    """A recognised text with the terms written as the glossary writes them, in capitals or not.

    Nothing but the case of letters is changed, and that only for names with capitals in them.
    """
    low = text.lower()
    names = []
    for term in glossary.terms:
        for spoken, name in (
            (term.source_language, term.source),
            (term.target_language, term.target),
        ):
            is_name = name != name.lower() and len(name) >= _SHORTEST_WORD
            is_meant = spoken == language and not term.is_case_sensitive
            if is_meant and is_name and _begins_in(name, low):
                names.append(attrs.evolve(term, source=name))
    made = text
    for match in _found(tuple(names), text, language, is_inflected=glossary.is_inflected):
        ending = match.surface[len(match.term.source) :]
        made = f"{made[: match.start]}{match.term.source}{ending}{made[match.end :]}"
    return made


def spoken(glossary: Glossary, text: str, language: str) -> str:
    """The text as it must be written for a voice to say it right."""
    low = text.lower()
    said = []
    for term in glossary.terms:
        if term.spoken_as is not None and _begins_in(term.target, low):
            languages = {term.target_language}
            if term.do_not_translate:
                languages.add(term.source_language)
            if language in languages:
                said.append(attrs.evolve(term, source=term.target))
    made = text
    found = _found(tuple(said), text, language, is_inflected=glossary.is_inflected)
    for match in sorted(found, key=lambda match: -match.start):
        ending = match.surface[len(match.term.source) :]
        made = f"{made[: match.start]}{match.term.spoken_as}{ending}{made[match.end :]}"
    return made


def _begins_in(name: str, text: str) -> bool:
    """Tell at little cost whether a term may be in a text, which is in lower case."""
    return name.split(maxsplit=1)[0].lower() in text


def _oriented(terms: Iterable[Term], source: str, target: str) -> Iterator[Term]:
    """The terms that say something about translating from one language into the other."""
    for term in terms:
        pair = (term.source_language, term.target_language)
        if pair == (source, target) or (term.do_not_translate and pair == (target, source)):
            yield term


def _found(terms: tuple[Term, ...], text: str, language: str, *, is_inflected: bool) -> list[Match]:
    found: list[Match] = []
    for is_case_sensitive in (True, False):
        chosen = tuple(term for term in terms if term.is_case_sensitive is is_case_sensitive)
        if not chosen:
            continue
        by_name = {}
        for term in reversed(chosen):
            name = _plain(term.source)
            by_name[name if is_case_sensitive else name.lower()] = term
        pattern = _pattern(tuple(by_name), language if is_inflected else "", is_case_sensitive)
        for match in pattern.finditer(text):
            name = _plain(match["name"])
            term = by_name[name if is_case_sensitive else name.lower()]
            found.append(Match(term, match.start(), match.end(), match[0]))
    return _apart(found)


def _apart(found: Sequence[Match]) -> list[Match]:
    """Leave out matches that lie within or across longer ones."""
    kept: list[Match] = []
    for match in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        if all(match.end <= other.start or match.start >= other.end for other in kept):
            kept.append(match)
    return sorted(kept, key=lambda match: match.start)


def _plain(name: str) -> str:
    return " ".join(name.split())


@lru_cache(maxsize=256)
def _pattern(names: tuple[str, ...], language: str, is_case_sensitive: bool) -> re.Pattern[str]:
    """Find any of the names as whole words, with the endings of a language."""
    endings = "|".join(map(re.escape, _ENDINGS.get(language, ())))
    long = [name for name in names if len(name) >= _SHORTEST_WORD and endings]
    short = [name for name in names if name not in long]
    kinds = []
    if long:
        kinds.append(rf"(?:{_any(long)})(?=(?:{endings})?(?!\w))")
    if short:
        kinds.append(rf"(?:{_any(short)})(?!\w)")
    ending = rf"(?:(?<=\w{{{_SHORTEST_WORD}}})(?:{endings}))?" if long else ""
    flags = 0 if is_case_sensitive else re.IGNORECASE
    return re.compile(rf"(?<!\w)(?P<name>{'|'.join(kinds)}){ending}(?!\w)", flags)


def _any(names: Sequence[str]) -> str:
    # The longest first, or `credit` would be found where `credit note` is said.
    longest = sorted(names, key=len, reverse=True)
    return "|".join(r"\s+".join(map(re.escape, name.split(" "))) for name in longest)


# After the translation.


def lacking(
    terms: Sequence[tuple[str, str]], text: str, translation: str, target: str
) -> list[tuple[str, str]]:
    """The terms of a request that its translation does not have as often as they were said."""
    return [
        (surface, wanted)
        for surface, wanted in terms
        if _count(translation, wanted, target) < max(1, _count(text, surface, ""))
    ]


def _count(text: str, name: str, language: str) -> int:
    pattern = _pattern((_plain(name),), language, is_case_sensitive=False)
    return sum(1 for _ in pattern.finditer(text))


def replaced(translation: str, name: str, wanted: str, target: str) -> str | None:
    """The translation with `wanted` for what the translator calls the thing.

    None where that is not in the translation exactly once, so that it cannot be told where the
    term belongs.
    """
    plain = _plain(name.strip(" .,;:!?"))
    if not plain:
        return None
    found = list(_pattern((plain,), target, is_case_sensitive=False).finditer(translation))
    if len(found) != 1:
        return None
    (match,) = found
    ending = match[0][len(match["name"]) :]
    keeps = ending if target == "en" else ""
    is_capital = match.start() == 0 and wanted[:1].islower() and match[0][:1].isupper()
    word = f"{wanted[:1].upper()}{wanted[1:]}" if is_capital else wanted
    return f"{translation[: match.start()]}{word}{keeps}{translation[match.end() :]}"


def hidden(text: str, surface: str) -> str:
    """The text with a name in place of a term that was said once; it is left as it is otherwise."""
    pattern = _pattern((_plain(surface),), "", is_case_sensitive=True)
    made, times = pattern.subn(STAND_IN, text)
    return made if times == 1 else text


class GlossaryReport:
    """Counts, over a call, how often each term was said and how often it came out right."""

    def __init__(self, counts: Iterable[TermCount] = ()) -> None:
        self._counts = {(count.source, count.target): count for count in counts}

    def add(
        self, glossary: Glossary, text: str, translation: str, source: str, target: str
    ) -> bool:
        """Take a sentence and what became of it; returns whether a term was said in it."""
        said: dict[Term, int] = {}
        for match in matches(glossary, text, source, target):
            said[match.term] = said.get(match.term, 0) + 1
        for term, times in said.items():
            hits = min(times, _count(translation, term.target, target))
            key = (term.source, term.target)
            before = self._counts.get(key, TermCount(*key))
            self._counts[key] = attrs.evolve(
                before, hits=before.hits + hits, misses=before.misses + times - hits
            )
        return bool(said)

    def counts(self) -> tuple[TermCount, ...]:
        """What was counted, the terms that were missed most often first."""
        return tuple(sorted(self._counts.values(), key=lambda one: (-one.misses, -one.hits)))
