from __future__ import annotations

import attrs
import msgspec
import pytest

from kallglot.api.analysis_objects import analysis_object
from kallglot.model.analysis import Analysis, Inquiry
from kallglot.model.leg import Leg
from kallglot.model.recording import Recording
from kallglot.model.session import Mode, Participant, Session, Status
from kallglot.model.transcript import Rendering, Utterance
from kallglot.model.webhook import Endpoint
from kallglot.webhooks import events
from kallglot.webhooks.events import NAMES, TEST, event_of, trial_event
from kallglot.webhooks.payloads import PAYLOADS

START = 1_775_034_000.0
SESSION = Session(
    id="sess_1",
    organization_id="org_1",
    mode=Mode.BIDIRECTIONAL,
    participants=(Participant("customer", "customer", "de"), Participant("agent", "agent", "en")),
    created_at=START,
    status=Status.ACTIVE,
    started_at=START + 5,
)
ENDED = attrs.evolve(SESSION, status=Status.ENDED, ended_at=START + 250.3, end_reason="done")
LEG = Leg("leg_1", "sess_1", "twilio", "customer", "connected", START, call_id="CA123")
UTTERANCE = Utterance(
    "utt_1", "sess_1", 1, "customer", "de", "Hallo", 1.0, 1.5, 0.9, True, (Rendering("en", "Hi"),)
)
RECORDING = Recording("rec_1", "sess_1", "mixed", "ready", "x.wav", 8000, START, 3.0, 48_044)

ANALYSIS = analysis_object(
    Analysis("anl_1", "sess_1", Inquiry(("performance",)), START, status="completed")
)
ENDPOINT = Endpoint("wh_1", "org_1", "test", "https://example.com/hook", START)

HAPPENINGS = [
    events.SessionCreated(SESSION),
    events.SessionStarted(SESSION),
    events.SessionEnded(ENDED),
    events.SegmentWritten(SESSION, UTTERANCE),
    events.TranscriptFinished(ENDED, 4),
    events.RecordingFinished(ENDED, RECORDING),
    events.RecordingFailed(ENDED, RECORDING),
    events.ProviderConnecting(SESSION, LEG),
    events.ProviderConnected(SESSION, LEG),
    events.ProviderDisconnected(SESSION, LEG),
    events.ProviderFailed(SESSION, LEG),
    events.AnalysisCompleted(ENDED, ANALYSIS),
    events.AnalysisFailed(ENDED, {**ANALYSIS, "status": "failed", "error": "no words"}),
]


def test_every_happening_has_a_name_and_is_tried_here():
    assert {type(happening) for happening in HAPPENINGS} == set(NAMES)
    assert len(set(NAMES.values())) == len(NAMES)


@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda each: NAMES[type(each)])
def test_every_event_comes_in_the_same_envelope(happening):
    event = event_of(happening, START + 260)
    assert event.id.startswith("evt_")
    assert event.body["id"] == event.id
    assert event.body["type"] == event.type == NAMES[type(happening)]
    assert event.body["api_version"] == "v1"
    assert event.body["created_at"] == "2026-04-01T09:04:20Z"
    assert event.body["data"]["session_id"] == event.session_id == "sess_1"
    assert event.organization_id == "org_1"


def test_the_end_of_a_session_can_be_read_as_either_guide_does():
    data = event_of(events.SessionEnded(ENDED), START).body["data"]
    assert (data["id"], data["session_id"]) == ("sess_1", "sess_1")
    assert (data["object"], data["status"], data["duration"]) == ("session", "ended", 245.3)
    assert "stream" not in data


def test_a_provider_event_repeats_itself_at_the_top():
    body = event_of(events.ProviderConnected(SESSION, LEG), START).body
    assert body["session_id"] == "sess_1"
    assert body["provider"] == {"type": "twilio", "call_sid": "CA123", "status": "connected"}
    assert body["data"]["call_sid"] == "CA123"


def test_a_segment_is_a_turn():
    data = event_of(events.SegmentWritten(SESSION, UTTERANCE), START).body["data"]
    assert (data["text"], data["translation"]["text"]) == ("Hallo", "Hi")
    assert data["timestamp"] == "2026-04-01T09:00:06Z"


@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda each: NAMES[type(each)])
def test_every_event_is_as_the_reference_says(happening):
    is_as_documented(event_of(happening, START))


def test_every_event_is_in_the_reference():
    assert set(PAYLOADS) == {*NAMES.values(), TEST}


def test_an_analysis_is_told_of_with_its_results():
    analysis = {"results": {"sentiment": {"label": "positive"}, "summary": {"brief": "Fine."}}}
    data = event_of(events.AnalysisCompleted(ENDED, analysis), START).body["data"]
    assert data["session_id"] == "sess_1"
    assert data["results"]["sentiment"]["label"] == "positive"
    assert data["results"]["summary"]["brief"] == "Fine."


def test_a_trial_is_for_the_environment_of_its_endpoint():
    event = trial_event(ENDPOINT, START)
    is_as_documented(event)
    assert (event.type, event.environment, event.body["data"]["id"]) == (TEST, "test", "wh_1")


def is_as_documented(event):
    """What its shape does not know is lost on the way, so nothing may be."""
    body = msgspec.json.decode(msgspec.json.encode(event.body))
    shaped = msgspec.convert(body, PAYLOADS[event.type])
    assert msgspec.to_builtins(shaped) == body
