"""The recent past of a sound: appended at one end, forgotten at the other, read anywhere between.

In blocks of one size, because a bytearray that grows and is cut for the length of a call is
moved each time, and a server of many calls is left with the holes: 0.3 MiB a call.
"""

from __future__ import annotations

from collections import deque

__all__ = ["Past"]

#: Bytes of a block: a second of a telephone's sound.
BLOCK = 16_000


class Past:
    """Bytes from `start` to `end`, counted from where the sound began."""

    def __init__(self) -> None:
        self.start = self.end = 0
        self._blocks: deque[bytearray] = deque()
        self._first = 0  # where the first block begins
        self._room = 0  # in the last block

    def __len__(self) -> int:
        return self.end - self.start

    def append(self, data: bytes) -> None:
        """Append what was heard last."""
        at = self.end - self._first - BLOCK * (len(self._blocks) - 1)
        self.end += len(data)
        if 0 < len(data) <= self._room:
            self._blocks[-1][at : at + len(data)] = data
            self._room -= len(data)
            return
        taken = self._room
        if taken:
            self._blocks[-1][at:] = data[:taken]
        while taken < len(data):
            piece = data[taken : taken + BLOCK]
            block = bytearray(BLOCK)
            block[: len(piece)] = piece
            self._blocks.append(block)
            taken += len(piece)
        self._room = self._first + BLOCK * len(self._blocks) - self.end

    def forget(self, until: int) -> None:
        """Forget what was heard before `until`."""
        self.start = min(max(self.start, until), self.end)
        while self._blocks and self._first + BLOCK <= self.start:
            self._blocks.popleft()
            self._first += BLOCK

    def clear(self) -> None:
        """Forget all of it."""
        self._blocks.clear()
        self._room = 0
        self._first = self.start = self.end

    def between(self, first: int, last: int) -> bytes:
        """Return what lies between two places, or what is left of it."""
        first, last = max(first, self.start), min(last, self.end)
        pieces = []
        while first < last:
            number, at = divmod(first - self._first, BLOCK)
            piece = self._blocks[number][at : at + last - first]
            pieces.append(piece)
            first += len(piece)
        return b"".join(pieces)
