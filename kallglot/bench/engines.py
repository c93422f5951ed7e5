"""Engines that answer at once: what the media path costs is measured without models.

`nothing` hears no words.  `talkative` hears a word in everything and has a long answer to it, so
that there is something to interrupt.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from kallglot.speech.catalogue import Mind, SpeechSettings, load_ear
from kallglot.speech.engines import (
    Chunk,
    EngineCard,
    Recognition,
    SpeechRequest,
    TextRequest,
    Translation,
    VoiceActivity,
    VoiceRequest,
)

__all__ = ["COUNT", "counting_ear", "nothing", "talkative"]

#: Names the file to which the ear writes how many voices it knows.
COUNT = "BENCH_VOICES"

#: Seconds that a sentence of the talkative synthesiser lasts.
SPEECH = 30

_CARD = EngineCard("bench", ("de", "en"), notice="No models: this server is being measured.")


class Recogniser:
    """Hears `text` in everything."""

    card = _CARD
    window = 30.0

    def __init__(self, text: str) -> None:
        self._text = text

    def recognise(self, batch: Sequence[VoiceRequest]) -> list[Recognition]:
        return [Recognition(self._text, one.language or "en", 1.0, 1.0) for one in batch]


class Translator:
    """Leaves the words as they are."""

    card = _CARD

    def pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset({("de", "en"), ("en", "de")})

    def translate(self, batch: Sequence[TextRequest]) -> list[Translation]:
        return [Translation(one.text, 1.0) for one in batch]


class Synthesiser:
    """Hums for so many seconds."""

    card = _CARD

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def voices(self, language: str) -> tuple[str, ...]:
        return ("hum",)

    def synthesise(
        self, request: SpeechRequest, is_cancelled: Callable[[], bool]
    ) -> Iterator[Chunk]:
        hum = 8000 * np.sin(np.arange(round(self._seconds * request.rate_hz)) * 0.3)
        yield Chunk(hum.astype(np.int16).tobytes(), is_last=True)


def nothing(_settings: SpeechSettings, _progress: Callable[[str], None]) -> Mind:
    return Mind(Recogniser(""), Translator(), Synthesiser(0.0))


def talkative(_settings: SpeechSettings, _progress: Callable[[str], None]) -> Mind:
    return Mind(Recogniser("hello"), Translator(), Synthesiser(SPEECH))


class CountingEar:
    """The real ear, which writes down how many voices it knows."""

    def __init__(self, ear: VoiceActivity, path: str) -> None:
        self._ear = ear
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        self._streams: set[int] = set()
        self._write()

    def step(self, frames: Sequence[tuple[int, bytes]]) -> list[float]:
        before = len(self._streams)
        self._streams.update(stream for stream, _ in frames)
        if len(self._streams) != before:
            self._write()
        return self._ear.step(frames)

    def close(self, stream: int) -> None:
        self._streams.discard(stream)
        self._write()
        self._ear.close(stream)

    def _write(self) -> None:
        os.pwrite(self._file, b"%8d" % len(self._streams), 0)


def counting_ear(settings: SpeechSettings, progress: Callable[[str], None]) -> VoiceActivity:
    return CountingEar(load_ear(settings, progress), os.environ[COUNT])
