"""The older generation of our own protocol."""

from __future__ import annotations

import base64
import json

import pytest

from kallglot.audio import g711, pcm
from kallglot.providers import EndRequested, Heard, MuteRequested, Notice, TranscriptionPaused
from plugins.browser.wire import BrowserWire
from tests.plugins.browsing import FINAL, connected, older_audio


@pytest.fixture
def older() -> BrowserWire:
    """A wire whose client has spoken once, in the older generation."""
    wire = connected()
    wire.receive('{"type":"control","action":"unmute"}', 0.0)
    return wire


def test_older_audio_is_16_bit_at_16_khz_unless_it_says_otherwise(older):
    assert older.receive(older_audio(b"\x01\x00\x02\x00"), 0.0) == [
        Heard(b"\x01\x00\x02\x00", 16000, None)
    ]


def test_two_channels_are_the_agent_and_the_customer(older):
    stereo = pcm.interleave(b"\x01\x00\x02\x00", b"\x03\x00\x04\x00")
    assert older.receive(older_audio(stereo, channels=2, sample_rate=48000), 0.0) == [
        Heard(b"\x01\x00\x02\x00", 48000, "agent"),
        Heard(b"\x03\x00\x04\x00", 48000, "customer"),
    ]


def test_two_channels_of_mulaw_are_two_speakers(older):
    frame = older_audio(b"\xff\x00", channels=2, sample_rate=8000, encoding="mulaw")
    agent, customer = older.receive(frame, 0.0)
    assert (agent.pcm, customer.pcm) == (g711.decode_mulaw(b"\xff"), g711.decode_mulaw(b"\x00"))


@pytest.mark.parametrize(
    ("action", "event"),
    [
        ("mute", MuteRequested(is_muted=True)),
        ("unmute", MuteRequested(is_muted=False)),
        ("pause_transcription", TranscriptionPaused(is_paused=True)),
        ("resume_transcription", TranscriptionPaused(is_paused=False)),
    ],
)
def test_the_switches_work(older, action, event):
    assert older.receive(json.dumps({"type": "control", "action": action}), 0.0) == [event]


def test_an_older_client_may_end_the_session(older):
    assert older.receive('{"type":"end"}', 0.0) == [EndRequested("explicit_end")]


def test_an_older_client_reads_its_transcript_and_then_the_translation(older):
    transcript, translation = map(json.loads, older.notify(FINAL))
    assert transcript == {
        "type": "transcript",
        "session_id": "sess_1",
        "id": "utt_1",
        "speaker": "customer",
        "language": "de",
        "text": "Guten Tag",
        "is_final": True,
        "start_time": 4.12,
        "confidence": 0.93,
    }
    assert translation == {
        "type": "translation",
        "session_id": "sess_1",
        "id": "utt_1",
        "speaker": "customer",
        "language": "en",
        "text": "Good day",
        "is_final": True,
    }


def test_a_partial_transcript_is_not_final(older):
    (frame,) = older.notify(Notice("transcript.partial", {"speaker": "agent", "text": "Go"}))
    assert json.loads(frame)["is_final"] is False


def test_an_older_client_hears_older_audio(older):
    (frame,) = older.play(bytes(320), "agent", "customer", "utt_1")
    assert json.loads(frame) == {
        "type": "audio",
        "session_id": "sess_1",
        "sequence": 1,
        "listener": "agent",
        "speaker": "customer",
        "id": "utt_1",
        "encoding": "mulaw",
        "sample_rate": 8000,
        "channels": 1,
        "data": base64.b64encode(b"\xff" * 160).decode(),
    }


def test_an_older_client_is_told_everything_else_as_it_is(older):
    (frame,) = older.notify(Notice("language_detected", {"language": "de", "confidence": 0.9}))
    assert json.loads(frame)["type"] == "language_detected"
