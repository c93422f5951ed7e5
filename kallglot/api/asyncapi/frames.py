"""What native clients say and are told, in both generations of the protocol.

The plugin that speaks it is `plugins.browser`, which nobody imports; the tests hold what it says
and understands against these.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NotRequired, TypeAlias, TypedDict

from kallglot.api.shapes import Language, Time, says
from kallglot.model.session import Status

__all__ = ["RECEIVED", "SENT"]

Encoding: TypeAlias = Literal["mulaw", "alaw", "pcm_16", "pcm_s16le", "pcm_8"]
Rate: TypeAlias = Literal[8000, 16000, 24000, 48000]
Base64: TypeAlias = Annotated[str, says("Base64.", contentEncoding="base64")]
Speaker: TypeAlias = Annotated[
    str, says("Who speaks, as a participant's key.", minLength=1, maxLength=64)
]


class Sound(TypedDict):
    """Mono audio."""

    encoding: Encoding
    sample_rate_hz: Rate
    payload: Base64


class AudioInput(TypedDict):
    """Audio of somebody who speaks; 20 to 200 ms of it at a time."""

    type: Literal["audio.input"]
    audio: Sound
    speaker: NotRequired[Speaker | None]
    sequence: NotRequired[float | None]
    timestamp_ms: NotRequired[float | None]


class Ping(TypedDict):
    """Are you there?"""

    type: Literal["ping"]


class SessionEnd(TypedDict):
    """The call is over."""

    type: Literal["session.end"]


class Audio(TypedDict):
    """Audio, in the older generation; with two channels the agent is left."""

    type: Literal["audio"]
    data: Base64
    encoding: NotRequired[Annotated[Encoding, says("`pcm_16` unless given.")]]
    sample_rate: NotRequired[Annotated[Rate, says("16000 unless given.")]]
    channels: NotRequired[Literal[1, 2]]
    speaker: NotRequired[Speaker | None]


class Control(TypedDict):
    """A switch, in the older generation."""

    type: Literal["control"]
    action: Literal["mute", "unmute", "pause_transcription", "resume_transcription"]


class End(TypedDict):
    """The call is over, in the older generation."""

    type: Literal["end"]


class Told(TypedDict):
    """What every frame from the server has."""

    session_id: str


class SessionReady(Told):
    """The stream is in: the first frame."""

    type: Literal["session.ready"]
    status: Status


class SessionStatus(Told):
    """The session has another status, or translating has stopped or goes on."""

    type: Literal["session.status"]
    status: NotRequired[Status]
    reconnect_deadline: NotRequired[
        Annotated[Time | None, says("Until when a lost call may come back.")]
    ]
    translation: NotRequired[Literal["on", "captions_only", "unavailable"]]


class SessionError(Told):
    """Something was not understood; the connection stays up."""

    type: Literal["session.error"]
    code: str
    message: str
    param: NotRequired[str]
    speaker: NotRequired[str | None]


class SessionEnded(Told):
    """The session has ended; the connection closes."""

    type: Literal["session.ended"]
    reason: str


class Pong(Told):
    """Here we are."""

    type: Literal["pong"]


class LanguageAlternative(TypedDict):
    """What else it may be."""

    language: Language
    confidence: float


class LanguageDetected(Told):
    """It is known what somebody speaks."""

    type: Literal["language_detected"]
    speaker: str
    language: Language
    confidence: float
    alternatives: list[LanguageAlternative]
    previous: NotRequired[Annotated[Language, says("What it was taken for before.")]]


class TranscriptPartial(Told):
    """What somebody is saying; the next one with the same `id` takes its place."""

    type: Literal["transcript.partial"]
    id: str
    speaker: str
    language: Language | None
    text: str
    is_final: Literal[False]
    start_time: float


class Rendered(TypedDict):
    """What was said, in another language."""

    language: Language
    text: str


class TranscriptFinal(Told):
    """What somebody has said."""

    type: Literal["transcript.final"]
    id: str
    sequence: int
    speaker: str
    language: Language | None
    text: str
    is_final: Literal[True]
    start_time: float
    end_time: float
    confidence: float
    is_sure: bool
    translation: NotRequired[Rendered]
    translations: NotRequired[list[Rendered]]


class AudioOutput(Told):
    """Audio to be played to `listener`."""

    type: Literal["audio.output"]
    sequence: int
    listener: str
    speaker: str
    utterance_id: str | None
    language: Language | None
    audio: Sound


class AudioClear(Told):
    """Stop playing to `listener`: the speaker was interrupted."""

    type: Literal["audio.clear"]
    listener: str


class OlderTranscript(Told):
    """What somebody says or has said, in the older generation."""

    type: Literal["transcript"]
    id: str
    speaker: str
    language: Language | None
    text: str
    is_final: bool
    start_time: float
    confidence: NotRequired[float]


class OlderTranslation(Told):
    """What it is in another language, in the older generation."""

    type: Literal["translation"]
    id: str
    speaker: str
    language: Language
    text: str
    is_final: bool


class OlderAudio(Told):
    """Audio to be played to `listener`, in the older generation."""

    type: Literal["audio"]
    sequence: int
    listener: str
    speaker: str
    id: str | None
    encoding: Encoding
    sample_rate: Rate
    channels: Literal[1, 2]
    data: Base64


#: What a client may say.
RECEIVED: Final[tuple[Any, ...]] = (AudioInput, Ping, SessionEnd, Audio, Control, End)

#: What it is told.
SENT: Final[tuple[Any, ...]] = (
    SessionReady,
    SessionStatus,
    LanguageDetected,
    TranscriptPartial,
    TranscriptFinal,
    AudioOutput,
    AudioClear,
    SessionError,
    SessionEnded,
    Pong,
    OlderTranscript,
    OlderTranslation,
    OlderAudio,
)
