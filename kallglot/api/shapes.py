"""What answers look like: the types of the public objects.

They are what `kallglot.api.objects` makes and what the reference is made from, so they say no
more and no less than is true: `X | None` may be null, `NotRequired` may be missing.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from kallglot.api.codes import Kind
from kallglot.api.fields import Language, Time, says
from kallglot.api.lag_shapes import Figure, Lag, SessionLag, Spread
from kallglot.model.leg import Direction, LegStatus
from kallglot.model.recording import RecordingStatus
from kallglot.model.session import Mode, Original, Status

__all__ = [
    "CallId",
    "Deleted",
    "EndedSession",
    "Engine",
    "Figure",
    "Glossary",
    "GlossaryFared",
    "GlossaryList",
    "GlossarySummary",
    "GlossaryTaken",
    "Health",
    "Hearing",
    "Lag",
    "Language",
    "Leg",
    "Participant",
    "Processing",
    "Readiness",
    "Recording",
    "RecordingList",
    "Refusal",
    "Refused",
    "Session",
    "SessionLag",
    "SessionList",
    "SessionView",
    "Spread",
    "Stream",
    "Term",
    "TermReport",
    "Time",
    "Transcript",
    "Translation",
    "TranslationEngines",
    "Turn",
    "says",
]


class Participant(TypedDict):
    """A person in the conversation."""

    key: Annotated[str, says("What streams, transcripts and recordings call this person.")]
    type: Annotated[str, says("`customer` or `agent`.")]
    language: Annotated[Language | None, says("Null until it has been detected.")]
    name: str | None
    voice: str | None


class CallId(TypedDict):
    """The provider's name for a call, under the name the provider has for that."""

    call_sid: NotRequired[Annotated[str, says("Twilio's.")]]
    call_control_id: NotRequired[Annotated[str, says("Telnyx's.")]]
    sip_call_id: NotRequired[Annotated[str, says("The Call-ID of SIP.")]]
    call_id: NotRequired[Annotated[str, says("Another provider's.")]]


class Leg(CallId):
    """A connection through which a participant hears and is heard."""

    id: str
    object: Literal["leg"]
    provider: str
    direction: Direction
    status: LegStatus
    participant: Annotated[str, says("The key of who is on it.")]
    connected_at: Time
    disconnected_at: Time | None


class Hearing(TypedDict):
    """Whether the original voice lies under the translation."""

    original: Original


class Recorded(TypedDict):
    """Whether a session is recorded."""

    enabled: bool


class Stream(TypedDict):
    """Where and with what a client connects to a session."""

    url: str
    token: Annotated[str, says("A fresh token; a connection once made may come back with it.")]
    expires_at: Annotated[Time, says("Until when a first connection can be made with it.")]


class Engine(TypedDict):
    """A model that takes part in translating."""

    role: str
    name: str
    revision: str
    notice: str | None


class TranslationEngines(TypedDict):
    """Which models translate, and what must be said of them."""

    engines: list[Engine]
    notices: list[str]


class GlossaryTaken(TypedDict):
    """The glossary of a session; `id` is null where its terms are its own."""

    id: str | None
    term_count: int


class TermReport(TypedDict):
    """How often a term was said and came out as it should, and how often it did not."""

    source: str
    target: str
    hits: int
    misses: int


class GlossaryReport(TypedDict):
    """How the terms of a session fared."""

    terms: list[TermReport]


class Session(TypedDict):
    """One conversation, whatever calls carry it."""

    id: str
    object: Literal["session"]
    status: Status
    mode: Mode
    provider: Annotated[str | None, says("The carrier that its routing resolved to.")]
    phone_number: str | None
    source_language: Annotated[Language | None, says("Null: it is to be detected.")]
    target_language: Annotated[Language | None, says("Null: it is to be detected.")]
    participants: list[Participant]
    legs: list[Leg]
    hearing: Hearing
    recording: Recorded
    metadata: dict[str, Any] | None
    created_at: Time
    started_at: Annotated[Time | None, says("When the first audio was heard.")]
    ended_at: Time | None
    end_reason: str | None
    reconnect_deadline: Annotated[
        Time | None, says("Until when a lost call may come back; null unless all are lost.")
    ]
    duration: Annotated[
        float | None, says("Seconds since the first audio; null while it may still begin.")
    ]
    stream: NotRequired[Annotated[Stream, says("Until the session has ended.")]]
    lag: NotRequired[SessionLag]


class GlossaryFared(TypedDict):
    """What a session says of its glossary, where it has one."""

    glossary: NotRequired[GlossaryTaken]
    glossary_report: NotRequired[GlossaryReport]


class SessionView(Session, GlossaryFared):
    """A session as the API shows it; `lag` is not in lists."""

    translation: TranslationEngines


class EndedSession(SessionView):
    """A session that has just ended, or had."""

    duration_seconds: Annotated[float | None, says("The same as `duration`.")]


class SessionList(TypedDict):
    """A page of sessions, the newest first."""

    object: Literal["list"]
    data: list[SessionView]
    has_more: bool
    url: str


class Translation(TypedDict):
    """What was said, in another language."""

    language: Language
    text: str
    confidence: float
    lag: Lag | None


class Turn(TypedDict):
    """What somebody said in one breath; times count from when the session started."""

    id: str
    turn_id: Annotated[str, says("What the utterances of one turn have in common.")]
    sequence: int
    speaker: Annotated[str, says("The key of the participant.")]
    language: Language | None
    text: str
    is_sure: Annotated[bool, says("False: unclear, kept, and neither translated nor spoken.")]
    confidence: float
    start_time: float
    end_time: float
    timestamp: Time
    lag: Annotated[Lag | None, says("That of the first translation.")]
    erased: Annotated[int, says("How many words of its captions were taken back.")]
    translation: NotRequired[Annotated[Translation, says("The first, where there are several.")]]
    translations: NotRequired[
        Annotated[list[Translation], says("All of them, where there are several languages.")]
    ]


class TranscriptMetadata(TypedDict):
    """A transcript in figures."""

    total_turns: int
    duration_seconds: float
    languages_detected: list[Language]


class Transcript(TypedDict):
    """What was said in a session."""

    id: str
    object: Literal["transcript"]
    session_id: str
    status: Literal["in_progress", "completed"]
    turns: list[Turn]
    metadata: TranscriptMetadata


class Recording(TypedDict):
    """A recorded track; `size`, `sample_rate` and `bit_depth` are those of its wave file."""

    id: str
    object: Literal["recording"]
    session_id: str
    channel: Annotated[str, says("`mixed`, a participant's key, or a key with `_heard`.")]
    status: RecordingStatus
    duration: float
    format: Annotated[str, says("What `download_url` answers with unless asked for another.")]
    formats: list[str]
    size: int
    sample_rate: int
    bit_depth: int
    download_url: Annotated[str | None, says("Null until the recording is ready.")]
    created_at: Time
    expires_at: Annotated[Time | None, says("When it will be deleted.")]


class Processing(Recording):
    """A recording that is still being made."""

    retry_after: Annotated[int, says("Seconds after which to ask again.")]


class RecordingList(TypedDict):
    """A page of the recordings of a session."""

    object: Literal["list"]
    session_id: str
    data: list[Recording]
    has_more: bool
    url: str


class Deleted(TypedDict):
    """What was deleted."""

    id: str
    object: str
    deleted: Literal[True]


class Term(TypedDict):
    """A term, and what it is to be called."""

    source_language: Language
    target_language: Language
    source: str
    target: str
    case_sensitive: bool
    spoken_as: str | None
    do_not_translate: bool


class GlossarySummary(TypedDict):
    """A glossary without its terms, which may be many."""

    id: str
    object: Literal["glossary"]
    name: str
    inflection: bool
    languages: list[Language]
    term_count: int
    created_at: Time
    updated_at: Time


class Glossary(GlossarySummary):
    """What an organization calls things."""

    terms: list[Term]


class GlossaryList(TypedDict):
    """A page of glossaries."""

    object: Literal["list"]
    data: list[GlossarySummary]
    has_more: bool
    url: str


class Refusal(TypedDict):
    """Why a request was turned down."""

    type: Kind
    code: Annotated[str, says("What a program goes by; it never changes.")]
    message: Annotated[str, says("What a person reads; it may change.")]
    param: NotRequired[Annotated[str, says("The field at fault, such as `participants.0.type`.")]]
    request_id: str
    retry_after: NotRequired[Annotated[int, says("Seconds after which to ask again.")]]


class Refused(TypedDict):
    """A request was turned down, or could not be carried out."""

    error: Refusal


class Health(TypedDict):
    """That the server runs."""

    status: Literal["ok"]


class Readiness(TypedDict):
    """Whether calls can be taken; `checks` says `ok`, or what is wrong, by part."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, str]
    sessions: int
