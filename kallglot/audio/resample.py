"""From one sample rate to another, by a polyphase windowed sinc.

With `up / down` the ratio of the rates in lowest terms, each `down` samples in make `up` samples
out.  Output sample `j` of such a block is a weighted sum of the input around it, so that a block
is the product of a row of input, which overlaps its neighbours, with a matrix; blocks together
are one matrix product.

The sinc is cut to 24 samples of the lower rate on each side and weighted by a Kaiser window for
60 dB.  At 8 kHz that passes 3.4 kHz and stops 4 kHz, at a delay of 3 ms; all rates scale alike.

The weights are multiples of 2**-24.  So every product and sum of them with 16-bit samples is exact
in a float64, in whatever order it is added up, and a stream gives the same samples to the last
bit however it is cut into pieces.

A 20 ms frame costs 10 us between 8 and 16 kHz and 18 us from 48 or 22.05 to 8 kHz.  Copying the
overlapping rows for BLAS beats numpy's product of views (40 us from 48 to 8 kHz) and `convolve`
(34 us).  The price of blocks is that ratios without a small denominator deliver in steps: 10 ms
from 44.1 kHz to 8 or 16 kHz, 20 ms from 22.05 kHz, 40 ms between 8 and 11.025 kHz.
"""

from __future__ import annotations

import functools
import math

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["RATES", "Resampler", "resample"]

#: The rates in Hz between which sound is converted.
RATES = frozenset({8000, 11025, 16000, 22050, 24000, 44100, 48000})

_HALF_WIDTH = 24
_CUTOFF = 0.925
_KAISER_BETA = 5.65
_WEIGHT = float(1 << 24)
#: The bytes taken at once, so that floats of a whole recording are never in memory together.
_BITE = 1 << 15
#: The multiplications in one product.  For more, OpenBLAS wakes its threads, which spin and cost
#: twice to ten times the CPU of the one that would have done it.
_SINGLE_THREADED = 1 << 18

_Floats = npt.NDArray[np.float64]
_Samples = npt.NDArray[np.int16]


@attrs.frozen(eq=False)
class _Filter:
    """`up` samples out for `down` samples in.

    Row `i` of `weights` belongs to the sample `i - before` after the start of the block.
    """

    up: int
    down: int
    before: int
    weights: _Floats


@functools.cache
def _design(from_hz: int, to_hz: int) -> _Filter:
    """Return the filter for a ratio: half a ms of work for simple ones, 30 ms for the oddest."""
    common = math.gcd(from_hz, to_hz)
    up, down = to_hz // common, from_hz // common
    stretch = max(1.0, down / up)
    before = math.ceil(_HALF_WIDTH * stretch)
    span = before + (up - 1) * down // up + before + 1
    distance = (np.arange(up) * down / up - (np.arange(span)[:, None] - before)) / stretch
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (distance / _HALF_WIDTH) ** 2, 0, None)))
    weights = np.sinc(_CUTOFF * distance) * window * (np.abs(distance) <= _HALF_WIDTH)
    weights /= weights.sum(axis=0)
    return _Filter(up, down, before, np.rint(weights * _WEIGHT) / _WEIGHT)


class Resampler:
    """A stream on its way from one rate to another.

    What comes out is aligned with what went in; the first pieces are therefore short by the
    filter's delay, which `flush` makes good.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        if not {from_hz, to_hz} <= RATES:
            raise ValueError(f"cannot resample {from_hz} Hz to {to_hz} Hz")
        self._filter = _design(from_hz, to_hz) if from_hz != to_hz else None
        self._begin()

    def _begin(self) -> None:
        self._waiting: _Floats = np.zeros(self._filter.before if self._filter else 0)
        self._taken = 0
        self._made = 0

    def feed(self, pcm: bytes) -> bytes:
        """Take PCM of any length and return what is ready."""
        if self._filter is None:
            return pcm
        if len(pcm) <= _BITE:
            return self._convert(self._filter, np.frombuffer(pcm, np.int16)).tobytes()
        return b"".join(self.feed(pcm[at : at + _BITE]) for at in range(0, len(pcm), _BITE))

    def flush(self) -> bytes:
        """Return what was still to come, as if silence followed, and start afresh."""
        if self._filter is None:
            return b""
        total = round(self._taken * self._filter.up / self._filter.down)
        missing = total - self._made
        silence = np.zeros(len(self._filter.weights) + self._filter.down, np.int16)
        rest = self._convert(self._filter, silence)[:missing]
        self._begin()
        return rest.tobytes()

    def _convert(self, by: _Filter, samples: _Samples) -> _Samples:
        self._taken += len(samples)
        waiting: _Floats = np.concatenate((self._waiting, samples), dtype=np.float64)
        count = max(0, (len(waiting) - len(by.weights)) // by.down + 1)
        self._waiting = waiting[count * by.down :]
        self._made += count * by.up
        return _product(by, waiting, count)


def _product(by: _Filter, waiting: _Floats, count: int) -> _Samples:
    """Return the output of the first `count` blocks."""
    step = waiting.itemsize
    # The constructor of ndarray makes the overlapping rows ten times faster than as_strided.
    shape = (count, len(by.weights))
    rows: _Floats = np.ndarray(shape, np.float64, waiting, strides=(step * by.down, step))
    out: _Floats = np.empty((count, by.up))
    most = max(1, _SINGLE_THREADED // by.weights.size)
    for first in range(0, count, most):
        some = slice(first, first + most)
        np.dot(rows[some].copy(), by.weights, out=out[some])
    np.rint(out, out=out)
    np.minimum(out, 32767, out=out)
    np.maximum(out, -32768, out=out)
    return out.astype(np.int16).ravel()


def resample(pcm: _Samples, from_hz: int, to_hz: int) -> _Samples:
    """Return a whole recording at another rate; its length is right to half a sample."""
    stream = Resampler(from_hz, to_hz)
    if from_hz == to_hz:
        return pcm
    return np.frombuffer(stream.feed(pcm.tobytes()) + stream.flush(), np.int16)
