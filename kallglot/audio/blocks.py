"""Encoded audio in whole blocks, as carriers want it: odd pieces click, short ones are lost."""

from __future__ import annotations

__all__ = ["Blocks"]


class Blocks:
    """Cuts what is put in into frames of whole blocks; what is left over waits for the next.

    A frame has at most `most` blocks of `size` bytes.  `silence` is one encoded sample of it.
    """

    def __init__(self, size: int, silence: bytes, most: int = 50) -> None:
        self._size = size
        self._silence = silence
        self._most = size * most
        self._rest = b""

    def put(self, encoded: bytes) -> list[bytes]:
        """Return the frames that are whole now."""
        if self._rest or len(encoded) % self._size:
            encoded = self._rest + encoded
            whole = len(encoded) - len(encoded) % self._size
            encoded, self._rest = encoded[:whole], encoded[whole:]
        return [encoded[at : at + self._most] for at in range(0, len(encoded), self._most)]

    def flush(self) -> list[bytes]:
        """Return what is left over, made whole with silence."""
        rest, self._rest = self._rest, b""
        padding = self._silence * ((self._size - len(rest)) // len(self._silence))
        return [rest + padding] if rest else []

    def clear(self) -> None:
        """Forget what is left over."""
        self._rest = b""
