"""Voice activity for want of a better: is it louder than the room?

Used only while the network that judges voices is not there.  The floor follows the quiet between
the words: down at once, up slowly, so that somebody talking does not become the room.
"""

from __future__ import annotations

import math

import numpy as np

__all__ = ["Room", "levels"]

_QUIETEST_DB = -75.0
#: A room is never taken to be louder than this, and nothing below `_FAINTEST_DB` is a voice.
_LOUDEST_ROOM_DB = -35.0
_FAINTEST_DB = -50.0
#: How far above the room a voice is as likely as not, and how sharp that boundary is.
_MARGIN_DB = 12.0
_SOFTNESS_DB = 2.0
#: By how much the floor rises in each frame of 32 ms.
_RISE_DB = 0.1


def levels(pcm: bytes, frame: int) -> list[float]:
    """Return the level of each frame of `frame` samples in decibels of full scale."""
    sound = np.frombuffer(pcm, np.int16).reshape(-1, frame).astype(np.float32)
    power = np.einsum("ij,ij->i", sound, sound) / (frame * 32768.0**2)
    answer: list[float] = (10 * np.log10(np.maximum(power, 1e-12))).tolist()
    return answer


class Room:
    """How loud it is behind one voice."""

    __slots__ = ("_floor",)

    def __init__(self) -> None:
        self._floor = -55.0

    def judge(self, level: float) -> float:
        """Return the probability that a frame of this level is speech."""
        rising = min(self._floor + _RISE_DB, _LOUDEST_ROOM_DB)
        self._floor = max(min(level, rising), _QUIETEST_DB)
        threshold = max(self._floor + _MARGIN_DB, _FAINTEST_DB)
        doubt = max(-30.0, min(30.0, (threshold - level) / _SOFTNESS_DB))
        return 1 / (1 + math.exp(doubt))
