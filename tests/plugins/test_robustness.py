"""Whatever the far end sends, a wire neither raises nor goes deaf."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.audio import g711
from kallglot.providers import Heard, Provider, StreamOffer, Wire
from plugins.browser import provider as browser
from plugins.telnyx import provider as telnyx
from plugins.twilio import provider as twilio
from tests.plugins.sequences import incoming

AUDIO = bytes(range(160))
PAYLOAD = base64.b64encode(AUDIO).decode()


@attrs.frozen
class Carrier:
    """A provider, a whole stream of frames, and how a good frame looks."""

    provider: Provider
    opening: list[str]
    frames: list[str]
    good: Callable[[int], str]

    def wire(self) -> Wire:
        wire = self.provider.wire(StreamOffer("sess_1", {}, {}))
        for frame in self.opening:
            wire.receive(frame, 0.0)
        return wire


def whole(name: str) -> list[str]:
    return [frame for _, frame in incoming(name)]


def twilio_media(n: int) -> str:
    return json.dumps(
        {
            "event": "media",
            "streamSid": "MZ00000000000000000000000000000021",
            "media": {"track": "inbound", "payload": PAYLOAD},
        }
    )


def telnyx_media(n: int) -> str:
    return json.dumps(
        {
            "event": "media",
            "stream_id": "33333333-0000-4000-8000-000000000001",
            "media": {"track": "inbound", "chunk": str(n), "payload": PAYLOAD},
        }
    )


def native_audio(n: int) -> str:
    sound = {"encoding": "mulaw", "sample_rate_hz": 8000, "payload": PAYLOAD}
    return json.dumps({"type": "audio.input", "sequence": n, "audio": sound})


NATIVE = [
    native_audio(1),
    '{"type":"audio","data":"AAAA","encoding":"pcm_8","sample_rate":8000,"channels":1}',
    '{"type":"control","action":"mute"}',
    '{"type":"ping"}',
]

CARRIERS = {
    "twilio": Carrier(
        twilio, whole("twilio_inbound_call")[:2], whole("twilio_inbound_call")[:-1], twilio_media
    ),
    "telnyx": Carrier(
        telnyx, whole("telnyx_inbound_call")[:2], whole("telnyx_inbound_call")[:-1], telnyx_media
    ),
    "browser": Carrier(browser, NATIVE[-1:], NATIVE, native_audio),
}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
any_text = st.text(st.characters(), max_size=50)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything inside a JSON value."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*path, key))
    return found


@st.composite
def spoilt(draw: st.DrawFn, frames: list[str]) -> str:
    """A frame of a real stream in which one thing is not what it was."""
    frame = json.loads(draw(st.sampled_from(frames)))
    *way, last = draw(st.sampled_from(places(frame)))
    inside = frame
    for key in way:
        inside = inside[key]
    if draw(st.booleans()):
        inside[last] = draw(values)
    else:
        del inside[last]
    return json.dumps(frame)


def still_hears(carrier: Carrier, wire: Wire) -> bool:
    heard = [
        event
        for n in range(100, 105)
        for event in [*wire.receive(carrier.good(n), 10.0 + n), *wire.due(11.0 + n)]
        if isinstance(event, Heard)
    ]
    return Heard(g711.decode_mulaw(AUDIO), 8000, None) in heard


@pytest.mark.parametrize("name", CARRIERS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_noise_does_no_harm(name, data):
    carrier = CARRIERS[name]
    wire = carrier.wire()
    noise = any_text | st.binary(max_size=50) | values.map(json.dumps)
    for frame in data.draw(st.lists(noise, max_size=5)):
        wire.receive(frame, 1.0)
        carrier.provider.recognises(frame)
    assert still_hears(carrier, wire)


@pytest.mark.parametrize("name", CARRIERS)
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_a_spoilt_frame_does_no_harm(name, data):
    carrier = CARRIERS[name]
    wire = carrier.wire()
    for frame in data.draw(st.lists(spoilt(carrier.frames), min_size=1, max_size=3)):
        wire.receive(frame, 1.0)
        carrier.provider.recognises(frame)
    assert still_hears(carrier, wire)


@pytest.mark.parametrize("name", CARRIERS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_stream_that_begins_badly_may_still_begin(name, data):
    carrier = CARRIERS[name]
    wire = carrier.provider.wire(StreamOffer("sess_1", {}, {}))
    noise = any_text | st.binary(max_size=50) | values.map(json.dumps)
    for frame in [*data.draw(st.lists(noise, max_size=3)), *carrier.opening]:
        wire.receive(frame, 0.0)
    assert still_hears(carrier, wire)


@pytest.mark.parametrize("name", CARRIERS)
@settings(deadline=None, max_examples=30)
@given(pieces=st.lists(st.binary(max_size=400).map(lambda audio: audio[: len(audio) & ~1])))
def test_what_is_played_comes_back_the_same(name, pieces):
    """The sound of the wire is mu-law; beyond that nothing is lost, added or moved."""
    wire = CARRIERS[name].wire()
    frames = [frame for piece in pieces for frame in wire.play(piece, "agent", "customer", "u1")]
    messages = [json.loads(str(frame)) for frame in [*frames, *wire.mark("end")]]
    payloads = [
        (message.get("media") or message.get("audio"))["payload"]
        for message in messages
        if message.get("event") != "mark"
    ]
    played = b"".join(map(base64.b64decode, payloads))
    expected = g711.encode_mulaw(b"".join(pieces))
    assert played[: len(expected)] == expected
    assert played[len(expected) :] == b"\xff" * (len(played) - len(expected))
    assert len(played) - len(expected) < 160
