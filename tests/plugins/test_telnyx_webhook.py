from __future__ import annotations

import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.carriers.callstate import Call, Ended, learn
from kallglot.carriers.facts import (
    CallAnswered,
    CallBridged,
    CallEnded,
    CallIncoming,
    CallPlaced,
    ConferenceJoined,
    DigitsPressed,
    MachineDetected,
    PromptEnded,
    StepsWanted,
    StreamFailed,
    StreamStarted,
    StreamStopped,
    TransferFinished,
)
from kallglot.carriers.replays import Replays
from kallglot.carriers.webhook import WebhookRequest
from kallglot.errors import WireError
from plugins.telnyx import provider
from plugins.telnyx.commands import client_state
from plugins.telnyx.webhook import TRANSFER
from tests.plugins.sequences import records
from tests.plugins.webhooks import FORM, JSON, NOW, event_request, form_request, request_of

CALL = "v3:Zz00aaaaBBBBccccDDDDeeeeFFFFgggg1111hhhh2222iiii3333jjjjA"
OTHER = CALL[:-1] + "B"
MEDIA = "wss://voice.example.com/telnyx/media/tk_77aa"


def event(kind: str, **payload):
    data = {"event_type": kind, "payload": {"call_control_id": CALL, **payload}}
    return provider.webhook("events").read(event_request({"data": data}))


def test_a_call_that_comes_in_is_told_once_however_often_it_is_said():
    replays, call, seen = Replays(), Call(), []
    for record in records("telnyx_webhooks")[:7]:
        delivery = provider.webhook("events").read(request_of(record))
        assert delivery.leg == "11111111-0000-4000-8000-000000000001"
        if replays.is_new(delivery.key, NOW):
            seen += delivery.facts
    assert [type(fact) for fact in seen] == [
        CallIncoming,
        StepsWanted,
        CallAnswered,
        StreamStarted,
        DigitsPressed,
        CallEnded,
        StreamStopped,
    ]
    assert seen[0] == CallIncoming(
        CALL, "+15550100001", "+15550100002", "1900000000000000001", at=1_790_000_000.012345
    )
    assert seen[5].detail == "normal_clearing 200"
    for fact in seen:
        call = learn(call, fact)
    assert call.progress == Ended("completed", was_answered=True)
    assert call.streams[MEDIA].state == 1


def test_a_tag_is_repeated_to_us():
    delivery = provider.webhook("events").read(request_of(records("telnyx_webhooks")[1]))
    assert delivery.tag == '{"s":"s_51","leg":"caller"}'
    assert event("call.answered", client_state="no base64").tag is None
    assert event("call.answered", client_state=client_state("Grüße")).tag == "Grüße"


def test_a_call_nobody_answers_says_so():
    placed, ended = [
        provider.webhook("events").read(request_of(record)).facts
        for record in records("telnyx_webhooks")[7:]
    ]
    assert placed == (CallPlaced(OTHER, "+15550100002", "+15550100003", 1_790_000_000.35),)
    assert ended == (CallEnded(OTHER, "no_answer", "timeout 487", 1_790_000_030.38),)


def test_variants_of_events_are_understood():
    failed, started, busy, rejected, machine, joined = [
        provider.webhook("events").read(event_request(record["webhook"])).facts[0]
        for record in records("telnyx_variants")
    ]
    assert failed == StreamFailed(CALL, MEDIA, "connection_failed", failed.at)
    assert started == StreamStarted(CALL, MEDIA, started.at)
    assert (busy.cause, rejected.cause) == ("busy", "rejected")
    assert machine == MachineDetected(OTHER, "machine", machine.at)
    assert joined == ConferenceJoined(CALL, "66666666-0000-4000-8000-000000000001", joined.at)


@pytest.mark.parametrize(
    ("kind", "payload", "fact"),
    [
        ("call.bridged", {}, CallBridged(CALL)),
        ("call.speak.ended", {}, PromptEnded(CALL)),
        ("call.playback.ended", {}, PromptEnded(CALL)),
        ("call_playback_ended", {}, PromptEnded(CALL)),
        ("call.machine.detection.ended", {"result": "human"}, MachineDetected(CALL, "human")),
        ("call.machine.detection.ended", {"result": "not_sure"}, MachineDetected(CALL, "unknown")),
        (
            "call.machine.premium.detection.ended",
            {"result": "human_business"},
            MachineDetected(CALL, "human"),
        ),
        ("call.machine.greeting.ended", {}, MachineDetected(CALL, "greeting_over")),
        ("call.machine.premium.greeting.ended", {}, MachineDetected(CALL, "greeting_over")),
        ("call.hangup", {"hangup_cause": "new"}, CallEnded(CALL, "failed", "new")),
        ("call.hangup", {"hangup_cause": 7}, CallEnded(CALL, "failed")),
    ],
)
def test_events_become_facts(kind, payload, fact):
    assert event(kind, **payload).facts == (fact,)


@pytest.mark.parametrize("kind", ["call.cost", "call.refer.started", "number_order.complete", ""])
def test_events_that_are_not_for_us_say_nothing(kind):
    assert event(kind).facts == ()
    data = {"data": {"event_type": kind}}
    assert provider.webhook("events").read(event_request(data)).facts == ()


def test_when_the_other_call_of_a_transfer_is_over_so_is_the_transfer():
    tag = client_state(f"{TRANSFER}{CALL}")
    delivery = event("call.hangup", client_state=tag, call_control_id=OTHER, hangup_cause="timeout")
    assert delivery.facts == (
        CallEnded(OTHER, "no_answer", "timeout"),
        TransferFinished(CALL, "no_answer", OTHER),
    )
    assert delivery.tag is None
    assert event("call.answered", client_state=tag).facts == (CallAnswered(CALL),)


def test_a_texml_call_is_told_from_ringing_to_its_end():
    voice, answered, started, failed, ended = [
        provider.webhook(record["url"].rsplit("/", 1)[1]).read(request_of(record)).facts
        for record in records("texml_webhooks")
    ]
    assert voice == (
        CallIncoming(CALL, "+15550100001", "+15550100002", "55555555-0000-4000-8000-000000000001"),
        StepsWanted(CALL),
    )
    assert answered == (CallAnswered(CALL, 1_790_000_000.0),)
    stream = "33333333-0000-4000-8000-000000000001"
    assert started == (StreamStarted(CALL, stream, 1_790_000_000.0),)
    assert failed == (StreamFailed(CALL, stream, "Connection timeout", 1_790_000_009.0),)
    assert [type(fact) for fact in ended] == [CallAnswered, CallEnded]


def test_texml_may_come_as_json():
    said = json.dumps({"CallSid": CALL, "CallStatus": "ringing", "From": "+1555"}).encode()
    request = WebhookRequest("POST", "https://voice.example.com/telnyx/voice", JSON, said)
    assert provider.webhook("voice").read(request).facts[0] == CallIncoming(CALL, "+1555")


def test_a_webhook_sent_again_to_another_url_is_the_same_one():
    request = form_request(CallSid=CALL, CallStatus="ringing")
    elsewhere = attrs.evolve(request, url="https://voice.example.com/telnyx/other")
    voice, status = provider.webhook("voice"), provider.webhook("status")
    assert voice.read(request).key == status.read(elsewhere).key


def test_a_call_may_come_to_the_end_of_its_steps_twice_and_say_the_same():
    request = form_request(CallSid=CALL, CallStatus="in-progress")
    first, second = [
        attrs.evolve(request, headers=FORM | {"telnyx-timestamp": at})
        for at in ("1790000000", "1790000009")
    ]
    after = provider.webhook("after")
    assert after.read(first).key == after.read(first).key
    assert after.read(first).key != after.read(second).key


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"data":{}}', b'{"data":{"event_type":3}}', b"[" * 60_000, b"\xff"],
)
def test_what_is_no_event_is_refused(body):
    request = WebhookRequest("POST", "https://voice.example.com/telnyx/events", JSON, body)
    with pytest.raises(WireError):
        provider.webhook("events").read(request)


def test_an_event_of_no_call_is_refused():
    with pytest.raises(WireError):
        event("call.answered", call_control_id=None)


kinds = st.sampled_from(
    [
        *("call.initiated", "call.answered", "call.hangup", "call.dtmf.received"),
        *("streaming.started", "streaming.failed", "conference.participant.left"),
        *("conference.ended", "call.machine.greeting.ended", "call.speak.ended"),
    ]
)
anything = st.none() | st.integers() | st.text(max_size=6) | st.lists(st.integers(), max_size=2)
payloads = st.dictionaries(
    st.sampled_from(
        [
            *("call_control_id", "call_leg_id", "client_state", "direction", "from", "digit"),
            *("hangup_cause", "result", "stream_url", "stream_params", "conference_id"),
        ]
    ),
    anything | st.dictionaries(st.just("stream_url"), anything),
)


@given(
    st.sampled_from(provider.webhooks),
    st.binary(max_size=80)
    | st.builds(
        lambda kind, payload, named: json.dumps(
            {"data": {"event_type": kind, "payload": payload, "id": named, "occurred_at": named}}
        ).encode(),
        kinds | st.text(max_size=9),
        payloads | anything,
        anything,
    )
    | st.dictionaries(st.sampled_from(["CallSid", "CallStatus", "Timestamp"]), anything).map(
        lambda said: json.dumps(said).encode()
    ),
    st.sampled_from([FORM, JSON, {}]),
)
def test_whatever_comes_is_understood_or_refused(webhook, body, headers):
    try:
        delivery = webhook.read(WebhookRequest("POST", "https://x.example/", headers, body))
    except WireError:
        return
    call = Call()
    for fact in delivery.facts:
        call = learn(call, fact)
    assert delivery.key
