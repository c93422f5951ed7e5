"""What becomes of what a speaker has said: who gets it, and in which form.

Sure words go to the translator, once it is known what language they are in; where there will be no
translation, those who wait for it get the sound.  A language that was given is believed; one that
was not is listened for as long as the call lasts, for somebody may change it.
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
from kallglot.speech.engines import Hypothesis
from kallglot.speech.streaming.languages import LanguageBelief

__all__ = ["Uttering"]

#: Seconds of sound around an utterance that is passed on as it was said.
AIR = 0.1

#: Seconds of an utterance, at its end, that need not have been heard as they were.
MISSED = 0.5

#: How sure the recogniser must be that somebody has left the language that they usually speak.
CLEARLY = 0.7


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
        #: Up to where in the voice those who now wait for a translation heard it as it was.
        self._overheard: dict[str, float] = {}
        self._belief = LanguageBelief()
        #: What the speaker was said to speak; whoever was not is listened to for it.
        self.told = language
        self.language = language
        #: The languages to expect.
        self.candidates: tuple[str, ...] = () if language is None else (language,)

    @property
    def is_awaited(self) -> bool:
        """Whether anybody waits for a translation, or may yet, while the language is not known."""
        return self.language is None or bool(self._translated())

    @property
    def hints(self) -> tuple[str, ...]:
        """Words that are likely to be said."""
        return glossary.hints_for(self._glossary, self.candidates)

    def is_cut_off_by(self, route: RouteVoice) -> bool:
        """Tell whether somebody who is spoken to in translation would hear the voice instead."""
        live = {listener.key for listener in route.listeners if listener.language is None}
        return any(one.is_spoken and one.key in live for one in self._listeners)

    def route(self, route: RouteVoice, position: float) -> None:
        """Learn who listens, and what is spoken; the turn that goes on is known up to there."""
        live = {listener.key for listener in self._listeners if listener.language is None}
        self._overheard |= {
            one.key: position
            for one in route.listeners
            if one.language is not None and one.key in live
        }
        self._listeners = route.listeners
        is_understood = route.language is None or bool(self._translated())
        self._voicing.pass_on_to(route.listeners, is_understood=is_understood)
        self.candidates = route.candidates
        self.language = route.language
        if self.language is not None:
            if self.told is None and self._belief.language is None:
                self._belief.assume(self.language)
            waiting, self._undirected = self._undirected, []
            shown = tuple(attrs.evolve(one, is_spoken=False) for one in self._translated())
            for recognised in waiting:  # it was heard untranslated; now it can be read
                self._colleagues.translator.tell(attrs.evolve(recognised, listeners=shown))

    def weigh(self, turn: Turn, hypothesis: Hypothesis) -> None:
        """Consider which language it is, by what the turn is taken for."""
        if self.told is not None or not hypothesis.is_sure or not turn.words:
            return
        news = self._belief.hear(
            hypothesis.language,
            hypothesis.language_confidence,
            hypothesis.alternatives,
            seconds=hypothesis.heard,
        )
        if news is not None:
            self._colleagues.session.tell(
                LanguageDetected(
                    self._key, news.language, news.confidence, news.alternatives, news.before
                )
            )

    def end_turn(self) -> None:
        """Come to an end with a turn: if it told no language, it is kept as it is."""
        self._belief.end_turn()
        if self._belief.language is None:
            waiting, self._undirected = self._undirected, []
            for recognised in waiting:
                self._colleagues.translator.tell(recognised)

    def show(self, turn: Turn, language: str) -> None:
        """Show what seems to have been said since the last utterance."""
        since, _ = self._voicing.times_of(turn.interpreted, turn.fed)
        self._colleagues.transcript.tell(
            PartialRecognised(
                turn.utterance_id, self._key, self.told or language, turn.caption, since
            )
        )

    def direct(self, turn: Turn, unit: Unit) -> None:
        """Send an utterance to be translated, once it is known for whom."""
        start, end = turn.start + unit.start, turn.start + unit.end
        if turn.offset is not None:
            end = max(start, min(end, turn.offset))
        since, until = self._voicing.times_of(start, end)
        language = self.told or unit.language
        utterance = Utterance(
            id=turn.next_utterance(end),
            session_id="",
            sequence=0,
            speaker=self._key,
            language=language,
            text=glossary.exact(self._glossary, unit.text, language),
            start=since,
            end=until,
            confidence=unit.confidence,
            is_sure=unit.is_sure and self._is_credible(unit),
            turn=turn.id,
            heard_at=self._voicing.times_of(start, turn.start + unit.heard)[1],
        )
        sound = self._voicing.between(start - AIR, end + AIR)
        listeners = tuple(
            attrs.evolve(one, is_spoken=one.is_spoken and not self._is_overheard(one, end))
            for one in self._translated()
        )
        message = UtteranceRecognised(utterance, listeners, sound, self._voicing.rate_hz)
        if self.language is None and utterance.is_sure:
            self._undirected.append(message)
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

    def _is_credible(self, unit: Unit) -> bool:
        """Tell whether somebody has said something in the language that it was taken for."""
        return self._belief.language in (None, unit.language) or unit.language_confidence >= CLEARLY

    def _is_overheard(self, listener: Listener, end: float) -> bool:
        """Tell whether somebody heard the voice itself until what was said was all but over."""
        return 0.0 < self._overheard.get(listener.key, 0.0) > end - MISSED

    def _translated(self) -> tuple[Listener, ...]:
        return tuple(listener for listener in self._listeners if listener.language is not None)
