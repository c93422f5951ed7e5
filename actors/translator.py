"""What one speaker says, in the languages of those who listen.

One translator serves every language that is listened to, and takes the utterances in the order
in which they were said.  Whatever goes wrong, the listeners are not left in silence: they hear
the speaker's own voice instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any

import attrs

from actors.runtime import AsyncioActor
from actors.services import Services
from kallglot.errors import EngineBusy, EngineError
from kallglot.fillers import without_fillers
from kallglot.language import glossary
from kallglot.messages import (
    Fact,
    Finish,
    Listener,
    PartFinished,
    Receiver,
    SpeechMade,
    SpeechUnavailable,
    UtteranceRecognised,
    UtteranceRendered,
)
from kallglot.model.transcript import Rendering, Utterance
from kallglot.sentences import Sentence
from kallglot.speech.engines import SpeechRequest, TextRequest

__all__ = ["Translator"]

logger = logging.getLogger(__name__)

#: Seconds after which a translation, or the first sound of one, is of no use.
PATIENCE = 10.0

#: The rate at which translations are spoken: a telephone's.  A wideband leg resamples.
SPEECH_RATE = 8000


@attrs.frozen
class Interpreted(Fact):
    """An utterance has been dealt with."""


@attrs.frozen
class InterpretationFailed(Fact):
    """An utterance could not be dealt with."""

    recognised: UtteranceRecognised
    error: Exception


class Translator(AsyncioActor):
    """The interpreter of one speaker."""

    def __init__(
        self,
        speaker: str,
        voice: str | None,
        services: Services,
        session: Receiver,
        transcript: Receiver,
    ) -> None:
        super().__init__(f"translator of {speaker}")
        self._part = f"translator of {speaker}"
        self._voice = voice
        self._speech = services.speech
        self._glossary = services.glossary
        self._session = session
        self._transcript = transcript
        self._sentence = Sentence()
        self._queue: deque[UtteranceRecognised] = deque()
        self._is_busy = False
        self._is_finishing = False

    async def on_receive(self, message: Any) -> Any:
        match message:
            case UtteranceRecognised():
                self._queue.append(message)
            case Interpreted():
                self._is_busy = False
            case InterpretationFailed(recognised, error):
                self._is_busy = False
                self._give_up(recognised, error)
            case Finish():
                self._is_finishing = True
            case _:
                return await super().on_receive(message)
        self._go_on()

    def _go_on(self) -> None:
        if self._is_busy:
            return
        if self._queue:
            recognised = self._queue.popleft()
            self._is_busy = True
            self.later(
                self._interpret(recognised),
                failed=lambda error: InterpretationFailed(recognised, error),
            )
        elif self._is_finishing:
            self._is_finishing = False
            self._session.tell(PartFinished(self._part))

    async def _interpret(self, recognised: UtteranceRecognised) -> Interpreted:
        utterance = recognised.utterance
        listeners = recognised.listeners if utterance.is_sure else ()
        # They may have spoken another language than they usually do: then some hear how it sounded.
        languages = dict.fromkeys(
            one.language
            for one in listeners
            if one.language is not None and self._can_translate(utterance, one.language)
        )
        renderings = [await self._translate(recognised, language) for language in languages]
        sure = tuple(rendering for rendering in renderings if rendering is not None)
        self._sentence = self._sentence.with_(utterance, sure)
        is_sure = utterance.is_sure and len(sure) == len(renderings)
        self._transcript.tell(
            UtteranceRendered(attrs.evolve(utterance, renderings=sure, is_sure=is_sure))
        )
        for rendering in sure:
            await self._speak(recognised, rendering)
        spoken = {rendering.language for rendering in sure}
        _pass_original(
            recognised, [one for one in recognised.listeners if one.language not in spoken]
        )
        return Interpreted()

    def _can_translate(self, utterance: Utterance, language: str) -> bool:
        return self._speech.can_translate(utterance.language or "", language)

    async def _translate(self, recognised: UtteranceRecognised, language: str) -> Rendering | None:
        """Return the utterance in `language`, or None if the translator does not vouch for it."""
        clock = asyncio.get_running_loop().time
        asked = clock()
        for request in self._sentence.requests(recognised.utterance, language):
            translation = await self._speech.translate(self._told(request), within=PATIENCE)
            # Who has nothing to add to what was spoken has left something out.
            if translation.is_sure and (translation.text.strip() or not request.prefix):
                took = clock() - asked
                return Rendering(language, translation.text, translation.confidence, compute=took)
        return None

    def _told(self, request: TextRequest) -> TextRequest:
        """Leave out what nobody repeats, and say what must become what."""
        terms = glossary.terms_for(self._glossary, request.text, request.source, request.target)
        text = without_fillers(request.text, request.source)
        return attrs.evolve(request, text=text, terms=terms)

    async def _speak(self, recognised: UtteranceRecognised, rendering: Rendering) -> None:
        listeners = [
            one
            for one in recognised.listeners
            if one.is_spoken and one.language == rendering.language
        ]
        if not listeners:
            return
        text = glossary.spoken(self._glossary, rendering.text, rendering.language)
        request = SpeechRequest(text, rendering.language, SPEECH_RATE, self._voice)
        async for chunk in self._speech.synthesise(request, within=PATIENCE):
            made = SpeechMade(
                recognised.utterance.id,
                recognised.utterance.speaker,
                rendering.language,
                chunk.pcm,
                SPEECH_RATE,
                chunk.is_last,
                recognised.utterance.end,
            )
            for listener in listeners:
                listener.address.tell(made)

    def _give_up(self, recognised: UtteranceRecognised, error: Exception) -> None:
        """Keep the utterance untranslated, and let its sound pass."""
        if not isinstance(error, EngineError):
            logger.error("interpreting failed", exc_info=error)
        self._sentence = self._sentence.with_(recognised.utterance, ())
        self._transcript.tell(UtteranceRendered(recognised.utterance))
        _pass_original(recognised, recognised.listeners)
        if not isinstance(error, EngineBusy):  # that costs an utterance, not the session
            self._session.tell(SpeechUnavailable(str(error)))


def _pass_original(recognised: UtteranceRecognised, listeners: Sequence[Listener]) -> None:
    utterance = recognised.utterance
    for listener in listeners:
        if listener.is_spoken:
            listener.address.tell(
                SpeechMade(
                    utterance.id,
                    utterance.speaker,
                    utterance.language or "",
                    recognised.pcm,
                    recognised.rate_hz,
                    is_last=True,
                    said=utterance.end,
                )
            )
