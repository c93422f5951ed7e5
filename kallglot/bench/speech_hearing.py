"""What came out of a telephone, and when.  Pure.

The far end plays what it is sent one after the other: what comes early waits, what is taken back
is never heard.
"""

from __future__ import annotations

import msgspec
import numpy as np

from kallglot.audio import g711
from kallglot.phones.tape import QUIET

__all__ = ["Heard", "Hearing"]

_RATE_HZ = 8000
#: Seconds of silence that do not part two sounds.
_TOGETHER = 0.25

_LOUD = np.abs(np.frombuffer(g711.decode_mulaw(bytes(range(256))), np.int16).astype(int)) > QUIET


class Heard(msgspec.Struct):
    """A sound: when its first frame arrived, and from when to when it was to be heard."""

    arrived: float
    since: float
    until: float


class Hearing:
    """The queue of one telephone, as times only."""

    def __init__(self) -> None:
        self.sounds: list[Heard] = []
        self.taken_back = 0.0
        self._until = 0.0
        self._marks: list[tuple[float, str]] = []

    def hear(self, mulaw: bytes, now: float) -> None:
        """Take sound that has just arrived."""
        since = max(self._until, now)
        self._until = since + len(mulaw) / _RATE_HZ
        if not _LOUD[np.frombuffer(mulaw, np.uint8)].any():
            return
        last = self.sounds[-1] if self.sounds else None
        if last is not None and since - last.until <= _TOGETHER:
            last.until = self._until
        else:
            self.sounds.append(Heard(now, since, self._until))

    def mark(self, name: str, now: float) -> None:
        """Take a mark, which is reached when all before it has been heard."""
        self._marks.append((max(self._until, now), name))

    def reached(self, now: float) -> list[str]:
        """Return the marks that were reached since the last time."""
        reached = [name for at, name in self._marks if at <= now]
        self._marks = [(at, name) for at, name in self._marks if at > now]
        return reached

    def clear(self, now: float) -> None:
        """Throw away what is not heard yet; all marks are reached."""
        self.taken_back += max(0.0, self._until - now)
        self._until = min(self._until, now)
        self._marks = [(now, name) for _, name in self._marks]
        while self.sounds and self.sounds[-1].since >= now:
            self.sounds.pop()
        if self.sounds:
            self.sounds[-1].until = min(self.sounds[-1].until, now)
