"""The arithmetic of queues, on engines that cost what the test says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.bench import queueing
from kallglot.bench.queueing import Cost, Errand, Station


def station(rows=1, first=1.0, **costs):
    return Station(Cost({int(name[1:]): cost for name, cost in costs.items()}), rows, first)


def test_one_at_a_time_waits_for_those_before_it():
    together = [Errand(0.0), Errand(0.0), Errand(0.0)]
    assert queueing.waits(together, [station(_1=0.1)]) == pytest.approx([0.1, 0.2, 0.3])


def test_a_batch_forms_while_the_engine_is_busy():
    three = [Errand(0.0), Errand(0.01), Errand(0.02)]
    waits = queueing.waits(three, [station(rows=4, _1=0.1, _4=0.16)])
    # The first goes alone; the two that come meanwhile go together.
    assert waits == pytest.approx([0.1, 0.1 + 0.12 - 0.01, 0.1 + 0.12 - 0.02])


def test_what_was_not_measured_lies_between_what_was():
    cost = Cost({2: 0.2, 4: 0.3})
    assert [cost.of(rows) for rows in (1, 2, 3, 4)] == pytest.approx([0.2, 0.2, 0.25, 0.3])


def test_an_errand_goes_through_all_its_stations():
    stations = [station(_1=0.1), station(_1=0.2), station(_1=0.4, first=0.5)]
    # Of the last one's work half is enough for a listener to hear something.
    assert queueing.waits([Errand(1.0, (0, 1, 2))], stations) == pytest.approx([0.5])


def test_on_one_device_only_one_works_and_the_last_goes_first():
    stations = [station(_1=0.1), station(_1=0.1)]
    two = [Errand(0.0, (0, 1)), Errand(0.0, (0, 1))]
    apart = queueing.waits(two, stations)
    shared = queueing.waits(two, stations, is_shared=True)
    assert apart == pytest.approx([0.2, 0.3])
    assert shared == pytest.approx([0.2, 0.4])


def test_short_errands_stand_in_the_way_and_are_not_counted():
    stations = [station(_1=0.1), station(_1=0.1)]
    waits = queueing.waits([Errand(0.0, (0,)), Errand(0.0, (0, 1))], stations, is_shared=True)
    assert waits == pytest.approx([0.3])


def test_each_of_two_people_speaks_for_two_fifths_of_the_time():
    seconds = 300.0
    steps = queueing.steps(40, 0.5, seconds)
    spoken = len(steps) * 0.5 / (40 * seconds)
    assert 0.72 < spoken < 0.82  # both together; less the rest of a step at each turn's end
    sentences = queueing.sentences(40, seconds)
    assert 0.18 < len(sentences) / (40 * seconds) < 0.22


def test_the_same_calls_say_the_same():
    assert queueing.errands(3, 0.5) == queueing.errands(3, 0.5)
    assert queueing.errands(3, 0.5) != queueing.errands(3, 0.5, seed=2)


def test_more_calls_are_carried_by_a_quicker_engine_and_none_by_one_that_is_too_slow():
    def most(cost, rows=1):
        engine = Station(Cost({1: cost, 8: 2 * cost}), rows)
        return queueing.most_calls(
            lambda calls: queueing.waits(
                [Errand(at) for at in queueing.sentences(calls)], [engine]
            ),
            most=500,
        )

    assert most(0.6) == 0
    slow, quick, batched = most(0.2), most(0.1), most(0.1, rows=8)
    assert 0 < slow < quick < batched


@given(st.lists(st.floats(0, 20), min_size=1, max_size=60), st.integers(1, 8))
def test_nobody_is_lost_and_nobody_is_served_before_they_came(times, rows):
    engine = station(rows=rows, _1=0.05, _8=0.1)
    waits = queueing.waits([Errand(at) for at in times], [engine])
    assert len(waits) == len(times)
    assert min(waits) >= 0.05 - 1e-9
