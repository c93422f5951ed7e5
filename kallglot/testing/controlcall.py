"""A call under Telnyx's Call Control, as a machine.  Pure: no socket, no clock.

Commands and happenings go in; webhooks and what is to be done come out.  Names, required fields
and webhooks are those of Telnyx's OpenAPI document (github.com/team-telnyx/openapi, spec3.yml);
errors are listed at developers.telnyx.com/api/errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs

__all__ = [
    "ENDED",
    "NOT_ANSWERED",
    "CloseStream",
    "ControlCall",
    "Effect",
    "Hang",
    "Join",
    "OpenStream",
    "Perform",
    "Press",
    "Publish",
    "Refusal",
    "Transfer",
    "missing",
    "stream_fault",
]

Body: TypeAlias = Mapping[str, Any]
Fields: TypeAlias = tuple[tuple[str, Any], ...]

#: Seconds in which a command with the same id is ignored.
REPEATED: Final = 60.0

#: What a command needs.
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "answer": (),
    "reject": ("cause",),
    "hangup": (),
    "streaming_start": ("stream_url",),
    "streaming_stop": (),
    "transfer": ("to",),
    "bridge": ("call_control_id",),
    "speak": ("payload", "voice"),
    "playback_start": (),
    "playback_stop": (),
    "send_dtmf": ("digits",),
    "client_state_update": ("client_state",),
}
_BEFORE_ANSWER: Final = frozenset(("answer", "reject", "hangup", "transfer", "client_state_update"))
_ONE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "stream_track": ("inbound_track", "outbound_track", "both_tracks"),
    "stream_codec": ("default", "PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16"),
    "stream_bidirectional_codec": ("PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16"),
    "stream_bidirectional_mode": ("mp3", "rtp"),
    "stream_bidirectional_target_legs": ("opposite", "self", "both"),
    "stream_bidirectional_sampling_rate": (8000, 16000, 22050, 24000, 48000),  # type: ignore[dict-item]
}
_CAUSES: Final = {
    "CALL_REJECTED": ("call_rejected", "603"),
    "USER_BUSY": ("user_busy", "486"),
    "NOT_FOUND": ("not_found", "404"),
    "TEMPORARILY_UNAVAILABLE": ("unspecified", "480"),
}


@attrs.frozen
class Refusal:
    """An error of Telnyx's."""

    status: int
    code: str
    title: str
    detail: str
    pointer: str = ""


# What is to be done.


@attrs.frozen
class Publish:
    """Tell the customer; `state` is the client state that the call has by then."""

    event: str
    fields: Fields = ()


@attrs.frozen
class OpenStream:
    body: Body = attrs.field(repr=False)


@attrs.frozen
class CloseStream:
    pass


@attrs.frozen
class Perform:
    """Say or play something; its end is told to `ControlCall.performed`."""

    kind: Literal["speak", "playback"]
    text: str = attrs.field(repr=False)


@attrs.frozen
class Press:
    digits: str


@attrs.frozen
class Transfer:
    body: Body = attrs.field(repr=False)


@attrs.frozen
class Join:
    """Put this call and another through to each other."""

    other: str


@attrs.frozen
class Hang:
    """The call is over: stop what goes on in it."""


Effect: TypeAlias = Publish | OpenStream | CloseStream | Perform | Press | Transfer | Join | Hang
State: TypeAlias = Literal["parked", "bridging", "answered", "hangup"]

ENDED = Refusal(
    422,
    "90018",
    "Call has already ended",
    "This call is no longer active and can't receive commands.",
)
NOT_ANSWERED = Refusal(
    422,
    "90034",
    "Call not answered yet",
    "This call can't receive this command because it has not been answered yet.",
)
STREAMING = Refusal(
    422,
    "90045",
    "Media Streaming is used",
    "This command can't be issued when media streaming is used.",
)


class ControlCall:
    """One leg.  `stream` is what a dialled call streams once it is answered."""

    def __init__(
        self,
        direction: Literal["incoming", "outgoing"],
        client_state: str | None = None,
        stream: Body | None = None,
    ) -> None:
        self.direction = direction
        self.state: State = "parked" if direction == "incoming" else "bridging"
        self.client_state = client_state
        self.is_streaming = stream is not None
        self._stream = stream
        self._commands: dict[str, float] = {}

    @property
    def is_alive(self) -> bool:
        return self.state != "hangup"

    def begin(self) -> list[Effect]:
        fields = (("direction", self.direction), ("state", self.state))
        effects: list[Effect] = [Publish("call.initiated", fields)]
        return effects if self._stream is None else [*effects, OpenStream(self._stream)]

    def command(self, name: str, body: Body, now: float) -> Refusal | list[Effect]:
        """Do what the customer asks, or say why not."""
        if not self.is_alive:
            return ENDED
        fault = self._fault(name, body)
        if fault is not None:
            return fault
        command_id = body.get("command_id")
        if isinstance(command_id, str):
            if now - self._commands.get(command_id, -REPEATED) < REPEATED:
                return []
            self._commands[command_id] = now
        if isinstance(body.get("client_state"), str):
            self.client_state = body["client_state"]
        return self._obey(name, body)

    def _fault(self, name: str, body: Body) -> Refusal | None:
        if name not in _REQUIRED:
            return Refusal(404, "10005", "Resource not found", f"no simulated command {name}")
        if self.state != "answered" and name not in _BEFORE_ANSWER:
            return NOT_ANSWERED
        for field in _REQUIRED[name]:
            if not body.get(field):
                return missing(field)
        if name == "reject" and body["cause"] not in _CAUSES:
            return _unknown("cause")
        if name == "streaming_start" and self.is_streaming:
            return STREAMING
        return stream_fault(body)

    def _obey(self, name: str, body: Body) -> list[Effect]:
        match name:
            case "answer":
                return self._answer(body)
            case "reject":
                return self._end(*_CAUSES[body["cause"]], "callee")
            case "hangup":
                source = "callee" if self.direction == "incoming" else "caller"
                return self._end("normal_clearing", "200", source)
            case "streaming_start":
                self.is_streaming = True
                return [OpenStream(body)]
            case "streaming_stop":
                return [CloseStream()] if self.is_streaming else []
            case "transfer":
                return [Transfer(body)]
            case "bridge":
                return [Join(body["call_control_id"])]
            case "speak":
                return [Publish("call.speak.started"), Perform("speak", str(body["payload"]))]
            case "playback_start":
                source = str(body.get("audio_url") or body.get("media_name") or "")
                return [Publish("call.playback.started"), Perform("playback", source)]
            case "send_dtmf":
                return [Press(str(body["digits"]))]
            case _:
                return []

    def _answer(self, body: Body) -> list[Effect]:
        if self.state != "parked":
            return []
        effects = self.answered()
        if body.get("stream_url"):
            self.is_streaming = True
            effects.append(OpenStream(body))
        return effects

    # What happens.

    def answered(self) -> list[Effect]:
        """Whoever was called has answered."""
        if self.state not in ("parked", "bridging"):
            return []
        self.state = "answered"
        return [Publish("call.answered", (("state", "answered"),))]

    def unanswered(self, cause: str, sip: str, source: str) -> list[Effect]:
        return self._end(cause, sip, source) if self.state != "answered" else []

    def left(self) -> list[Effect]:
        """The person on the telephone has hung up."""
        if self.direction == "incoming":
            cause = "normal_clearing" if self.state == "answered" else "originator_cancel"
            return self._end(cause, "200" if self.state == "answered" else "487", "caller")
        return self._end("normal_clearing", "200", "callee")

    def performed(self, kind: Literal["speak", "playback"]) -> list[Effect]:
        return [Publish(f"call.{kind}.ended", (("status", "completed"),))] if self.is_alive else []

    def stream_over(self) -> None:
        self.is_streaming = False

    def _end(self, cause: str, sip: str, source: str) -> list[Effect]:
        if not self.is_alive:
            return []
        self.state = "hangup"
        fields = (
            ("state", "hangup"),
            ("hangup_cause", cause),
            ("hangup_source", source),
            ("sip_hangup_cause", sip),
        )
        return [Hang(), Publish("call.hangup", fields)]


def stream_fault(body: Body) -> Refusal | None:
    """Return what is wrong with the stream that a command asks for."""
    for field, known in _ONE_OF.items():
        if field in body and body[field] not in known:
            return _unknown(field)
    url = body.get("stream_url")
    if url is not None and not str(url).startswith(("ws://", "wss://")):
        return Refusal(422, "10015", "Invalid value", "not a WebSocket URL", "/stream_url")
    return None


def missing(field: str) -> Refusal:
    return Refusal(
        422,
        "10004",
        "Missing required parameter",
        f"The '{field}' parameter is required.",
        f"/{field}",
    )


def _unknown(field: str) -> Refusal:
    what = f"The '{field}' parameter has a value that is not documented."
    return Refusal(422, "10032", "Invalid enumerated value", what, f"/{field}")
