"""What becomes of what a speaker has said: who gets it, and in which form.

Sure words go to the translator, once it is known what language they are in; where there will be no
translation, those who wait for it get the sound.
"""

from __future__ import annotations

import attrs

from actors.colleagues import Colleagues
from actors.turn import Turn
from actors.voicing import Voicing
from kallglot.commits import Unit
from kallglot.language import glossary
from kallglot.messages import (
    LanguageDetected,
    Listener,
    PartialRecognised,
    RouteVoice,
    SpeechMade,
    SpeechUnavailable,
    UtteranceRecognised,
)
from kallglot.model.glossary import Glossary
from kallglot.model.transcript import Utterance

__all__ = ["Uttering"]

#: Seconds of sound around an utterance that is passed on as it was said.
AIR = 0.1


class Uttering:
    """Sends what `key` says to where it belongs."""

    def __init__(
        self,
        key: str,
        language: str | None,
        voicing: Voicing,
        colleagues: Colleagues,
        terms: Glossary,
    ) -> None:
        self._key = key
        self._voicing = voicing
        self._colleagues = colleagues
        self._glossary = terms
        self._listeners: tuple[Listener, ...] = ()
        self._undirected: list[UtteranceRecognised] = []
        self.language = language
        #: Among which languages is the speaker's, while it is not known.
        self.candidates: tuple[str, ...] = ()

    @property
    def is_awaited(self) -> bool:
        """Whether anybody waits for a translation, or may yet, while the language is not known."""
        return self.language is None or bool(self._translated())

    @property
    def hints(self) -> tuple[str, ...]:
        """Words that are likely to be said."""
        languages = self.candidates if self.language is None else (self.language,)
        return glossary.hints_for(self._glossary, languages)

    def route(self, route: RouteVoice) -> None:
        """Learn who listens, and in which language is spoken."""
        self._listeners = route.listeners
        self._voicing.pass_on_to(route.listeners)
        self.candidates = route.candidates
        self.language = route.language
        if self.language is not None:
            waiting, self._undirected = self._undirected, []
            shown = tuple(attrs.evolve(one, is_spoken=False) for one in self._translated())
            for recognised in waiting:  # it was heard untranslated; now it can be read
                self._colleagues.translator.tell(attrs.evolve(recognised, listeners=shown))

    def show(self, turn: Turn, language: str) -> None:
        """Show what seems to have been said since the last utterance."""
        since, _ = self._voicing.times_of(turn.interpreted, turn.fed)
        self._colleagues.transcript.tell(
            PartialRecognised(turn.utterance_id, self._key, language, turn.caption, since)
        )

    def direct(self, turn: Turn, unit: Unit) -> None:
        """Send an utterance to be translated, once it is known for whom."""
        start, end = turn.start + unit.start, turn.start + unit.end
        if turn.offset is not None:
            end = max(start, min(end, turn.offset))
        since, until = self._voicing.times_of(start, end)
        utterance = Utterance(
            id=turn.next_utterance(end),
            session_id="",
            sequence=0,
            speaker=self._key,
            language=unit.language,
            text=glossary.exact(self._glossary, unit.text, unit.language),
            start=since,
            end=until,
            confidence=unit.confidence,
            is_sure=unit.is_sure,
            turn=turn.id,
            heard_at=self._voicing.times_of(start, turn.start + unit.heard)[1],
        )
        sound = self._voicing.between(start - AIR, end + AIR)
        message = UtteranceRecognised(utterance, self._translated(), sound, self._voicing.rate_hz)
        if self.language is None and unit.is_sure:
            self._undirected.append(message)
            self._colleagues.session.tell(
                LanguageDetected(self._key, unit.language, unit.language_confidence)
            )
        else:
            self._colleagues.translator.tell(message)

    def pass_untranslated(self, turn: Turn, *, is_last: bool) -> None:
        """Let those who wait for the translation hear how it sounded, from where it is missing."""
        pcm = self._voicing.own(turn.interpreted, turn.fed)
        turn.interpreted = turn.fed
        for listener in self._translated():
            if listener.is_spoken:
                listener.address.tell(
                    SpeechMade(
                        turn.utterance_id,
                        self._key,
                        self.language or "",
                        pcm,
                        self._voicing.rate_hz,
                        is_last=is_last,
                    )
                )

    def complain(self, turn: Turn) -> None:
        """Tell the session why the rest of a turn was not understood."""
        self._colleagues.session.tell(SpeechUnavailable(str(turn.error)))

    def _translated(self) -> tuple[Listener, ...]:
        return tuple(listener for listener in self._listeners if listener.language is not None)
