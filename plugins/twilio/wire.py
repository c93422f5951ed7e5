"""Twilio's media streams, as text in and text out.

Audio is mu-law at 8 kHz, always.  Pieces that are not whole multiples of 20 ms are heard as
clicks, so what is left over waits for the next `play`, or for `mark`, which fills it up with
silence.

A stream with both tracks comes from `<Start><Stream>`: the tracks are two speakers, and Twilio
ignores what we send.  A `<Connect><Stream>` hears one track and plays.
"""

from __future__ import annotations

from typing import Final

import attrs

from kallglot.audio import g711
from kallglot.audio.blocks import Blocks
from kallglot.providers import (
    Closed,
    DigitPressed,
    Frame,
    Heard,
    Notice,
    Opened,
    Played,
    Problem,
    StreamOffer,
    WireEvent,
)
from plugins.twilio import frames
from plugins.twilio.frames import Connected, Digit, Format, InStream, Mark, Media, Start, Stop

__all__ = ["TwilioWire"]

#: 20 ms of mu-law.
BLOCK: Final = 160

#: Whose voice a track carries, where a stream carries two.
SPEAKERS: Final = {"inbound": "customer", "outbound": "agent"}


@attrs.frozen
class _Waiting:
    """Nothing is known of the stream yet."""


@attrs.frozen
class _Streaming:
    """`sid` is the stream's id in JSON; `speakers` says whose voice a track is, if there are two.

    `is_heard` is False where the audio is in a format we cannot decode.
    """

    stream_id: str
    sid: str
    is_heard: bool
    speakers: dict[str, str]


@attrs.frozen
class _Stopped:
    """Twilio has said that the stream is over; what comes now comes late."""


class TwilioWire:
    """One Twilio media stream.  No socket, no clock."""

    rate_hz: int = 8000
    shortest: float = 0.02
    longest: float = 1.0
    has_marks: bool = True
    #: Twilio's frames come in order.
    deadline: float | None = None

    def __init__(self, offer: StreamOffer) -> None:
        self._state: _Waiting | _Streaming | _Stopped = _Waiting()
        self._blocks = Blocks(BLOCK, g711.MULAW_SILENCE)

    # in

    def receive(self, frame: Frame, now: float) -> list[WireEvent]:
        """Take a frame; what cannot be used becomes a `Problem`."""
        message = frames.decode(frame)
        match message:
            case Media() | Mark() | Digit() | Stop():
                return self._in_stream(message)
            case Start():
                return self._start(message)
            case Connected():
                return []
            case Problem():
                return [message]

    def due(self, now: float) -> list[WireEvent]:
        """Return nothing: nothing is ever held back."""
        return []

    def _start(self, message: Start) -> list[WireEvent]:
        match self._state:
            case _Streaming(stream_id=known) if known == message.stream_sid:
                return []
            case _Streaming() | _Stopped():
                return [Problem("wrong_stream", "a second stream starts on the same connection")]
            case _Waiting():
                pass
        stream_id, start = message.stream_sid, message.start
        is_heard = start.media_format == Format()
        speakers = SPEAKERS if len(start.tracks) > 1 else {}
        self._state = _Streaming(stream_id, frames.quoted(stream_id), is_heard, speakers)
        opened = Opened(stream_id, start.call_sid, start.custom_parameters or {})
        if is_heard:
            return [opened]
        return [opened, Problem("invalid_audio_format", f"cannot decode {start.media_format}")]

    def _in_stream(self, message: InStream) -> list[WireEvent]:
        match self._state:
            case _Streaming(stream_id=known) as stream if known == message.stream_sid:
                pass
            case _Streaming():
                return [Problem("wrong_stream", "a frame names another stream")]
            case _Waiting():
                return [Problem("not_started", "a frame comes before `start`")]
            case _Stopped():
                return []
        match message:
            case Media(media=media):
                return self._hear(media.payload, media.track, stream)
            case Mark(mark=mark):
                return [Played(mark.name)]
            case Digit(dtmf=dtmf):
                return [DigitPressed(dtmf.digit)]
            case Stop():
                self._state = _Stopped()
                return [Closed()]

    def _hear(self, mulaw: bytes, track: str, stream: _Streaming) -> list[WireEvent]:
        if len(mulaw) > frames.LARGEST_PAYLOAD:
            return [Problem("frame_too_large", f"the payload has {len(mulaw)} bytes")]
        if not mulaw or not stream.is_heard:
            return []
        return [Heard(g711.decode_mulaw(mulaw), 8000, stream.speakers.get(track))]

    # out

    def play(
        self,
        pcm: bytes,
        listener: str,
        speaker: str,
        utterance: str | None,
        language: str | None = None,
    ) -> list[Frame]:
        """Encode audio in whole blocks; what is left over waits.

        Before `start` there is nobody to play to, and the audio is lost.
        """
        if not isinstance(self._state, _Streaming):
            return []
        sid = self._state.sid
        return [frames.media(sid, whole) for whole in self._blocks.put(g711.encode_mulaw(pcm))]

    def mark(self, name: str) -> list[Frame]:
        """Play what is left over, and ask to be told when it has been heard."""
        if not isinstance(self._state, _Streaming):
            return []
        sid = self._state.sid
        last = [frames.media(sid, whole) for whole in self._blocks.flush()]
        return [*last, frames.mark(sid, name)]

    def clear(self, listener: str) -> list[Frame]:
        """Have Twilio throw away its queue; it returns every mark that is still out."""
        if not isinstance(self._state, _Streaming):
            return []
        self._blocks.clear()
        return [frames.clear(self._state.sid)]

    def notify(self, notice: Notice) -> list[Frame]:
        """Return nothing: a telephone shows no captions."""
        return []
