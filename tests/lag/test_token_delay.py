from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.lag.token_delay import TOKEN, Output, average_token_delay, queued

delays = st.lists(st.floats(0, 30), min_size=1, max_size=20).map(sorted)


def test_speech_is_as_late_as_its_end_and_not_as_its_beginning():
    # Two tokens said for the first two of ten: each ends 3.0 s after what it stands for.
    assert average_token_delay([Output(3.0, 3.0, 0.6)]) == pytest.approx(3.0)
    assert average_token_delay([Output(3.0, 3.0)]) == pytest.approx(2.7)


def test_nine_tenths_of_a_second_are_three_tokens():
    # 0.9 / 0.3 is a little more than 3 for a computer.
    (whole,) = {average_token_delay([Output(0.9, 0.9, 0.9)])}
    assert whole == pytest.approx(0.9)


def test_a_translation_that_got_long_is_not_blamed_twice():
    long_ago = [Output(0.3, 0.3, 3.0), Output(0.6, 3.3, 0.3)]
    # The last token is the twelfth of the translation and stands for the second of the source.
    without = average_token_delay(long_ago[:1])
    assert average_token_delay(long_ago) == pytest.approx((without * 10 + 3.6 - 0.6) / 11)


def test_a_piece_waits_for_the_end_of_the_one_before():
    first, second = queued([1.0, 1.5], durations=[2.0, 1.0])
    assert (first.start, second.start) == (1.0, 3.0)


def test_computing_delays_what_comes_after():
    outputs = list(queued([1.0, 2.0, 3.0], elapsed=[1.4, 2.4, 3.4]))
    # 0.4 s were computed once; the elapsed time of SimulEval only remembers it.
    assert [output.start for output in outputs] == pytest.approx([1.4, 2.0, 3.0])


def test_nothing_is_not_a_delay():
    with pytest.raises(ValueError, match="nothing"):
        average_token_delay([])


@given(delays, st.floats(0, 10))
def test_what_comes_out_later_is_later(delays, later):
    on_time = [Output(delay, delay) for delay in delays]
    late = [Output(delay, delay + later) for delay in delays]
    assert average_token_delay(late) == pytest.approx(average_token_delay(on_time) + later)


@given(delays)
def test_no_token_comes_before_what_it_stands_for(delays):
    assert average_token_delay([Output(delay, delay) for delay in delays]) >= -1e-9


@given(delays)
def test_it_scales_with_the_token(delays):
    in_ms = [Output(delay * 1000, delay * 1000) for delay in delays]
    seconds = average_token_delay([Output(delay, delay) for delay in delays])
    assert average_token_delay(in_ms, TOKEN * 1000) == pytest.approx(seconds * 1000, abs=0.5)
