"""Telnyx's media streams, as text in and text out.

What comes in is in the codec the telephone leg negotiated, named by `start.media_format`: PCMU in
the United States, PCMA in most of the world.  Frames may come in any order, so each track passes
a `ReorderWindow`.  What goes out is in the codec that whoever started the stream asked for, which
the far end never says: PCMU by our own `streaming_start`, and by default in TeXML.  A piece below
20 ms is undefined there, so what is left over waits for the next `play`, or for `mark`, which
fills it up with silence.

L16 is taken as little-endian.  The RFCs say otherwise; everybody who listened to a live call says
little-endian.  Probe before you offer it.

With both tracks the outbound one is a second speaker, or our own voice coming back, and the far
end does not say which.  So the first outbound frame is answered with a mark.  Only a stream that
plays what we send returns it, and then its outbound track is dropped: an echo that was translated
would be heard, and translated again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import attrs

from kallglot.audio import g711
from kallglot.audio.blocks import Blocks
from kallglot.audio.reorder import ReorderWindow
from kallglot.providers import (
    Closed,
    DigitPressed,
    Frame,
    Heard,
    Notice,
    Opened,
    Played,
    Problem,
    Reply,
    StreamOffer,
    WireEvent,
)
from plugins.telnyx import frames
from plugins.telnyx.frames import (
    Connected,
    Digit,
    Format,
    InStream,
    Mark,
    Media,
    MediaBody,
    ProviderError,
    Start,
    Stop,
)

__all__ = ["L16", "PCMA", "PCMU", "Codec", "TelnyxWire"]

#: Whose voice a track carries, where a stream carries two.
INBOUND: Final = "customer"
OUTBOUND: Final = "agent"

#: The mark that finds out whether a stream plays what we send, and how long its answer may take.
PROBE: Final = "kallglot:probe"
ANSWERED_WITHIN: Final = 1.0

#: How long a frame waits for the one before it.
REORDER_WITHIN: Final = 0.06
#: A second of frames: numbers this far apart do not belong to one count.
LEAP: Final = 50


@attrs.frozen
class Codec:
    """How samples become bytes; `silence` is one sample of it."""

    name: str
    rates_hz: frozenset[int]
    silence: bytes
    decode: Callable[[bytes], bytes]
    encode: Callable[[bytes], bytes]


PCMU = Codec("PCMU", frozenset({8000}), g711.MULAW_SILENCE, g711.decode_mulaw, g711.encode_mulaw)
PCMA = Codec("PCMA", frozenset({8000}), g711.ALAW_SILENCE, g711.decode_alaw, g711.encode_alaw)
L16 = Codec("L16", frozenset({8000, 16000, 22050, 24000, 48000}), b"\0\0", bytes, bytes)


# What the far end is doing.


@attrs.frozen
class _Waiting:
    """Nothing is known of the stream yet."""


@attrs.frozen
class _Streaming:
    """`codec` is None where the audio is in a format we cannot decode."""

    stream_id: str
    codec: Codec | None
    rate_hz: int


@attrs.frozen
class _Stopped:
    """Telnyx has said that the stream is over; what comes now comes late."""


# What the outbound track is.


@attrs.frozen
class _Unseen:
    """No frame of it has come, and probably none will."""


@attrs.frozen
class _Probed:
    """The far end has been asked; if it has not answered at `deadline`, it never will."""

    deadline: float


@attrs.frozen
class _SecondSpeaker:
    """Somebody's voice: the stream does not play what we send."""


@attrs.frozen
class _Echo:
    """Our own voice coming back."""


class _Track:
    """One track's audio, put in order; a count that leaps is a new count."""

    def __init__(self) -> None:
        self._window: ReorderWindow[WireEvent] = ReorderWindow(REORDER_WITHIN)
        self._latest = 0

    def put(self, chunk: int, heard: Heard, now: float) -> list[WireEvent]:
        before: list[WireEvent] = []
        if abs(chunk - self._latest) > LEAP:
            before = self.due(math.inf)
            self._window = ReorderWindow(REORDER_WITHIN)
        self._latest = chunk
        return before + self._window.put(chunk, heard, now)

    @property
    def deadline(self) -> float | None:
        return self._window.deadline

    def due(self, now: float) -> list[WireEvent]:
        return self._window.due(now)


class TelnyxWire:
    """One Telnyx media stream.  No socket, no clock."""

    shortest: float = 0.02
    longest: float = 1.0
    has_marks: bool = True

    def __init__(self, offer: StreamOffer, codec: Codec = PCMU, rate_hz: int = 8000) -> None:
        """Play in `codec`, which is the one the stream was started with."""
        self.rate_hz = rate_hz
        self._codec = codec
        self._blocks = Blocks(len(codec.silence) * rate_hz // 50, codec.silence)
        self._state: _Waiting | _Streaming | _Stopped = _Waiting()
        self._outbound: _Unseen | _Probed | _SecondSpeaker | _Echo = _Unseen()
        self._inbound = _Track()
        self._second = _Track()

    @property
    def deadline(self) -> float | None:
        """When what waits for the one before it has waited long enough."""
        deadlines = (self._inbound.deadline, self._second.deadline)
        return min((each for each in deadlines if each is not None), default=None)

    # in

    def receive(self, frame: Frame, now: float) -> list[WireEvent]:
        """Take a frame; what cannot be used becomes a `Problem`."""
        message = frames.decode(frame)
        match message:
            case Media() | Mark() | Digit() | Stop():
                return self._in_stream(message, now)
            case Start():
                return self._start(message)
            case ProviderError(payload=error):
                return [Problem("provider_error", f"{error.code} {error.title}"[:200])]
            case Connected():
                return []
            case Problem():
                return [message]

    def due(self, now: float) -> list[WireEvent]:
        """Return the audio behind a gap that has been waited for long enough."""
        return self._inbound.due(now) + self._second.due(now)

    def _start(self, message: Start) -> list[WireEvent]:
        match self._state:
            case _Streaming(stream_id=known) if known == message.stream_id:
                return []
            case _Streaming() | _Stopped():
                return [Problem("wrong_stream", "a second stream starts on the same connection")]
            case _Waiting():
                pass
        stream_id, start = message.stream_id, message.start
        codec = _codec(start.media_format)
        self._state = _Streaming(stream_id, codec, start.media_format.sample_rate)
        opened = Opened(stream_id, start.call_control_id, start.parameters())
        if codec is not None:
            return [opened]
        return [opened, Problem("invalid_audio_format", f"cannot decode {start.media_format}")]

    def _in_stream(self, message: InStream, now: float) -> list[WireEvent]:
        match self._state:
            case _Streaming(stream_id=known) as stream if known == message.stream_id:
                pass
            case _Streaming():
                return [Problem("wrong_stream", "a frame names another stream")]
            case _Waiting():
                return [Problem("not_started", "a frame comes before `start`")]
            case _Stopped():
                return []
        match message:
            case Media(media=media):
                return self._hear(media, stream, now)
            case Mark(mark=mark) if mark.name == PROBE:
                self._outbound = _Echo()
                return []
            case Mark(mark=mark):
                return [Played(mark.name)]
            case Digit(dtmf=dtmf):
                return [DigitPressed(dtmf.digit)]
            case Stop():
                self._state = _Stopped()
                return [*self.due(math.inf), Closed()]

    def _hear(self, media: MediaBody, stream: _Streaming, now: float) -> list[WireEvent]:
        payload, codec = media.payload, stream.codec
        if len(payload) > frames.LARGEST_PAYLOAD:
            return [Problem("frame_too_large", f"the payload has {len(payload)} bytes")]
        if not payload or codec is None:
            return []
        if len(payload) % len(codec.silence):
            return [Problem("invalid_frame", f"the payload ends inside a sample of {codec.name}")]
        if media.track == "inbound":
            speaker = INBOUND if isinstance(self._outbound, _SecondSpeaker) else None
            heard = Heard(codec.decode(payload), stream.rate_hz, speaker)
            return self._inbound.put(media.chunk, heard, now)
        match self._outbound:
            case _Unseen():
                self._outbound = _Probed(now + ANSWERED_WITHIN)
                return [Reply(frames.mark(PROBE))]
            case _Probed(deadline=deadline) if now >= deadline:
                self._outbound = _SecondSpeaker()
            case _Probed() | _Echo():
                return []
            case _SecondSpeaker():
                pass
        heard = Heard(codec.decode(payload), stream.rate_hz, OUTBOUND)
        return self._second.put(media.chunk, heard, now)

    # out

    def play(
        self,
        pcm: bytes,
        listener: str,
        speaker: str,
        utterance: str | None,
        language: str | None = None,
    ) -> list[Frame]:
        """Encode audio in whole blocks of 20 ms; what is left over waits.

        Before `start` there is nobody to play to, and the audio is lost.
        """
        if not isinstance(self._state, _Streaming):
            return []
        return [frames.media(whole) for whole in self._blocks.put(self._codec.encode(pcm))]

    def mark(self, name: str) -> list[Frame]:
        """Play what is left over, and ask to be told when it has been heard."""
        if not isinstance(self._state, _Streaming):
            return []
        last = [frames.media(whole) for whole in self._blocks.flush()]
        return [*last, frames.mark(name)]

    def clear(self, listener: str) -> list[Frame]:
        """Have Telnyx throw away its queue; it returns every mark that is still out."""
        if not isinstance(self._state, _Streaming):
            return []
        self._blocks.clear()
        return [frames.CLEAR]

    def notify(self, notice: Notice) -> list[Frame]:
        """Return nothing: a telephone shows no captions."""
        return []


def _codec(sound: Format) -> Codec | None:
    """Return the codec that decodes `sound`, if we have it."""
    for codec in (PCMU, PCMA, L16):
        if codec.name == sound.encoding and sound.sample_rate in codec.rates_hz:
            return codec if sound.channels == 1 else None
    return None
