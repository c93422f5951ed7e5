"""A telephone behind Telnyx: Call Control's media stream in `rtp` mode, as Telnyx plays it.

Telnyx says that media may come in any order; `kallglot.phones.network` sees to that.  A stream id
in a frame of the server is not documented and therefore complained about.
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import Mapping
from typing import Any, Literal

from kallglot.audio import g711
from kallglot.phones.wire import Clear, Complaint, Dialled, Mark, PhoneEvent, Sound
from kallglot.providers import Frame

__all__ = ["TelnyxPhone"]

_CODECS = {
    "PCMU": (g711.encode_mulaw, g711.decode_mulaw),
    "PCMA": (g711.encode_alaw, g711.decode_alaw),
}

#: Bytes in 20 ms; below that Telnyx's behaviour is undefined.
SHORTEST = 160
#: Bytes in 30 s.
LONGEST = 240_000


class TelnyxPhone:
    """A call from Telnyx.

    `encoding` is what the telephone leg has negotiated, PCMU in America and PCMA in Europe; what
    the server sends is always PCMU.  `token` is the `stream_auth_token` of the upgrade.  In the
    `mode` mp3, which is Telnyx's default, nothing is heard of what is sent as on the telephone.
    """

    rate_hz = 8000

    def __init__(
        self,
        call_control_id: str,
        parameters: Mapping[str, str] | None = None,
        *,
        encoding: Literal["PCMU", "PCMA"] = "PCMU",
        token: str | None = None,
        mode: str = "rtp",
        start: Mapping[str, object] | None = None,
    ) -> None:
        """Make a telephone; `start` replaces fields of the frame of that name."""
        self.call_control_id = call_control_id
        self.encoding = encoding
        self._parameters = dict(parameters or {})
        self._token = token
        self.stream_id = _new_id()
        self._mode = mode
        self._start = {"call_session_id": _new_id(), **(start or {})}
        self._sequence = 0
        self._chunk = 0

    def dial(self, url: str) -> Dialled:
        token = {"x-telnyx-streaming-auth-token": self._token} if self._token else {}
        return Dialled(url, token)

    def connect(self) -> list[Frame]:
        if self._sequence:  # another connection is another stream
            self.stream_id = _new_id()
        self._sequence = self._chunk = 0
        start: dict[str, Any] = {
            "user_id": "44444444-0000-4000-8000-000000000001",
            "call_control_id": self.call_control_id,
            "from": "+15550100001",
            "to": "+15550100002",
            "client_state": None,
            "media_format": {"encoding": self.encoding, "sample_rate": 8000, "channels": 1},
            **self._start,
        }
        if self._parameters:
            start["custom_parameters"] = [
                {"name": name, "value": value} for name, value in self._parameters.items()
            ]
        hello = json.dumps({"event": "connected", "version": "1.0.0"})
        return [hello, self._frame("start", start=start)]

    def speak(self, pcm: bytes) -> Frame:
        timestamp = self._chunk * 20
        self._chunk += 1
        encode, _ = _CODECS[self.encoding]
        media = {
            "track": "inbound",
            "chunk": str(self._chunk),
            "timestamp": str(timestamp),
            "payload": base64.b64encode(encode(pcm)).decode(),
        }
        return self._frame("media", media=media)

    def lose(self) -> None:
        self._chunk += 1

    def played(self, mark: str) -> list[Frame]:
        return [self._frame("mark", mark={"name": mark})]

    def press(self, digit: str) -> list[Frame]:
        return [self._frame("dtmf", dtmf={"digit": digit})]

    def hang_up(self) -> list[Frame]:
        return [self._frame("stop", stop={"call_control_id": self.call_control_id})]

    def receive(self, frame: Frame) -> list[PhoneEvent]:
        try:
            message = json.loads(frame)
        except ValueError:
            return [Complaint("100003 malformed_frame: not JSON")]
        match message:
            case {"event": "media", "media": {"payload": str(payload), **others}, **more} if not (
                others or more
            ):
                return [self._sound(payload)]
            case {"event": "mark", "mark": {"name": str(name), **others}, **more} if not (
                others or more
            ):
                return [Mark(name)]
            case {"event": "clear", **more} if not more:
                return [Clear()]
            case _:
                return [Complaint("100003 malformed_frame")]

    def _sound(self, payload: str) -> PhoneEvent:
        if self._mode != "rtp":
            return Complaint(f"100004 invalid_media: the stream's mode is {self._mode}")
        return _sound(payload)

    def _frame(self, event: str, **body: object) -> str:
        self._sequence += 1
        return json.dumps(
            {
                "event": event,
                "sequence_number": str(self._sequence),
                **body,
                "stream_id": self.stream_id,
            }
        )


def _new_id() -> str:
    return str(uuid.UUID(bytes=secrets.token_bytes(16)))


def _sound(payload: str) -> PhoneEvent:
    try:
        mulaw = base64.b64decode(payload, validate=True)
    except ValueError:
        return Complaint("100004 invalid_media: not base64")
    if not SHORTEST <= len(mulaw) <= LONGEST:
        return Complaint(f"100004 invalid_media: {len(mulaw)} bytes")
    return Sound(g711.decode_mulaw(mulaw))
