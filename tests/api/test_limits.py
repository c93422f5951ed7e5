from __future__ import annotations

from kallglot.api.limits import RateLimits


def test_a_limit_is_spent_by_the_request_after_the_last():
    limits = RateLimits(2)
    taken = [limits.take("a", 30.0) for _ in range(3)]
    assert [each.left for each in taken] == [1, 0, -1]
    assert [each.is_spent for each in taken] == [False, False, True]
    assert taken[0].reset == 60.0


def test_a_new_minute_begins_anew_and_forgets_the_old():
    limits = RateLimits(1)
    for who in "abc":
        limits.take(who, 59.9)
    assert not limits.take("a", 60.0).is_spent
