"""Other people's own voices in one listener's ear, alone or under a translation."""

from __future__ import annotations

from kallglot.audio.blend import Blend
from kallglot.audio.ducking import Ducking, Underlay
from kallglot.hearing import DUCKED

__all__ = ["LiveVoices"]


class LiveVoices:
    """Voices that are heard as they come; 16-bit PCM at the rate of the ear.

    While somebody is translated, their own voice lies under the translation, at `DUCKED` or at
    its own gain if that is less; else everybody is as loud as they are to be.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._blend = Blend(rate_hz)
        self._underlay = Underlay(rate_hz)
        self._ducking: dict[str, Ducking] = {}

    def add(
        self, speaker: str, pcm: bytes, gain: float, now: float, translated: str | None
    ) -> bytes:
        """Take a frame of a voice, and return what is to be played at once, perhaps nothing.

        `translated` is whose translation is to be heard just now, if any: then the frame waits
        to be mixed `under` it.
        """
        target = min(gain, DUCKED) if speaker == translated else gain
        if target != 1.0 or speaker in self._ducking:
            ducking = self._ducking.setdefault(speaker, Ducking(self._rate_hz, gain))
            pcm = ducking.apply(pcm, target)
        pcm = self._blend.add(speaker, pcm, now)
        if translated is not None:
            self._underlay.add(pcm)
            return b""
        if pcm:
            self._underlay.passes(pcm)
        return pcm

    def under(self, pcm: bytes) -> bytes:
        """Return a piece of a translation with the live voices under it."""
        return self._underlay.under(pcm)
