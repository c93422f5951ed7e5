"""Engines that need no models: they speak and understand modem, and know a phrase book.

The functions at the end are for `--engines` of `kallglot.speech.host`, so that tests can see real
processes work, hang and crash: a text that names a misfortune brings it about.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from kallglot.errors import EngineError, ModelMissing
from kallglot.speech.catalogue import Mind, SpeechSettings
from kallglot.speech.engines import (
    Chunk,
    EngineCard,
    Feed,
    Hypothesis,
    Opening,
    Recognition,
    SpeechRequest,
    TextRequest,
    Translation,
    VoiceRequest,
)
from tests.fakes import modem

__all__ = ["Loudness", "ModemRecogniser", "ModemSynthesiser", "ModemTranscriber", "PhraseBook"]

LANGUAGES = ("de", "en", "es", "fr")

Phrases = Mapping[tuple[str, str], Mapping[str, str]]


class ModemRecogniser:
    """Understands `modem.speak`, and takes everything else for noise."""

    card = EngineCard("modem recogniser", LANGUAGES, "1", "Apache-2.0", "Understands tones only.")
    window = 30.0

    def recognise(self, batch: Sequence[VoiceRequest]) -> list[Recognition]:
        return [self._recognise(request) for request in batch]

    def _recognise(self, request: VoiceRequest) -> Recognition:
        heard = modem.hear(request.pcm, request.rate_hz)
        known = [heard.language, request.language, *request.candidates, LANGUAGES[0]]
        language = next(language for language in known if language)
        sureness = 1.0 if heard.text else 0.0
        return Recognition(heard.text, language, sureness, sureness)


class ModemTranscriber:
    """Commits to what it has heard whenever a message is complete, and to the rest at the end."""

    card = ModemRecogniser.card

    def __init__(self) -> None:
        self._openings: dict[int, Opening] = {}
        self._waiting: dict[int, bytearray] = {}
        self._until: dict[int, float] = {}

    def open(self, stream: int, opening: Opening) -> None:
        self._openings[stream] = opening
        self._waiting[stream] = bytearray()
        self._until[stream] = 0.0

    def step(self, feeds: Sequence[Feed]) -> list[Hypothesis]:
        return [self._step(feed) for feed in feeds]

    def close(self, stream: int) -> None:
        del self._openings[stream], self._waiting[stream], self._until[stream]

    def _step(self, feed: Feed) -> Hypothesis:
        opening, waiting = self._openings[feed.stream], self._waiting[feed.stream]
        waiting += feed.pcm
        said = modem.hear(bytes(waiting), opening.rate_hz)
        is_sure = feed.is_last or (bool(said.text) and said.is_complete)
        heard = self._until[feed.stream] + len(waiting) / 2 / opening.rate_hz
        if is_sure:
            self._until[feed.stream] = heard
            waiting.clear()
        return Hypothesis(
            committed=said.text if is_sure else "",
            unstable="" if is_sure else said.text,
            until=self._until[feed.stream],
            heard=heard,
            language=said.language or opening.language or LANGUAGES[0],
            is_final=feed.is_last,
        )


class PhraseBook:
    """Translates what it was taught, and says the words of anything else backwards."""

    card = EngineCard("phrase book", LANGUAGES, "1", "Apache-2.0")

    def __init__(self, languages: Sequence[str] = LANGUAGES) -> None:
        self._languages = languages
        self._phrases: dict[tuple[str, str], dict[str, str]] = {}

    def learn(self, phrases: Phrases) -> None:
        for pair, meanings in phrases.items():
            self._phrases.setdefault(pair, {}).update(meanings)

    def pairs(self) -> frozenset[tuple[str, str]]:
        known = self._languages
        return frozenset((one, other) for one in known for other in known if one != other)

    def translate(self, batch: Sequence[TextRequest]) -> list[Translation]:
        return [self._translate(request) for request in batch]

    def _translate(self, request: TextRequest) -> Translation:
        phrases = self._phrases.get((request.source, request.target), {})
        backwards = " ".join(reversed(request.text.split()))
        text = phrases.get(request.text, backwards)
        if request.prefix:  # of what is not in the book it cannot say how it goes on
            text = text.removeprefix(request.prefix) if text.startswith(request.prefix) else ""
        return Translation(text.strip(), 1.0)


class ModemSynthesiser:
    """Says it in tones, `piece` seconds at a time."""

    card = EngineCard("modem", LANGUAGES, "1", "Apache-2.0", "Speaks in tones.")

    def __init__(self, piece: float = 0.1) -> None:
        self._piece = piece

    def voices(self, language: str) -> tuple[str, ...]:
        return (f"{language}+modem",) if language in LANGUAGES else ()

    def synthesise(
        self, request: SpeechRequest, is_cancelled: Callable[[], bool]
    ) -> Iterator[Chunk]:
        pcm = modem.speak(request.text, request.language, request.rate_hz, is_person=False)
        size = round(self._piece * request.rate_hz) * 2
        for at in range(0, len(pcm), size):
            if is_cancelled():
                return
            yield Chunk(pcm[at : at + size], is_last=at + size >= len(pcm))


class Loudness:
    """Takes everything for speech that is not quiet."""

    def step(self, frames: Sequence[tuple[int, bytes]]) -> list[float]:
        return [is_loud(pcm) for _, pcm in frames]

    def close(self, stream: int) -> None:
        pass


def is_loud(pcm: bytes | bytearray) -> float:
    """Return the probability that this is speech: almost one, or almost none."""
    sound = np.frombuffer(pcm, np.int16).astype(np.float64)
    return 0.95 if np.mean(sound**2) > (0.005 * 32768) ** 2 else 0.02


class _Mishap(PhraseBook):
    """A phrase book that can be told to fail like a model does."""

    def _translate(self, request: TextRequest) -> Translation:
        match request.text.split():
            case ["crash"]:
                os._exit(3)
            case ["hang"]:
                time.sleep(60)
            case ["sleep", seconds]:
                time.sleep(float(seconds))
            case ["raise", secret]:
                raise ValueError(secret)
            case ["refuse"]:
                raise EngineError("I do not translate that")
        return super()._translate(request)


class _ClumsyTranscriber(ModemTranscriber):
    """One that can be told to fail like a model does, and to do so only once.

    "die PATH" and "hang PATH" bring it about unless there is such a file, and leave one.
    """

    def _step(self, feed: Feed) -> Hypothesis:
        hypothesis = super()._step(feed)
        match f"{hypothesis.committed}{hypothesis.unstable}".split():
            case ["sleep", seconds] if hypothesis.committed:
                time.sleep(float(seconds))
            case ["raise", secret] if hypothesis.committed:
                raise ValueError(secret)
            case [("die" | "hang") as mishap, path] if hypothesis.committed:
                if not Path(path).exists():
                    Path(path).touch()
                    if mishap == "die":
                        os._exit(3)
                    time.sleep(60)
            case _:
                pass
        return hypothesis


class _CountedTranslator(_Mishap):
    """Adds to each translation how many were made together with it."""

    def translate(self, batch: Sequence[TextRequest]) -> list[Translation]:
        return [
            Translation(f"{translation.text} ({len(batch)})", translation.confidence)
            for translation in super().translate(batch)
        ]


class _CautiousSynthesiser(ModemSynthesiser):
    """Takes its time, so that there is some to cancel it in."""

    def synthesise(
        self, request: SpeechRequest, is_cancelled: Callable[[], bool]
    ) -> Iterator[Chunk]:
        for chunk in super().synthesise(request, is_cancelled):
            yield chunk
            time.sleep(0.02)


def mind(settings: SpeechSettings, progress: Callable[[str], None]) -> Mind:
    progress("loading nothing")
    return Mind(
        ModemRecogniser(), _CountedTranslator(), _CautiousSynthesiser(), _ClumsyTranscriber()
    )


def ear(settings: SpeechSettings, progress: Callable[[str], None]) -> Loudness:
    return Loudness()


def missing(settings: SpeechSettings, progress: Callable[[str], None]) -> Mind:
    raise ModelMissing("no such model; do this and that")
