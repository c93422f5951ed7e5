"""Kallglot's own protocol, as JSON text or raw audio in and text out.

There are two generations of it.  Both are understood at any time; a client whose first message
is of the older one (`audio`, `control`, `end`) is answered in the older one from then on, and
everybody else in the newer one.

The query of the connection (`encoding`, `sample_rate`, `channels`, `speaker`) says how audio in
binary frames is written and how we are to write ours; without it both are mu-law at 8 kHz.  What
the query asks and we cannot do is answered with `session.error` when a binary frame comes, and we
write mu-law.  A text frame describes its audio itself.

Several people may share a connection: they are told apart by `speaker`, or as two channels, the
agent left and the customer right.  What is played to them is tagged with `listener`.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import attrs

from kallglot.providers import (
    EndRequested,
    Frame,
    Heard,
    MuteRequested,
    Notice,
    Opened,
    Problem,
    Reply,
    StreamOffer,
    TranscriptionPaused,
    WireEvent,
)
from plugins.browser import frames
from plugins.browser.dialects import Dialect, Newer, Older, Speech, written
from plugins.browser.formats import Fault, Format, agreed_format, audio_format
from plugins.browser.frames import (
    Action,
    Audio,
    AudioInput,
    Control,
    End,
    Incoming,
    Ping,
    SessionEnd,
)

__all__ = ["BrowserWire"]

TELEPHONE: Final = Format("mulaw", 8000)

#: Who is heard on which channel.
LEFT_AND_RIGHT: Final = ("agent", "customer")


@attrs.frozen
class _Unheard:
    """The client has said nothing yet that was understood."""


class BrowserWire:
    """One native client's connection.  No socket, no clock."""

    shortest: float = 0.02
    longest: float = 0.2
    has_marks: bool = False
    #: A WebSocket keeps its order.
    deadline: float | None = None

    def __init__(self, offer: StreamOffer) -> None:
        self._offer = offer
        self._agreed = agreed_format(offer.query)
        agreed = TELEPHONE if isinstance(self._agreed, Fault) else self._agreed
        self._output = attrs.evolve(agreed, channels=1)
        self._speaker = offer.query.get("speaker") or None
        self._state: _Unheard | Dialect = _Unheard()
        self._sequences: Counter[str] = Counter()
        self.rate_hz = self._output.rate_hz

    # in

    def receive(self, frame: Frame, now: float) -> list[WireEvent]:
        """Take a frame; what cannot be used becomes a `Problem` that tells the client."""
        message = frame if isinstance(frame, bytes) else frames.decode(frame)
        if isinstance(message, Fault):
            return [self._problem(message)]
        events = self._understood(message)
        if isinstance(self._state, _Unheard):
            events.insert(0, self._open(message))
        return events

    def due(self, now: float) -> list[WireEvent]:
        """Return nothing: nothing is ever held back."""
        return []

    def _open(self, message: bytes | Incoming) -> Opened:
        """Take the client's generation, and whom it speaks for, from its first message."""
        is_older = isinstance(message, Audio | Control | End)
        self._state = (Older if is_older else Newer)(self._offer.session_id)
        query, speaker = dict(self._offer.query), self._speaker
        if isinstance(message, Audio | AudioInput):
            speaker = message.speaker or speaker
        if speaker is not None:
            query.setdefault("participant", speaker)
        return Opened(parameters=query)

    def _understood(self, message: bytes | Incoming) -> list[WireEvent]:
        match message:
            case AudioInput(audio=sound, speaker=speaker):
                names = ("audio.encoding", "audio.sample_rate_hz", "audio.channels")
                described = audio_format(sound.encoding, sound.sample_rate_hz, 1, names)
                return self._hear(sound.payload, described, speaker or self._speaker)
            case Audio(encoding=encoding, sample_rate=rate, channels=channels, speaker=speaker):
                names = ("encoding", "sample_rate", "channels")
                described = audio_format(encoding, rate, channels, names)
                return self._hear(message.data, described, speaker or self._speaker)
            case bytes():
                return self._hear(message, self._agreed, self._speaker)
            case Control(action=action):
                return [_switch(action)]
            case Ping():
                return [Reply(written("pong", self._offer.session_id, {}))]
            case SessionEnd() | End():
                return [EndRequested("explicit_end")]

    def _hear(
        self, payload: bytes, described: Format | Fault, speaker: str | None
    ) -> list[WireEvent]:
        if isinstance(described, Fault):
            return [self._problem(described)]
        if len(payload) > frames.LARGEST_PAYLOAD:
            message = f"the audio has {len(payload)} bytes"
            return [self._problem(Fault("frame_too_large", message))]
        if not payload:
            return []
        channels = described.decode(payload)
        if isinstance(channels, Fault):
            return [self._problem(channels)]
        speakers = LEFT_AND_RIGHT if described.channels == 2 else (speaker,)
        return [
            Heard(pcm, described.rate_hz, who) for pcm, who in zip(channels, speakers, strict=True)
        ]

    def _problem(self, fault: Fault) -> Problem:
        fields: dict[str, object] = {"code": fault.code, "message": fault.message}
        if fault.param is not None:
            fields["param"] = fault.param
        reply = written("session.error", self._offer.session_id, fields)
        return Problem(fault.code, fault.message, reply)

    # out

    def play(
        self,
        pcm: bytes,
        listener: str,
        speaker: str,
        utterance: str | None,
        language: str | None = None,
    ) -> list[Frame]:
        """Encode audio, tagged with who is to hear it."""
        most = 2 * int(self.rate_hz * self.longest)
        frames: list[Frame] = []
        for at in range(0, len(pcm), most):
            self._sequences[listener] += 1
            payload = self._output.encode(pcm[at : at + most])
            sequence = self._sequences[listener]
            frames.append(
                self._dialect.speech(
                    Speech(listener, speaker, utterance, language, sequence, self._output, payload)
                )
            )
        return frames

    def mark(self, name: str) -> list[Frame]:
        """Return nothing: a native client does not say what it has played."""
        return []

    def clear(self, listener: str) -> list[Frame]:
        """Tell the client to stop what it is playing to `listener`."""
        return [written("audio.clear", self._offer.session_id, {"listener": listener})]

    def notify(self, notice: Notice) -> list[Frame]:
        """Encode a notice."""
        return [*self._dialect.notice(notice)]

    @property
    def _dialect(self) -> Dialect:
        if isinstance(self._state, _Unheard):
            return Newer(self._offer.session_id)
        return self._state


def _switch(action: Action) -> WireEvent:
    match action:
        case "mute":
            return MuteRequested(is_muted=True)
        case "unmute":
            return MuteRequested(is_muted=False)
        case "pause_transcription":
            return TranscriptionPaused(is_paused=True)
        case "resume_transcription":
            return TranscriptionPaused(is_paused=False)
