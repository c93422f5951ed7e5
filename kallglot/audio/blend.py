"""Several live voices for one listener, mixed as they arrive.

Each voice comes in real time, a frame at a time, in frames of its own length.  Sending every frame
on would make the listener's queue grow twice as fast as it is played, so one voice leads: when
its frame comes, what the others have said meanwhile is mixed into it.
"""

from __future__ import annotations

import numpy as np

__all__ = ["Blend"]

#: Seconds after which a voice that says nothing no longer leads.
STALE = 0.06

#: Seconds of a voice that wait for the leader at most.
PATIENCE = 0.2


class Blend:
    """What one listener hears of everybody's own voices."""

    def __init__(self, rate_hz: int) -> None:
        self._limit = int(PATIENCE * rate_hz) * 2
        self._leader: str | None = None
        self._led_at = 0.0
        self._waiting: dict[str, bytearray] = {}

    def add(self, speaker: str, pcm: bytes, now: float) -> bytes:
        """Take a frame of 16-bit PCM, and return what is to be played now, perhaps nothing."""
        if speaker != self._leader and (self._leader is None or now - self._led_at > STALE):
            self._leader = speaker
        if speaker != self._leader:
            waiting = self._waiting.setdefault(speaker, bytearray())
            waiting += pcm
            del waiting[: max(0, len(waiting) - self._limit)]
            return b""
        self._led_at = now
        before = self._waiting.pop(speaker, None)
        return self._mixed(pcm if before is None else bytes(before) + pcm)

    def _mixed(self, pcm: bytes) -> bytes:
        if not self._waiting:
            return pcm
        total = np.frombuffer(pcm, np.int16).astype(np.int32)
        for speaker in list(self._waiting):
            waiting = self._waiting[speaker]
            part = np.frombuffer(bytes(waiting[: len(pcm)]), np.int16)
            total[: len(part)] += part
            del waiting[: len(pcm)]
            if not waiting:
                del self._waiting[speaker]
        return np.clip(total, -32768, 32767).astype(np.int16).tobytes()
