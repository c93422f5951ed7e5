"""Where what somebody says is cut, while they are still saying it, into pieces to be interpreted.

What has been spoken to the other side cannot be taken back, so a piece must make sense by itself
and must not change any more.  Only committed words are looked at.  They are cut

* at the end of a sentence,
* when they become many or take long: at the last comma, or before the last conjunction,
* when even that does not help: between two words,
* and where the speaker has finished.

Interpreters do the same; the literature calls such a piece a segment or a unit of meaning.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

from kallglot.speech.engines import Hypothesis

__all__ = ["CommitPolicy", "Unit", "Units", "joined"]

#: Languages that put no space between words.
_UNSPACED: Final = frozenset({"zh", "ja", "th", "lo", "km", "my"})

_END: Final = re.compile(r"[.!?…؟۔।]+[\"'»“”’)]*(?=\s|$)|[。！？]+[」』）]*")  # noqa: RUF001
_REST: Final = re.compile(r"[,;:–—،؛、，；：](?=\s|$)|[、，；：]")  # noqa: RUF001
#: What a dot may follow without ending a sentence: a single letter, a number, an abbreviation.
_NO_END: Final = re.compile(
    r"(?:^|[\s(])(?:\d+|\w|Dr|Prof|Nr|Str|Hr|Fr|Mr|Mrs|Ms|St|No|bzw|usw|ca|ggf|inkl|vgl|etc|approx|Sra?|Mme?)\.$"
)
_CONJUNCTIONS: Final = {
    "de": "und oder aber denn weil dass ob wenn damit sondern während obwohl",
    "en": "and or but because that if when while although so which",
    "es": "y e o u pero porque que si cuando aunque mientras",
    "fr": "et ou mais car parce que si quand lorsque pendant",
    "it": "e o ma perché che se quando mentre anche",
    "nl": "en of maar want omdat dat als terwijl hoewel",
    "pt": "e ou mas porque que se quando enquanto embora",
    "pl": "i lub ale bo że jeśli kiedy gdy ponieważ",
    "tr": "ve veya ama çünkü ki eğer fakat",
}


@attrs.frozen
class CommitPolicy:
    """When committed words are too many to wait for the end of their sentence.

    From `most_words` words or `longest` seconds on they are cut at a comma or a conjunction, from
    twice as many on between any two words.  No piece that is cut has fewer than `fewest_words`.
    """

    most_words: int = 14
    longest: float = 5.0
    fewest_words: int = 3


@attrs.frozen
class Unit:
    """A piece to be interpreted, from `start` to `end` in seconds of the turn.

    `heard` is how much of the turn was known when it was cut.
    """

    text: str = attrs.field(repr=False)
    start: float
    end: float
    heard: float
    language: str
    confidence: float
    language_confidence: float
    is_sure: bool


@attrs.frozen
class _Mark:
    """So many letters had been committed when the sound was understood up to `until`."""

    letters: int
    until: float


def joined(before: str, more: str, language: str) -> str:
    """Put committed words behind those before them."""
    if not before or not more or language in _UNSPACED or more[0].isspace():
        return before + more if before else more.lstrip()
    return f"{before.rstrip()} {more}"


class Units:
    """Cuts one turn; `onset` is where in it, in seconds, the speech begins."""

    def __init__(self, policy: CommitPolicy | None = None, onset: float = 0.0) -> None:
        self._policy = policy or CommitPolicy()
        self._pending = ""
        self._start = onset
        self._marks = [_Mark(0, onset)]
        self._confidence = 1.0
        self._is_sure = True

    @property
    def pending(self) -> str:
        """What is committed and not part of a unit yet."""
        return self._pending

    def take(self, hypothesis: Hypothesis) -> list[Unit]:
        """Take what is committed now; returns what can be interpreted."""
        if hypothesis.committed:
            self._pending = joined(self._pending, hypothesis.committed, hypothesis.language)
            self._marks.append(_Mark(len(self._pending), hypothesis.until))
            self._confidence = min(self._confidence, hypothesis.confidence)
            self._is_sure = self._is_sure and hypothesis.is_sure
        units: list[Unit] = []
        while (at := self._cut(hypothesis)) is not None:
            units.append(self._take(at, hypothesis))
        return units

    def _cut(self, hypothesis: Hypothesis) -> int | None:
        """Return after how many letters to cut, if it is time."""
        text = self._pending
        if not text.strip():
            return None
        for end in _END.finditer(text):
            is_at_the_end = end.end() == len(text)
            if is_at_the_end or not _NO_END.search(text[: end.end()]):
                if is_at_the_end and not hypothesis.is_final and _NO_END.search(text):
                    continue  # "am 3." may go on with "März"
                return end.end()
        if hypothesis.is_final:
            return len(text)
        return self._cut_what_is_long(text, hypothesis.language)

    def _cut_what_is_long(self, text: str, language: str) -> int | None:
        policy = self._policy
        words = [word.start() for word in re.finditer(r"\S+", text)]
        count = len(text) / 2 if language in _UNSPACED else len(words)
        size = max(count / policy.most_words, self._duration() / policy.longest)
        if size < 1:
            return None
        first = _start_of(words, policy.fewest_words, len(text))
        last = _start_of(words, len(words) - policy.fewest_words + 1, 0)
        rests = [rest.end() for rest in _REST.finditer(text, first) if rest.end() <= last]
        if rests:
            return rests[-1]
        joints = [at for at in words if first <= at <= last and _joins(text, at, language)]
        if joints:
            return joints[-1]
        return (words[-1] or None) if size >= 2 and len(words) > 1 else None

    def _duration(self) -> float:
        return self._marks[-1].until - self._start

    def _take(self, letters: int, hypothesis: Hypothesis) -> Unit:
        end = max(self._start, self._time_of(letters))
        unit = Unit(
            text=self._pending[:letters].strip(),
            start=self._start,
            end=end,
            heard=hypothesis.heard,
            language=hypothesis.language,
            confidence=self._confidence,
            language_confidence=hypothesis.language_confidence,
            is_sure=self._is_sure,
        )
        rest = self._pending[letters:]
        cut = letters + len(rest) - len(rest.lstrip())
        self._pending = rest.lstrip()
        later = [_Mark(m.letters - cut, m.until) for m in self._marks if m.letters > cut]
        self._marks = [_Mark(0, end), *later]
        self._start = end
        self._confidence = hypothesis.confidence
        self._is_sure = not self._pending or hypothesis.is_sure
        return unit

    def _time_of(self, letters: int) -> float:
        """Say when a letter was spoken, as if all took equally long between two marks."""
        before = self._marks[0]
        for mark in self._marks[1:]:
            if mark.letters >= letters:
                share = (letters - before.letters) / max(1, mark.letters - before.letters)
                return before.until + share * (mark.until - before.until)
            before = mark
        return before.until


def _start_of(words: list[int], nth: int, otherwise: int) -> int:
    return words[nth] if 0 <= nth < len(words) else otherwise


def _joins(text: str, at: int, language: str) -> bool:
    word = text[at:].split(maxsplit=1)[0].lower().strip(",.;:")
    return word in _CONJUNCTIONS.get(language, "").split()
