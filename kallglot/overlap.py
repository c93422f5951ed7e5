"""Who may talk over whom: the manners of an interpreter, as pure code.

A translation is for one listener, and only that listener can interrupt it; the other direction of
the conversation has an `Overlap` of its own and goes on.  Who was already speaking when the
translation began has not interrupted anybody, and "mhm" never does.

An interruption silences the translation at once and only *holds* it: if it turns out to have been
a word of assent, or is over soon, the translation goes on where it stopped; else the rest is
dropped.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

import attrs

__all__ = ["ASSENT", "Decision", "Overlap", "OverlapRules", "is_assent"]

#: What to do with the translation that is being played: `hold` silences it at once and keeps the
#: rest and what is still to come, `drop` gives up what is kept, `resume` goes on with what is left.
Decision = Literal["hold", "resume", "drop"]

#: Words by which a listener says that they are listening, per language; letters only.
ASSENT: dict[str, frozenset[str]] = {
    "": frozenset(
        {"mhm", "mmhm", "mhmm", "mm", "mmm", "hm", "hmm", "hmhm", "uhhuh", "uh", "huh", "ah",
         "aha", "oh", "ooh", "eh", "ok", "okay"}
    ),
    "de": frozenset(
        {"ja", "jaja", "jawohl", "jo", "genau", "gut", "richtig", "stimmt", "klar", "ach", "so",
         "achso", "verstehe", "alles"}
    ),
    "en": frozenset(
        {"yes", "yeah", "yep", "yup", "right", "sure", "good", "great", "exactly", "alright",
         "all", "true", "fine", "see", "i"}
    ),
    "es": frozenset({"si", "claro", "vale", "bueno", "bien", "exacto", "ya", "entiendo"}),
    "fr": frozenset({"oui", "ouais", "bien", "bon", "daccord", "voila", "exactement", "sur"}),
    "it": frozenset({"si", "certo", "bene", "va", "esatto", "capito", "giusto", "gia"}),
    "nl": frozenset({"ja", "goed", "precies", "klopt", "zeker", "juist", "oke"}),
    "pl": frozenset({"tak", "no", "dobrze", "dobra", "jasne", "rozumiem", "wlasnie"}),
    "pt": frozenset({"sim", "claro", "certo", "bem", "bom", "exato", "pois", "ta", "entendi"}),
    "tr": frozenset({"evet", "tamam", "dogru", "peki", "iyi", "tabii"}),
}  # fmt: skip

#: So many words of assent in a row are still assent; more are a speech.
_MOST_WORDS = 4


@attrs.frozen
class OverlapRules:
    """When a listener who speaks interrupts the translation they hear, and what becomes of it.

    With `insist` they have to speak for `insist` seconds, and say more than "yes"; `at_once` needs
    neither.  With `resume`, what was interrupted is taken up again if they have fallen silent
    within `short` seconds, which include the pause that tells that they have.  A voice that goes
    on for `longest` does not keep translations back any longer: it may be music.
    """

    barge_in: Literal["never", "insist", "at_once"] = "insist"
    insist: float = 0.6
    resume: bool = True
    short: float = 2.0
    longest: float = 10.0

    @classmethod
    def after(cls, seconds: float | None) -> OverlapRules:
        """Return rules by how long one has to speak: 0 for not at all, None for ever."""
        if seconds is None:
            return cls("never")
        return cls("insist", seconds) if seconds > 0 else cls("at_once")


@attrs.frozen
class _Quiet:
    """The listener does not speak, or not against a translation."""


@attrs.frozen
class _Against:
    """The listener has spoken since `since`, while being spoken to."""

    since: float


@attrs.frozen
class _Assenting:
    """The listener has spoken since `since`, and so far only assent."""

    since: float


@attrs.frozen
class _Held:
    """The listener has interrupted; they have spoken since `since`."""

    since: float
    is_given_up: bool = False


class Overlap:
    """What one listener's own voice does to what is being played to them.

    Times are of any one clock.  Each method returns what is to be done now, in this order.
    """

    def __init__(self, rules: OverlapRules | None = None) -> None:
        self.rules = rules or OverlapRules()
        self._state: _Quiet | _Against | _Assenting | _Held = _Quiet()

    @property
    def is_doubtful(self) -> bool:
        """Whether the listener speaks against a translation and has not interrupted it yet."""
        return isinstance(self._state, _Against)

    def starts(self, now: float, *, is_playing: bool) -> tuple[Decision, ...]:
        """The listener begins to speak."""
        if isinstance(self._state, _Held) or self.rules.barge_in == "never" or not is_playing:
            return ()
        self._state = _Against(now)
        return self.goes_on(now, is_playing=is_playing)

    def goes_on(
        self, now: float, *, is_playing: bool, is_echo: bool = False
    ) -> tuple[Decision, ...]:
        """The listener is still speaking; `is_echo` if it is the translation that is heard."""
        match self._state:
            case _Against() if is_echo:
                self._state = _Against(now)
            case _Against() if not is_playing:
                self._state = _Quiet()
            case _Against(since) if now - since >= self._patience - _EPSILON:
                return self._interrupt(since)
            case _Held(since) if now - since >= self.rules.longest:
                self._state = _Quiet()
                return ("resume",)
            case _Held(since, is_given_up=False) if now - since > self.rules.short:
                self._state = _Held(since, is_given_up=True)
                return ("drop",)
            case _:
                pass
        return ()

    def says(self, words: str, language: str | None) -> tuple[Decision, ...]:
        """It is known what the listener has said since they began, perhaps not all of it."""
        match self._state, is_assent(words, language):
            case _Against(since), True:
                self._state = _Assenting(since)
            case _Assenting(since), False if words:
                self._state = _Against(since)
            case _Held(since, is_given_up=False), True:
                self._state = _Assenting(since)
                return ("resume",)
            case _:
                pass
        return ()

    def ends(self, now: float) -> tuple[Decision, ...]:
        """The listener has fallen silent."""
        state, self._state = self._state, _Quiet()
        if not isinstance(state, _Held):
            return ()
        is_late = not state.is_given_up and now - state.since > self.rules.short
        return ("drop", "resume") if is_late else ("resume",)

    @property
    def _patience(self) -> float:
        return self.rules.insist if self.rules.barge_in == "insist" else 0.0

    def _interrupt(self, since: float) -> tuple[Decision, ...]:
        self._state = _Held(since, is_given_up=not self.rules.resume)
        return ("hold",) if self.rules.resume else ("hold", "drop")


#: Below what clocks can tell apart when seconds are counted in frames.
_EPSILON = 1e-6


def is_assent(words: str, language: str | None) -> bool:
    """Tell whether these are words by which one shows that one is listening."""
    pieces = words.replace("-", "").split()
    if len(pieces) > 2 * _MOST_WORDS:  # somebody is telling a story; spare the letters
        return False
    said = [_letters(word) for word in pieces]
    known = ASSENT[""] | ASSENT.get((language or "").partition("-")[0], frozenset())
    spoken = [word for word in said if word]
    return 0 < len(spoken) <= _MOST_WORDS and all(word in known for word in spoken)


def _letters(word: str) -> str:
    """Return the letters of a word, in lower case and without accents."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in plain if letter.isalpha())
