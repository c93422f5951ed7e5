"""The speaking half of a participant: their voice, their turns, and what they said.

It hears the voice in the order in which it was spoken and has each utterance recognised; one at a
time, so that what somebody said first is also understood first.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, assert_never

import attrs

from actors.services import Services
from actors.voicing import Voicing
from kallglot.errors import EngineBusy, EngineError
from kallglot.ids import new_id
from kallglot.messages import (
    Fact,
    LanguageDetected,
    Listener,
    PartialRecognised,
    Receiver,
    RouteVoice,
    SpeechMade,
    SpeechUnavailable,
    UtteranceRecognised,
    VoiceHeard,
)
from kallglot.model.session import Participant
from kallglot.model.transcript import Utterance
from kallglot.speech.engines import Recognition, VoiceRequest
from kallglot.turns import SpeechEnded, SpeechGoesOn, SpeechStarted, TurnEvent, Turns

__all__ = ["Colleagues", "Recognised", "RecognitionFailed", "Speaking"]

logger = logging.getLogger(__name__)

#: Seconds that a recognition may take before its answer is of no use.
PATIENCE = 10.0

#: Seconds of a voice that are kept beyond the longest utterance: what is judged late.
MARGIN = 2.0

#: Utterances that may wait to be recognised; beyond that the oldest passes untranslated.
MOST_WAITING = 8


@attrs.frozen
class Colleagues:
    """Whom a participant talks to."""

    session: Receiver
    translator: Receiver
    transcript: Receiver
    recorder: Receiver


@attrs.frozen
class Span:
    """An utterance, or what has been said of it so far: from when to when, and how it sounds.

    The sound has a little silence before and after what was said.
    """

    utterance_id: str
    start: float
    end: float
    pcm: bytes = attrs.field(repr=False)
    rate_hz: int


@attrs.frozen
class Recognised(Fact):
    """A recognition has come back."""

    span: Span
    recognition: Recognition
    is_partial: bool


@attrs.frozen
class RecognitionFailed(Fact):
    """A recognition has not come back."""

    span: Span
    is_partial: bool
    error: Exception


class Speaking:
    """A participant as a speaker."""

    def __init__(
        self,
        who: Participant,
        services: Services,
        colleagues: Colleagues,
        later: Callable[[Coroutine[Any, Any, Any], Callable[[Exception], Any]], None],
        judged: Callable[[Sequence[float]], None],
    ) -> None:
        self.key = who.key
        self.language = who.language
        self.is_muted = False
        self.is_paused = False
        self._speech = services.speech
        self._colleagues = colleagues
        self._later = later
        longest = min(services.turns.longest, services.speech.window - 0.5)
        self._turns = Turns(attrs.evolve(services.turns, longest=longest))
        self._voicing = Voicing(
            who.key, services.speech, colleagues.recorder, judged, keep=longest + MARGIN
        )
        self._listeners: tuple[Listener, ...] = ()
        self._candidates: tuple[str, ...] = ()
        self._current: str | None = None
        self._partial_in_flight = False
        self._ended: deque[Span] = deque()
        self._in_flight: Span | None = None
        self._undirected: list[UtteranceRecognised] = []

    @property
    def is_busy(self) -> bool:
        """Whether something was said that has not been recognised yet."""
        return self._in_flight is not None or bool(self._ended)

    @property
    def is_speaking(self) -> bool:
        """Whether an utterance is under way."""
        return self._turns.is_speaking

    def close(self) -> None:
        self._voicing.close()

    # The voice.

    def hear(self, heard: VoiceHeard) -> None:
        """Take a frame of the voice; a gap before it ends what was being said."""
        if not self.is_muted and self._voicing.hear(heard):
            self._act(self._turns.flush())

    def mute(self, *, is_muted: bool) -> None:
        """Stop listening to the voice, or start again."""
        if is_muted:
            self.pause()
        self.is_muted = is_muted

    def pause(self) -> None:
        """End what is being said: the leg is gone, or there is a gap in the voice."""
        self._act(self._turns.flush())
        self._voicing.hand_over()

    def judge(self, probabilities: Sequence[float]) -> list[TurnEvent]:
        """Take probabilities of speech; returns what they mean, for the listening half."""
        events: list[TurnEvent] = []
        for probability in probabilities:
            events += self._turns.judge(probability)
        self._act(events)
        return events

    def route(self, route: RouteVoice) -> None:
        """Learn who listens."""
        self._listeners = route.listeners
        self._voicing.pass_on_to(route.listeners)
        self._candidates = route.candidates
        self.language = route.language
        if self.language is not None:
            waiting, self._undirected = self._undirected, []
            shown = tuple(attrs.evolve(one, is_spoken=False) for one in self._translated())
            for recognised in waiting:  # it was heard untranslated; now it can be read
                self._colleagues.translator.tell(attrs.evolve(recognised, listeners=shown))

    # The turns.

    def _act(self, events: Sequence[TurnEvent]) -> None:
        if self.is_paused:
            return
        for event in events:
            match event:
                case SpeechStarted():
                    self._current = new_id("utt")
                case SpeechGoesOn(start, end):
                    self._ask_for_partial(start, end)
                case SpeechEnded(start, end, onset, offset):
                    self._ended.append(self._span(start, end, onset, offset))
                    self._ask_for_next()
                case _:
                    assert_never(event)

    def _ask_for_partial(self, start: float, end: float) -> None:
        if not self._partial_in_flight and self._in_flight is None and self._current is not None:
            self._partial_in_flight = True
            self._ask(self._span(start, end, start, end), is_partial=True)

    def _span(self, start: float, end: float, onset: float, offset: float) -> Span:
        return Span(
            self._current or new_id("utt"),
            *self._voicing.times_of(onset, offset),
            self._voicing.between(start, end),
            self._voicing.rate_hz,
        )

    def _ask_for_next(self) -> None:
        while len(self._ended) > MOST_WAITING:
            logger.warning("recognition is far behind; an utterance passes untranslated")
            self._pass_untranslated(self._ended.popleft())
        if self._in_flight is None and self._ended:
            self._in_flight = self._ended.popleft()
            self._ask(self._in_flight, is_partial=False)

    def _ask(self, span: Span, *, is_partial: bool) -> None:
        self._later(
            self._recognise(span, is_partial=is_partial),
            partial(RecognitionFailed, span, is_partial),
        )

    async def _recognise(self, span: Span, *, is_partial: bool) -> Recognised:
        request = VoiceRequest(
            pcm=span.pcm,
            rate_hz=span.rate_hz,
            language=self.language,
            candidates=self._candidates,
            is_partial=is_partial,
        )
        within = 1.0 if is_partial else PATIENCE
        return Recognised(span, await self._speech.recognise(request, within=within), is_partial)

    # What was said.

    def understand(self, recognised: Recognised) -> None:
        """Take a recognition."""
        if recognised.is_partial:
            self._partial_in_flight = False
            self._show(recognised)
            return
        self._in_flight = None
        self._ask_for_next()
        if recognised.recognition.text:
            self._direct(self._utterance_of(recognised), recognised)

    def misunderstand(self, failed: RecognitionFailed) -> None:
        """Live without a recognition: those who wait for the translation hear the original."""
        if failed.is_partial:
            self._partial_in_flight = False
            return
        if not isinstance(failed.error, EngineError):
            logger.error("recognition failed", exc_info=failed.error)
        self._in_flight = None
        self._ask_for_next()
        self._pass_untranslated(failed.span)
        if not isinstance(failed.error, EngineBusy):  # that costs an utterance, not the session
            self._colleagues.session.tell(SpeechUnavailable(str(failed.error)))

    def _show(self, recognised: Recognised) -> None:
        recognition = recognised.recognition
        if recognition.text and recognised.span.utterance_id == self._current:
            self._colleagues.transcript.tell(
                PartialRecognised(
                    recognised.span.utterance_id,
                    self.key,
                    recognition.language,
                    recognition.text,
                    recognised.span.start,
                )
            )

    def _utterance_of(self, recognised: Recognised) -> Utterance:
        span, recognition = recognised.span, recognised.recognition
        return Utterance(
            id=span.utterance_id,
            session_id="",
            sequence=0,
            speaker=self.key,
            language=recognition.language,
            text=recognition.text,
            start=span.start,
            end=span.end,
            confidence=recognition.confidence,
            is_sure=recognition.is_sure,
        )

    def _direct(self, utterance: Utterance, recognised: Recognised) -> None:
        """Send an utterance to be translated, once it is known for whom."""
        span = recognised.span
        message = UtteranceRecognised(utterance, self._translated(), span.pcm, span.rate_hz)
        recognition = recognised.recognition
        if self.language is None and recognition.is_sure:
            self._undirected.append(message)
            self._colleagues.session.tell(
                LanguageDetected(self.key, recognition.language, recognition.language_confidence)
            )
        else:
            self._colleagues.translator.tell(message)

    def _pass_untranslated(self, span: Span) -> None:
        """Let those who wait for the translation hear how it sounded."""
        language = self.language or ""
        for listener in self._translated():
            if listener.is_spoken:
                listener.address.tell(
                    SpeechMade(
                        span.utterance_id,
                        self.key,
                        language,
                        span.pcm,
                        span.rate_hz,
                        is_last=True,
                    )
                )

    def _translated(self) -> tuple[Listener, ...]:
        return tuple(listener for listener in self._listeners if listener.language is not None)
