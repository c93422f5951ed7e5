from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kallglot.breaker import CLOSED, Closed, Open, Patience, failed, room, succeeded

PATIENCE = Patience(failures=3, shortest=10.0, longest=60.0)


def after(breaker, *times):
    for at in times:
        breaker = failed(breaker, at, PATIENCE)
    return breaker


def test_now_and_then_a_failure_changes_nothing():
    breaker = after(CLOSED, 0, 1)
    assert room(breaker, 1, 32) == 32
    assert after(succeeded(breaker), 2, 3) == Closed(2)


def test_after_some_in_a_row_nothing_goes_for_a_while_and_then_one():
    breaker = after(CLOSED, 0, 1, 2)
    assert room(breaker, 2, 32) == 0
    assert room(breaker, 11.9, 32) == 0
    assert room(breaker, 12, 32) == 1


def test_each_wait_is_twice_the_one_before_up_to_the_longest():
    breaker, waits = after(CLOSED, 0, 1, 2), []
    for _ in range(5):
        assert isinstance(breaker, Open)
        waits.append(breaker.wait)
        breaker = after(breaker, breaker.until)
    assert waits == [10, 20, 40, 60, 60]


def test_what_was_on_its_way_before_says_nothing_new():
    breaker = after(CLOSED, 0, 1, 2)
    assert after(breaker, 3, 4, 5) == breaker


def test_one_answer_is_enough_to_be_trusted_again():
    assert room(succeeded(after(CLOSED, 0, 1, 2)), 3, 32) == 32


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100))))
def test_there_is_always_a_time_at_which_one_may_go(history):
    breaker, now = CLOSED, 0.0
    for is_success, passed in history:
        now += passed
        breaker = succeeded(breaker) if is_success else failed(breaker, now, PATIENCE)
        assert room(breaker, now + PATIENCE.longest, 32) >= 1
        assert 0 <= room(breaker, now, 32) <= 32
