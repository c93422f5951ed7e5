"""What a telephone does to a voice: a narrow band, a handset, noise, G.711 and lost packets.

Everything is done at 8 kHz.  The Fourier transform does the filtering, on lengths that are
products of small primes, because on prime lengths it takes ten times as long.
"""

from __future__ import annotations

import functools
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["RATE_HZ", "Line", "mu_law", "noise", "to_telephone_rate"]

RATE_HZ: Final = 8000
_PEAK: Final = 32767

Floats = npt.NDArray[np.float64]
Samples = npt.NDArray[np.int16]


def _smooth(length: int) -> int:
    """The next length that is a power of two times 1, 3 or 5."""
    return min(f << max(0, (-(-length // f) - 1).bit_length()) for f in (1, 3, 5))


def to_telephone_rate(samples: npt.NDArray[np.generic], rate_hz: int) -> Floats:
    """Resample a whole utterance by its spectrum."""
    values = samples.astype(np.float64)
    if rate_hz == RATE_HZ:
        return values
    divisor = int(np.gcd(rate_hz, RATE_HZ))
    down, up = rate_hz // divisor, RATE_HZ // divisor
    blocks = _smooth(-(-len(values) // down))
    spectrum = np.fft.rfft(values, blocks * down)
    size = blocks * up
    result = np.fft.irfft(spectrum[: size // 2 + 1], size) * (up / down)
    return result[: len(values) * up // down]


@functools.cache
def _mu_law_table() -> Samples:
    """Every 16-bit sample after a trip through G.711 mu-law."""
    values = np.arange(-32768, 32768)
    sign = np.where(values < 0, -1, 1)
    biased = np.minimum(np.abs(values), 32635) + 132
    exponent = np.floor(np.log2(biased)).astype(np.int64) - 7
    mantissa = (biased >> (exponent + 3)) & 15
    decoded = ((mantissa * 8 + 132) << exponent) - 132
    table: Samples = (sign * decoded).astype(np.int16)
    return table


def mu_law(samples: Floats) -> Samples:
    """What is left of the samples on the other side of a G.711 line."""
    whole = np.clip(np.rint(samples), -32768, 32767).astype(np.int64)
    heard: Samples = _mu_law_table()[whole + 32768]
    return heard


def _shape(samples: Floats, response: Floats) -> Floats:
    size = (len(response) - 1) * 2
    return np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: len(samples)]


def _frequencies(length: int) -> Floats:
    frequencies: Floats = np.fft.rfftfreq(_smooth(length), 1 / RATE_HZ).astype(np.float64)
    return frequencies


def noise(length: int, random: Random) -> Floats:
    """White, pink or brown noise, or the murmur of a room, with a power of one."""
    generator = np.random.default_rng(random.getrandbits(32))
    slope = random.choice((0.0, 0.0, 0.5, 1.0))
    frequencies = np.maximum(_frequencies(length), 50.0)
    white = generator.standard_normal(length)
    shaped = _shape(white, frequencies**-slope) if slope else white
    if random.random() < 0.25:  # a murmur rises and falls a few times a second
        beats = np.arange(length) / RATE_HZ * random.uniform(2.0, 5.0) * 2 * np.pi
        shaped *= 1.0 + 0.8 * np.sin(beats + random.uniform(0.0, 6.0))
    power = float(np.sqrt(np.mean(shaped**2)))
    return shaped / max(power, 1e-9)


class Line:
    """One telephone line with its handset, loudness, noise and losses, drawn at random."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def carry(self, speech: Floats) -> Samples:
        """Speech at 8 kHz in, what the server hears out; silence is added around it."""
        random = self._random
        lead = random.uniform(0.02, 0.5) if random.random() < 0.92 else 0.0
        samples = self._trim(speech)
        if lead == 0.0:  # the server was late and has missed the beginning
            samples = samples[random.randrange(int(0.05 * RATE_HZ)) :]
        samples = np.pad(samples, (int(lead * RATE_HZ), int(random.uniform(0.1, 0.6) * RATE_HZ)))
        samples = self._at_some_loudness(self._through_handset(samples))
        if random.random() < 0.8:
            samples = self._with_noise(samples)
        return self._over_the_network(mu_law(samples))

    @staticmethod
    def _trim(speech: Floats) -> Floats:
        loud = np.flatnonzero(np.abs(speech) > 200)
        if len(loud) == 0:
            return speech
        return speech[max(int(loud[0]) - 200, 0) : int(loud[-1]) + 400]

    def _through_handset(self, samples: Floats) -> Floats:
        frequencies = _frequencies(len(samples))
        low, high = self._random.uniform(100, 300), self._random.uniform(3300, 3900)
        response = 1 / (1 + (low / np.maximum(frequencies, 1.0)) ** 4)
        response /= 1 + (frequencies / high) ** 12
        tilt = self._random.uniform(-4.0, 4.0) * (frequencies - 1500) / 2500
        return _shape(samples, response * 10 ** (tilt / 20))

    def _at_some_loudness(self, samples: Floats) -> Floats:
        peak = float(np.abs(samples).max()) + 1.0
        loudness: float = _PEAK * 10 ** (self._random.uniform(-24.0, -1.0) / 20)
        return samples * (loudness / peak)

    def _with_noise(self, samples: Floats) -> Floats:
        """8 to 35 dB of signal over noise."""
        ratio: float = 10 ** (self._random.uniform(8.0, 35.0) / 20)
        power = float(np.sqrt(np.mean(samples**2))) / ratio
        return samples + noise(len(samples), self._random) * power

    def _over_the_network(self, samples: Samples) -> Samples:
        if self._random.random() < 0.1:
            for _ in range(self._random.randint(1, 3)):
                start = self._random.randrange(len(samples))
                lost = self._random.choice((20, 40, 60)) * RATE_HZ // 1000
                samples[start : start + lost] = 0
        return samples
