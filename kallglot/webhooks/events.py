"""From what has happened to what the outside is told: one table, pure.

The names in `NAMES` are public and appear nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, assert_never

import attrs

from kallglot.api import objects
from kallglot.api.objects import JsonObject
from kallglot.ids import new_id
from kallglot.model.leg import Leg
from kallglot.model.recording import Recording
from kallglot.model.session import Session
from kallglot.model.transcript import Utterance
from kallglot.model.webhook import Endpoint

__all__ = [
    "NAMES",
    "TEST",
    "AnalysisCompleted",
    "AnalysisFailed",
    "Event",
    "Happening",
    "ProviderConnected",
    "ProviderConnecting",
    "ProviderDisconnected",
    "ProviderFailed",
    "RecordingFailed",
    "RecordingFinished",
    "SegmentWritten",
    "SessionCreated",
    "SessionEnded",
    "SessionStarted",
    "TranscriptFinished",
    "event_of",
    "trial_event",
]

API_VERSION = "v1"

#: The event that says that an endpoint can be reached; nothing else has happened.
TEST = "webhook.test"


@attrs.frozen
class SessionCreated:
    """A session has been asked for."""

    session: Session


@attrs.frozen
class SessionStarted:
    """The first audio has been heard."""

    session: Session


@attrs.frozen
class SessionEnded:
    """Everything about a session is in the store."""

    session: Session


@attrs.frozen
class SegmentWritten:
    """Somebody has said something, and it has been translated."""

    session: Session
    utterance: Utterance


@attrs.frozen
class TranscriptFinished:
    """Nothing will be added to a transcript of so many turns."""

    session: Session
    turns: int


@attrs.frozen
class RecordingFinished:
    """A recording can be downloaded."""

    session: Session
    recording: Recording


@attrs.frozen
class RecordingFailed:
    """There will be no recording."""

    session: Session
    recording: Recording


@attrs.frozen
class ProviderConnecting:
    """A provider is setting up a call."""

    session: Session
    leg: Leg


@attrs.frozen
class ProviderConnected:
    """A call is connected."""

    session: Session
    leg: Leg


@attrs.frozen
class ProviderDisconnected:
    """A call is over, or lost."""

    session: Session
    leg: Leg


@attrs.frozen
class ProviderFailed:
    """A call could not be set up."""

    session: Session
    leg: Leg


@attrs.frozen
class AnalysisCompleted:
    """An analysis of a session is ready; `analysis` is its public object."""

    session: Session
    analysis: Mapping[str, object] = attrs.field(repr=False)


@attrs.frozen
class AnalysisFailed:
    """There will be no analysis; `analysis` is its public object, which says why."""

    session: Session
    analysis: Mapping[str, object] = attrs.field(repr=False)


Happening: TypeAlias = (
    SessionCreated
    | SessionStarted
    | SessionEnded
    | SegmentWritten
    | TranscriptFinished
    | RecordingFinished
    | RecordingFailed
    | ProviderConnecting
    | ProviderConnected
    | ProviderDisconnected
    | ProviderFailed
    | AnalysisCompleted
    | AnalysisFailed
)

NAMES: dict[type[Happening], str] = {
    SessionCreated: "session.created",
    SessionStarted: "session.started",
    SessionEnded: "session.ended",
    SegmentWritten: "transcript.segment",
    TranscriptFinished: "transcript.ready",
    RecordingFinished: "recording.ready",
    RecordingFailed: "recording.failed",
    ProviderConnecting: "session.provider.connecting",
    ProviderConnected: "session.provider.connected",
    ProviderDisconnected: "session.provider.disconnected",
    ProviderFailed: "session.provider.failed",
    AnalysisCompleted: "analysis.complete",
    AnalysisFailed: "analysis.failed",
}


@attrs.frozen
class Event:
    """What is sent to those who listen; `body` is the envelope."""

    id: str
    type: str
    organization_id: str
    session_id: str
    created_at: float
    body: JsonObject = attrs.field(repr=False)
    environment: str = "live"


def event_of(happening: Happening, now: float, event_id: str | None = None) -> Event:
    """Return the event that tells of something that happened at `now`."""
    name = NAMES[type(happening)]
    session = happening.session
    made = event_id or new_id("evt")
    data = {**_data(happening, now), "session_id": session.id}
    body = _envelope(made, name, data, now) | _top_level(happening)
    return Event(made, name, session.organization_id, session.id, now, body, session.environment)


def trial_event(endpoint: Endpoint, now: float) -> Event:
    """Return the event that an endpoint is sent to see whether it can be reached."""
    made = new_id("evt")
    data = {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "message": "This is a test: nothing has happened.",
    }
    body = _envelope(made, TEST, data, now)
    return Event(made, TEST, endpoint.organization_id, "", now, body, endpoint.environment)


def _envelope(event_id: str, name: str, data: JsonObject, now: float) -> JsonObject:
    return {
        "id": event_id,
        "type": name,
        "api_version": API_VERSION,
        "created_at": objects.iso(now),
        "data": data,
    }


def _data(happening: Happening, now: float) -> Mapping[str, object]:
    match happening:
        case SessionCreated(session) | SessionStarted(session) | SessionEnded(session):
            return objects.session_object(session, now)
        case SegmentWritten(session, utterance):
            origin = session.created_at if session.started_at is None else session.started_at
            return {"object": "transcript.segment", **objects.turn_object(utterance, origin)}
        case TranscriptFinished(session, turns):
            return {
                "id": f"trn_{session.id}",
                "object": "transcript",
                "status": "completed",
                "total_turns": turns,
                "duration": objects.duration(session, now),
            }
        case RecordingFinished(_, recording) | RecordingFailed(_, recording):
            return objects.recording_object(recording)
        case (
            ProviderConnecting(_, leg)
            | ProviderConnected(_, leg)
            | ProviderDisconnected(_, leg)
            | ProviderFailed(_, leg)
        ):
            return objects.leg_object(leg)
        case AnalysisCompleted(_, analysis) | AnalysisFailed(_, analysis):
            return analysis
        case _:
            assert_never(happening)


def _top_level(happening: Happening) -> JsonObject:
    """Return what provider events repeat outside `data`, for readers of the older guide."""
    match happening:
        case (
            ProviderConnecting(session, leg)
            | ProviderConnected(session, leg)
            | ProviderDisconnected(session, leg)
            | ProviderFailed(session, leg)
        ):
            _, _, status = NAMES[type(happening)].rpartition(".")
            return {
                "session_id": session.id,
                "provider": {
                    "type": leg.provider,
                    **objects.call_id_object(leg),
                    "status": status,
                },
            }
        case _:
            return {}
