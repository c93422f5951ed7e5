"""One translation, spoken in the time there is for it."""

from __future__ import annotations

from kallglot.audio.pauses import PauseCutter
from kallglot.audio.stretch import Stretcher
from kallglot.ceiling import AT_EASE, Pace

__all__ = ["Tempo"]


class Tempo:
    """Pauses are cut and the rest is stretched, as the pace of each piece asks; 16-bit PCM.

    At ease it costs nothing, keeps nothing back and changes nothing.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._cutter: PauseCutter | None = None
        self._stretcher: Stretcher | None = None

    @property
    def left_out(self) -> float:
        """Seconds by which what came out is shorter than what went in."""
        if self._cutter is None or self._stretcher is None:
            return 0.0
        return self._cutter.left_out + self._stretcher.left_out

    @property
    def waiting(self) -> float:
        """Seconds that are still to come out."""
        if self._cutter is None or self._stretcher is None:
            return 0.0
        return self._cutter.waiting + self._stretcher.waiting

    def feed(self, pcm: bytes, pace: Pace) -> bytes:
        if self._cutter is None or self._stretcher is None:
            if pace == AT_EASE:
                return pcm
            self._cutter = PauseCutter(self._rate_hz)
            self._stretcher = Stretcher(self._rate_hz)
        return self._stretcher.feed(self._cutter.feed(pcm, pace.pause), pace.rate)

    def flush(self) -> bytes:
        """Return what was still to come; nothing more is fed."""
        if self._cutter is None or self._stretcher is None:
            return b""
        return self._stretcher.feed(self._cutter.flush(), 1.0) + self._stretcher.flush()
