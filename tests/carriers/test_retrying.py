from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.carriers.exchange import Answer, Repeat, Silence
from kallglot.carriers.retrying import Insistence, is_failure, pause

NOW = 1_790_000_000.0
FREELY, IF_NOT_DONE = Repeat.FREELY, Repeat.IF_NOT_DONE


def waits(outcome, repeat=FREELY, tries=1, chance=1.0) -> float | None:
    return pause(outcome, tries, repeat, NOW, chance, Insistence())


@pytest.mark.parametrize(
    ("outcome", "freely", "if_not_done"),
    [
        (Answer(200), False, False),
        (Answer(404), False, False),
        (Answer(422), False, False),
        (Answer(429), True, True),
        (Answer(500), True, False),
        (Answer(503), True, False),
        (Silence("no answer", was_sent=True), True, False),
        (Silence("no connection", was_sent=False), True, True),
    ],
)
def test_a_call_is_never_placed_twice_and_everything_else_is_tried_again(
    outcome, freely, if_not_done
):
    assert (waits(outcome) is not None) is freely
    assert (waits(outcome, IF_NOT_DONE) is not None) is if_not_done


def test_each_wait_is_longer_and_the_last_try_is_the_last():
    said = [waits(Answer(503), tries=tries) for tries in (1, 2, 3, 4)]
    assert said == [0.25, 0.5, 1.0, None]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0"}, 0.25),
        ({"retry-after": "Mon, 21 Sep 2026 14:13:25 GMT"}, 5.0),
        ({"retry-after": "9"}, None),
        ({"retry-after": "soon"}, 0.25),
        ({"retry-after": "-1"}, 0.25),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, 1.0),
        ({"x-ratelimit-remaining": "7", "x-ratelimit-reset": "8"}, 0.25),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": ""}, 0.25),
    ],
)
def test_a_carrier_that_says_when_is_asked_then_or_not_at_all(headers, expected):
    assert waits(Answer(429, headers)) == expected


@given(
    st.sampled_from([Answer(429), Answer(500), Silence("x")])
    | st.builds(
        Answer,
        st.integers(200, 599),
        st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset"]), st.text()),
    ),
    st.sampled_from(Repeat),
    st.integers(1, 9),
    st.floats(0, 1),
)
def test_no_wait_is_too_long(outcome, repeat, tries, chance):
    wait = waits(outcome, repeat, tries, chance)
    assert wait is None or 0 <= wait <= Insistence().longest


def test_only_trouble_of_the_carriers_is_held_against_it():
    assert [is_failure(each) for each in (Answer(500), Answer(429), Answer(404), Silence(""))] == [
        True,
        False,
        False,
        True,
    ]
