from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.errors import EngineError
from kallglot.speech import wire
from kallglot.speech.engines import (
    EngineCard,
    Feed,
    Hypothesis,
    Opening,
    SpeechRequest,
    TextRequest,
    VoiceRequest,
)
from kallglot.speech.load import Load

SAID = [
    wire.Hear(1, b"\1\0\0\0\1\0\0\0", bytes(512)),
    wire.Recognise(2, 0.5, VoiceRequest(b"\1\2", 8000, None, ("de", "en"), is_partial=True)),
    wire.Translate(3, 1.5, TextRequest("Grüß Gott", "de", "en")),
    wire.Synthesise(4, 1.0, SpeechRequest("Good day", "en", 8000)),
    wire.Open(5, Opening(8000, None, ("de", "en"), ("Müller",)), is_suspect=True),
    wire.Listen(Feed(5, b"\1\2", is_pause=True)),
    wire.Forget(5),
    wire.Cancel(4),
    wire.Ping(),
]


@settings(deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1))
def test_requests_arrive_whole_in_whatever_pieces_they_travel(sizes):
    sent = b"".join(wire.encode(message) for message in SAID)
    reader = wire.to_host()
    received = []
    at = 0
    while at < len(sent):
        size = sizes[at % len(sizes)]
        received += reader.receive(sent[at : at + size])
        at += size
    assert received == SAID


def test_a_host_introduces_its_models():
    card = EngineCard("tiny", ("de", "en"), "abc", "MIT", "Only a demonstration.")
    ready = wire.Ready({"recogniser": card}, 5.0, frozenset({("de", "en")}))
    assert wire.from_host().receive(wire.encode(ready)) == [ready]


def test_what_is_understood_arrives_as_it_was_meant():
    hypothesis = Hypothesis(
        "Grüß", "Gott", 0.4, 0.9, "de", alternatives=(("nl", 0.1),), is_sure=False, is_final=True
    )
    said = [
        wire.Understood(5, hypothesis),
        wire.Lost(6, "ValueError"),
        wire.Pong({"translator": Load(0.1, 0.2, 3, 4.0, 5.0, 0.6)}),
    ]
    assert wire.from_host().receive(b"".join(map(bytes, map(wire.encode, said)))) == said


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_noise_is_refused_or_understood_and_nothing_else(noise):
    frame = len(noise).to_bytes(4, "big") + noise
    try:
        messages = wire.to_host().receive(frame)
    except EngineError:
        return
    assert len(messages) == 1


def test_nonsense_is_refused_without_quoting_it():
    secret = wire.encode(wire.Translate(3, 1.5, TextRequest("my secret", "de", "en")))
    with pytest.raises(EngineError) as refused:
        wire.from_host().receive(secret)
    assert "secret" not in str(refused.value)


def test_a_frame_of_impossible_length_is_refused():
    with pytest.raises(EngineError):
        wire.to_host().receive(b"\xff\xff\xff\xff")
