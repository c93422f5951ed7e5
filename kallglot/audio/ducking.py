"""Somebody's own voice under its translation.

The voice steps back when its translation begins and comes forward again after it, as somebody
would turn a knob: within 60 ms and 250 ms, evenly in loudness.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["Ducking", "Underlay"]

#: Seconds in which a voice steps back by `_WAY`, and comes forward again.
ATTACK = 0.06
RELEASE = 0.25
#: From full to 15 dB down, in nepers.
_WAY = math.log(10 ** (15 / 20))

#: Below this gain of -36 dB is silence; loudness has no zero.
_LEAST = 10 ** (-36 / 20)

#: Seconds over which a live voice that breaks off fades.
_FADE = 0.02

_Floats = npt.NDArray[np.float32]


class Ducking:
    """The gain of one voice, which changes in ramps; 16-bit PCM.

    A new one starts at `gain`.  A frame at a steady gain of 1 is passed on as it is.
    """

    def __init__(self, rate_hz: int, gain: float) -> None:
        self._rate_hz = rate_hz
        self.gain = gain

    def apply(self, pcm: bytes, target: float) -> bytes:
        """Return the next of the voice, on its way to `target` or there already."""
        if self.gain == target:
            if target == 1.0:
                return pcm
            return _scaled(pcm, np.float32(target)) if target else bytes(len(pcm))
        return _scaled(pcm, self._ramp(len(pcm) // 2, target))

    def _ramp(self, count: int, target: float) -> _Floats:
        """Return the gain of each of the next samples, and remember where it has come to."""
        slope = _WAY / ((ATTACK if target < self.gain else RELEASE) * self._rate_hz)
        start, end = max(self.gain, _LEAST), max(target, _LEAST)
        whole = abs(math.log(end / start))
        way = np.minimum(np.arange(1, count + 1) * slope, whole)
        gains: _Floats = (start * np.exp(math.copysign(1.0, end - start) * way)).astype(np.float32)
        if count * slope >= whole:
            gains[way >= whole] = self.gain = target
        elif count:
            self.gain = float(gains[-1])
        return gains


class Underlay:
    """Live voices that wait to be mixed under a translation, piece by piece.

    What was heard of them just before the translation began does not break off but fades: its last
    milliseconds are played once more, backwards, where the network has brought nothing newer yet.
    """

    def __init__(self, rate_hz: int, limit: float = 0.3) -> None:
        self._limit = 2 * int(limit * rate_hz)
        self._size = 2 * round(_FADE * rate_hz)
        self._waiting = bytearray()
        self._last = b""

    def passes(self, pcm: bytes) -> None:
        """Note what was played directly, because no translation is being played."""
        if self._waiting:
            self._waiting.clear()
        self._last = pcm

    def add(self, pcm: bytes) -> None:
        """Take more of the live voices; beyond the limit the oldest is forgotten."""
        self._waiting += pcm
        del self._waiting[: max(0, len(self._waiting) - self._limit)]

    def under(self, pcm: bytes) -> bytes:
        """Return a piece of a translation with as much as there is of the live voices under it."""
        if self._last:
            below, self._last = _faded(self._last[-self._size :]), b""
        elif self._waiting:
            below = bytes(self._waiting[: len(pcm)])
            del self._waiting[: len(pcm)]
        else:
            return pcm
        total = np.frombuffer(pcm, np.int16).astype(np.int32)
        part = np.frombuffer(below, np.int16)[: len(total)]
        total[: len(part)] += part
        return np.clip(total, -32768, 32767).astype(np.int16).tobytes()


def _faded(tail: bytes) -> bytes:
    backwards = np.frombuffer(tail, np.int16)[::-1].astype(np.float32)
    backwards *= np.linspace(1.0, 0.0, len(backwards), dtype=np.float32)
    return np.rint(backwards).astype(np.int16).tobytes()


def _scaled(pcm: bytes, gains: _Floats | np.float32) -> bytes:
    louder = np.frombuffer(pcm, np.int16) * gains
    np.rint(louder, out=louder)
    np.minimum(louder, 32767, out=louder)
    np.maximum(louder, -32768, out=louder)
    return louder.astype(np.int16).tobytes()
