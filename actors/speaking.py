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
from kallglot.audio.resample import Resampler
from kallglot.audio.voice import Voice
from kallglot.errors import EngineError
from kallglot.ids import new_id
from kallglot.messages import (
    Fact,
    LanguageDetected,
    Listener,
    OriginalHeard,
    PartialRecognised,
    Receiver,
    RouteVoice,
    SpeechMade,
    SpeechUnavailable,
    TrackHeard,
    UtteranceRecognised,
    VoiceHeard,
)
from kallglot.model.session import Participant
from kallglot.model.transcript import Utterance
from kallglot.speech.engines import Recognition, VoiceRequest
from kallglot.turns import SpeechEnded, SpeechGoesOn, SpeechStarted, TurnEvent, Turns

__all__ = ["Colleagues", "Recognised", "RecognitionFailed", "Speaking"]

logger = logging.getLogger(__name__)

#: Seconds of sound that are handed to the recorder at a time.
BLOCK = 0.2

#: Seconds that a recognition may take before its answer is of no use.
PATIENCE = 10.0

_EAR_RATE = 8000


@attrs.frozen
class Colleagues:
    """Whom a participant talks to."""

    session: Receiver
    translator: Receiver
    transcript: Receiver
    recorder: Receiver


@attrs.frozen
class Span:
    """A part of a voice, from one position to another, that is an utterance.

    The speech in it is from `onset` to `offset`; around it is some silence.
    """

    utterance_id: str
    start: float
    end: float
    onset: float
    offset: float


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
        self._ear = services.speech.listen(judged)
        longest = min(services.turns.longest, services.speech.window - 0.5)
        self._turns = Turns(attrs.evolve(services.turns, longest=longest))
        self._voice: Voice | None = None
        self._resampled_from = 0
        self._resampler = Resampler(_EAR_RATE, _EAR_RATE)
        self._to_ear: Resampler | None = None
        self._listeners: tuple[Listener, ...] = ()
        self._candidates: tuple[str, ...] = ()
        self._block = bytearray()
        self._block_from = 0.0
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
        self._ear.close()

    # The voice.

    def hear(self, heard: VoiceHeard) -> None:
        """Take a frame of the voice."""
        if self.is_muted:
            return
        pcm = self._at_own_rate(heard)
        voice = self._voice
        if voice is None or not pcm:
            return
        position = voice.hear(pcm, heard.at)
        if position is not None:
            self.pause()  # a gap ends the utterance before it, and the recorder's block
        self._ear.hear(pcm if self._to_ear is None else self._to_ear.feed(pcm))
        for listener in self._listeners:
            if listener.original:
                listener.address.tell(
                    OriginalHeard(self.key, pcm, voice.rate_hz, listener.original)
                )
        self._keep(pcm, voice)

    def mute(self, *, is_muted: bool) -> None:
        """Stop listening to the voice, or start again."""
        if is_muted:
            self.pause()
        self.is_muted = is_muted

    def pause(self) -> None:
        """End what is being said: the leg is gone, or there is a gap in the voice."""
        self._act(self._turns.flush())
        self._hand_over()

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
        self._candidates = route.candidates
        self.language = route.language
        if self.language is not None:
            waiting, self._undirected = self._undirected, []
            shown = tuple(attrs.evolve(one, is_spoken=False) for one in self._translated())
            for recognised in waiting:  # it was heard untranslated; now it can be read
                self._colleagues.translator.tell(attrs.evolve(recognised, listeners=shown))

    def _at_own_rate(self, heard: VoiceHeard) -> bytes:
        """Return the frame at the rate of the voice: 8 kHz for a telephone, else 16 kHz."""
        if self._voice is None:
            rate_hz = 8000 if heard.rate_hz < 16000 else 16000
            self._voice = Voice(rate_hz)
            if rate_hz != _EAR_RATE:
                self._to_ear = Resampler(rate_hz, _EAR_RATE)
        if heard.rate_hz == self._voice.rate_hz:
            return heard.pcm
        if heard.rate_hz != self._resampled_from:
            self._resampled_from = heard.rate_hz
            self._resampler = Resampler(heard.rate_hz, self._voice.rate_hz)
        return self._resampler.feed(heard.pcm)

    def _keep(self, pcm: bytes, voice: Voice) -> None:
        if not self._block:
            self._block_from = voice.time_of(voice.position - len(pcm) / (2 * voice.rate_hz))
        self._block += pcm
        if len(self._block) >= BLOCK * 2 * voice.rate_hz:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._block and self._voice is not None:
            block = bytes(self._block)
            self._block.clear()
            self._colleagues.recorder.tell(
                TrackHeard(self.key, block, self._voice.rate_hz, self._block_from)
            )

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
                    utterance_id = self._current or new_id("utt")
                    self._ended.append(Span(utterance_id, start, end, onset, offset))
                    self._ask_for_next()
                case _:
                    assert_never(event)

    def _ask_for_partial(self, start: float, end: float) -> None:
        if not self._partial_in_flight and self._in_flight is None and self._current is not None:
            self._partial_in_flight = True
            self._ask(Span(self._current, start, end, start, end), is_partial=True)

    def _ask_for_next(self) -> None:
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
            pcm=self.sound_of(span),
            rate_hz=self._rate_hz,
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
        for listener in self._spoken_to():
            listener.address.tell(self._untranslated(failed.span))
        self._colleagues.session.tell(SpeechUnavailable(str(failed.error)))

    def sound_of(self, span: Span) -> bytes:
        return b"" if self._voice is None else self._voice.between(span.start, span.end)

    def _show(self, recognised: Recognised) -> None:
        recognition = recognised.recognition
        if recognition.text and recognised.span.utterance_id == self._current:
            self._colleagues.transcript.tell(
                PartialRecognised(
                    recognised.span.utterance_id,
                    self.key,
                    recognition.language,
                    recognition.text,
                    self._times_of(recognised.span)[0],
                )
            )

    def _utterance_of(self, recognised: Recognised) -> Utterance:
        span, recognition = recognised.span, recognised.recognition
        start, end = self._times_of(span)
        return Utterance(
            id=span.utterance_id,
            session_id="",
            sequence=0,
            speaker=self.key,
            language=recognition.language,
            text=recognition.text,
            start=start,
            end=end,
            confidence=recognition.confidence,
            is_sure=recognition.is_sure,
        )

    def _direct(self, utterance: Utterance, recognised: Recognised) -> None:
        """Send an utterance to be translated, once it is known for whom."""
        message = UtteranceRecognised(
            utterance, self._translated(), self.sound_of(recognised.span), self._rate_hz
        )
        recognition = recognised.recognition
        if self.language is None and recognition.is_sure:
            self._undirected.append(message)
            self._colleagues.session.tell(
                LanguageDetected(self.key, recognition.language, recognition.language_confidence)
            )
        else:
            self._colleagues.translator.tell(message)

    def _untranslated(self, span: Span) -> SpeechMade:
        language = self.language or ""
        pcm = self.sound_of(span)
        return SpeechMade(span.utterance_id, self.key, language, pcm, self._rate_hz, is_last=True)

    def _translated(self) -> tuple[Listener, ...]:
        return tuple(listener for listener in self._listeners if listener.language is not None)

    def _spoken_to(self) -> tuple[Listener, ...]:
        return tuple(listener for listener in self._translated() if listener.is_spoken)

    def _times_of(self, span: Span) -> tuple[float, float]:
        return (0.0, 0.0) if self._voice is None else self._voice.times_of(span.onset, span.offset)

    @property
    def _rate_hz(self) -> int:
        return _EAR_RATE if self._voice is None else self._voice.rate_hz
