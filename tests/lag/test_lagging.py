"""What must be true of the figures, whatever the numbers."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.lag import lagging
from kallglot.lag.lagging import Emissions

# Milliseconds as whole numbers: what is equal is then equal, and not nearly so.
times = st.integers(0, 20_000)
delays = st.lists(times, min_size=1, max_size=30).map(sorted).map(tuple)
emissions = st.builds(Emissions, delays, st.integers(1, 20_000), st.integers(0, 40))

IN_TIME = [
    lagging.average_lagging,
    lagging.length_adaptive_average_lagging,
    lagging.yet_another_average_lagging,
    lagging.differentiable_average_lagging,
]


@given(emissions)
def test_a_wordy_translation_does_not_look_faster_than_it_is(given_):
    al = lagging.average_lagging(given_)
    laal = lagging.length_adaptive_average_lagging(given_)
    assert laal >= al - 1e-9
    if len(given_.delays) <= given_.expected:
        assert laal == al


@given(emissions)
def test_without_a_reference_al_and_laal_are_the_same(given_):
    alone = attrs.evolve(given_, reference=0)
    assert lagging.average_lagging(alone) == lagging.length_adaptive_average_lagging(alone)


@given(emissions, st.integers(0, 5000), st.data())
def test_a_unit_that_comes_later_never_makes_it_better(given_, later, data):
    at = data.draw(st.integers(0, len(given_.delays) - 1))
    changed = list(given_.delays)
    changed[at] += later
    slower = attrs.evolve(given_, delays=tuple(changed))
    for measure in (lagging.differentiable_average_lagging, lagging.average_proportion):
        assert measure(slower) >= measure(given_) - 1e-9


@given(delays, st.integers(0, 5000), st.integers(1, 5000), st.integers(0, 40))
def test_who_is_later_throughout_lags_by_that_much_more(early, later, rest, reference):
    given_ = Emissions(early, early[-1] + later + rest, reference)
    slower = attrs.evolve(given_, delays=tuple(delay + later for delay in given_.delays))
    for measure in IN_TIME:
        assert measure(slower) == pytest.approx(measure(given_) + later)


@given(emissions, st.sampled_from([2, 10, 1000]))
def test_the_unit_of_time_does_not_matter(given_, factor):
    scaled = Emissions(
        tuple(delay * factor for delay in given_.delays),
        given_.source * factor,
        given_.reference,
    )
    for measure in IN_TIME:
        value = measure(given_)
        assert measure(scaled) == (None if value is None else pytest.approx(value * factor))
    share = lagging.average_proportion(given_)
    assert lagging.average_proportion(scaled) == pytest.approx(share)


@given(times, st.integers(1, 20), st.integers(1, 20_000))
def test_all_at_once_is_as_late_as_it_is(delay, count, source):
    at_once = Emissions((delay,) * count, source)
    assert lagging.differentiable_average_lagging(at_once) == pytest.approx(delay)


@given(st.integers(1, 20), st.integers(1, 20_000))
def test_an_ideal_interpreter_does_not_lag(count, source):
    ideal = Emissions(tuple(index * source / count for index in range(count)), source)
    for measure in IN_TIME:
        assert measure(ideal) == pytest.approx(0, abs=1e-6)


@given(emissions)
def test_only_what_comes_out_meanwhile_counts_for_yaal(given_):
    yaal = lagging.yet_another_average_lagging(given_)
    came_meanwhile = any(delay < given_.source for delay in given_.delays)
    assert (yaal is not None) == came_meanwhile


@pytest.mark.parametrize(
    ("delays", "source", "reference", "what"),
    [((), 1, 0, "delays"), ((1,), 0, 0, "source"), ((1,), 1, -1, "reference")],
)
def test_what_cannot_be_measured_is_refused(delays, source, reference, what):
    with pytest.raises(ValueError, match=what):
        Emissions(delays, source, reference)
