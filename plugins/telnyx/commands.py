"""Steps as Call Control's commands.  Pure.

A command is a POST with a `command_id`: the same one twice within a minute does nothing the second
time, so any of them may be sent again.  Only so much can be ordered at a time, because Telnyx does
not wait for one command to be through before it does the next: `plan` stops where something has to
be waited for.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Final, assert_never

import attrs

from kallglot.carriers.client import CallOrder
from kallglot.carriers.steps import (
    LONGEST_SPEECH,
    ConnectStream,
    CopyStream,
    Dial,
    EndStream,
    GoTo,
    HangUp,
    Hush,
    JoinConference,
    Number,
    PickUp,
    PlayAudio,
    PressKeys,
    SipAddress,
    Speak,
    Step,
    Target,
    TurnAway,
    Wait,
)
from kallglot.carriers.voices import LOCALES, locale_of
from kallglot.errors import InvalidRequest, NotAvailable
from plugins.telnyx.webhook import TRANSFER

__all__ = ["Command", "Plan", "client_state", "dial", "plan", "streaming"]

#: Every text needs a voice to be named; this one speaks all of `LOCALES`.
_VOICE: Final = "female"

#: Characters of a token that Telnyx shows us again.
LONGEST_TOKEN: Final = 4000


@attrs.frozen
class Command:
    """What is posted to `/v2/calls/{call}/actions/{name}`, but for its `command_id`."""

    name: str
    body: Mapping[str, object] = attrs.field(factory=dict, repr=False)


@attrs.frozen
class Plan:
    """What is ordered now, whom it joins a conference with, and what is left for later."""

    commands: tuple[Command, ...]
    conference: JoinConference | None = None
    left: tuple[Step, ...] = ()


def plan(call_id: str, steps: Sequence[Step]) -> Plan:
    """Return what can be ordered of these steps at once.

    Raises:
        InvalidRequest: something is too long.
        NotAvailable: it cannot be ordered by commands.
    """
    commands: list[Command] = []
    for index, step in enumerate(steps):
        left = tuple(steps[index + 1 :])
        match step:
            case Wait():
                return Plan(tuple(commands), left=tuple(steps[index:]))
            case JoinConference():
                return Plan(tuple(commands), step, left)
            case _:
                commands.append(_command(call_id, step, has_more=bool(left)))
        if isinstance(step, PickUp | Speak | PlayAudio | Dial | ConnectStream):
            return Plan(tuple(commands), left=left)
    return Plan(tuple(commands))


def _command(
    call_id: str,
    step: PickUp
    | Speak
    | PlayAudio
    | PressKeys
    | ConnectStream
    | CopyStream
    | Hush
    | EndStream
    | Dial
    | TurnAway
    | HangUp
    | GoTo,
    has_more: bool,
) -> Command:
    match step:
        case PickUp(tag):
            return Command("answer", {"client_state": client_state(tag)})
        case Speak():
            return _speak(step)
        case PlayAudio(url, times):
            body = {"audio_url": url, "loop": times or "infinity"}
            return Command("playback_start", body)
        case PressKeys(digits):
            return Command("send_dtmf", {"digits": digits})
        case ConnectStream() | CopyStream():
            return Command("streaming_start", streaming(step))
        case Hush():
            return Command("playback_stop", {"stop": "all"})
        case EndStream():
            return Command("streaming_stop")
        case Dial():
            return Command("transfer", _transfer(call_id, step, has_more))
        case TurnAway(is_busy):
            return Command("reject", {"cause": "USER_BUSY" if is_busy else "CALL_REJECTED"})
        case HangUp():
            return Command("hangup")
        case GoTo():
            raise NotAvailable("a call that is steered by commands asks no URL what comes next")
        case _:
            assert_never(step)


def dial(order: CallOrder, connection_id: str) -> dict[str, object]:
    """Return the body that places a call.

    Its steps are carried out when it is answered; only a stream may be ordered with it, which is
    then open by the time somebody answers.
    """
    body: dict[str, object] = {
        "connection_id": connection_id,
        "from": order.caller,
        "timeout_secs": min(max(order.timeout, 5), 600),
        "time_limit_secs": order.longest,
        "webhook_url": order.status_url,
        "client_state": client_state(order.tag),
        "command_id": order.key,
        **_to(order.target),
    }
    if order.detection is not None:
        wanted = "detect" if order.detection == "answer" else "greeting_end"
        body["answering_machine_detection"] = wanted
    match order.steps:
        case (ConnectStream() as stream,):
            # `dial` knows no parameters of streams.
            with_call = streaming(stream)
            with_call.pop("custom_parameters", None)
            body |= with_call
        case _:
            pass
    return body


def streaming(step: ConnectStream | CopyStream) -> dict[str, object]:
    """Return the fields that start a stream.

    The mode is said every time: left out, it is one that plays MP3 files, and the caller hears
    nothing.  So is whose ear it is for, which is the other leg's if nothing is said.
    """
    body: dict[str, object] = {"stream_url": step.url, "stream_codec": "PCMU"}
    if step.parameters:
        body["custom_parameters"] = [
            {"name": name, "value": value} for name, value in step.parameters.items()
        ]
    match step:
        case ConnectStream(token=token):
            if token is not None and len(token) > LONGEST_TOKEN:
                raise InvalidRequest("the stream's token is too long", code="invalid_field_value")
            return body | {
                "stream_track": "inbound_track",
                "stream_bidirectional_mode": "rtp",
                "stream_bidirectional_codec": "PCMU",
                "stream_bidirectional_sampling_rate": 8000,
                "stream_bidirectional_target_legs": "self",
                "stream_auth_token": token,
            }
        case CopyStream(tracks=tracks):
            return body | {"stream_track": f"{tracks}_track" if tracks != "both" else "both_tracks"}
        case _:
            assert_never(step)


def client_state(tag: str | None) -> str | None:
    """Return a tag as Telnyx takes it."""
    return None if tag is None else base64.b64encode(tag.encode()).decode("ascii")


def _speak(step: Speak) -> Command:
    if not step.text.strip():
        raise InvalidRequest("there is nothing to be spoken", code="invalid_field_value")
    if len(step.text) > LONGEST_SPEECH:
        raise InvalidRequest(
            f"at most {LONGEST_SPEECH} characters are spoken at a time", code="invalid_field_value"
        )
    return Command(
        "speak",
        {
            "payload": step.text,
            "voice": step.voice or _VOICE,
            "language": locale_of(step.language or LOCALES[0]),
            "loop": None if step.times == 1 else step.times or "infinity",
        },
    )


def _transfer(call_id: str, step: Dial, has_more: bool) -> dict[str, object]:
    """The call waits for us behind the transfer only if there is more to be done with it."""
    return {
        "from": step.caller,
        "timeout_secs": min(max(step.timeout, 5), 600),
        "webhook_url": step.status_url,
        "target_leg_client_state": client_state(f"{TRANSFER}{call_id}"),
        "park_after_unbridge": "self" if has_more else None,
        **_to(step.target),
    }


def _to(target: Target) -> dict[str, object]:
    match target:
        case Number(number, keys):
            return {"to": number, "send_digits_on_answer": keys}
        case SipAddress(uri, user, password):
            return {"to": uri, "sip_auth_username": user, "sip_auth_password": password}
        case _:
            assert_never(target)
