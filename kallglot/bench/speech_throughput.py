"""How much quicker the models of the settings are with batches than one by one, on real speech.

Torch is needed; the models are loaded into this process.
"""

from __future__ import annotations

import functools
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
#: So many requests for each row: turns differ in length, and nobody is to wait for the longest.
_TURNS = 3
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
    passages = [
        passage
        for seed in range(_TURNS * max(batches))
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
            _timed(mind, "recogniser", count, _in_batches(mind.recogniser.recognise), voices),
            _timed(mind, "transcriber", count, functools.partial(_follow, mind), voices),
            _timed(mind, "translator", count, _in_batches(mind.translator.translate), texts),
        ]
    return rows


def _in_batches(ask: Callable[[Sequence[R]], object]) -> Callable[[Sequence[R], int], None]:
    def work(asked: Sequence[R], rows: int) -> None:
        for at in range(0, len(asked), rows):
            ask(asked[at : at + rows])

    return work


def _follow(mind: Mind, voices: Sequence[VoiceRequest], rows: int) -> None:
    """Have turns recognised while they go on, so many at a time: one that ends makes room."""
    engine = mind.transcriber
    size = 2 * round(_STEP * speech_sound.RATE_HZ)
    waiting, heard = list(enumerate(voices)), dict[int, int]()
    while waiting or heard:
        while waiting and len(heard) < rows:
            stream, voice = waiting.pop(0)
            engine.open(stream, Opening(voice.rate_hz, voice.language))
            heard[stream] = 0
        feeds = [
            Feed(stream, voices[stream].pcm[at : at + size], is_last=at + size >= len(pcm))
            for stream, at in heard.items()
            for pcm in (voices[stream].pcm,)
        ]
        engine.step(feeds)
        for feed in feeds:
            heard[feed.stream] += size
            if feed.is_last:
                del heard[feed.stream]
                engine.close(feed.stream)


def _text(passage: Passage) -> TextRequest:
    return TextRequest(passage.text, passage.language, passage.target)


def _timed(
    mind: Mind,
    role: str,
    rows: int,
    work: Callable[[Sequence[R], int], None],
    asked: Sequence[R],
) -> Throughput:
    asked = asked[: _TURNS * rows]
    work(asked, rows)
    alone = statistics.median(_spent(lambda: work(asked, 1)) for _ in range(_RUNS))
    together = statistics.median(_spent(lambda: work(asked, rows)) for _ in range(_RUNS))
    name: str = getattr(mind, role).card.name
    return Throughput(role, name, rows, alone / len(asked), together / len(asked))


def _spent(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
