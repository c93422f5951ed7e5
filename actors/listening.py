"""The listening half of a participant: what they are played, over whichever leg they are on.

Translations wait here in a queue and are sent at the pace at which they are heard, faster when
they have fallen behind; other people's own voices are live and go out as they come, mixed under a
translation that is being played.  What is played is told to the echo guard as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

import attrs
import pykka

from actors.outstanding import Outstanding, Said
from actors.services import Spoken
from kallglot.audio import pcm as sound
from kallglot.audio.echo import ECHO, EchoGuard
from kallglot.audio.live import LiveVoices
from kallglot.audio.playout import Dropped, Piece, Playout
from kallglot.audio.resample import Resampler
from kallglot.ceiling import CatchUp, CeilingPolicy
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
from kallglot.overlap import Decision, Overlap, OverlapRules
from kallglot.timeline import Timeline
from kallglot.turns import SpeechEnded, SpeechGoesOn, SpeechStarted, TurnEvent

__all__ = ["Listening", "Manners", "PlayDue"]

BLOCK = 0.2

#: Seconds after which it is said again that something had to be left out.
SAID_SO = 30.0


@attrs.frozen
class PlayDue:
    """The time has come to send more of what is being played."""


@attrs.frozen
class Manners:
    """How somebody is spoken to.

    `notices` are spoken sentences by occasion and language; `("behind", "de")` is said where
    something had to be left out.  `backlog` is told how many seconds are still to be heard when a
    translation has come to its end.
    """

    overlap: OverlapRules = attrs.field(factory=OverlapRules)
    ceiling: CeilingPolicy = attrs.field(factory=CeilingPolicy)
    notices: Mapping[tuple[str, str], Spoken] = attrs.field(factory=dict, repr=False)
    backlog: Callable[[float], None] = lambda _: None


@attrs.frozen
class _Ear:
    """The leg that plays to the listener."""

    leg: Receiver
    leg_id: str
    rate_hz: int


class _LiveTrack:
    """What a listener hears of live voices, on its way to the recorder, in blocks."""

    def __init__(self, channel: str, recorder: Receiver) -> None:
        self._channel = channel
        self._recorder = recorder
        self._block: list[bytes] = []
        self._size = 0
        self._from = 0.0
        self._rate_hz = 0

    def keep(self, pcm: bytes, at: float, rate_hz: int) -> None:
        if not self._block:
            self._from, self._rate_hz = at, rate_hz
        self._block.append(pcm)
        self._size += len(pcm)
        if self._size >= BLOCK * 2 * rate_hz:
            self.hand_over()

    def hand_over(self) -> None:
        if self._block:
            block = b"".join(self._block)
            self._block.clear()
            self._size = 0
            self._recorder.tell(TrackHeard(self._channel, block, self._rate_hz, self._from))


class Listening:
    """A participant as a listener."""

    def __init__(
        self,
        key: str,
        timeline: Timeline,
        transcript: Receiver,
        recorder: Receiver,
        manners: Manners,
        wake: Callable[[float], None],
        guard: EchoGuard | None = None,
    ) -> None:
        self.key = key
        self._timeline = timeline
        self._transcript = transcript
        self._recorder = recorder
        self._manners = manners
        self._wake = wake
        self._guard = guard or EchoGuard()
        self._ear: _Ear | None = None
        self._playout: Playout | None = None
        self._live: LiveVoices | None = None
        self._resamplers: dict[tuple[str, int], Resampler] = {}
        self._outstanding = Outstanding()
        self._track = _LiveTrack(f"{key}_heard", recorder)
        self._overlap = Overlap(manners.overlap)
        self._silent_since = 0.0
        self._held_until: float | None = None
        self._said_so: float | None = None

    # The leg.

    def join(self, joined: ListenerJoined) -> None:
        """Play to this leg from now on; what has not been heard yet is said first."""
        if self._ear is not None and self._ear.leg_id == joined.leg_id:
            return
        self._ear = _Ear(joined.leg, joined.leg_id, joined.rate_hz)
        self._playout = Playout(joined.rate_hz, catch_up=CatchUp(self._manners.ceiling))
        self._live = LiveVoices(joined.rate_hz)
        self._resamplers.clear()
        self._outstanding.start_again()
        for speech in self._outstanding:
            self._push(speech, self._playout)
        self.send_due()

    def leave(self, left: ListenerLeft) -> None:
        """The leg is gone; what was on its way waits for the next."""
        if self._ear is not None and self._ear.leg_id == left.leg_id:
            self._track.hand_over()
            self._ear = self._playout = self._live = None

    # Translations.

    def play(self, speech: SpeechMade) -> None:
        """Take a piece of a translation; while nobody is there to hear it, it waits."""
        self._outstanding.add(speech)
        if self._playout is not None:
            self._push(speech, self._playout)
            self.send_due()

    def _push(self, speech: SpeechMade, playout: Playout) -> None:
        pcm = self._at_ear_rate(speech.utterance_id, speech.pcm, speech.rate_hz, speech.is_last)
        now = self._timeline.now()
        # The lag is counted from when it was said, so that what the engines took is in it.
        ago = 0.0 if speech.said is None else self._timeline.session_time(now) - speech.said
        said = now - max(0.0, ago)
        for dropped in playout.push(
            speech.utterance_id, speech.speaker, pcm, speech.is_last, said=said
        ):
            self._lose(dropped, speech.language)
        if speech.is_last:
            self._manners.backlog(playout.backlog(now))

    def send_due(self) -> None:
        """Send what is due, and ask to be woken for the rest."""
        if self._ear is None or self._playout is None:
            return
        now = self._timeline.now()
        if self._held_until is not None and now >= self._held_until:
            self._held_until = None
            self._playout.resume()
        while happened := self._playout.due(now):
            for each in happened:
                match each:
                    case Piece():
                        self._send(each, self._ear)
                    case Dropped():
                        self._say_so(each, now, self._playout)
                        self._lose(each, "")
        if (due := self._held_until or self._playout.next_due) is not None:
            self._wake(max(0.0, due - now))

    def _send(self, piece: Piece, ear: _Ear) -> None:
        at = self._timeline.session_time(piece.at)
        until = at + sound.duration(piece.pcm, ear.rate_hz)
        language = self._outstanding.sent(piece.utterance, at, until, piece.compressed)
        pcm = piece.pcm if self._live is None else self._live.under(piece.pcm)
        mark = self._mark(piece.utterance) if piece.is_last else None
        _tell(ear.leg, PlayAudio(pcm, self.key, piece.speaker, piece.utterance, language, mark))
        self._guard.played(pcm, at, ear.rate_hz)
        self._recorder.tell(TrackHeard(f"{self.key}_heard", pcm, ear.rate_hz, at))

    def _lose(self, dropped: Dropped, language: str) -> None:
        """Account for what will not be heard."""
        said = self._outstanding[dropped.utterance]
        if said is not None and not dropped.is_whole:
            said.dropped += dropped.seconds
            return
        if said is not None:
            self._outstanding.cut(dropped.utterance)
            language = said.language
        at = self._timeline.session_time(self._timeline.now())
        self._transcript.tell(
            RenderingSpoken(dropped.utterance, self.key, language, at, at, dropped.seconds)
        )

    def _say_so(self, dropped: Dropped, now: float, playout: Playout) -> None:
        """Have it said that something was left out, unless that was said a moment ago."""
        said = self._outstanding[dropped.utterance]
        if said is None or (self._said_so is not None and now - self._said_so < SAID_SO):
            return
        notice = self._manners.notices.get(("behind", said.language))
        if notice is None:
            return
        self._said_so = now
        name = f"behind {now:.3f}"
        pcm = self._at_ear_rate(name, notice.pcm, notice.rate_hz, is_last=True)
        playout.push(name, said.pieces[0].speaker, pcm, is_last=True, is_urgent=True)

    def reached(self, reached: PlaybackReached) -> None:
        """The far end has come to the end of a translation."""
        utterance = reached.mark.rpartition("/")[2]
        if reached.mark != self._mark(utterance):  # another listener's, or of what was cleared
            return
        said = self._outstanding.remove(utterance)
        if said is not None and said.since is not None:
            heard = self._timeline.session_time(self._timeline.now())
            # A mark that comes late tells of the network's delay, not of a longer translation.
            until = min(max(said.until, heard), said.until + 1.0)
            self._report(utterance, said, said.since, until)

    def _mark(self, utterance: str) -> str:
        """Name the end of an utterance; when it is sent once more it has another name."""
        said = self._outstanding[utterance]
        return f"{self.key}/{0 if said is None else said.taken_back}/{utterance}"

    def _report(self, utterance: str, said: Said, since: float, until: float) -> None:
        self._transcript.tell(
            RenderingSpoken(
                utterance, self.key, said.language, since, until, said.dropped, said.compressed
            )
        )

    # Live voices.

    def overhear(self, heard: OriginalHeard) -> None:
        """Take a frame of somebody's own voice."""
        if self._ear is None or self._live is None or self._playout is None:
            return
        now, pcm = self._timeline.now(), heard.pcm
        if heard.rate_hz != self._ear.rate_hz:
            pcm = self._at_ear_rate(f"{heard.speaker} live", pcm, heard.rate_hz)
        translated = self._playout.speaker if self._playout.is_sounding(now) else None
        pcm = self._live.add(heard.speaker, pcm, heard.gain, now, translated)
        if pcm:
            _tell(self._ear.leg, PlayAudio(pcm, self.key, heard.speaker, None))
            at = self._timeline.session_time(now)
            self._guard.played(pcm, at, self._ear.rate_hz)
            self._track.keep(pcm, at, self._ear.rate_hz)

    def _at_ear_rate(self, voice: str, pcm: bytes, rate_hz: int, is_last: bool = False) -> bytes:
        if self._ear is None or rate_hz == self._ear.rate_hz:
            return pcm
        key = (voice, rate_hz)
        if key not in self._resamplers:
            self._resamplers[key] = Resampler(rate_hz, self._ear.rate_hz)
        pcm = self._resamplers[key].feed(pcm)
        return pcm + self._resamplers.pop(key).flush() if is_last else pcm

    # Interruptions.

    def heed(self, turns: Sequence[TurnEvent], is_speaking: bool) -> None:
        """React to what the listener themselves are doing."""
        now = self._timeline.now()
        is_playing = self._playout is not None and not self._playout.is_idle(now)
        if not is_speaking:
            self._decide(self._overlap.ends(now), now)
        elif any(isinstance(event, SpeechGoesOn | SpeechEnded) for event in turns):
            # A turn that is cut because it is long ends and starts: they are still speaking.
            is_echo = self._overlap.is_doubtful and self._is_echo(now)
            self._decide(self._overlap.goes_on(now, is_playing=is_playing, is_echo=is_echo), now)
        elif any(isinstance(event, SpeechStarted) for event in turns):
            self._decide(self._overlap.starts(now, is_playing=is_playing), now)

    def hear_words(self, words: str, language: str | None) -> None:
        """Learn what the listener has said so far since they began to speak."""
        self._decide(self._overlap.says(words, language), self._timeline.now())

    def _is_echo(self, now: float) -> bool:
        until = self._timeline.session_time(now)
        return self._guard.is_echo(until - 0.5, until) >= ECHO

    def _decide(self, decisions: tuple[Decision, ...], now: float) -> None:
        for decision in decisions:
            match decision:
                case "hold":
                    self._silence(now)
                case "drop":
                    self._drop_unheard(now)
                case "resume":
                    self._go_on()
                case _:
                    assert_never(decision)

    def _silence(self, now: float) -> None:
        """Have the far end fall silent at once, and keep what was not heard."""
        if self._ear is None or self._playout is None:
            return
        _tell(self._ear.leg, ClearPlayback(self.key))
        for utterance in self._playout.hold(now):
            self._outstanding.take_back(utterance)
        self._held_until = now + self._manners.overlap.longest
        self._wake(self._manners.overlap.longest)
        self._silent_since = at = self._timeline.session_time(now)
        self._guard.silenced(at)
        self._recorder.tell(TrackErased(f"{self.key}_heard", at))

    def _go_on(self) -> None:
        self._held_until = None
        if self._playout is not None:
            self._playout.resume()
        self.send_due()

    def _drop_unheard(self, now: float) -> None:
        if self._playout is None:
            return
        at = self._timeline.session_time(now)
        for cut in self._playout.clear(now).cut:
            said = self._outstanding.cut(cut.utterance)
            if said is not None:
                said.dropped += cut.dropped
                since = said.since if said.since is not None and cut.played else at
                self._report(cut.utterance, said, since, max(since, self._silent_since))


def _tell(leg: Receiver, message: PlayAudio | ClearPlayback) -> None:
    """Tell a leg; one that has ended a moment ago plays nothing, and `ListenerLeft` is coming."""
    try:  # noqa: SIM105 - `suppress` takes as long as the rest of a hop
        leg.tell(message)
    except pykka.ActorDeadError:
        pass
