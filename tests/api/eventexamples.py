"""An event of each type, for the reference."""

from __future__ import annotations

import attrs

from kallglot.api.openapi.examples import kept_examples
from kallglot.model.leg import Leg
from kallglot.model.recording import Recording
from kallglot.model.session import Mode, Participant, Routing, Session, Status
from kallglot.model.transcript import Rendering, Utterance
from kallglot.model.webhook import Endpoint
from kallglot.webhooks import events
from tests.fakes.clock import START

__all__ = ["told"]

TAIL = "_01KNAMPE0000000000000000GT"

SESSION = Session(
    id=f"sess{TAIL}",
    organization_id=f"org{TAIL}",
    mode=Mode.BIDIRECTIONAL,
    participants=(Participant("customer", "customer", "de"), Participant("agent", "agent", "en")),
    created_at=START,
    status=Status.ENDED,
    source_language="de",
    target_language="en",
    routing=Routing("twilio", "+15550100"),
    is_recorded=True,
    metadata={"order": "1017"},
    started_at=START + 5,
    ended_at=START + 125,
    end_reason="customer_hangup",
)
LEG = Leg(
    f"leg{TAIL}",
    SESSION.id,
    "twilio",
    "customer",
    "connected",
    START + 4,
    call_id="CA0c2b1a7e5d9f43518c6e2d1b0a9f8e7d",
)
SAID = Utterance(
    f"utt{TAIL}",
    SESSION.id,
    1,
    "customer",
    "de",
    "Guten Tag",
    4.0,
    5.1,
    0.94,
    renderings=(Rendering("en", "Good day", 0.91, 5.9, 6.8, compute=0.4),),
    heard_at=5.2,
)
RECORDING = Recording(
    f"rec{TAIL}", SESSION.id, "mixed", "ready", "mixed.wav", 8000, START, 120.0, 1_920_044
)
ANALYSIS = kept_examples()["GET /v1/analyses/{id}"].answer
ENDPOINT = Endpoint(f"wh{TAIL}", SESSION.organization_id, "live", "https://example.com", START)

HAPPENINGS: tuple[events.Happening, ...] = (
    events.SessionCreated(SESSION),
    events.SessionStarted(SESSION),
    events.SessionEnded(SESSION),
    events.ProviderConnecting(SESSION, attrs.evolve(LEG, status="connecting")),
    events.ProviderConnected(SESSION, LEG),
    events.ProviderDisconnected(SESSION, attrs.evolve(LEG, status="disconnected")),
    events.ProviderFailed(SESSION, attrs.evolve(LEG, status="failed")),
    events.SegmentWritten(SESSION, SAID),
    events.TranscriptFinished(SESSION, 14),
    events.RecordingFinished(SESSION, RECORDING),
    events.RecordingFailed(SESSION, attrs.evolve(RECORDING, status="failed", size=0)),
    events.AnalysisCompleted(SESSION, ANALYSIS),
    events.AnalysisFailed(SESSION, ANALYSIS),
)


def told() -> dict[str, dict]:
    """Return the body of each event, by its type."""
    made = [events.event_of(each, START + 130, f"evt{TAIL}") for each in HAPPENINGS]
    trial = events.trial_event(ENDPOINT, START + 130)
    return {event.type: event.body for event in made} | {
        trial.type: {**trial.body, "id": f"evt{TAIL}"}
    }
