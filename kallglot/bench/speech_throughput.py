"""How much quicker the models of the settings are with batches than one by one, on real speech.

Torch is needed; the models are loaded into this process.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import attrs

from kallglot.bench import speech_sound
from kallglot.bench.speech_script import Passage, conversation
from kallglot.speech.catalogue import Mind, SpeechSettings, load_mind
from kallglot.speech.engines import Feed, Opening, TextRequest, VoiceRequest
from kallglot.speech.training.voices import Espeak

__all__ = ["Throughput", "throughput"]

R = TypeVar("R")

#: Medians of so many runs count.
_RUNS = 3
#: Somebody who speaks is heard further every so many seconds.
_STEP = 0.32


@attrs.frozen
class Throughput:
    """What a model takes for each of `rows` requests, in seconds."""

    role: str
    model: str
    rows: int
    alone: float
    together: float

    @property
    def gain(self) -> float:
        return self.alone / self.together


def throughput(
    settings: SpeechSettings, batches: Sequence[int], espeak: Espeak, say: Callable[[str], None]
) -> list[Throughput]:
    """Time recogniser and translator with batches and one by one, each run on the same requests."""
    import torch  # noqa: PLC0415 - not for --help

    torch.set_num_threads(settings.threads)
    mind = load_mind(settings, say)
    most = max(batches)
    passages = [
        passage
        for seed in range(most)
        for passage in conversation(9000 + seed, 2).passages[seed % 2 : seed % 2 + 1]
    ]
    sounds = [speech_sound.spoken(one, seed, espeak) for seed, one in enumerate(passages)]
    voices = [
        VoiceRequest(pcm, speech_sound.RATE_HZ, one.language)
        for pcm, one in zip(sounds, passages, strict=True)
    ]
    texts = [_text(one) for one in passages]
    rows: list[Throughput] = []
    for count in batches:
        say(f"{count} at once, and one by one")
        rows += [
            _timed(mind, "recogniser", mind.recogniser.recognise, voices[:count]),
            _timed(mind, "transcriber", lambda asked: _follow(mind, asked), voices[:count]),
            _timed(mind, "translator", mind.translator.translate, texts[:count]),
        ]
    return rows


def _follow(mind: Mind, voices: Sequence[VoiceRequest]) -> None:
    """Have turns recognised while they go on, all at the same time."""
    engine = mind.transcriber
    size = 2 * round(_STEP * speech_sound.RATE_HZ)
    for stream, voice in enumerate(voices):
        engine.open(stream, Opening(voice.rate_hz, voice.language))
    for at in range(0, max(len(voice.pcm) for voice in voices), size):
        engine.step(
            [
                Feed(stream, voice.pcm[at : at + size], is_last=at + size >= len(voice.pcm))
                for stream, voice in enumerate(voices)
                if at < len(voice.pcm)
            ]
        )
    for stream in range(len(voices)):
        engine.close(stream)


def _text(passage: Passage) -> TextRequest:
    return TextRequest(passage.text, passage.language, passage.target)


def _timed(
    mind: Mind, role: str, ask: Callable[[Sequence[R]], object], asked: Sequence[R]
) -> Throughput:
    ask(asked)

    def one_by_one() -> None:
        for request in asked:
            ask([request])

    rows = len(asked)
    alone = statistics.median(_spent(one_by_one) for _ in range(_RUNS))
    together = statistics.median(_spent(lambda: ask(asked)) for _ in range(_RUNS))
    name: str = getattr(mind, role).card.name
    return Throughput(role, name, rows, alone / rows, together / rows)


def _spent(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
