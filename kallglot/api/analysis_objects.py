"""What an analysis looks like: in the newer shape, with the older `results` beside it.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, NotRequired, TypedDict

from kallglot.analysis.measures import Measures, SpeakerShare
from kallglot.api import shapes
from kallglot.api.objects import iso, iso_or_none, lag_object
from kallglot.api.shapes import says
from kallglot.model.analysis import Analysis, AnalysisStatus

__all__ = ["AnalysisList", "AnalysisObject", "analysis_object"]


class Silence(TypedDict):
    """Long silences in which nobody was heard."""

    instances: int
    seconds: float


class SpeakerPerformance(TypedDict):
    """What one of the people did."""

    key: Annotated[str, says("The key of the participant.")]
    turns: int
    words: int
    talk_time: Annotated[float, says("In seconds.")]
    talk_ratio: Annotated[int, says("In percent of all talk.")]
    interruptions: Annotated[int, says("How often they began while they heard another.")]
    average_response_time: Annotated[float | None, says("In seconds; null without a reply.")]


class LanguageWords(TypedDict):
    """How many words were said in a language; signs where words have no spaces between them."""

    language: shapes.Language
    words: int


class Performance(TypedDict):
    """A conversation in figures; what could not be measured is null."""

    score: Annotated[float | None, says("How it flowed, from 0 to 1.")]
    words: int
    turns: int
    interruptions: int
    average_response_time: Annotated[
        float | None, says("Seconds from when the other had been heard to the end.")
    ]
    talk_ratio: Annotated[dict[str, int], says("By participant, in percent.")]
    dead_air: Annotated[Silence, says("Five seconds or longer.")]
    hold_time: Annotated[
        float, says("Seconds in which somebody waited for another whose call had dropped.")
    ]
    speakers: list[SpeakerPerformance]
    languages: list[LanguageWords]
    lag: shapes.SessionLag | None


class Quality(TypedDict):
    """The older shape of the same figures."""

    score: Annotated[int | None, says("From 0 to 100.")]
    talk_ratio: dict[str, int]
    interruptions: int
    average_response_time: float | None
    hold_time: float
    dead_air_instances: int
    dead_air_seconds: float


class Sentiment(TypedDict):
    """The older shape of what this version does not make."""

    overall: None
    label: None
    trend: None


class Summary(TypedDict):
    """The older shape of what this version does not make."""

    brief: None
    outcome: None


class Results(TypedDict):
    """The older shape of results; what is not made is there, and null, if it was asked for."""

    quality: NotRequired[Quality]
    sentiment: NotRequired[Sentiment]
    summary: NotRequired[Summary]
    compliance: NotRequired[None]
    action_items: NotRequired[None]
    topics: NotRequired[None]


class AnalysisObject(TypedDict):
    """An analysis of a session."""

    id: str
    object: Literal["analysis"]
    session_id: str
    call_id: None
    profile: str
    analyses: Annotated[list[str], says("What was asked for.")]
    language: Annotated[shapes.Language, says("The language to write in.")]
    status: AnalysisStatus
    summary: Annotated[None, says("Not made by this version.")]
    sentiment: Annotated[None, says("Not made by this version.")]
    compliance: Annotated[None, says("Not made by this version.")]
    performance: Annotated[Performance | None, says("Null until it is ready.")]
    results: Results
    error: Annotated[str | None, says("What could not be made, in plain words.")]
    created_at: shapes.Time
    completed_at: shapes.Time | None


class AnalysisList(TypedDict):
    """A page of the analyses of a session, the newest first."""

    object: Literal["list"]
    session_id: str
    data: list[AnalysisObject]
    has_more: bool
    url: str


def analysis_object(analysis: Analysis) -> AnalysisObject:
    inquiry, measures = analysis.inquiry, analysis.measures
    return {
        "id": analysis.id,
        "object": "analysis",
        "session_id": analysis.session_id,
        "call_id": None,
        "profile": inquiry.profile,
        "analyses": list(inquiry.components),
        "language": inquiry.language,
        "status": analysis.status,
        "summary": None,
        "sentiment": None,
        "compliance": None,
        "performance": None if measures is None else _performance(measures),
        "results": {} if measures is None else _results(measures, inquiry.components),
        "error": analysis.error,
        "created_at": iso(analysis.created_at),
        "completed_at": iso_or_none(analysis.completed_at),
    }


def _results(measures: Measures, asked: Sequence[str]) -> Results:
    made: Results = {"quality": _quality(measures)}
    if "sentiment" in asked:  # handlers by the older guide look into these two
        made["sentiment"] = {"overall": None, "label": None, "trend": None}
    if "summary" in asked:
        made["summary"] = {"brief": None, "outcome": None}
    if "compliance" in asked:
        made["compliance"] = None
    if "action_items" in asked:
        made["action_items"] = None
    if "topics" in asked:
        made["topics"] = None
    return made


def _performance(measures: Measures) -> Performance:
    return {
        "score": _rounded(measures.score),
        "words": measures.words,
        "turns": measures.turns,
        "interruptions": measures.interruptions,
        "average_response_time": _rounded(measures.response_time),
        "talk_ratio": _ratios(measures),
        "dead_air": {
            "instances": measures.dead_air_instances,
            "seconds": round(measures.dead_air, 3),
        },
        "hold_time": round(measures.hold_time, 3),
        "speakers": [_speaker(each) for each in measures.speakers],
        "languages": [
            {"language": each.language, "words": each.words} for each in measures.languages
        ],
        "lag": None if measures.lag is None else lag_object(measures.lag),
    }


def _quality(measures: Measures) -> Quality:
    return {
        "score": None if measures.score is None else round(100 * measures.score),
        "talk_ratio": _ratios(measures),
        "interruptions": measures.interruptions,
        "average_response_time": _rounded(measures.response_time),
        "hold_time": round(measures.hold_time, 3),
        "dead_air_instances": measures.dead_air_instances,
        "dead_air_seconds": round(measures.dead_air, 3),
    }


def _speaker(share: SpeakerShare) -> SpeakerPerformance:
    return {
        "key": share.key,
        "turns": share.turns,
        "words": share.words,
        "talk_time": round(share.talk_time, 3),
        "talk_ratio": share.talk_ratio,
        "interruptions": share.interruptions,
        "average_response_time": _rounded(share.response_time),
    }


def _ratios(measures: Measures) -> dict[str, int]:
    return {each.key: each.talk_ratio for each in measures.speakers}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
