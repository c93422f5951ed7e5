"""Sounds to test with, and what can be measured of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


def tone(hz: float, seconds: float, rate_hz: int, peak: float = 0.5) -> Samples:
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.rint(peak * 32767 * np.sin(2 * np.pi * hz * time)).astype(np.int16)


def level(samples: Samples) -> float:
    """In dB of a full-scale square wave."""
    return float(10 * np.log10(np.mean((samples / 32768) ** 2) + 1e-12))


def pitch(samples: Samples, rate_hz: int) -> float:
    """The strongest frequency in Hz."""
    weighted = samples * np.hanning(len(samples))
    size = 8 * len(samples)
    return float(np.argmax(np.abs(np.fft.rfft(weighted, size))) * rate_hz / size)
