"""Every field we send, as the carriers' own libraries name it."""

from __future__ import annotations

import inspect
import json
from typing import get_args, get_type_hints

import pytest
from telnyx._utils import PropertyInfo
from telnyx.types import (
    call_control_application_update_params,
    call_dial_params,
    conference_create_params,
    number_order_create_params,
    texml_application_update_params,
)
from telnyx.types.calls import (
    action_answer_params,
    action_hangup_params,
    action_reject_params,
    action_send_dtmf_params,
    action_speak_params,
    action_start_playback_params,
    action_start_streaming_params,
    action_stop_playback_params,
    action_stop_streaming_params,
    action_transfer_params,
)
from telnyx.types.conferences import (
    action_join_params,
    action_leave_params,
    action_mute_params,
)
from telnyx.types.texml.accounts import call_calls_params
from twilio.rest.api.v2010.account.call import CallList
from twilio.rest.api.v2010.account.incoming_phone_number import IncomingPhoneNumberList

from kallglot.carriers.client import CallOrder, NumberSetup
from kallglot.carriers.steps import (
    ConnectStream,
    CopyStream,
    Dial,
    EndStream,
    HangUp,
    Hush,
    JoinConference,
    Number,
    PickUp,
    PlayAudio,
    PressKeys,
    SipAddress,
    Speak,
    TurnAway,
)
from plugins.telnyx.clients import CommandClient, DocumentClient
from plugins.twilio.rest import TwilioClient
from tests.plugins.test_telnyx_rest import BY_DOCUMENTS
from tests.plugins.webhooks import TELNYX, TWILIO, Script, fields_of

URL = "https://calls.example.com/x"
STREAM = ConnectStream("wss://calls.example.com/m", {"a": "b"}, token="t")
TARGETS = (Number("+15550100003", "1"), SipAddress("sip:a@b.example", "u", "p"))
SETUP = NumberSetup(URL, URL, URL)


def named(params: type) -> set[str]:
    """Return the fields of a TypedDict of Telnyx's, as they are on the wire."""
    names = set()
    for name, hint in get_type_hints(params, include_extras=True).items():
        aliases = [
            each.alias
            for layer in (hint, *get_args(hint))
            for each in getattr(layer, "__metadata__", ())
            if isinstance(each, PropertyInfo)
        ]
        names.add(next((alias for alias in aliases if alias), name))
    return names


def order(target, **fields) -> CallOrder:
    return CallOrder(
        target,
        "+15550100002",
        "k",
        status_url=URL,
        machine_url=URL,
        detection="answer",
        longest=60,
        tag="t",
        **fields,
    )


@pytest.mark.parametrize(
    ("step", "params"),
    [
        (PickUp("t"), action_answer_params.ActionAnswerParams),
        (HangUp(), action_hangup_params.ActionHangupParams),
        (TurnAway(), action_reject_params.ActionRejectParams),
        (PressKeys("1"), action_send_dtmf_params.ActionSendDtmfParams),
        (Speak("a", "de", times=0), action_speak_params.ActionSpeakParams),
        (PlayAudio(URL, times=0), action_start_playback_params.ActionStartPlaybackParams),
        (Hush(), action_stop_playback_params.ActionStopPlaybackParams),
        (STREAM, action_start_streaming_params.ActionStartStreamingParams),
        (CopyStream(STREAM.url), action_start_streaming_params.ActionStartStreamingParams),
        (EndStream(), action_stop_streaming_params.ActionStopStreamingParams),
        (Dial(TARGETS[0], "+1", 9), action_transfer_params.ActionTransferParams),
        (Dial(TARGETS[1], status_url=URL), action_transfer_params.ActionTransferParams),
    ],
)
async def test_telnyx_knows_every_field_of_a_command(step, params):
    line = Script({"data": {}})
    await CommandClient(TELNYX, line).carry_out("v3:1", [step, HangUp()][: 1 + (step == STREAM)])
    assert set(json.loads(line.last.body)) <= named(params)


@pytest.mark.parametrize("target", TARGETS)
async def test_telnyx_knows_every_field_of_a_call(target):
    line = Script({"data": {"call_control_id": "v3:1"}}, {})
    await CommandClient(TELNYX, line).place(order(target, steps=(STREAM,)))
    assert set(json.loads(line.last.body)) <= named(call_dial_params.CallDialParams)
    if target is TARGETS[1]:
        await DocumentClient(BY_DOCUMENTS, line).place(order(target, steps=(STREAM,)))
        body = set(json.loads(line.last.body))
        assert body <= named(call_calls_params.BodyWithTeXml)


async def test_telnyx_knows_every_field_of_a_conference():
    there = {"data": [{"id": "c1", "name": "room"}]}
    line = Script({"data": []}, {"data": {"id": "c1"}}, {}, there, {}, there, {}, there, {})
    telnyx = CommandClient(TELNYX, line)
    await telnyx.carry_out("v3:1", [JoinConference("room", is_muted=True, wait_url=URL)])
    created = set(json.loads(line.asked[1].body))
    assert created <= named(conference_create_params.ConferenceCreateParams)
    await telnyx.carry_out("v3:1", [JoinConference("room", ends_it=True)])
    assert set(json.loads(line.last.body)) <= named(action_join_params.ActionJoinParams)
    await telnyx.mute("v3:1", "room", is_muted=True)
    assert set(json.loads(line.last.body)) <= named(action_mute_params.ActionMuteParams)
    await telnyx.drop("v3:1", "room")
    assert set(json.loads(line.last.body)) <= named(action_leave_params.ActionLeaveParams)


async def test_telnyx_knows_every_field_of_a_number():
    known, owned = {"data": {}}, {"data": [{"id": "5", "phone_number": "+1"}]}
    line = Script({}, known, {}, owned)
    await CommandClient(TELNYX, line).buy_number("+1", SETUP)
    ordered, _, announced, _ = line.asked
    orders = number_order_create_params.NumberOrderCreateParams
    assert set(json.loads(ordered.body)) <= named(orders)
    updated = call_control_application_update_params.CallControlApplicationUpdateParams
    assert set(json.loads(announced.body)) <= named(updated)

    line = Script({}, known, {}, owned)
    await DocumentClient(BY_DOCUMENTS, line).buy_number("+1", SETUP)
    updated = texml_application_update_params.TexmlApplicationUpdateParams
    assert set(json.loads(line.asked[2].body)) <= named(updated)


def twilio_names(method) -> set[str]:
    words = (name.split("_") for name in inspect.signature(method).parameters)
    return {"".join(word.capitalize() for word in each) for each in words} | {"From"}


@pytest.mark.parametrize("target", TARGETS)
async def test_twilio_knows_every_field_of_a_call(target):
    line = Script({"sid": "CA1"}, {"sid": "CA1"})
    await TwilioClient(TWILIO, line).place(order(target, steps=(STREAM,)))
    assert {name for name, _ in fields_of(line.last)} <= twilio_names(CallList.create)
    await TwilioClient(TWILIO, line).place(order(target, steps_url=URL))
    assert {name for name, _ in fields_of(line.last)} <= twilio_names(CallList.create)


async def test_twilio_knows_every_field_of_a_number():
    line = Script({"sid": "PN1", "phone_number": "+1"})
    await TwilioClient(TWILIO, line).buy_number("+1", SETUP)
    names = {name for name, _ in fields_of(line.last)}
    assert names <= twilio_names(IncomingPhoneNumberList.create)
