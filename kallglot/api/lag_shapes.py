"""What answers say of lag: how late translations were, in seconds."""

from __future__ import annotations

from typing import Annotated, TypedDict

from kallglot.api.fields import says

__all__ = ["Figure", "Lag", "SessionLag", "Spread"]


class Spread(TypedDict):
    """The middle of some figures in seconds, and what nineteen in twenty do not exceed."""

    median: float
    p95: float


class Figure(TypedDict):
    """A mean over the turns, by three clocks."""

    unaware: Annotated[float | None, says("As if the engines took no time.")]
    aware: Annotated[float | None, says("With the time the engines took.")]
    spoken: Annotated[float | None, says("Until it was heard.")]


class SessionLag(TypedDict):
    """How late the translations of a session were, in seconds."""

    utterances: int
    turns: int
    start_offset: Spread | None
    end_of_speech_to_first_audio: Spread | None
    ear_voice_span: Spread | None
    end_offset: Spread | None
    al: Annotated[Figure | None, says("Average lagging.")]
    laal: Annotated[Figure | None, says("Length-adaptive average lagging.")]
    yaal: Annotated[Figure | None, says("Yet another average lagging.")]
    atd: Annotated[Figure | None, says("Average token delay.")]
    dropped: Annotated[float, says("Seconds of translation that were never heard.")]
    compressed: Annotated[float, says("Seconds won by playing faster.")]
    silences: Annotated[float, says("Seconds that listeners waited within a turn.")]
    real_time_factor: Annotated[float | None, says("Seconds of computing per second of speech.")]
    erased: Annotated[int, says("How many words of captions were taken back.")]
    erasure: Annotated[float | None, says("What was taken back, by what stayed.")]


class Lag(TypedDict):
    """How late a translation was, in seconds."""

    start_offset: float | None
    end_of_speech_to_first_audio: float | None
    ear_voice_span: float | None
    end_offset: float | None
    dropped: float
    compressed: float
