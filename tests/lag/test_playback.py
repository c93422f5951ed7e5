from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.lag.playback import (
    Discontinuities,
    Played,
    back_to_back,
    discontinuities,
    end_offset,
    real_time_factor,
)

pieces = st.lists(
    st.tuples(st.integers(0, 60_000), st.integers(0, 10_000)), min_size=1, max_size=20
).map(sorted)


def test_what_is_ready_too_early_waits():
    assert back_to_back([2, 4, 9], [3, 1, 1]) == [Played(2, 5), Played(5, 6), Played(9, 10)]


def test_the_listener_waits_between_pieces():
    silences = discontinuities([Played(1, 2), Played(2, 3), Played(5, 6), Played(7, 8)])
    assert silences == Discontinuities(2, 3)
    assert silences.mean == 1.5


def test_an_unbroken_translation_has_no_silences():
    assert discontinuities([Played(1, 2)]).mean == 0


def test_the_end_offset_may_be_negative():
    assert end_offset([Played(1, 2), Played(2, 3)], 4) == -1


def test_the_engines_must_be_faster_than_the_speaker():
    assert real_time_factor([0.2, 0.4], [2.0, 1.0]) == pytest.approx(0.2)
    assert real_time_factor([], []) is None


@given(pieces)
def test_pieces_never_overlap_and_never_play_before_they_are_there(given_):
    delays, durations = zip(*given_, strict=True)
    played = back_to_back(delays, durations)
    assert all(before.end <= after.start for before, after in pairwise(played))
    assert all(piece.start >= delay for piece, delay in zip(played, delays, strict=True))
    sound = sum(durations)
    assert played[-1].end - played[0].start == sound + discontinuities(played).total
