"""Where a sound is quiet: to cut it between two words, and to guess when they were said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from kallglot.speech.engines import Word

__all__ = ["clipping", "gaps", "power", "quietest", "spoken", "spoken_between", "spread"]

#: Seconds over which loudness is taken.
_SPAN: Final = 0.02
#: What is less than this share of the loudest is no speech, in power.
_FAINT: Final = 0.004
#: What is so near to the highest peak is at the top, and what is below `_LOW` of it is no speech.
_TOP: Final = 0.95
_LOW: Final = 0.02
#: Spans that make a gap, and the share of the mean power that it stays below.
_GAP: Final = 3
_REST: Final = 0.25
#: Speech is nowhere softer than this share of its mean power, for so long as a gap is.
_SOFT: Final = 0.1


def _powers(pcm: bytes, rate_hz: int) -> npt.NDArray[np.float64]:
    size = max(1, int(_SPAN * rate_hz))
    samples = np.frombuffer(pcm, np.int16).astype(np.float64)
    whole = len(samples) // size * size
    powers: npt.NDArray[np.float64] = (samples[:whole].reshape(-1, size) ** 2).mean(axis=1)
    return powers


def quietest(pcm: bytes, rate_hz: int, start: float, end: float) -> float:
    """The middle of the quietest 60 ms between two moments, in seconds; the later one of equals."""
    powers = _powers(pcm, rate_hz)
    first, last = max(0, round(start / _SPAN)), min(len(powers), round(end / _SPAN))
    if last - first < 1:
        return max(0.0, (start + end) / 2)
    padded = np.pad(powers[first:last], 1, mode="edge")
    smooth = padded[:-2] + padded[1:-1] + padded[2:]
    latest = last - 1 - int(np.argmin(smooth[::-1]))
    return (latest + 0.5) * _SPAN


def gaps(pcm: bytes, rate_hz: int, start: float, end: float) -> list[float]:
    """The moments between two at which a voice may have rested, in seconds, in their order."""
    powers = _powers(pcm, rate_hz)
    if len(powers) < _GAP:
        return []
    smooth = np.convolve(powers, np.ones(_GAP) / _GAP, mode="same")
    quiet = smooth < _REST * float(powers.mean())
    edges = np.flatnonzero(np.diff(np.concatenate(([False], quiet, [False])).astype(np.int8)))
    middles = (edges[::2] + edges[1::2]) / 2 * _SPAN
    return [float(at) for at in middles if start <= at <= end]


def power(pcm: bytes, rate_hz: int) -> float:
    """The mean power of a sound."""
    powers = _powers(pcm, rate_hz)
    return float(powers.mean()) if len(powers) else 0.0


def clipping(pcm: bytes) -> float:
    """What share of a sound is at its very top: next to nothing, unless its peaks were cut off."""
    samples = np.abs(np.frombuffer(pcm, np.int16).astype(np.int32))
    peak = int(samples.max(initial=0))
    heard = int((samples > _LOW * peak).sum())
    return float((samples >= _TOP * peak).sum()) / heard if heard else 0.0


def spoken(pcm: bytes, rate_hz: int, of: float) -> float:
    """For how many seconds a sound is loud enough to be part of speech of that mean power."""
    powers = _powers(pcm, rate_hz)
    if len(powers) < _GAP:
        return 0.0
    smooth = np.convolve(powers, np.ones(_GAP) / _GAP, mode="valid")
    return float((smooth > max(_SOFT * of, 1.0)).sum()) * _SPAN


def spoken_between(pcm: bytes, rate_hz: int) -> tuple[float, float]:
    """From when to when there is speech in a sound, as far as loudness tells, in seconds."""
    powers = _powers(pcm, rate_hz)
    loud = np.flatnonzero(powers > max(float(powers.max(initial=0.0)) * _FAINT, 1.0))
    if not len(loud):
        return 0.0, len(pcm) / 2 / rate_hz
    return float(loud[0]) * _SPAN, float(loud[-1] + 1) * _SPAN


def spread(texts: Sequence[str], start: float, end: float) -> tuple[Word, ...]:
    """Words as they would be if each letter took equally long."""
    sizes = np.cumsum([0, *(len(text.strip()) + 1 for text in texts)])
    moments = start + sizes / max(1, int(sizes[-1])) * (end - start)
    return tuple(
        Word(text, float(moments[k]), float(moments[k + 1])) for k, text in enumerate(texts)
    )
