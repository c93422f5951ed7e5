"""What a telephone is still to play: a queue that empties at the pace of sound."""

from __future__ import annotations

from collections import deque

import attrs

from kallglot.phones.wire import FRAME

__all__ = ["Earpiece", "Played"]


@attrs.frozen
class Played:
    """20 ms of sound, and the marks that were reached with it."""

    pcm: bytes = attrs.field(repr=False)
    marks: tuple[str, ...] = ()


class Earpiece:
    """The queue and its marks."""

    def __init__(self, rate_hz: int) -> None:
        self._frame_size = 2 * round(FRAME * rate_hz)
        self._queue = bytearray()
        self._played = 0
        self._marks: deque[tuple[int, str]] = deque()

    @property
    def is_playing(self) -> bool:
        return bool(self._queue)

    def add(self, pcm: bytes) -> None:
        self._queue += pcm

    def mark(self, name: str) -> tuple[str, ...]:
        """Remember a mark; it is returned at once if there is nothing before it."""
        if not self._queue:
            return (name,)
        self._marks.append((self._played + len(self._queue), name))
        return ()

    def clear(self) -> tuple[str, ...]:
        """Throw the queue away, and return every mark that was still out."""
        marks = tuple(name for _, name in self._marks)
        self._marks.clear()
        self._queue.clear()
        return marks

    def play(self) -> Played:
        """Return the next 20 ms: silence where there is nothing."""
        pcm = bytes(self._queue[: self._frame_size])
        del self._queue[: self._frame_size]
        self._played += len(pcm)
        marks: list[str] = []
        while self._marks and self._marks[0][0] <= self._played:
            marks.append(self._marks.popleft()[1])
        return Played(pcm.ljust(self._frame_size, b"\0"), tuple(marks))
