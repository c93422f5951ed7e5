"""The newer generation of our own protocol, and what both have in common."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from kallglot.audio import g711, pcm
from kallglot.providers import (
    EndRequested,
    Heard,
    Notice,
    Opened,
    Problem,
    Reply,
    dialect_of,
)
from plugins.browser import provider as browser
from plugins.browser.wire import BrowserWire
from plugins.telnyx import provider as telnyx
from plugins.twilio import provider as twilio
from tests.plugins.browsing import FINAL, connected, older_audio

MULAW = bytes(range(160))


def audio_input(
    audio: bytes = MULAW, encoding: Any = "mulaw", rate_hz: Any = 8000, **fields: Any
) -> str:
    sound = {
        "encoding": encoding,
        "sample_rate_hz": rate_hz,
        "payload": base64.b64encode(audio).decode(),
    }
    return json.dumps({"type": "audio.input", "sequence": 17, "audio": sound} | fields)


def after_opening(events: list[Any]) -> list[Any]:
    assert isinstance(events[0], Opened)
    return events[1:]


@pytest.fixture
def wire() -> BrowserWire:
    """A wire whose client has spoken once, in the newer generation."""
    wire = connected()
    wire.receive('{"type":"ping"}', 0.0)
    return wire


def test_the_documented_message_is_heard(wire):
    frame = audio_input(speaker="customer", timestamp_ms=1775034000120)
    assert wire.receive(frame, 0.0) == [Heard(g711.decode_mulaw(MULAW), 8000, "customer")]


def test_several_people_may_share_a_connection(wire):
    heard = [
        event
        for who in ("customer", "agent", "Anna", None)
        for event in wire.receive(audio_input(speaker=who), 0.0)
    ]
    assert [event.speaker for event in heard] == ["customer", "agent", "Anna", None]


def test_the_first_message_says_who_is_there():
    opened, heard = connected(token="kst_x").receive(audio_input(speaker="agent"), 0.0)
    assert opened == Opened(parameters={"token": "kst_x", "participant": "agent"})
    assert heard.speaker == "agent"


def test_the_query_says_who_is_there():
    opened, heard = connected(speaker="agent").receive(audio_input(), 0.0)
    assert opened.parameters["participant"] == "agent"
    assert heard.speaker == "agent"


def test_a_ping_is_answered(wire):
    (reply,) = wire.receive('{"type":"ping"}', 0.0)
    assert json.loads(reply.frame) == {"type": "pong", "session_id": "sess_1"}


def test_a_client_may_end_the_session(wire):
    assert wire.receive('{"type":"session.end"}', 0.0) == [EndRequested("explicit_end")]


def test_speech_is_played_to_each_listener_in_sequence(wire):
    frames = [
        *wire.play(bytes(320), "agent", "customer", "utt_1", "en"),
        *wire.play(bytes(320), "customer", "agent", None),
        *wire.play(bytes(320), "agent", "customer", "utt_1"),
    ]
    messages = [json.loads(frame) for frame in frames]
    assert messages[0] == {
        "type": "audio.output",
        "session_id": "sess_1",
        "sequence": 1,
        "listener": "agent",
        "speaker": "customer",
        "utterance_id": "utt_1",
        "language": "en",
        "audio": {
            "encoding": "mulaw",
            "sample_rate_hz": 8000,
            "payload": base64.b64encode(b"\xff" * 160).decode(),
        },
    }
    assert [(each["listener"], each["sequence"]) for each in messages] == [
        ("agent", 1),
        ("customer", 1),
        ("agent", 2),
    ]


def test_a_long_piece_is_several_messages(wire):
    frames = wire.play(bytes(2 * 8000), "agent", "customer", None)
    sizes = [len(base64.b64decode(json.loads(frame)["audio"]["payload"])) for frame in frames]
    assert sizes == [1600] * 5


def test_an_interruption_stops_one_listener(wire):
    (frame,) = wire.clear("agent")
    assert json.loads(frame) == {
        "type": "audio.clear",
        "session_id": "sess_1",
        "listener": "agent",
    }


def test_a_notice_is_passed_on_as_it_is(wire):
    (frame,) = wire.notify(FINAL)
    assert json.loads(frame) == {
        "type": "transcript.final",
        "session_id": "sess_1",
        **FINAL.fields,
    }


def test_a_client_is_told_that_it_is_ready_before_it_speaks():
    (frame,) = connected().notify(Notice("session.ready", {"status": "active"}))
    assert json.loads(frame)["type"] == "session.ready"


def test_there_are_no_marks(wire):
    assert not wire.has_marks
    assert wire.mark("m") == []


def test_a_newer_client_may_use_an_older_message(wire):
    assert len(wire.receive(older_audio(bytes(4)), 0.0)) == 1
    (frame,) = wire.play(bytes(320), "agent", "customer", None)
    assert json.loads(frame)["type"] == "audio.output"


# Formats.


@pytest.mark.parametrize("rate_hz", [8000, 16000, 24000, 48000])
@pytest.mark.parametrize(
    ("encoding", "audio", "samples"),
    [
        ("mulaw", b"\x00\xff", g711.decode_mulaw(b"\x00\xff")),
        ("alaw", b"\x2a\xd5", g711.decode_alaw(b"\x2a\xd5")),
        ("pcm_16", b"\x01\x02", b"\x01\x02"),
        ("pcm_s16le", b"\x01\x02", b"\x01\x02"),
        ("pcm_8", b"\x80\x00", pcm.from_pcm_8(b"\x80\x00")),
    ],
)
def test_every_encoding_is_heard_at_every_rate(wire, encoding, audio, samples, rate_hz):
    assert wire.receive(audio_input(audio, encoding, rate_hz), 0.0) == [
        Heard(samples, rate_hz, None)
    ]


@pytest.mark.parametrize(
    ("frame", "param"),
    [
        (audio_input(encoding="opus"), "audio.encoding"),
        (audio_input(encoding=None), "audio.encoding"),
        (audio_input(rate_hz=44100), "audio.sample_rate_hz"),
        (audio_input(rate_hz="8000"), "audio.sample_rate_hz"),
        (audio_input(b"\x01", "pcm_16"), None),
        (older_audio(bytes(4), channels=3), "channels"),
        (older_audio(bytes(4), sample_rate=11025), "sample_rate"),
        (older_audio(bytes(2), channels=2), None),
        ('{"type":"audio.input","audio":{"payload":"","sample_rate_hz":8000}}', "audio.encoding"),
    ],
    ids=range(9),
)
def test_a_format_we_do_not_have_is_refused_and_the_connection_stays(wire, frame, param):
    (problem,) = wire.receive(frame, 0.0)
    assert problem.code == "invalid_audio_format"
    reply = json.loads(problem.reply)
    assert reply["type"] == "session.error"
    assert reply["session_id"] == "sess_1"
    assert reply["code"] == "invalid_audio_format"
    assert reply.get("param") == param
    assert wire.receive(audio_input(), 0.0) == [Heard(g711.decode_mulaw(MULAW), 8000, None)]


@pytest.mark.parametrize(
    ("frame", "code", "param"),
    [
        ("", "invalid_request", None),
        ("nonsense", "invalid_request", None),
        ("[]", "invalid_request", None),
        ('{"type":"hello"}', "invalid_request", "type"),
        ("{}", "invalid_request", "type"),
        ('{"type":7}', "invalid_request", "type"),
        ("[" * 50_000, "invalid_request", None),
        ('{"type":"ping","a":' + "[" * 50_000, "invalid_request", None),
        ('{"type":"audio.input"}', "invalid_request", "audio"),
        (audio_input(speaker=7), "invalid_request", "speaker"),
        (audio_input(speaker=""), "invalid_request", "speaker"),
        (audio_input(sequence="first"), "invalid_request", "sequence"),
        ('{"type":"audio","data":"?"}', "invalid_request", "data"),
        ('{"type":"control","action":"dance"}', "invalid_request", "action"),
        ('{"type":"control"}', "invalid_request", "action"),
        (audio_input(bytes(65_537)), "frame_too_large", None),
        (audio_input(bytes(1_000_000)), "frame_too_large", None),
        (bytes(65_537), "frame_too_large", None),
    ],
    ids=range(18),
)
def test_a_bad_message_names_the_field_and_the_connection_stays(wire, frame, code, param):
    (problem,) = wire.receive(frame, 0.0)
    assert isinstance(problem, Problem)
    reply = json.loads(problem.reply)
    assert (problem.code, reply.get("param")) == (code, param)
    assert wire.receive(audio_input(), 0.0) == [Heard(g711.decode_mulaw(MULAW), 8000, None)]


# What was agreed at connect.


def test_raw_audio_is_heard_in_the_agreed_format():
    wire = connected(encoding="pcm_16", sample_rate="16000", speaker="agent")
    assert after_opening(wire.receive(b"\x01\x00", 0.0)) == [Heard(b"\x01\x00", 16000, "agent")]


def test_raw_audio_is_mulaw_unless_agreed_otherwise(wire):
    assert wire.receive(b"\x00", 0.0) == [Heard(g711.decode_mulaw(b"\x00"), 8000, None)]


def test_we_write_in_the_agreed_format():
    wire = connected(encoding="pcm_s16le", sample_rate="24000")
    assert wire.rate_hz == 24000
    (frame,) = wire.play(b"\x01\x00\x02\x00", "agent", "customer", None)
    assert json.loads(frame)["audio"] == {
        "encoding": "pcm_s16le",
        "sample_rate_hz": 24000,
        "payload": base64.b64encode(b"\x01\x00\x02\x00").decode(),
    }


@pytest.mark.parametrize(
    "query", [{"encoding": "opus"}, {"sample_rate": "44100"}, {"sample_rate": "²"}]
)
def test_what_cannot_be_agreed_is_said_when_raw_audio_comes(query):
    wire = connected(**query)
    assert wire.rate_hz == 8000
    (problem,) = after_opening(wire.receive(b"\x00", 0.0))
    assert problem.code == "invalid_audio_format"
    assert json.loads(problem.reply)["param"] == next(iter(query))
    assert len(wire.receive(audio_input(), 0.0)) == 1


def test_raw_audio_may_have_two_channels():
    wire = connected(encoding="pcm_16", sample_rate="8000", channels="2")
    agent, customer = after_opening(wire.receive(b"\x01\x00\x02\x00", 0.0))
    assert (agent.speaker, customer.speaker) == ("agent", "customer")


# Whose dialect it is.


@pytest.mark.parametrize("frame", [audio_input(), older_audio(b""), '{"type":"ping"}', b"\xff"])
def test_a_native_client_is_known_by_its_first_frame(frame):
    assert dialect_of(frame, [browser, telnyx, twilio]) is browser


@pytest.mark.parametrize("frame", ["", "hello", "[]", '{"event":"media"}', '{"event":3}'])
def test_nonsense_is_nobodys_dialect(frame):
    assert dialect_of(frame, [browser, telnyx, twilio]) is None


def test_the_reply_to_a_first_ping_follows_the_opening():
    (reply,) = after_opening(connected().receive('{"type":"ping"}', 0.0))
    assert isinstance(reply, Reply)
