"""A telephone behind Twilio: its `<Connect><Stream>`, as Twilio plays it.

Twilio is strict where it documents a warning 31951: a frame from the server names the right
`streamSid` and has every documented field and no other.  What breaks that becomes a `Complaint`
and is otherwise ignored, as there.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kallglot.audio import g711
from kallglot.phones.wire import Clear, Complaint, Dialled, Mark, PhoneEvent, Sound
from kallglot.providers import Frame

__all__ = ["TwilioPhone"]

ACCOUNT = "AC00000000000000000000000000000001"
LONGEST_PARAMETER = 500


class TwilioPhone:
    """A call from Twilio; `parameters` are the `<Parameter>` elements of its `<Stream>`.

    `sign` makes the headers that prove the upgrade from its URL.  A `<Start><Stream>` is not
    `is_two_way`: what the server sends is not played.
    """

    rate_hz = 8000

    def __init__(
        self,
        call_sid: str,
        parameters: Mapping[str, str],
        *,
        account: str = ACCOUNT,
        sign: Callable[[str], Mapping[str, str]] | None = None,
        tracks: Sequence[str] = ("inbound",),
        is_two_way: bool = True,
    ) -> None:
        for name, value in parameters.items():
            if len(name) + len(value) >= LONGEST_PARAMETER:
                raise ValueError(f"Twilio does not take a parameter as long as {name}")
        self.call_sid = call_sid
        self.stream_sid = f"MZ{secrets.token_hex(16)}"
        self._parameters = dict(parameters)
        self._account = account
        self._sign = sign
        self._tracks = list(tracks)
        self._is_two_way = is_two_way
        self._sequence = 0
        self._chunk = 0

    def dial(self, url: str) -> Dialled:
        """Drop the query, as Twilio does."""
        bare = url.partition("?")[0]
        proof = {} if self._sign is None else self._sign(bare)
        return Dialled(bare, {"User-Agent": "Twilio.TmeWs/1.0", **proof})

    def connect(self) -> list[Frame]:
        if self._sequence:  # another connection is another stream
            self.stream_sid = f"MZ{secrets.token_hex(16)}"
        self._sequence = self._chunk = 0
        start = {
            "accountSid": self._account,
            "streamSid": self.stream_sid,
            "callSid": self.call_sid,
            "tracks": self._tracks,
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": self._parameters,
        }
        hello = json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        return [hello, self._frame("start", start=start)]

    def speak(self, pcm: bytes) -> Frame:
        timestamp = self._chunk * 20
        self._chunk += 1
        payload = base64.b64encode(g711.encode_mulaw(pcm)).decode()
        media = {
            "track": "inbound",
            "chunk": str(self._chunk),
            "timestamp": str(timestamp),
            "payload": payload,
        }
        return self._frame("media", media=media)

    def lose(self) -> None:
        self._chunk += 1

    def played(self, mark: str) -> list[Frame]:
        return [self._frame("mark", mark={"name": mark})]

    def press(self, digit: str) -> list[Frame]:
        return [self._frame("dtmf", dtmf={"track": "inbound_track", "digit": digit})]

    def hang_up(self) -> list[Frame]:
        return [self._frame("stop", stop={"accountSid": self._account, "callSid": self.call_sid})]

    def receive(self, frame: Frame) -> list[PhoneEvent]:
        if isinstance(frame, bytes):
            return [Complaint("31950: a binary frame")]
        try:
            message = json.loads(frame)
        except ValueError:
            return [Complaint("31951: not JSON")]
        if not self._is_two_way:
            return [Complaint("a <Start><Stream> plays nothing")]
        return [self._understood(message)]

    def _understood(self, message: Any) -> PhoneEvent:
        if not isinstance(message, dict) or message.pop("streamSid", "") != self.stream_sid:
            return Complaint("31951: no streamSid, or another stream's")
        match message:
            case {"event": "media", "media": {"payload": str(payload), **others}, **more} if not (
                others or more
            ):
                return _sound(payload)
            case {"event": "mark", "mark": {"name": str(name), **others}, **more} if not (
                others or more
            ):
                return Mark(name)
            case {"event": "clear", **more} if not more:
                return Clear()
            case _:
                return Complaint(f"31951: a malformed {message.get('event')!r}")

    def _frame(self, event: str, **body: object) -> str:
        self._sequence += 1
        return json.dumps(
            {
                "event": event,
                "sequenceNumber": str(self._sequence),
                **body,
                "streamSid": self.stream_sid,
            }
        )


def _sound(payload: str) -> PhoneEvent:
    try:
        mulaw = base64.b64decode(payload, validate=True)
    except ValueError:
        return Complaint("31951: the payload is not base64")
    if not mulaw or len(mulaw) % 160:
        return Complaint(f"{len(mulaw)} bytes of audio are not whole frames and would click")
    return Sound(g711.decode_mulaw(mulaw))
