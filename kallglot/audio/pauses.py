"""Pauses cut short, for a translation that has fallen behind.

A pause is what is much quieter than the voice has lately been.  The beginning of it stays, where
the voice dies away, and the end, where it starts softly; what lies between is left out.
"""

from __future__ import annotations

import numpy as np

__all__ = ["PauseCutter"]

#: Seconds that are judged at a time.
_FRAME = 0.01
#: Seconds of a pause that stay before the voice goes on.
_RUN_IN = 0.02
#: A pause is quieter than this anyway, and this much quieter than the voice: -55 dB and -45 dB.
_SILENCE = (32768 * 10 ** (-55 / 20)) ** 2
_QUIETER = 10 ** (-45 / 10)
#: What is left of the voice's power after each frame, as a measure: half after 1.4 s.
_FORGOTTEN = 0.995


class PauseCutter:
    """Leaves out of a voice what is too long of its pauses; 16-bit PCM."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._size = 2 * round(_FRAME * rate_hz)
        self._most_held = round(_RUN_IN / _FRAME)
        self._part = b""
        self._held: list[bytes] = []
        self._quiet = 0
        self._power = 0.0
        self._left_out = 0

    @property
    def left_out(self) -> float:
        """Seconds left out so far."""
        return self._left_out / (2 * self._rate_hz)

    @property
    def waiting(self) -> float:
        """Seconds that went in and have neither come out nor been left out yet."""
        return (len(self._part) + sum(map(len, self._held))) / (2 * self._rate_hz)

    def feed(self, pcm: bytes, longest: float | None) -> bytes:
        """Take more of the voice; pauses may last `longest` seconds, or as long as they do."""
        if longest is None:
            if self._part or self._held:
                pcm = b"".join((*self._held, self._part, pcm))
                self._part = b""
                self._held.clear()
            return pcm
        pcm = self._part + pcm
        whole = len(pcm) // self._size * self._size
        self._part = pcm[whole:]
        most = max(0, round(longest / _FRAME) - self._most_held)
        frames = np.frombuffer(pcm, np.int16, whole // 2).reshape(-1, self._size // 2)
        powers = np.mean(np.square(frames, dtype=np.float32), axis=1).tolist()
        out: list[bytes] = []
        for number, power in enumerate(powers):
            self._judge(pcm[number * self._size : (number + 1) * self._size], power, most, out)
        return b"".join(out)

    def flush(self) -> bytes:
        """Return what was still to come, and start afresh."""
        rest = b"".join((*self._held, self._part))
        self._part = b""
        self._held.clear()
        self._quiet = 0
        return rest

    def _judge(self, frame: bytes, power: float, most: int, out: list[bytes]) -> None:
        self._power = max(power, self._power * _FORGOTTEN)
        if power > max(_SILENCE, self._power * _QUIETER):
            out += self._held
            out.append(frame)
            self._held.clear()
            self._quiet = 0
            return
        self._quiet += 1
        if self._quiet <= most:
            out.append(frame)
            return
        self._held.append(frame)
        if len(self._held) > self._most_held:
            self._left_out += len(self._held.pop(0))
