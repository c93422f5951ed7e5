"""Something like speech, made from nothing: vowels, hisses and pauses in an even flow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: The two formants of some vowels in Hz, and where hisses are.
_VOWELS = ((300, 2300), (500, 1850), (750, 1250), (450, 850), (320, 750), (600, 1700))


def speech(rng: np.random.Generator, seconds: float, rate_hz: int = 8000) -> Floats:
    """Return somebody who talks: another voice with each call, about 20 dB below full scale."""
    pitch = rng.uniform(90, 240)
    parts: list[Floats] = []
    while sum(map(len, parts)) < seconds * rate_hz:
        parts.append(_syllable(rng, pitch * rng.uniform(0.85, 1.2), rate_hz))
        if rng.random() < 0.5:
            parts.append(_hiss(rng, rate_hz))
        if rng.random() < 0.2:
            parts.append(np.zeros(int(rng.uniform(0.05, 0.25) * rate_hz)))
    sound = np.concatenate(parts)[: round(seconds * rate_hz)]
    return sound * (3277 / np.sqrt(np.mean(sound**2)))


def pcm(sound: Floats) -> bytes:
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16).tobytes()


def _syllable(rng: np.random.Generator, pitch: float, rate_hz: int) -> Floats:
    count = int(rng.uniform(0.1, 0.25) * rate_hz)
    time = np.arange(count) / rate_hz
    phase = 2 * np.pi * pitch * (time + rng.uniform(-0.5, 0.5) * time**2)
    formants = _VOWELS[rng.integers(len(_VOWELS))]
    partials = np.arange(1, int(0.45 * rate_hz / pitch))
    strengths = (
        sum(np.exp(-(((partials * pitch - formant) / 150) ** 2)) for formant in formants)
        + 0.2 / partials
    )
    tones = strengths[:, None] * np.sin(partials[:, None] * phase + rng.uniform(0, 6))
    return np.asarray(tones.sum(axis=0) * np.hanning(count) ** 0.5)


def _hiss(rng: np.random.Generator, rate_hz: int) -> Floats:
    count = int(rng.uniform(0.04, 0.1) * rate_hz)
    return np.diff(rng.standard_normal(count + 1)) * np.hanning(count) * 0.3
