from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.carriers.callstate import Answered, Call, Ended, learn
from kallglot.carriers.facts import (
    CallAnswered,
    CallEnded,
    CallIncoming,
    CallPlaced,
    CallRinging,
    ConferenceEnded,
    ConferenceJoined,
    ConferenceLeft,
    MachineDetected,
    StepsWanted,
    StreamFailed,
    StreamStarted,
    StreamStopped,
    TransferFinished,
)
from kallglot.carriers.webhook import WebhookRequest
from kallglot.errors import WireError
from plugins.twilio import provider
from tests.plugins.sequences import records
from tests.plugins.webhooks import ACCOUNT, FORM, form_request, request_of

CALL = "CA00000000000000000000000000000011"
OUTBOUND = "CA00000000000000000000000000000012"
STREAM = "MZ00000000000000000000000000000021"


def read(suffix: str, **fields: str):
    return provider.webhook(suffix).read(form_request(**fields)).facts


def delivered(record):
    suffix = record["url"].split("/")[4]
    return provider.webhook(suffix).read(request_of(record))


def test_a_call_that_comes_in_is_told_from_ringing_to_its_end():
    incoming, started, stopped, ended = [
        delivered(record).facts for record in records("twilio_webhooks")[:4]
    ]
    assert incoming == (
        CallIncoming(CALL, "+15550100001", "+15550100002", ACCOUNT),
        StepsWanted(CALL),
    )
    assert started == (StreamStarted(CALL, STREAM, 1_790_000_000.44),)
    assert stopped == (StreamStopped(CALL, STREAM, 1_790_000_005.15),)
    assert ended == (
        CallAnswered(CALL),
        CallEnded(CALL, "completed", "completed 200", 1_790_000_005.0),
    )


def test_a_call_we_place_never_goes_back_however_its_callbacks_are_ordered():
    call, seen = Call(), []
    for record in records("twilio_webhooks")[4:]:
        for fact in delivered(record).facts:
            call = learn(call, fact)
            seen.append(type(fact))
        if seen[-1] is CallRinging:  # it comes after the answer
            assert call.progress == Answered()
    assert seen == [CallPlaced, CallAnswered, CallRinging, CallAnswered, CallEnded]
    assert call.progress == Ended("completed", was_answered=True)


@pytest.mark.parametrize(
    ("fields", "cause"),
    list(zip(records("twilio_ends"), ["busy", "no_answer", "failed", "canceled"], strict=False)),
)
def test_a_call_that_reached_nobody_says_why(fields, cause):
    (ended,) = read("status", **fields)
    assert (ended.cause, ended.call_id) == (cause, OUTBOUND)
    assert ended.detail == f"{fields['CallStatus']} {fields['SipResponseCode']}"


def test_a_stream_that_could_not_be_opened_is_a_failure_whatever_twilio_calls_it():
    (failed,) = read("stream", **records("twilio_ends")[4])
    assert failed == StreamFailed(
        CALL, STREAM, "31920 Stream - WebSocket - Handshake Error", 1_790_000_000.44
    )


@pytest.mark.parametrize(
    ("answered_by", "kind"),
    [
        ("human", "human"),
        ("machine_start", "machine"),
        ("machine_end_beep", "greeting_over"),
        ("machine_end_silence", "greeting_over"),
        ("machine_end_other", "greeting_over"),
        ("fax", "fax"),
        ("unknown", "unknown"),
        ("something_new", "unknown"),
    ],
)
def test_who_has_answered_is_told(answered_by, kind):
    expected = (MachineDetected(CALL, kind),)
    assert read("machine", CallSid=CALL, AnsweredBy=answered_by) == expected


def test_after_a_stream_twilio_asks_what_comes_next():
    facts = read("after", CallSid=CALL, CallStatus="in-progress", Direction="inbound")
    assert facts == (CallAnswered(CALL), StepsWanted(CALL))


def test_after_a_stream_the_call_may_be_over():
    *_, ended, wanted = read("after", CallSid=CALL, CallStatus="completed", Direction="inbound")
    assert (ended.cause, wanted) == ("completed", StepsWanted(CALL))


def test_after_a_transfer_it_is_told_what_became_of_it():
    facts = read(
        "after",
        CallSid=CALL,
        CallStatus="in-progress",
        DialCallStatus="no-answer",
        DialCallSid="CAother",
    )
    assert facts == (TransferFinished(CALL, "no_answer", "CAother"), StepsWanted(CALL))


def test_a_call_we_placed_asks_for_its_steps_when_it_is_answered():
    facts = read("voice", CallSid=CALL, CallStatus="in-progress", Direction="outbound-api")
    assert facts == (CallAnswered(CALL), StepsWanted(CALL))


def test_who_comes_into_a_conference_and_leaves_it_is_told():
    said = {"ConferenceSid": "CF1", "FriendlyName": "room", "CallSid": CALL}
    events = ("participant-join", "participant-leave", "conference-end", "conference-start")
    assert [read("conference", StatusCallbackEvent=event, **said) for event in events] == [
        (ConferenceJoined(CALL, "room"),),
        (ConferenceLeft(CALL, "room"),),
        (ConferenceEnded(CALL, "room"),),
        (),
    ]


def test_a_number_set_to_get_is_understood_as_well():
    url = f"https://voice.example.com/twilio/voice?CallSid={CALL}&From=%2B1555&CallStatus=ringing"
    (incoming, _) = provider.webhook("voice").read(WebhookRequest("GET", url, {})).facts
    assert incoming == CallIncoming(CALL, "+1555")


def test_numbers_are_not_shown_by_a_log():
    assert "+1555" not in repr(read("voice", CallSid=CALL, From="+15550100001", To="+1555010"))


@pytest.mark.parametrize("suffix", [webhook.suffix for webhook in provider.webhooks])
def test_a_call_without_a_name_is_refused(suffix):
    with pytest.raises(WireError):
        provider.webhook(suffix).read(form_request(CallStatus="ringing"))


@given(
    st.sampled_from(provider.webhooks),
    st.binary(max_size=80)
    | st.dictionaries(
        st.sampled_from(
            [
                *("CallSid", "CallStatus", "Direction", "Timestamp", "DialCallStatus"),
                *("StreamEvent", "StreamSid", "AnsweredBy", "ConferenceSid", "FriendlyName"),
                *("StatusCallbackEvent", "SipResponseCode"),
            ]
        ),
        st.text(st.characters(codec="utf-8"), max_size=30)
        | st.sampled_from(["completed", "ringing", "stream-started", "Mon, 99 Sep 2026 25:00:00"]),
    ).map(lambda fields: form_request(**fields).body),
    st.sampled_from(["GET", "POST"]),
)
def test_whatever_comes_is_understood_or_refused(webhook, body, method):
    request = WebhookRequest(method, "https://voice.example.com/x", FORM, body)
    try:
        delivery = webhook.read(request)
    except WireError:
        return
    call = Call()
    for fact in delivery.facts:
        call = learn(call, fact)
    assert delivery.key
