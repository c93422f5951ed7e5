"""The engines once more, after the call: to say what should be heard, and to hear it again."""

from __future__ import annotations

from collections.abc import Sequence

from kallglot.demo.conversation import Exchange, Held
from kallglot.demo.evidence import Matched, Pronounce, translation_of
from kallglot.demo.judgement import word_accuracy
from kallglot.demo.story import LANGUAGES
from kallglot.errors import EngineError
from kallglot.speech.engines import SpeechRequest, VoiceRequest
from kallglot.speech.service import SpeechService

__all__ = ["pronunciations", "recognised_again"]

_RATE = 8000
_PATIENCE = 30.0


async def pronunciations(
    speech: SpeechService, exchanges: Sequence[Exchange], turns: Matched
) -> Pronounce:
    """Have everything spoken that was, or should have been, heard."""
    sounds: dict[tuple[str, str], bytes] = {}
    for exchange, became in zip(exchanges, turns.of, strict=True):
        language = LANGUAGES[exchange.line.listener]
        for text in {exchange.line.translation, *map(translation_of, became)} - {""}:
            sounds[text, language] = await _spoken(speech, text, language)

    def pronounce(text: str, language: str) -> bytes:
        return sounds[text, language]

    return pronounce


async def _spoken(speech: SpeechService, text: str, language: str) -> bytes:
    request = SpeechRequest(text, language, _RATE)
    return b"".join([chunk.pcm async for chunk in speech.synthesise(request, within=_PATIENCE)])


async def recognised_again(speech: SpeechService, held: Held) -> list[dict[str, object]]:
    """Have the recogniser listen to what came out of the telephones.

    It is told, not judged: the recogniser may err where a person would have understood.
    """
    rows: list[dict[str, object]] = []
    for exchange in held.exchanges:
        if exchange.hearing is None:
            continue
        line = exchange.line
        sound = held.sound(line.listener, exchange.hearing)
        request = VoiceRequest(sound, _RATE, LANGUAGES[line.listener])
        try:
            text = (await speech.recognise(request, within=_PATIENCE)).text
        except EngineError as error:
            text = f"({error})"
        accuracy = round(word_accuracy(line.translation, text), 3)
        rows.append({"expected": line.translation, "heard": text, "word_accuracy": accuracy})
    return rows
