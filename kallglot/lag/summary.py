"""The lag of a whole call, in one object."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence

import attrs

from kallglot.lag import erasure, lagging
from kallglot.lag.interpretation import Clock, Interpretation, interpretations
from kallglot.lag.lagging import Emissions
from kallglot.lag.playback import discontinuities, real_time_factor
from kallglot.lag.spans import lag_of
from kallglot.lag.token_delay import average_token_delay
from kallglot.lag.units import units
from kallglot.model.transcript import Rendering, Utterance

__all__ = ["CallLag", "Figure", "Spread", "call_lag", "ear_voice_span_at"]


@attrs.frozen
class Spread:
    """The middle of some figures, and what nineteen in twenty do not exceed."""

    median: float
    p95: float

    @classmethod
    def of(cls, figures: Iterable[float | None]) -> Spread | None:
        """Return the spread of those that are known, or None if none is."""
        known = sorted(figure for figure in figures if figure is not None)
        if not known:
            return None
        return cls(statistics.median(known), known[math.ceil(0.95 * len(known)) - 1])


@attrs.frozen
class Figure:
    """The mean of a figure over the turns, by each of the clocks; None where nobody knows."""

    unaware: float | None
    aware: float | None
    spoken: float | None

    @property
    def is_known(self) -> bool:
        return self != Figure(None, None, None)


@attrs.frozen
class CallLag:
    """The lag of a call; times in seconds.

    The spreads are over utterances, the figures means over turns.  Live there is no reference
    translation, and without one AL and LAAL are the same.  `silences` is how long listeners waited
    within a turn for the next piece; `real_time_factor` is how long the engines took for each
    second that was said.  `erased` is how many words of the captions were taken back, `erasure`
    how many for each word that stands.
    """

    utterances: int
    turns: int
    start_offset: Spread | None
    end_of_speech_to_first_audio: Spread | None
    ear_voice_span: Spread | None
    end_offset: Spread | None
    al: Figure
    laal: Figure
    yaal: Figure
    atd: Figure
    dropped: float
    compressed: float
    silences: float
    real_time_factor: float | None
    erased: int
    erasure: float | None


def call_lag(utterances: Sequence[Utterance]) -> CallLag | None:
    """Return the lag of a call, or None while there is nothing to measure."""
    rendered = [(one, each) for one in utterances for each in one.renderings]
    lags = [lag for one, each in rendered if (lag := lag_of(one, each)).is_known]
    erased = sum(one.erased for one in utterances)
    if not lags and not erased:
        return None
    turns = interpretations(utterances)
    return CallLag(
        utterances=len(lags),
        turns=len(turns),
        start_offset=Spread.of(lag.start_offset for lag in lags),
        end_of_speech_to_first_audio=Spread.of(lag.end_of_speech_to_first_audio for lag in lags),
        ear_voice_span=Spread.of(lag.ear_voice_span for lag in lags),
        end_offset=Spread.of(lag.end_offset for lag in lags),
        al=_lagging(lagging.average_lagging, turns),
        laal=_lagging(lagging.length_adaptive_average_lagging, turns),
        yaal=_lagging(lagging.yet_another_average_lagging, turns),
        atd=_figure(_token_delay, turns),
        dropped=sum(lag.dropped for lag in lags),
        compressed=sum(lag.compressed for lag in lags),
        silences=sum(discontinuities(turn.played).total for turn in turns),
        real_time_factor=_factor(rendered),
        erased=erased,
        erasure=erasure.normalised(erased, sum(map(_length, utterances))),
    )


def ear_voice_span_at(
    utterances: Sequence[Utterance], second: float, within: float = 60.0
) -> float | None:
    """Return the median ear-voice span of what was said in the minute that ends at `second`.

    Compared at minute 1 and at minute 30, it shows whether the interpreter falls behind.
    """
    spread = Spread.of(
        lag_of(one, each).ear_voice_span
        for one in utterances
        if second - within <= one.start < second
        for each in one.renderings
    )
    return None if spread is None else spread.median


def _length(utterance: Utterance) -> int:
    return len(units(utterance.text, utterance.language or ""))


def _factor(rendered: Sequence[tuple[Utterance, Rendering]]) -> float | None:
    measured = [(one, each) for one, each in rendered if each.compute]
    return real_time_factor(
        [each.compute for _, each in measured], [one.end - one.start for one, _ in measured]
    )


def _lagging(
    measure: Callable[[Emissions], float | None], turns: Sequence[Interpretation]
) -> Figure:
    def of_turn(turn: Interpretation, clock: Clock) -> float | None:
        emissions = turn.emissions(clock)
        return None if emissions is None else measure(emissions)

    return _figure(of_turn, turns)


def _token_delay(turn: Interpretation, clock: Clock) -> float | None:
    outputs = turn.outputs(clock)
    return average_token_delay(outputs) if outputs else None


def _figure(
    measure: Callable[[Interpretation, Clock], float | None], turns: Sequence[Interpretation]
) -> Figure:
    return Figure(*(_mean(measure(turn, clock) for turn in turns) for clock in Clock))


def _mean(figures: Iterable[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return statistics.fmean(known) if known else None
