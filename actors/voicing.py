"""A participant's voice on its way: to the ear, to the disk, and to those who hear it live.

This is what happens fifty times a second for everybody on the phone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kallglot.audio.echo import ECHO, EchoGuard
from kallglot.audio.pcm import silence
from kallglot.audio.resample import Resampler
from kallglot.audio.voice import Voice
from kallglot.messages import Listener, OriginalHeard, Receiver, TrackHeard, VoiceHeard
from kallglot.speech.service import SpeechService

__all__ = ["Voicing"]

#: Seconds of sound that are handed to the recorder at a time.
BLOCK = 0.2

#: Seconds that are heard for an echo at a time, and at the end of it that may be more than that.
ECHOING = 1.0
UNSURE = 0.3

#: Voice activity listens at a telephone's rate.
_EAR_RATE = 8000


class Voicing:
    """The sound of one voice, and its recent past."""

    def __init__(
        self,
        key: str,
        speech: SpeechService,
        recorder: Receiver,
        judged: Callable[[Sequence[float]], None],
        keep: float,
        guard: EchoGuard,
    ) -> None:
        self.key = key
        self._guard = guard
        self._recorder = recorder
        self._ear = speech.listen(judged)
        self._keep = keep
        self._voice: Voice | None = None
        self._resampled_from = 0
        self._resampler = Resampler(_EAR_RATE, _EAR_RATE)
        self._to_ear: Resampler | None = None
        self._live: tuple[Listener, ...] = ()
        self._block: list[bytes] = []
        self._block_size = 0
        self._block_from = 0.0
        #: The start of the turn that is known to be the person's own, and up to where it is.
        self._trusted = self._trusted_until = 0.0

    @property
    def rate_hz(self) -> int:
        return _EAR_RATE if self._voice is None else self._voice.rate_hz

    def close(self) -> None:
        self._ear.close()

    def pass_on_to(self, listeners: Sequence[Listener], *, is_understood: bool) -> None:
        """Let those among `listeners` who hear the original hear it from now on.

        An echo does harm where it would be understood: translated, or taken for a language.
        """
        self._live = tuple(listener for listener in listeners if listener.original)
        self._guard.is_wanted = is_understood

    def hear(self, heard: VoiceHeard) -> bool:
        """Take a frame of the voice; tells whether something is missing before it."""
        pcm = self._at_own_rate(heard)
        voice = self._voice
        if voice is None or not pcm:
            return False
        has_gap = voice.hear(pcm, heard.at) is not None
        if has_gap:
            self.hand_over()
        for_ear = pcm if self._to_ear is None else self._to_ear.feed(pcm)
        self._ear.hear(for_ear)
        bytes_per_second = 2 * voice.rate_hz
        if not self._block:
            self._block_from = voice.time_of(voice.position - len(pcm) / bytes_per_second)
        self._guard.heard(for_ear, self._block_from + self._block_size / bytes_per_second)
        for listener in self._live:
            listener.address.tell(OriginalHeard(self.key, pcm, voice.rate_hz, listener.original))
        self._block.append(pcm)  # a list: a bytearray would be moved with every other frame
        self._block_size += len(pcm)
        if self._block_size >= BLOCK * bytes_per_second:
            self.hand_over()
        return has_gap

    def hand_over(self) -> None:
        """Give the recorder what it has not got yet."""
        if self._block and self._voice is not None:
            block = b"".join(self._block)
            self._block.clear()
            self._block_size = 0
            self._recorder.tell(TrackHeard(self.key, block, self._voice.rate_hz, self._block_from))

    def between(self, start: float, end: float) -> bytes:
        """Return the sound between two positions."""
        return b"" if self._voice is None else self._voice.between(start, end)

    def is_echo(self, start: float, end: float) -> bool:
        """Tell whether there is nothing between two positions but what was played to the person."""
        return self._guard.is_echo(*self.times_of(start, end)) >= ECHO

    def own(self, start: float, end: float) -> bytes:
        """Return the sound between two positions, or nothing if there is nothing but an echo."""
        return b"" if self.is_echo(start, end) else self.between(start, end)

    def own_between(self, start: float, fed: float, until: float) -> tuple[bytes, float]:
        """Return what the person themselves said, in a turn since `start`, from `fed` on.

        Where there was nothing but an echo, that is silence.  Returns as well up to where it is
        certain: the last moments of an echo may be the first of a word over it.
        """
        if start == self._trusted and until < self._trusted_until:
            return self.between(fed, until), until
        if not self.is_echo(max(start, until - ECHOING), until):
            self._trusted, self._trusted_until = start, until + self._guard.trust
            return self.between(fed, until), until
        until = max(fed, until - UNSURE)
        return silence(until - fed, self.rate_hz), until

    def times_of(self, start: float, end: float) -> tuple[float, float]:
        """Return the session's times of what lies between two positions."""
        return (0.0, 0.0) if self._voice is None else self._voice.times_of(start, end)

    def _at_own_rate(self, heard: VoiceHeard) -> bytes:
        """Return the frame at the rate of the voice: 8 kHz for a telephone, else 16 kHz."""
        if self._voice is None:
            rate_hz = 8000 if heard.rate_hz < 16000 else 16000
            self._voice = Voice(rate_hz, self._keep)
            if rate_hz != _EAR_RATE:
                self._to_ear = Resampler(rate_hz, _EAR_RATE)
        if heard.rate_hz == self._voice.rate_hz:
            return heard.pcm
        if heard.rate_hz != self._resampled_from:
            self._resampled_from = heard.rate_hz
            self._resampler = Resampler(heard.rate_hz, self._voice.rate_hz)
        return self._resampler.feed(heard.pcm)
