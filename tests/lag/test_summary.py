from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.lag.spans import Lag, lag_of
from kallglot.lag.summary import Figure, Spread, call_lag, ear_voice_span_at
from kallglot.model.transcript import Rendering
from tests.lag.calls import MONOLOGUE, said


def test_the_lag_of_an_utterance():
    said_so = MONOLOGUE[1]
    lag = lag_of(said_so, said_so.renderings[0])
    assert lag.start_offset == pytest.approx(3.4)
    assert lag.end_of_speech_to_first_audio == pytest.approx(0.7)
    assert lag.ear_voice_span == pytest.approx(3.7)
    assert lag.end_offset == pytest.approx(2.0)
    assert lag.compressed == 0.2


def test_what_was_never_spoken_has_no_lag():
    rendering = Rendering("en", "Yes")
    assert lag_of(said(1, 0, 1), rendering) == Lag()
    assert not lag_of(said(1, 0, 1), rendering).is_known


def test_the_lag_of_a_call():
    lag = call_lag(MONOLOGUE)
    assert (lag.utterances, lag.turns) == (2, 1)
    assert lag.end_of_speech_to_first_audio == Spread(pytest.approx(0.65), pytest.approx(0.7))
    assert lag.ear_voice_span == Spread(pytest.approx(3.15), pytest.approx(3.7))
    assert lag.compressed == pytest.approx(0.2)
    assert lag.silences == pytest.approx(1.7)
    assert (lag.erased, lag.erasure) == (0, 0.0)
    assert lag.real_time_factor == pytest.approx(0.5 / 5.0)


def test_lagging_is_measured_by_three_clocks():
    lag = call_lag(MONOLOGUE)
    pace = 5.0 / 8
    # Three words after 2.4 s, and the fourth ends it: by then all had been heard.
    unaware = (2.4 + 2.4 - pace + 2.4 - 2 * pace + 5.4 - 3 * pace) / 4
    aware = (2.6 + 2.6 - pace + 2.6 - 2 * pace + 5.7 - 3 * pace) / 4
    assert lag.laal.unaware == pytest.approx(unaware)
    assert lag.laal.aware == pytest.approx(aware)
    assert lag.laal.spoken == pytest.approx(aware)
    assert lag.al == lag.laal
    assert lag.yaal.unaware == pytest.approx(2.4 - pace)
    assert lag.atd.unaware < lag.atd.spoken


def test_a_call_in_which_nothing_was_measured_has_no_lag():
    assert call_lag([]) is None
    assert call_lag([said(1, 0, 1), said(2, 1, 2, "Ja", Rendering("en", "Yes"))]) is None


def test_a_call_of_captions_tells_how_many_words_were_taken_back():
    captioned = [attrs.evolve(said(1, 0, 1, "eins zwei drei"), erased=1), said(2, 1, 2, "Ja")]
    lag = call_lag(captioned)
    assert (lag.erased, lag.erasure) == (1, 0.25)
    assert (lag.utterances, lag.ear_voice_span) == (0, None)


def test_where_nobody_noted_what_had_been_heard_only_the_sound_counts():
    lag = call_lag([said(1, 0, 2, "Ja", Rendering("en", "Yes", spoken_at=2.5, spoken_until=3))])
    assert lag.end_of_speech_to_first_audio == Spread(0.5, 0.5)
    assert lag.start_offset is None
    assert lag.laal == Figure(unaware=None, aware=None, spoken=2.5)
    assert not lag.atd.is_known
    assert lag.real_time_factor is None


def test_an_interpreter_who_falls_behind_is_found_out():
    monologue = [
        said(n, n * 5.0, n * 5 + 4, "Ja", Rendering("en", "Yes", spoken_at=n * 5 + 4.5 + n / 100))
        for n in range(360)
    ]
    first = ear_voice_span_at(monologue, 60.0)
    last = ear_voice_span_at(monologue, 1800.0)
    assert first == pytest.approx(4.555)
    assert last / first > 1.2
    assert ear_voice_span_at(monologue, 3600.0) is None


@given(st.lists(st.none() | st.floats(-10, 100), min_size=1))
def test_nineteen_in_twenty_are_no_worse(figures):
    spread = Spread.of(figures)
    known = [figure for figure in figures if figure is not None]
    if not known:
        assert spread is None
        return
    assert sum(figure <= spread.p95 for figure in known) >= 0.95 * len(known)
    assert spread.p95 in known
    assert min(known) <= spread.median <= max(known)
