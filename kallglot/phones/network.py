"""A telephone network as it is: frames come late, in the wrong order or not at all.

Whatever it does to them follows from its seed.
"""

from __future__ import annotations

import heapq
import itertools
from random import Random

import attrs

from kallglot.providers import Frame

__all__ = ["Faults", "Network"]


@attrs.frozen
class Faults:
    """How bad a network is.

    `loss` and `disorder` are the shares of voice frames that are lost, and that are overtaken by
    the next ones; `jitter` is the longest delay, in seconds.
    """

    loss: float = 0.0
    disorder: float = 0.0
    jitter: float = 0.0


#: Seconds by which an overtaken frame is late: two or three others pass it.
_OVERTAKEN = 0.05


class Network:
    """Frames on their way to the server.  Only voice is lost or overtaken."""

    def __init__(self, faults: Faults | None = None, seed: int = 0) -> None:
        self._faults = faults or Faults()
        self._random = Random(seed)
        self._numbers = itertools.count()
        self._travelling: list[tuple[float, int, Frame]] = []
        self._latest = 0.0

    def is_lost(self) -> bool:
        """Tell whether the next frame of voice is lost."""
        return self._random.random() < self._faults.loss

    def send(self, frame: Frame, now: float, *, is_voice: bool = False) -> None:
        arrives = now + self._random.random() * self._faults.jitter
        if is_voice and self._random.random() < self._faults.disorder:
            arrives += _OVERTAKEN
        else:
            arrives = self._latest = max(arrives, self._latest)
        heapq.heappush(self._travelling, (arrives, next(self._numbers), frame))

    def arrived(self, now: float) -> list[Frame]:
        """Return what has arrived by now."""
        frames: list[Frame] = []
        while self._travelling and self._travelling[0][0] <= now:
            frames.append(heapq.heappop(self._travelling)[2])
        return frames

    def drop(self) -> None:
        """Forget what is on its way: the connection is gone."""
        self._travelling.clear()
