from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from kallglot.audio import g711
from kallglot.providers import (
    Closed,
    DigitPressed,
    Heard,
    Notice,
    Opened,
    Played,
    Problem,
    dialect_of,
)
from plugins.browser import provider as browser
from plugins.telnyx import provider as telnyx
from plugins.twilio import provider as twilio
from plugins.twilio.wire import TwilioWire
from tests.plugins.sequences import (
    OFFER,
    edge,
    incoming,
    outgoing,
    payload,
    played_through,
    records,
)

SID = "MZ00000000000000000000000000000021"
TONE = bytes(range(128, 256)) + bytes(range(32))


def start(**fields: Any) -> str:
    body = {"callSid": "CA1", "tracks": ["inbound"], "customParameters": {}} | fields
    return json.dumps({"event": "start", "start": body, "streamSid": SID})


def media(audio: bytes = TONE, track: str = "inbound", sid: str = SID) -> str:
    body = {"track": track, "payload": base64.b64encode(audio).decode()}
    return json.dumps({"event": "media", "media": body, "streamSid": sid})


@pytest.fixture
def wire() -> TwilioWire:
    """A wire whose stream has started."""
    wire = TwilioWire(OFFER)
    wire.receive(start(), 0.0)
    return wire


def codes(events: list[Any]) -> list[str]:
    return [event.code for event in events if isinstance(event, Problem)]


# A whole call.


def test_a_whole_call_is_understood():
    events = played_through(TwilioWire(OFFER), "twilio_inbound_call")

    assert events[0] == Opened(
        SID, "CA00000000000000000000000000000011", {"session": "s_41", "leg": "caller"}
    )
    assert [type(event) for event in events[1:]] == [
        Heard,
        Heard,
        Heard,
        Heard,
        Played,
        Heard,
        Played,
        DigitPressed,
        Closed,
    ]
    assert [event.name for event in events if isinstance(event, Played)] == ["u1:0060", "u2:0120"]
    assert DigitPressed("5") in events


def test_a_voice_is_heard_as_it_was_spoken():
    heard = [
        event
        for event in played_through(TwilioWire(OFFER), "twilio_inbound_call")
        if isinstance(event, Heard)
    ]
    assert heard[0] == Heard(bytes(320), 8000, None)
    tone = payload(incoming("twilio_inbound_call")[4][1])
    assert heard[2] == Heard(g711.decode_mulaw(tone), 8000, None)


def test_what_we_send_in_that_call_is_what_the_documentation_shows(wire):
    sent = outgoing("twilio_inbound_call")
    voice = g711.decode_mulaw(payload(json.dumps(sent[0])))

    frames = [
        *wire.play(voice, "customer", "agent", "u1"),
        *wire.mark("u1:0060"),
        *wire.play(voice, "customer", "agent", "u2"),
        *wire.play(voice, "customer", "agent", "u2"),
        *wire.mark("u2:0120"),
        *wire.clear("customer"),
    ]
    assert [json.loads(frame) for frame in frames] == sent


# Who is speaking.


def test_two_tracks_are_two_speakers():
    wire = TwilioWire(OFFER)
    wire.receive(start(tracks=["inbound", "outbound"]), 0.0)

    (customer,) = wire.receive(media(track="inbound"), 0.0)
    (agent,) = wire.receive(edge("twilio_edges", "unidirectional"), 0.0)
    assert (customer.speaker, agent.speaker) == ("customer", "agent")


def test_one_track_does_not_say_who_speaks(wire):
    assert wire.receive(media(), 0.0) == [Heard(g711.decode_mulaw(TONE), 8000, None)]


# Frames that are odd, and all right.


@pytest.mark.parametrize("why", ["gap in sequenceNumber", "numbers instead of strings"])
def test_lost_frames_and_odd_numbers_are_carried_over(wire, why):
    assert wire.receive(edge("twilio_edges", why), 0.0) == [Heard(bytes(320), 8000, None)]


def test_a_start_may_have_no_parameters():
    (opened,) = TwilioWire(OFFER).receive(edge("twilio_edges", "start without"), 0.0)
    assert opened.parameters == {}


def test_the_same_start_twice_changes_nothing(wire):
    assert wire.receive(start(), 0.0) == []
    assert len(wire.receive(media(), 0.0)) == 1


def test_an_empty_payload_is_no_audio(wire):
    assert wire.receive(media(b""), 0.0) == []


def test_what_comes_after_the_end_is_late_and_ignored(wire):
    stop = json.dumps({"event": "stop", "streamSid": SID})
    assert wire.receive(stop, 0.0) == [Closed()]
    assert wire.receive(media(), 0.0) == []
    assert wire.receive(stop, 0.0) == []
    assert wire.play(bytes(320), "customer", "agent", None) == []


# Frames that cannot be used.  The next good one is heard all the same.


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "invalid_frame"),
        ("{", "invalid_frame"),
        ("[]", "invalid_frame"),
        ("{}", "invalid_frame"),
        (b"\x00\x01", "invalid_frame"),
        ("[" * 50_000, "invalid_frame"),
        ('{"event":"media","a":' + "[" * 50_000, "invalid_frame"),
        ("\ud800", "invalid_frame"),
        ('{"event":"future_event"}', "unknown_frame"),
        (media().replace('"payload": "', '"payload": "?'), "invalid_frame"),
        (json.dumps({"event": "media", "streamSid": SID, "media": {}}), "invalid_frame"),
        (json.dumps({"event": "media", "streamSid": SID, "media": 3}), "invalid_frame"),
        (json.dumps({"event": "dtmf", "streamSid": SID, "dtmf": {"digit": "x"}}), "invalid_frame"),
        (media(bytes(65_537)), "frame_too_large"),
        (media(bytes(1_000_000)), "frame_too_large"),
        (media(sid="MZother"), "wrong_stream"),
        (start().replace(SID, "MZother"), "wrong_stream"),
    ],
    ids=range(17),
)
def test_a_bad_frame_is_reported_and_the_call_goes_on(wire, frame, code):
    assert codes(wire.receive(frame, 0.0)) == [code]
    assert wire.receive(media(), 0.0) == [Heard(g711.decode_mulaw(TONE), 8000, None)]


def test_audio_before_the_start_is_a_problem_and_the_call_may_still_start():
    wire = TwilioWire(OFFER)
    assert codes(wire.receive(media(), 0.0)) == ["not_started"]
    assert isinstance(wire.receive(start(), 0.0)[0], Opened)


def test_audio_we_cannot_decode_is_said_once():
    wire = TwilioWire(OFFER)
    sound = {"encoding": "audio/x-l16", "sampleRate": 16000, "channels": 1}
    opened, problem = wire.receive(start(mediaFormat=sound), 0.0)
    assert isinstance(opened, Opened)
    assert problem.code == "invalid_audio_format"
    assert wire.receive(media(), 0.0) == []


def test_a_problem_does_not_repeat_the_audio(wire):
    (problem,) = wire.receive(media().replace('"payload": "', '"payload": "?'), 0.0)
    assert base64.b64encode(TONE).decode()[:8] not in problem.message


# What we play.


def test_odd_pieces_leave_in_whole_frames_and_a_mark_sends_the_rest(wire):
    voice = g711.decode_mulaw(TONE * 3)
    pieces = [voice[at : at + 222] for at in range(0, len(voice), 222)]

    sent = [frame for piece in pieces for frame in wire.play(piece, "customer", "agent", "u1")]
    *last, mark = wire.mark("end")
    sizes = [len(payload(frame)) for frame in [*sent, *last]]
    assert all(size % 160 == 0 for size in sizes)
    assert b"".join(map(payload, [*sent, *last])) == TONE * 3
    assert json.loads(mark)["mark"] == {"name": "end"}


def test_the_rest_is_filled_up_with_silence(wire):
    assert wire.play(g711.decode_mulaw(TONE[:100]), "customer", "agent", "u1") == []
    rest, _ = wire.mark("end")
    assert payload(rest) == TONE[:100] + b"\xff" * 60
    assert len(wire.mark("again")) == 1


def test_what_is_cleared_is_not_played_later(wire):
    wire.play(g711.decode_mulaw(TONE[:100]), "customer", "agent", "u1")
    assert [json.loads(frame) for frame in wire.clear("customer")] == [
        {"event": "clear", "streamSid": SID}
    ]
    assert len(wire.mark("next")) == 1


def test_a_long_piece_is_several_frames(wire):
    frames = wire.play(bytes(2 * 8000 * 5 // 2), "customer", "agent", "u1")
    assert [len(payload(frame)) for frame in frames] == [8000, 8000, 4000]


def test_there_is_nobody_to_play_to_before_the_start():
    wire = TwilioWire(OFFER)
    assert wire.play(bytes(320), "customer", "agent", None) == []
    assert wire.mark("m") == []
    assert wire.clear("customer") == []


def test_names_are_written_so_that_json_can_be_read_back(wire):
    (frame,) = wire.mark('a"b\\c\n')
    assert json.loads(frame)["mark"]["name"] == 'a"b\\c\n'


def test_a_telephone_gets_no_captions(wire):
    assert wire.notify(Notice("transcript.final", {"text": "hello"})) == []


# Whose dialect it is.


@pytest.mark.parametrize("name", ["twilio_inbound_call", "telnyx_inbound_call"])
def test_a_carrier_is_known_by_its_first_frame_or_its_start(name):
    expected = twilio if name.startswith("twilio") else telnyx
    for _, frame in incoming(name)[:2]:
        assert dialect_of(frame, [browser, telnyx, twilio]) is expected


def test_every_edge_has_been_looked_at():
    assert len(records("twilio_edges")) == 7
