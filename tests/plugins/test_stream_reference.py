"""The reference of the stream says what native clients say and are told, in both generations."""

from __future__ import annotations

import json
from typing import Any, get_args, get_type_hints

import attrs
import msgspec
import pytest

from actors import announcer, records, session, transcript
from kallglot.api.asyncapi.document import EXAMPLES, kept_examples
from kallglot.api.asyncapi.frames import RECEIVED, SENT
from kallglot.messages import LanguageDetected, PartialRecognised
from kallglot.model.session import Mode, Session
from kallglot.model.transcript import Rendering, Utterance
from kallglot.providers import Notice, Reply
from plugins.browser import frames
from plugins.browser.formats import Fault
from tests.plugins.browsing import connected, older_audio
from tests.streamreference import check_received, check_sent

UNDERSTOOD = {kind.__struct_config__.tag: kind for kind in get_args(frames.Incoming)}
DESCRIBED = {get_args(get_type_hints(kind)["type"])[0]: kind for kind in RECEIVED}

SAID = Utterance(
    "utt_1",
    "sess_1",
    3,
    "customer",
    "de",
    "Guten Tag",
    4.12,
    6.05,
    0.93,
    renderings=(Rendering("en", "Good day"), Rendering("fr", "Bonjour")),
)
SESSION = Session("sess_1", "org_1", Mode.BIDIRECTIONAL, (), 0.0, reconnect_deadline=5.0)


def test_a_client_may_say_what_is_understood_and_nothing_else():
    assert UNDERSTOOD.keys() == DESCRIBED.keys()


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_frame_has_the_fields_that_are_understood(name):
    _, known = msgspec.json.schema_components([UNDERSTOOD[name]])
    understood = known[UNDERSTOOD[name].__name__]
    described = msgspec.json.schema_components([DESCRIBED[name]])[1][DESCRIBED[name].__name__]
    assert described["properties"].keys() == understood["properties"].keys()
    assert set(described["required"]) == set(understood.get("required", ())) | {"type"}


SAYS = (
    {
        "type": "audio.input",
        "speaker": "agent",
        "sequence": 17,
        "timestamp_ms": 340,
        "audio": {"encoding": "mulaw", "sample_rate_hz": 8000, "payload": "////f39/"},
    },
    {"type": "ping"},
    {"type": "session.end"},
    {"type": "audio", "data": "AAABAAIAAwA=", "encoding": "pcm_16", "sample_rate": 16000},
    {"type": "control", "action": "mute"},
    {"type": "end"},
)
NEWER, OLDER = '{"type": "ping"}', older_audio(b"\0\0")


def notices() -> list[Notice]:
    partial = PartialRecognised("utt_1", "customer", "de", "Guten", 4.12)
    detected = LanguageDetected("customer", "de", 0.97, alternatives=(("nl", 0.02),))
    return [
        Notice("session.ready", {"session_id": "sess_1", "status": "active"}),
        announcer._status(SESSION),
        session._about_language(detected),
        session._about_language(attrs.evolve(detected, before="nl")),
        transcript._partial(partial),
        announcer._final(SAID),
        records.about_speaking(is_speaking=True),
        records.about_speaking(is_speaking=False),
        records.about_translation(is_available=False),
        Notice("session.ended", {"reason": "inactivity"}),
    ]


def told(first: str) -> list[str]:
    """Return everything that a client is told whose first frame is that."""
    wire = connected(encoding="mulaw", speaker="agent")
    made: list[Any] = [event.frame for event in wire.receive(first, 0.0) if type(event) is Reply]
    made += [frame for notice in notices() for frame in wire.notify(notice)]
    made += wire.play(b"\0\0" * 6, "agent", "customer", "utt_1", "en")
    made += wire.play(b"\0\0" * 6, "agent", "customer", None)
    made += wire.clear("agent")
    bad = json.dumps({"type": "audio.input", "audio": {"encoding": "flac"}})
    made += [event.reply for event in wire.receive(bad, 0.0)]
    return [frame for frame in made if frame is not None]


@pytest.mark.parametrize("first", [NEWER, OLDER])
def test_what_is_told_is_in_the_reference(first):
    for frame in told(first):
        check_sent(frame)


def test_everything_in_the_reference_is_told():
    names = {json.loads(frame)["type"] for first in (NEWER, OLDER) for frame in told(first)}
    assert names == {get_args(get_type_hints(kind)["type"])[0] for kind in SENT}


def test_the_examples_are_what_is_said_and_told(request):
    examples = {
        "receive": {frame["type"]: frame for frame in SAYS},
        "send": {
            frame["type"]: frame
            for first in (OLDER, NEWER)
            for frame in map(json.loads, reversed(told(first)))
        },
    }
    for frame in SAYS:
        assert not isinstance(frames.decode(json.dumps(frame)), Fault)
        check_received(json.dumps(frame))
    if request.config.getoption("--record"):
        EXAMPLES.write_bytes(msgspec.json.format(msgspec.json.encode(examples), indent=1) + b"\n")
    assert examples == kept_examples(), "run with --record, and look at what changed"
