"""Call Control, command by command, without a socket or a clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.testing.controlcall import (
    CloseStream,
    ControlCall,
    Hang,
    Join,
    OpenStream,
    Perform,
    Press,
    Publish,
    Refusal,
    Transfer,
)

STREAM = {"stream_url": "wss://calls.example.com/m", "stream_bidirectional_mode": "rtp"}


def answered() -> ControlCall:
    call = ControlCall("incoming")
    call.begin()
    call.command("answer", {}, 0.0)
    return call


def events(effects) -> list[str]:
    return [each.event for each in effects if isinstance(each, Publish)]


def test_an_incoming_call_is_parked_until_it_is_answered():
    call = ControlCall("incoming")
    (published,) = call.begin()
    assert dict(published.fields) == {"direction": "incoming", "state": "parked"}
    assert events(call.command("answer", {}, 0.0)) == ["call.answered"]
    assert call.state == "answered"


def test_an_answer_may_start_the_stream():
    call = ControlCall("incoming")
    effects = call.command("answer", STREAM, 0.0)
    assert effects[1:] == [OpenStream(STREAM)]


def test_a_dialled_call_streams_before_it_is_answered():
    call = ControlCall("outgoing", "state", STREAM)
    published, opened = call.begin()
    assert dict(published.fields)["state"] == "bridging"
    assert opened == OpenStream(STREAM)
    assert events(call.answered()) == ["call.answered"]


@pytest.mark.parametrize(
    ("name", "body", "effect"),
    [
        ("streaming_start", STREAM, OpenStream(STREAM)),
        ("transfer", {"to": "+1555"}, Transfer({"to": "+1555"})),
        ("bridge", {"call_control_id": "v3:2"}, Join("v3:2")),
        ("send_dtmf", {"digits": "1w2"}, Press("1w2")),
    ],
)
def test_a_command_is_obeyed(name, body, effect):
    assert answered().command(name, body, 1.0) == [effect]


def test_something_that_is_said_is_told_of_twice():
    call = answered()
    effects = call.command("speak", {"payload": "Hello", "voice": "female"}, 1.0)
    assert events(effects) == ["call.speak.started"]
    assert effects[1] == Perform("speak", "Hello")
    assert events(call.performed("speak")) == ["call.speak.ended"]


def test_a_stopped_stream_leaves_the_call_up():
    call = answered()
    call.command("streaming_start", STREAM, 1.0)
    assert call.command("streaming_stop", {}, 2.0) == [CloseStream()]
    call.stream_over()
    assert call.is_alive
    assert call.command("streaming_start", STREAM, 3.0) == [OpenStream(STREAM)]


def test_a_hang_up_is_told_with_its_cause():
    effects = answered().command("hangup", {}, 1.0)
    assert effects[0] == Hang()
    assert dict(effects[1].fields)["hangup_cause"] == "normal_clearing"


@pytest.mark.parametrize(
    ("cause", "told"),
    [("USER_BUSY", "user_busy"), ("CALL_REJECTED", "call_rejected"), ("NOT_FOUND", "not_found")],
)
def test_a_call_is_rejected_with_a_cause(cause, told):
    effects = ControlCall("incoming").command("reject", {"cause": cause}, 0.0)
    assert dict(effects[1].fields)["hangup_cause"] == told


def test_a_command_that_is_sent_again_within_a_minute_is_ignored():
    call = answered()
    body = {"digits": "1", "command_id": "c1"}
    assert call.command("send_dtmf", body, 1.0)
    assert call.command("send_dtmf", body, 60.0) == []
    assert call.command("send_dtmf", body, 62.0)


def test_a_client_state_goes_along_from_then_on():
    call = answered()
    call.command("send_dtmf", {"digits": "1", "client_state": "eA=="}, 1.0)
    assert call.client_state == "eA=="


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("streaming_start", {}, 422, "10004"),
        ("streaming_start", {"stream_url": "https://a"}, 422, "10015"),
        ("streaming_start", STREAM | {"stream_bidirectional_mode": "wav"}, 422, "10032"),
        ("streaming_start", STREAM | {"stream_bidirectional_codec": "pcmu"}, 422, "10032"),
        ("streaming_start", STREAM | {"stream_bidirectional_sampling_rate": 44100}, 422, "10032"),
        ("speak", {"payload": "Hello"}, 422, "10004"),
        ("transfer", {}, 422, "10004"),
        ("reject", {"cause": "BORED"}, 422, "10032"),
        ("dance", {}, 404, "10005"),
    ],
)
def test_what_a_command_lacks_is_said(name, body, status, code):
    refusal = answered().command(name, body, 1.0)
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.code) == (status, code)


def test_a_call_that_is_not_answered_takes_no_stream():
    assert ControlCall("incoming").command("streaming_start", STREAM, 0.0).code == "90034"


def test_a_second_stream_is_refused():
    call = answered()
    call.command("streaming_start", STREAM, 1.0)
    assert call.command("streaming_start", STREAM, 2.0).code == "90045"


def test_a_call_that_has_ended_takes_no_command():
    call = answered()
    call.left()
    assert call.command("hangup", {}, 1.0).code == "90018"


_BODIES = st.dictionaries(
    st.sampled_from(
        ["stream_url", "cause", "to", "payload", "voice", "digits", "command_id", "client_state"]
    ),
    st.one_of(st.text(max_size=5), st.none(), st.integers(), st.just("wss://a/m")),
)
_NAMES = st.sampled_from(["answer", "hangup", "reject", "streaming_start", "speak", "bridge"])


@given(
    st.sampled_from(["incoming", "outgoing"]),
    st.lists(
        st.one_of(st.tuples(_NAMES, _BODIES), st.sampled_from(["answered", "left"])), max_size=12
    ),
)
def test_whatever_is_asked_a_call_is_hung_up_at_most_once(direction, story):
    call, told = ControlCall(direction), []
    told += events(call.begin())
    for now, each in enumerate(story):
        if isinstance(each, str):
            told += events(getattr(call, each)())
            continue
        outcome = call.command(*each, float(now))
        told += [] if isinstance(outcome, Refusal) else events(outcome)
    assert told.count("call.hangup") == (0 if call.is_alive else 1)
    assert told.count("call.answered") <= 1
    assert call.is_alive or told[-1] == "call.hangup"
