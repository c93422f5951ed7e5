from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.audio.reorder import ReorderWindow


def test_chunks_in_order_pass_at_once():
    window = ReorderWindow[str]()
    assert [window.put(n, f"{n}", 0.02 * n) for n in (1, 2, 3)] == [["1"], ["2"], ["3"]]
    assert window.deadline is None


def test_two_chunks_that_changed_places_are_put_right():
    window = ReorderWindow[str]()
    window.put(1, "one", 0.0)
    assert window.put(3, "three", 0.02) == []
    assert window.put(2, "two", 0.03) == ["two", "three"]
    assert (window.lost, window.late, window.duplicates) == (0, 0, 0)


def test_a_chunk_that_never_comes_is_given_up_after_sixty_milliseconds():
    window = ReorderWindow[str]()
    window.put(1, "one", 0.0)
    window.put(3, "three", 1.0)
    window.put(4, "four", 1.02)
    assert window.deadline == 1.06
    assert window.due(1.059) == []
    assert window.due(1.06) == ["three", "four"]
    assert window.lost == 1
    assert window.deadline is None


def test_the_next_chunk_releases_what_has_waited_without_a_timer():
    window = ReorderWindow[str]()
    window.put(1, "one", 0.0)
    window.put(3, "three", 1.0)
    assert window.put(4, "four", 1.1) == ["three", "four"]


def test_a_chunk_that_comes_after_it_was_given_up_is_late():
    window = ReorderWindow[str]()
    window.put(1, "one", 0.0)
    window.put(3, "three", 0.1)
    window.due(0.2)
    assert window.put(2, "two", 0.21) == []
    assert (window.lost, window.late, window.duplicates) == (1, 1, 0)


def test_a_chunk_that_comes_twice_is_heard_once():
    window = ReorderWindow[str]()
    window.put(1, "one", 0.0)
    assert window.put(1, "one", 0.01) == []
    window.put(3, "three", 0.02)
    assert window.put(3, "three", 0.03) == []
    assert window.duplicates == 2
    assert window.put(2, "two", 0.04) == ["two", "three"]


def test_two_gaps_are_waited_for_one_after_the_other():
    window = ReorderWindow[int]()
    window.put(1, 1, 0.0)
    window.put(3, 3, 0.02)
    window.put(5, 5, 0.04)
    assert window.due(0.08) == [3]
    assert window.deadline == 0.1
    assert window.due(0.1) == [5]


def test_a_window_that_knows_the_first_number_waits_for_it():
    window = ReorderWindow[int](first=1)
    assert window.put(2, 2, 0.0) == []
    assert window.put(1, 1, 0.01) == [1, 2]


def test_a_leap_of_a_million_numbers_costs_no_memory():
    window = ReorderWindow[int]()
    window.put(1, 1, 0.0)
    window.put(1_000_001, 2, 0.0)
    assert window.due(0.06) == [2]
    assert window.lost == 999_999


@settings(deadline=None)
@given(
    arrivals=st.lists(st.tuples(st.integers(0, 400), st.floats(0, 0.03)), max_size=200),
    depth=st.sampled_from([0.0, 0.06, 100.0]),
)
def test_whatever_arrives_goes_out_in_order_once_or_is_counted(arrivals, depth):
    window = ReorderWindow[int](depth)
    now, out = 0.0, []
    for number, wait in arrivals:
        now += wait
        if window.deadline is not None and window.deadline <= now:
            out += window.due(now)
        out += window.put(number, number, now)
        assert window.deadline is None or now < window.deadline <= now + depth
        assert len(window._held) <= 64
    out += window.due(now + depth + 1)
    assert window.deadline is None
    assert all(a < b for a, b in itertools.pairwise(out))
    assert len(out) + window.late + window.duplicates == len(arrivals)
    if out:
        assert window.lost == out[-1] - out[0] + 1 - len(out)


@settings(deadline=None)
@given(st.permutations(range(8)))
def test_a_shuffle_within_the_depth_is_undone(order):
    window = ReorderWindow[int](first=0)
    out = [each for number in order for each in window.put(number, number, 0.0)]
    assert out == list(range(8))
    assert window.lost == window.late == window.duplicates == 0
