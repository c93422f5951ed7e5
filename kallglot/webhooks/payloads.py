"""What events look like: the type of the body of each, from which the reference is made.

As in `kallglot.api.shapes`, they say no more and no less than is true.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypedDict, get_args, get_type_hints

from kallglot.api import shapes
from kallglot.api.analysis_objects import AnalysisObject
from kallglot.api.shapes import Time, says

__all__ = [
    "PAYLOADS",
    "AnalysisEvent",
    "LegData",
    "ProviderEvent",
    "ProviderInEvent",
    "RecordingEvent",
    "SegmentData",
    "SegmentEvent",
    "SessionData",
    "SessionEvent",
    "TestData",
    "TestEvent",
    "TranscriptData",
    "TranscriptEvent",
]


class Envelope(TypedDict):
    """What every event has; `data` is the object that it is about."""

    id: Annotated[str, says("The same however often it is sent: drop those you have seen.")]
    api_version: Literal["v1"]
    created_at: Time


class SessionData(shapes.Session):
    """A session, without its `legs`; `session_id` is its `id` once more."""

    session_id: str


class SessionEvent(Envelope):
    """A session was created, heard its first audio, or ended."""

    type: Literal["session.created", "session.started", "session.ended"]
    data: SessionData


class LegData(shapes.Leg):
    """A call, and the session that it belongs to."""

    session_id: str


class ProviderInEvent(shapes.CallId):
    """The call in short, as older handlers read it."""

    type: Annotated[str, says("The provider, such as `twilio`.")]
    status: Literal["connecting", "connected", "disconnected", "failed"]


class ProviderEvent(Envelope):
    """A call is being set up, has been connected, is over, or could not be set up."""

    type: Literal[
        "session.provider.connecting",
        "session.provider.connected",
        "session.provider.disconnected",
        "session.provider.failed",
    ]
    data: LegData
    session_id: Annotated[str, says("As in `data`, for older handlers.")]
    provider: ProviderInEvent


class SegmentData(shapes.Turn):
    """What somebody has just said, as in the transcript; it may not have been heard yet."""

    object: Literal["transcript.segment"]
    session_id: str


class SegmentEvent(Envelope):
    """Somebody has said something, and it has been translated."""

    type: Literal["transcript.segment"]
    data: SegmentData


class TranscriptData(TypedDict):
    """A transcript in figures."""

    id: str
    object: Literal["transcript"]
    session_id: str
    status: Literal["completed"]
    total_turns: int
    duration: float | None


class TranscriptEvent(Envelope):
    """The transcript of a session is complete."""

    type: Literal["transcript.ready"]
    data: TranscriptData


class RecordingEvent(Envelope):
    """A recorded track can be downloaded, or there will be none."""

    type: Literal["recording.ready", "recording.failed"]
    data: shapes.Recording


class AnalysisEvent(Envelope):
    """An analysis is ready, or has failed."""

    type: Literal["analysis.complete", "analysis.failed"]
    data: AnalysisObject


class TestData(TypedDict):
    """The endpoint that the event is for."""

    id: str
    object: Literal["webhook_endpoint"]
    message: str


class TestEvent(Envelope):
    """Nothing has happened: somebody asked whether the endpoint can be reached."""

    type: Literal["webhook.test"]
    data: TestData


#: The type of the body of each event, by its name.
PAYLOADS: Final[dict[str, Any]] = {
    name: shape
    for shape in (
        SessionEvent,
        ProviderEvent,
        SegmentEvent,
        TranscriptEvent,
        RecordingEvent,
        AnalysisEvent,
        TestEvent,
    )
    for name in get_args(get_type_hints(shape)["type"])
}
