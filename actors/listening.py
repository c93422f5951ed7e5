"""The listening half of a participant: what they are played, over whichever leg they are on.

Translations wait here in a queue and are sent at the pace at which they are heard; other people's
own voices are live and go out as they come, mixed under a translation that is being played.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import attrs
import pykka

from actors.outstanding import Outstanding
from actors.services import Interruption
from kallglot.audio import pcm as sound
from kallglot.audio.blend import Blend
from kallglot.audio.playout import Piece, Playout
from kallglot.audio.resample import Resampler
from kallglot.messages import (
    ClearPlayback,
    ListenerJoined,
    ListenerLeft,
    OriginalHeard,
    PlayAudio,
    PlaybackReached,
    Receiver,
    RenderingSpoken,
    SpeechMade,
    TrackErased,
    TrackHeard,
)
from kallglot.timeline import Timeline
from kallglot.turns import SpeechGoesOn, SpeechStarted, TurnEvent

__all__ = ["Listening", "PlayDue"]

BLOCK = 0.2

#: Seconds of a live voice that wait to be mixed under a translation.
UNDERLAY = 0.3


@attrs.frozen
class PlayDue:
    """The time has come to send more of what is being played."""


@attrs.frozen
class _Ear:
    """The leg that plays to the listener."""

    leg: Receiver
    leg_id: str
    rate_hz: int


class Listening:
    """A participant as a listener."""

    def __init__(
        self,
        key: str,
        timeline: Timeline,
        transcript: Receiver,
        recorder: Receiver,
        interruption: Interruption,
        wake: Callable[[float], None],
    ) -> None:
        self.key = key
        self._timeline = timeline
        self._transcript = transcript
        self._recorder = recorder
        self._interruption = interruption
        self._wake = wake
        self._ear: _Ear | None = None
        self._playout: Playout | None = None
        self._blend: Blend | None = None
        self._under = bytearray()
        self._resamplers: dict[tuple[str, int], Resampler] = {}
        self._outstanding = Outstanding()
        self._block: list[bytes] = []
        self._block_size = 0
        self._block_from = 0.0
        self._speaks_since: float | None = None

    # The leg.

    def join(self, joined: ListenerJoined) -> None:
        """Play to this leg from now on; what has not been heard yet is said first."""
        if self._ear is not None and self._ear.leg_id == joined.leg_id:
            return
        self._ear = _Ear(joined.leg, joined.leg_id, joined.rate_hz)
        self._playout = Playout(joined.rate_hz)
        self._blend = Blend(joined.rate_hz)
        self._resamplers.clear()
        self._outstanding.start_again()
        for speech in self._outstanding:
            self._push(speech, self._playout)
        self.send_due()

    def leave(self, left: ListenerLeft) -> None:
        """The leg is gone; what was on its way waits for the next."""
        if self._ear is not None and self._ear.leg_id == left.leg_id:
            self._hand_over()
            self._ear = self._playout = self._blend = None

    # Translations.

    def play(self, speech: SpeechMade) -> None:
        """Take a piece of a translation; while nobody is there to hear it, it waits."""
        self._outstanding.add(speech)
        if self._playout is not None:
            self._push(speech, self._playout)
            self.send_due()

    def _push(self, speech: SpeechMade, playout: Playout) -> None:
        pcm = self._at_ear_rate(speech.utterance_id, speech.pcm, speech.rate_hz, speech.is_last)
        for dropped in playout.push(speech.utterance_id, speech.speaker, pcm, speech.is_last):
            self._outstanding.remove(dropped.utterance)

    def send_due(self) -> None:
        """Send what is due, and ask to be woken for the rest."""
        if self._ear is None or self._playout is None:
            return
        now = self._timeline.now()
        for piece in self._playout.due(now):
            self._send(piece, self._ear)
        if (due := self._playout.next_due) is not None:
            self._wake(max(0.0, due - now))

    def _send(self, piece: Piece, ear: _Ear) -> None:
        at = self._timeline.session_time(piece.at)
        until = at + sound.duration(piece.pcm, ear.rate_hz)
        language = self._outstanding.sent(piece.utterance, at, until)
        pcm = self._over_live_voices(piece.pcm)
        mark = f"{self.key}/{piece.utterance}" if piece.is_last else None
        _tell(ear.leg, PlayAudio(pcm, self.key, piece.speaker, piece.utterance, language, mark))
        self._recorder.tell(TrackHeard(f"{self.key}_heard", pcm, ear.rate_hz, at))

    def reached(self, reached: PlaybackReached) -> None:
        """The far end has come to the end of a translation."""
        listener, _, utterance = reached.mark.rpartition("/")
        said = self._outstanding.remove(utterance) if listener == self.key else None
        if said is not None and said.since is not None:
            heard = self._timeline.session_time(self._timeline.now())
            # A mark that comes late tells of the network's delay, not of a longer translation.
            until = min(max(said.until, heard), said.until + 1.0)
            self._report(utterance, said.language, said.since, until)

    def _report(self, utterance: str, language: str, since: float, until: float) -> None:
        self._transcript.tell(RenderingSpoken(utterance, self.key, language, since, until))

    # Live voices.

    def overhear(self, heard: OriginalHeard) -> None:
        """Take a frame of somebody's own voice."""
        if self._ear is None or self._blend is None or self._playout is None:
            return
        now, pcm = self._timeline.now(), heard.pcm
        if heard.rate_hz != self._ear.rate_hz:
            pcm = self._at_ear_rate(f"{heard.speaker} live", pcm, heard.rate_hz)
        if heard.gain != 1.0:
            pcm = sound.gain(pcm, 20 * math.log10(heard.gain))
        pcm = self._blend.add(heard.speaker, pcm, now)
        if not pcm:
            return
        if not self._playout.is_idle(now):
            self._under += pcm
            del self._under[: -int(UNDERLAY * self._ear.rate_hz) * 2]
            return
        if self._under:
            self._under.clear()
        _tell(self._ear.leg, PlayAudio(pcm, self.key, heard.speaker, None))
        self._keep(pcm, now, self._ear.rate_hz)

    def _over_live_voices(self, pcm: bytes) -> bytes:
        if not self._under:
            return pcm
        under = bytes(self._under[: len(pcm)])
        del self._under[: len(pcm)]
        return sound.mix([pcm, under.ljust(len(pcm), b"\0")])

    def _at_ear_rate(self, voice: str, pcm: bytes, rate_hz: int, is_last: bool = False) -> bytes:
        if self._ear is None or rate_hz == self._ear.rate_hz:
            return pcm
        key = (voice, rate_hz)
        if key not in self._resamplers:
            self._resamplers[key] = Resampler(rate_hz, self._ear.rate_hz)
        pcm = self._resamplers[key].feed(pcm)
        return pcm + self._resamplers.pop(key).flush() if is_last else pcm

    # What was heard is kept, live voices in blocks.

    def _keep(self, pcm: bytes, now: float, rate_hz: int) -> None:
        if not self._block:
            self._block_from = self._timeline.session_time(now)
        self._block.append(pcm)
        self._block_size += len(pcm)
        if self._block_size >= BLOCK * 2 * rate_hz:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._block and self._ear is not None:
            block = b"".join(self._block)
            self._block.clear()
            self._block_size = 0
            self._recorder.tell(
                TrackHeard(f"{self.key}_heard", block, self._ear.rate_hz, self._block_from)
            )

    # Interruptions.

    def heed(self, turns: list[TurnEvent], is_speaking: bool) -> None:
        """React to what the listener themselves are saying."""
        now = self._timeline.now()
        for event in turns:
            if isinstance(event, SpeechStarted):
                self._speaks_since = now
        after = self._interruption.after
        if after is None or not is_speaking or self._speaks_since is None:
            return
        insists = now - self._speaks_since >= after
        if insists and any(isinstance(e, SpeechStarted | SpeechGoesOn) for e in turns):
            self.stop_playing(now)

    def stop_playing(self, now: float) -> None:
        """Throw away what has not been heard yet, here and at the far end."""
        if self._ear is None or self._playout is None or self._playout.is_idle(now):
            return
        cleared = self._playout.clear(now)
        _tell(self._ear.leg, ClearPlayback(self.key))
        at = self._timeline.session_time(now)
        self._recorder.tell(TrackErased(f"{self.key}_heard", at))
        for cut in cleared.cut:
            said = self._outstanding.cut(cut.utterance)
            if said is not None and said.since is not None:
                self._report(cut.utterance, said.language, said.since, at)


def _tell(leg: Receiver, message: PlayAudio | ClearPlayback) -> None:
    """Tell a leg; one that has ended a moment ago plays nothing, and `ListenerLeft` is coming."""
    try:  # noqa: SIM105 - `suppress` takes as long as the rest of a hop
        leg.tell(message)
    except pykka.ActorDeadError:
        pass
