"""Whether one sound contains another: the ear of the demonstration's judgement.

Both become spectrograms of 20 bands.  The wanted sound is cut into pieces of 0.4 s, and each is
looked for in the other around the place where it should be, by correlation; the worst piece is
the likeness.  So a pause that a network put between two words costs little, and half a second
that is missing or wrong costs everything.

Through mu-law the same speech scores above 0.95, and above 0.85 with a pause in it; another
sentence of the same voice scores below 0.65.  Single words that rhyme may pass for each other.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["ENOUGH", "likeness"]

ENOUGH: Final = 0.8

_WINDOW, _HOP = 0.032, 0.01
_BANDS = 20
_LOWEST_HZ, _HIGHEST_HZ = 200.0, 3400.0
#: Frames in a piece, and by how many it may be early or late against the piece before.
_PIECE, _STRAY = 40, 30
_FLOOR = 1e-4

_Floats = npt.NDArray[np.float64]


def likeness(wanted: bytes, heard: bytes, rate_hz: int) -> float:
    """Return how well `heard` contains `wanted`, both PCM: 1 for perfectly, 0 for not at all."""
    pattern, place = _spectrogram(wanted, rate_hz), _spectrogram(heard, rate_hz)
    if len(pattern) < _PIECE or len(place) < _PIECE:
        return 0.0
    starts = [*range(0, len(pattern) - _PIECE, _PIECE), len(pattern) - _PIECE]
    scores: list[float] = []
    drift = 0
    for count, start in enumerate(starts):
        first = 0 if count == 0 else max(0, start + drift - _STRAY)
        last = len(place) if count == 0 else start + drift + _STRAY
        score, at = _best(pattern[start : start + _PIECE], place, first, last)
        scores.append(score)
        drift = at - start if score > 0.5 or count == 0 else drift
    return min(scores)


def _best(piece: _Floats, place: _Floats, first: int, last: int) -> tuple[float, int]:
    """Return the best correlation of a piece within a range, and where it is."""
    last = min(last, len(place) - len(piece))
    if last < first:
        return 0.0, first
    normal = _normal(piece[None])[0]
    windows = np.lib.stride_tricks.sliding_window_view(place, len(piece), axis=0)
    candidates = _normal(windows[first : last + 1].transpose(0, 2, 1))
    scores = np.tensordot(candidates, normal, axes=2)
    best = int(scores.argmax())
    return max(0.0, float(scores[best])), first + best


def _normal(pieces: _Floats) -> _Floats:
    centred = pieces - pieces.mean(axis=(1, 2), keepdims=True)
    size = np.sqrt((centred**2).sum(axis=(1, 2), keepdims=True))
    return np.asarray(centred / np.maximum(size, 1e-9))


def _spectrogram(pcm: bytes, rate_hz: int) -> _Floats:
    """Return log energies: a row each 10 ms, a column per band."""
    sound = np.frombuffer(pcm, np.int16).astype(np.float64) / 32768
    width, hop = round(_WINDOW * rate_hz), round(_HOP * rate_hz)
    if len(sound) < width:
        return np.zeros((0, _BANDS))
    frames = np.lib.stride_tricks.sliding_window_view(sound, width)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(width), axis=1)) ** 2 / width
    frequencies = np.fft.rfftfreq(width, 1 / rate_hz)
    edges = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, _BANDS + 1)
    bands = np.digitize(frequencies, edges)
    energies = np.stack(
        [power[:, bands == band].sum(axis=1) for band in range(1, _BANDS + 1)], axis=1
    )
    return np.asarray(np.log(energies + _FLOOR))
