"""How the calls of `scripts/bench speech` sound: unseen voices over a telephone line.

The voices are espeak-ng's, others than in the training of the demonstration models; the line is
the training's, with its handset, noise and losses.  Where each sentence begins and ends in the
sound is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from kallglot.audio import g711
from kallglot.bench.speech_script import LANGUAGES, Passage, Scene
from kallglot.phones.tape import Span
from kallglot.speech.training import telephone
from kallglot.speech.training.voices import Espeak, Voice, choose_voice

__all__ = ["RATE_HZ", "Said", "Sounding", "delay", "sounding", "spoken"]

RATE_HZ = telephone.RATE_HZ
#: A telephone is never quite silent.
_HISS = 12.0
#: What is louder belongs to the voice, as `telephone.Line` sees it.
_LOUD = 200
#: By how much a line may delay a voice, in seconds, and how much of it is looked at to find out.
_LATEST, _LOOKED_AT = 1.0, 12.0

_Floats = npt.NDArray[np.float64]
_Samples = npt.NDArray[np.int16]


@attrs.frozen
class Said:
    """A passage and when it is said: as a whole and sentence by sentence, on the tape's clock."""

    passage: Passage
    span: Span
    parts: tuple[Span, ...]


@attrs.frozen
class Sounding:
    """A call as mu-law, by who speaks, and what is said when; `seconds` is how long it is."""

    scene: Scene
    tapes: Mapping[str, bytes] = attrs.field(repr=False)
    said: tuple[Said, ...]
    seconds: float


@attrs.frozen
class _Voiced:
    """A passage on the line: its samples, and where the sentences are in them, in seconds."""

    samples: _Samples
    parts: tuple[Span, ...]


def sounding(scene: Scene, espeak: Espeak, *, first: float = 1.0, rest: float = 6.0) -> Sounding:
    """Have a call spoken: it begins after `first` seconds of silence and ends with `rest`."""
    random = Random(f"voices {scene.seed}")
    voices = {
        who: choose_voice(language, random, held_out=True) for who, language in LANGUAGES.items()
    }
    line = telephone.Line(random)
    placed: list[tuple[Said, int, _Samples]] = []
    at = first
    for passage in scene.passages:
        voiced = _on_the_line(passage, voices[passage.speaker], line, espeak)
        start = round(at * RATE_HZ)
        parts = tuple(Span(at + part.since, at + part.until) for part in voiced.parts)
        said = Said(passage, Span(parts[0].since, parts[-1].until), parts)
        placed.append((said, start, voiced.samples))
        length = len(voiced.samples) / RATE_HZ
        at = (start / RATE_HZ) + length + scene.rest(said.span.length)
    seconds = placed[-1][0].span.until + max(rest, scene.rest(placed[-1][0].span.length))
    if scene.passages[0].kind == "monologue":
        seconds = placed[-1][0].span.until + 2 * rest
    tapes = {who: _tape(who, placed, seconds, scene.seed) for who in LANGUAGES}
    return Sounding(scene, tapes, tuple(said for said, _, _ in placed), seconds)


def spoken(passage: Passage, seed: int, espeak: Espeak) -> bytes:
    """Return a passage as PCM off a line, for an engine that is asked without a call."""
    random = Random(f"alone {seed}")
    voice = choose_voice(passage.language, random, held_out=True)
    line = telephone.Line(random)
    return _on_the_line(passage, voice, line, espeak).samples.tobytes()


def _tape(
    who: str, placed: Sequence[tuple[Said, int, _Samples]], seconds: float, seed: int
) -> bytes:
    hiss = np.random.default_rng(seed).normal(0, _HISS, round(seconds * RATE_HZ) // 160 * 160)
    tape = hiss.astype(np.int16)
    for said, start, samples in placed:
        if said.passage.speaker == who:
            tape[start : start + len(samples)] = samples[: len(tape) - start]
    return g711.encode_mulaw(tape.tobytes())


def _on_the_line(passage: Passage, voice: Voice, line: telephone.Line, espeak: Espeak) -> _Voiced:
    """Speak sentence by sentence, so that it is known where each is, and send all over the line."""
    pieces: list[_Floats] = []
    spans: list[Span] = []
    at = 0
    for part in passage.parts:
        said = espeak.speak(part.text, voice)
        clean = _trimmed(telephone.to_telephone_rate(said.samples, said.rate_hz))
        pause = np.zeros(round(part.pause * RATE_HZ))
        spans.append(Span(at / RATE_HZ, (at + len(clean)) / RATE_HZ))
        pieces += [clean, pause]
        at += len(clean) + len(pause)
    whole = np.concatenate(pieces)
    heard = line.carry(whole)
    late = delay(whole, heard)
    parts = tuple(Span(max(0.0, span.since + late), span.until + late) for span in spans)
    return _Voiced(heard, parts)


def _trimmed(speech: _Floats) -> _Floats:
    loud = np.flatnonzero(np.abs(speech) > _LOUD)
    return speech[loud[0] : loud[-1] + 1] if len(loud) else speech


def delay(sent: npt.NDArray[Any], heard: npt.NDArray[Any]) -> float:
    """Return by how many seconds a line has delayed a voice: below 0 if it lost its beginning."""
    length = round(_LOOKED_AT * RATE_HZ)
    first, second = sent[:length].astype(np.float64), heard[:length].astype(np.float64)
    size = 1 << (len(first) + len(second)).bit_length()
    spectrum = np.fft.rfft(second, size) * np.conj(np.fft.rfft(first, size))
    likeness = np.fft.irfft(spectrum, size)
    most = round(_LATEST * RATE_HZ)
    around = np.concatenate([likeness[-most:], likeness[: most + 1]])
    return float(int(np.argmax(around)) - most) / RATE_HZ
