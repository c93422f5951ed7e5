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
    Reply,
    dialect_of,
)
from plugins.browser import provider as browser
from plugins.telnyx import provider as telnyx
from plugins.telnyx.wire import L16, PCMA, TelnyxWire
from plugins.twilio import provider as twilio
from tests.plugins.sequences import (
    OFFER,
    edge,
    incoming,
    outgoing,
    payload,
    played_through,
)

STREAM = "33333333-0000-4000-8000-000000000001"
CALL = "v3:Zz00aaaaBBBBccccDDDDeeeeFFFFgggg1111hhhh2222iiii3333jjjjA"
TONE = bytes(range(128, 256)) + bytes(range(32))


def start(encoding: str = "PCMU", rate_hz: int = 8000, channels: int = 1, **fields: Any) -> str:
    sound = {"encoding": encoding, "sample_rate": rate_hz, "channels": channels}
    body = {"call_control_id": CALL, "media_format": sound} | fields
    return json.dumps({"event": "start", "start": body, "stream_id": STREAM})


def media(chunk: int | str, audio: bytes | None = None, track: str = "inbound") -> str:
    audio = bytes([int(chunk) % 256]) * 160 if audio is None else audio
    body = {"track": track, "chunk": str(chunk), "payload": base64.b64encode(audio).decode()}
    return json.dumps({"event": "media", "media": body, "stream_id": STREAM})


def mark(name: str) -> str:
    return json.dumps({"event": "mark", "stream_id": STREAM, "mark": {"name": name}})


STOP = json.dumps({"event": "stop", "stream_id": STREAM})


def chunks(events: list[Any]) -> list[int]:
    """Return the numbers of the chunks that were heard, which is what they say."""
    return [g711.encode_mulaw(each.pcm)[0] for each in events if isinstance(each, Heard)]


def codes(events: list[Any]) -> list[str]:
    return [event.code for event in events if isinstance(event, Problem)]


@pytest.fixture
def wire() -> TelnyxWire:
    """A wire whose stream has started."""
    wire = TelnyxWire(OFFER)
    wire.receive(start(), 0.0)
    return wire


# A whole call.


def test_a_whole_call_is_understood():
    events = played_through(TelnyxWire(OFFER), "telnyx_inbound_call")

    assert events[0] == Opened(STREAM, CALL, {})
    assert [type(event) for event in events[1:]] == [
        Heard,
        Heard,
        Heard,
        Heard,
        Played,
        Played,
        DigitPressed,
        Problem,
        Closed,
    ]


def test_a_voice_out_of_order_is_heard_in_order():
    heard = [
        event.pcm
        for event in played_through(TelnyxWire(OFFER), "telnyx_inbound_call")
        if isinstance(event, Heard)
    ]
    tone = g711.decode_mulaw(payload(incoming("telnyx_inbound_call")[3][1]))
    assert heard == [bytes(320), bytes(320), tone, tone]


def test_what_we_send_in_that_call_is_what_the_documentation_shows(wire):
    sent = outgoing("telnyx_inbound_call")
    voice = g711.decode_mulaw(payload(json.dumps(sent[0])))

    frames = [
        *wire.play(voice, "customer", "agent", "u1"),
        *wire.mark("u1:0060"),
        *wire.play(voice, "customer", "agent", "u2"),
        *wire.mark("u2:0060"),
        *wire.clear("customer"),
    ]
    assert [json.loads(frame) for frame in frames] == sent


def test_telnyx_tells_us_of_our_mistakes(wire):
    (problem,) = wire.receive(edge("telnyx_edges", "rate limit"), 0.0)
    assert problem == Problem("provider_error", "100005 rate_limit_reached")


def test_nobody_answers_and_nothing_is_reported():
    assert played_through(TelnyxWire(OFFER), "telnyx_nobody_answers") == []


# Order.


def test_a_late_frame_is_put_where_it_belongs(wire):
    events = [
        *wire.receive(media(1), 0.00),
        *wire.receive(media(3), 0.02),
        *wire.receive(media(4), 0.03),
        *wire.receive(media(2), 0.04),
    ]
    assert chunks(events) == [1, 2, 3, 4]


def test_a_lost_frame_is_waited_for_and_then_given_up(wire):
    wire.receive(media(1), 0.00)
    assert wire.deadline is None
    assert wire.receive(media(3), 0.02) == []
    assert wire.deadline == pytest.approx(0.08)
    assert wire.due(0.07) == []
    assert chunks(wire.due(0.08)) == [3]
    assert wire.receive(media(2), 0.09) == []
    assert chunks(wire.receive(media(4), 0.10)) == [4]


def test_a_frame_that_comes_twice_is_heard_once(wire):
    events = [frame for n in (1, 2, 2, 1, 3) for frame in wire.receive(media(n), 0.0)]
    assert chunks(events) == [1, 2, 3]


def test_the_end_of_the_call_brings_what_was_waiting(wire):
    wire.receive(media(1), 0.00)
    wire.receive(media(3), 0.01)
    *heard, closed = wire.receive(STOP, 0.02)
    assert chunks(heard) == [3]
    assert closed == Closed()


def test_audio_later_than_the_end_is_ignored(wire):
    wire.receive(STOP, 0.0)
    assert wire.receive(media(1), 0.0) == []


def test_what_comes_much_too_late_or_again_is_dropped(wire):
    for chunk in range(1, 39):
        wire.receive(media(chunk), chunk * 0.02)
    assert wire.receive(edge("telnyx_edges", "very late"), 0.8) == []
    assert wire.receive(edge("telnyx_edges", "duplicate"), 0.8) == []
    assert chunks(wire.receive(media(39), 0.8)) == [39]


def test_a_count_that_starts_anew_is_heard(wire):
    wire.receive(media(70_000), 0.0)
    assert chunks(wire.receive(media(1), 0.02)) == [1]
    assert chunks(wire.receive(media(2), 0.04)) == [2]


def test_an_absurd_number_does_not_deafen_us(wire):
    wire.receive(media(1), 0.0)
    wire.receive(media(2**53), 0.0)
    assert chunks(wire.receive(media(2), 0.02)) == [2]
    assert chunks(wire.receive(media(3), 0.04)) == [3]


# Codecs.


def test_a_call_from_europe_is_heard_in_a_law():
    wire = TelnyxWire(OFFER)
    wire.receive(edge("telnyx_edges", "PCMA leg"), 0.0)
    frame = edge("telnyx_edges", "PCMA media")
    assert wire.receive(frame, 0.0) == [Heard(g711.decode_alaw(payload(frame)), 8000, None)]


def test_wide_band_audio_is_little_endian():
    wire = TelnyxWire(OFFER)
    wire.receive(start("L16", 16000), 0.0)
    (heard,) = wire.receive(media(1, b"\x01\x00\xff\x7f"), 0.0)
    assert heard == Heard(b"\x01\x00\xff\x7f", 16000, None)
    assert codes(wire.receive(media(2, b"\x01"), 0.0)) == ["invalid_frame"]


@pytest.mark.parametrize(
    "sound", [("G722", 8000), ("OPUS", 16000), ("AMR-WB", 16000), ("PCMU", 16000), ("L16", 1)]
)
def test_a_codec_we_do_not_have_is_said_once(sound):
    wire = TelnyxWire(OFFER)
    opened, problem = wire.receive(start(*sound), 0.0)
    assert isinstance(opened, Opened)
    assert problem.code == "invalid_audio_format"
    assert sound[0] in problem.message
    assert wire.receive(media(1), 0.0) == []


def test_stereo_is_not_understood():
    _, problem = TelnyxWire(OFFER).receive(start(channels=2), 0.0)
    assert problem.code == "invalid_audio_format"


@pytest.mark.parametrize(
    ("codec", "rate_hz", "block", "silence"),
    [(PCMA, 8000, 160, b"\xd5"), (L16, 16000, 640, b"\0"), (L16, 24000, 960, b"\0")],
)
def test_we_play_in_the_codec_the_stream_was_started_with(codec, rate_hz, block, silence):
    wire = TelnyxWire(OFFER, codec, rate_hz)
    wire.receive(start(), 0.0)
    assert wire.rate_hz == rate_hz
    (frame,) = wire.play(bytes(2 * rate_hz // 50), "customer", "agent", None)
    assert len(payload(frame)) == block
    wire.play(b"\0\0", "customer", "agent", None)
    rest, _ = wire.mark("end")
    assert len(payload(rest)) == block
    assert payload(rest).endswith(silence * (block - 2))


# Who is calling.


@pytest.mark.parametrize(
    "given",
    [
        {"custom_parameters": {"session": "s_1", "token": "t"}},
        {"customParameters": {"session": "s_1", "token": "t"}},
        {
            "custom_parameters": [
                {"name": "session", "value": "s_1"},
                {"name": "token", "value": "t"},
            ]
        },
    ],
)
def test_parameters_are_read_in_whichever_shape_they_come(given):
    (opened,) = TelnyxWire(OFFER).receive(start(**given), 0.0)
    assert opened.parameters == {"session": "s_1", "token": "t"}


@pytest.mark.parametrize("given", [None, 3, "x", [1, {"name": "a"}], {"a": 1}])
def test_parameters_that_make_no_sense_do_not_stop_the_call(given):
    (opened,) = TelnyxWire(OFFER).receive(start(custom_parameters=given), 0.0)
    assert opened.parameters == {}


def test_a_withheld_number_is_no_problem():
    (opened,) = TelnyxWire(OFFER).receive(edge("telnyx_edges", "withheld"), 0.0)
    assert opened.call_id == CALL


# Both tracks.


def test_our_own_voice_coming_back_is_not_heard(wire):
    (probe,) = wire.receive(edge("telnyx_edges", "both_tracks"), 0.0)
    assert isinstance(probe, Reply)
    name = json.loads(probe.frame)["mark"]["name"]
    assert wire.receive(mark(name), 0.05) == []
    for chunk in range(2, 100):
        now = chunk * 0.02
        assert wire.receive(media(chunk, track="outbound"), now) == []
        (heard,) = wire.receive(media(chunk), now)
        assert heard.speaker is None


def test_a_stream_that_does_not_play_carries_two_speakers(wire):
    assert isinstance(wire.receive(media(1, track="outbound"), 0.0)[0], Reply)
    assert wire.receive(media(2, track="outbound"), 0.5) == []
    (agent,) = wire.receive(media(51, track="outbound"), 1.0)
    (customer,) = wire.receive(media(51), 1.0)
    assert (agent.speaker, customer.speaker) == ("agent", "customer")


def test_each_track_has_its_own_order(wire):
    wire.receive(media(1, track="outbound"), 0.0)
    events = [
        *wire.receive(media(1), 0.98),
        *wire.receive(media(50, track="outbound"), 1.0),
        *wire.receive(media(2), 1.0),
        *wire.receive(media(52, track="outbound"), 1.02),
        *wire.receive(media(3), 1.02),
        *wire.receive(media(51, track="outbound"), 1.03),
    ]
    assert chunks(events) == [1, 50, 2, 3, 51, 52]


# Frames that cannot be used.


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "invalid_frame"),
        ("{}", "invalid_frame"),
        (b"\x00\x01", "invalid_frame"),
        ("[" * 50_000, "invalid_frame"),
        ('{"event":"future_event"}', "unknown_frame"),
        (media(2).replace('"payload": "', '"payload": "?'), "invalid_frame"),
        (media(2).replace('"chunk": "2"', '"chunk": "two"'), "invalid_frame"),
        (media(2).replace('"chunk": "2"', '"chunk": "' + "9" * 5000 + '"'), "invalid_frame"),
        (media(2).replace('"chunk": "2"', '"chunk": -1'), "invalid_frame"),
        (media(2).replace("inbound", "sideways"), "invalid_frame"),
        (media(2, bytes(65_537)), "frame_too_large"),
        (media(2, bytes(1_000_000)), "frame_too_large"),
        (media(2).replace(STREAM, "other"), "wrong_stream"),
        (start().replace(STREAM, "other"), "wrong_stream"),
        ('{"event":"error"}', "provider_error"),
    ],
    ids=range(15),
)
def test_a_bad_frame_is_reported_and_the_call_goes_on(wire, frame, code):
    wire.receive(media(1), 0.0)
    assert codes(wire.receive(frame, 0.0)) == [code]
    assert chunks(wire.receive(media(2), 0.0)) == [2]


def test_audio_before_the_start_is_a_problem():
    assert codes(TelnyxWire(OFFER).receive(media(1), 0.0)) == ["not_started"]


def test_the_same_start_twice_changes_nothing(wire):
    assert wire.receive(start(), 0.0) == []


# What we play.


def test_no_piece_is_shorter_than_20_ms(wire):
    voice = g711.decode_mulaw(TONE * 3)
    pieces = [voice[at : at + 200] for at in range(0, len(voice), 200)]
    sent = [frame for piece in pieces for frame in wire.play(piece, "customer", "agent", "u1")]
    *last, _ = wire.mark("end")
    assert all(len(payload(frame)) % 160 == 0 for frame in [*sent, *last])
    assert b"".join(map(payload, [*sent, *last])) == TONE * 3


def test_what_is_cleared_is_not_played_later(wire):
    wire.play(bytes(200), "customer", "agent", "u1")
    assert wire.clear("customer") == ['{"event":"clear"}']
    assert len(wire.mark("next")) == 1


def test_there_is_nobody_to_play_to_before_the_start():
    wire = TelnyxWire(OFFER)
    assert wire.play(bytes(320), "customer", "agent", None) == []
    assert wire.mark("m") == []
    assert wire.clear("customer") == []
    assert wire.notify(Notice("session.ready", {})) == []


# Whose dialect it is.


def test_a_connected_frame_with_a_token_is_from_telnyx():
    frame = edge("telnyx_edges", "connected frame variant")
    assert dialect_of(frame, [browser, telnyx, twilio]) is telnyx
