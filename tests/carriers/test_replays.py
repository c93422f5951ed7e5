from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kallglot.carriers.replays import Replays


def test_the_same_thing_twice_is_not_new():
    replays = Replays(within=300)
    assert replays.is_new("a", 0)
    assert not replays.is_new("a", 299)
    assert replays.is_new("b", 299)


def test_what_is_no_longer_believed_need_not_be_remembered():
    replays = Replays(within=300)
    replays.is_new("a", 0)
    assert replays.is_new("b", 300)
    assert len(replays) == 1


def test_what_was_not_done_may_come_again():
    replays = Replays()
    replays.is_new("a", 0)
    replays.withdraw("a")
    replays.withdraw("never seen")
    assert replays.is_new("a", 1)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 10)), max_size=60))
def test_memory_is_bounded_and_the_newest_are_in_it(said):
    replays, now = Replays(within=5, most=3), 0.0
    for key, passed in said:
        now += passed
        replays.is_new(key, now)
        assert len(replays) <= 3
        assert not replays.is_new(key, now)
