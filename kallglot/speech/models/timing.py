"""Trying an installed model: how long it loads, what it takes, and what a batch gains."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np

from kallglot.audio.resample import resample
from kallglot.errors import EngineError, ModelMissing
from kallglot.speech.engines import (
    Feed,
    Opening,
    SpeechRequest,
    StreamingRecogniser,
    TextRequest,
    VoiceRequest,
)
from kallglot.speech.espeak import EspeakSynthesiser
from kallglot.speech.models.engines import engine_class
from kallglot.speech.models.entries import Entry, Role

__all__ = ["Timed", "Timing", "bench", "timed"]

#: Seconds for which each batch size is tried, and runs that are made at least.
_EACH: Final = 4.0
_LEAST: Final = 3
_ROWS: Final = (1, 8)
_RATE_HZ: Final = 8000
#: Bytes that a turn is fed at a time: 0.32 s, as in a call.
_FEED: Final = 2 * 2560

SENTENCES: Final = {
    "de": "Ich möchte meinen Termin am Montag auf Dienstag um drei Uhr verschieben.",
    "en": "I would like to move my appointment on Monday to Tuesday at three o'clock.",
    "es": "Quisiera cambiar mi cita del lunes al martes a las tres.",
    "fr": "Je voudrais déplacer mon rendez-vous de lundi à mardi à trois heures.",
}
#: What is said in other languages: digits are read by nearly all models.
_OTHERS: Final = "1 2 3 4 5 6 7 8 9 10"


@attrs.frozen
class Timing:
    """How long a batch of so many takes, in seconds; `speech` is how long all of it lasts."""

    rows: int
    fastest: float
    median: float
    runs: int
    speech: float | None = None


@attrs.frozen
class Timed:
    """What was found out; `memory` are bytes that came with loading, None where unknown."""

    name: str
    device: str
    load: float
    memory: int | None
    piece: str
    timings: tuple[Timing, ...]


def timed(
    work: Callable[[], float | None],
    rows: int,
    seconds: float = _EACH,
    clock: Callable[[], float] = time.perf_counter,
) -> Timing:
    """Do the work for so many seconds after one that does not count; it returns its speech."""
    speech = work()
    took: list[float] = []
    end = clock() + seconds
    while len(took) < _LEAST or clock() < end:
        start = clock()
        speech = work()
        took.append(clock() - start)
    return Timing(rows, min(took), statistics.median(took), len(took), speech)


def bench(entry: Entry, folder: Path | None, device: str = "cpu", seconds: float = _EACH) -> Timed:
    """Load a model and try it, one at a time and in a batch; without a folder, what needs none.

    Raises:
        ModelMissing: there is no engine for it, or it cannot be loaded.
    """
    kind = engine_class(entry.engine)
    before = _memory()
    start = time.perf_counter()
    engine = _load(kind, entry, folder, device)
    took = time.perf_counter() - start
    after = _memory()
    grown = None if before is None or after is None else after - before
    piece, work = _work(engine, entry)
    timings: tuple[Timing, ...] = ()
    try:
        for rows in _ROWS if entry.role is not Role.SYNTHESISER else _ROWS[:1]:
            timings += (timed(partial(work, rows), rows, seconds),)
    finally:
        _close(engine)
    return Timed(entry.name, device, took, grown, piece, timings)


def _load(kind: Any, entry: Entry, folder: Path | None, device: str) -> Any:
    if folder is None:
        return kind.load()
    try:
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415 - torch

        disable_progress_bar()
        return kind.load(str(folder), None, device)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelMissing(
            f"{entry.name} cannot be loaded ({type(error).__name__});"
            f" `kallglot models verify {entry.name}` looks for damage"
        ) from error


def _close(engine: Any) -> None:
    """End the program of an engine that has one."""
    if isinstance(engine, EspeakSynthesiser):
        engine.close()


def _work(engine: Any, entry: Entry) -> tuple[str, Callable[[int], float | None]]:
    """Return what a piece of work is, and what does so many of them."""
    match entry.role:
        case Role.RECOGNISER:
            return _recognising(engine)
        case Role.TRANSLATOR:
            source, target = min(engine.pairs())
            request = TextRequest(SENTENCES.get(source, _OTHERS), source, target)

            def translate(rows: int) -> None:
                engine.translate([request] * rows)

            return f"a sentence from {source} to {target}", translate
        case Role.SYNTHESISER:
            return _speaking(engine)
        case _:
            raise ModelMissing(f"{entry.name} is too quick to be worth timing")


def _recognising(engine: Any) -> tuple[str, Callable[[int], float | None]]:
    language = "en" if "en" in engine.card.languages else engine.card.languages[0]
    pcm = _speech(language)
    request = VoiceRequest(pcm, _RATE_HZ, language)
    if hasattr(engine, "step"):
        return f"a turn of {len(pcm) / 2 / _RATE_HZ:.1f} s in {language}, piece by piece", partial(
            _follow, engine, language, pcm
        )

    def recognise(rows: int) -> float:
        engine.recognise([request] * rows)
        return rows * len(pcm) / 2 / _RATE_HZ

    return f"an utterance of {len(pcm) / 2 / _RATE_HZ:.1f} s in {language}", recognise


def _follow(engine: StreamingRecogniser, language: str, pcm: bytes, rows: int) -> float:
    """Let the engine follow so many turns at once; returns the seconds of speech."""
    for stream in range(rows):
        engine.open(stream, Opening(_RATE_HZ, language))
    for at in range(0, len(pcm), _FEED):
        is_last = at + _FEED >= len(pcm)
        piece = pcm[at : at + _FEED]
        engine.step([Feed(stream, piece, is_last=is_last) for stream in range(rows)])
    for stream in range(rows):
        engine.close(stream)
    return rows * len(pcm) / 2 / _RATE_HZ


def _speaking(engine: Any) -> tuple[str, Callable[[int], float | None]]:
    languages = [one for one in ("en", "de", *engine.card.languages) if engine.voices(one)]
    language = languages[0]
    request = SpeechRequest(SENTENCES.get(language, _OTHERS), language, _RATE_HZ)

    def speak(_rows: int) -> float:
        chunks = engine.synthesise(request, lambda: False)
        return sum(len(chunk.pcm) for chunk in chunks) / 2 / _RATE_HZ

    return f"a sentence in {language}", speak


def _speech(language: str) -> bytes:
    """Return a sentence as espeak-ng speaks it, or a hum where that is not here."""
    request = SpeechRequest(SENTENCES.get(language, _OTHERS), language, _RATE_HZ)
    try:
        espeak = EspeakSynthesiser.load()
        try:
            return b"".join(chunk.pcm for chunk in espeak.synthesise(request, lambda: False))
        finally:
            espeak.close()
    except EngineError:
        hum = 8000 * np.sin(np.arange(4 * 16000) * 0.1)
        return resample(hum.astype(np.int16), 16000, _RATE_HZ).tobytes()


def _memory() -> int | None:
    """Return the bytes of memory that this process takes now."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
