"""All the measures of a conversation, in one object."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

import attrs

from kallglot.analysis import silence, talking
from kallglot.analysis.conversation import Conversation, conversation
from kallglot.analysis.interruptions import interruptions
from kallglot.analysis.responses import response_times
from kallglot.analysis.score import score
from kallglot.analysis.spans import total
from kallglot.lag.summary import CallLag, call_lag
from kallglot.model.leg import Leg
from kallglot.model.session import Session
from kallglot.model.transcript import Utterance

__all__ = ["LanguageShare", "Measures", "SpeakerShare", "measured"]


@attrs.frozen
class SpeakerShare:
    """What one of the people did; `talk_ratio` is in percent of all talk."""

    key: str
    turns: int
    words: int
    talk_time: float
    talk_ratio: int
    interruptions: int
    response_time: float | None


@attrs.frozen
class LanguageShare:
    """How many words were said in a language."""

    language: str
    words: int


@attrs.frozen
class Measures:
    """What a conversation was like; times in seconds, None where nothing was to be measured."""

    words: int
    turns: int
    interruptions: int
    response_time: float | None
    dead_air_instances: int
    dead_air: float
    hold_time: float
    score: float | None
    speakers: tuple[SpeakerShare, ...] = ()
    languages: tuple[LanguageShare, ...] = ()
    lag: CallLag | None = None


def measured(session: Session, utterances: Sequence[Utterance], legs: Sequence[Leg]) -> Measures:
    """Return the measures of a session."""
    talk = conversation((person.key for person in session.participants), utterances)
    origin = session.created_at if session.started_at is None else session.started_at
    held = silence.holds(legs, origin)
    sounds = silence.sounds(talk)
    silences = silence.dead_air(sounds, held)
    interrupted = interruptions(talk)
    responses = response_times(talk)
    response_time = _mean(time for times in responses.values() for time in times)
    length = sounds[-1][1] - sounds[0][0] if sounds else 0.0
    words = talking.words_by_language(talk)
    return Measures(
        words=talking.words_by_speaker(talk).total(),
        turns=len(talk.turns),
        interruptions=interrupted.total(),
        response_time=response_time,
        dead_air_instances=len(silences),
        dead_air=total(silences),
        hold_time=total(held),
        score=score(len(talk.turns), interrupted.total(), response_time, total(silences), length),
        speakers=_shares(talk, interrupted, responses),
        languages=tuple(LanguageShare(*each) for each in words.most_common()),
        lag=call_lag(utterances),
    )


def _shares(
    talk: Conversation, interrupted: Counter[str], responses: dict[str, list[float]]
) -> tuple[SpeakerShare, ...]:
    times = talking.talk_times(talk)
    ratios = talking.percentages(times)
    words = talking.words_by_speaker(talk)
    turns = Counter(turn.speaker for turn in talk.turns)
    return tuple(
        SpeakerShare(
            key=key,
            turns=turns[key],
            words=words[key],
            talk_time=times[key],
            talk_ratio=ratios[key],
            interruptions=interrupted[key],
            response_time=_mean(responses[key]),
        )
        for key in talk.speakers
    )


def _mean(times: Iterable[float]) -> float | None:
    known = list(times)
    return statistics.fmean(known) if known else None
