"""Encoded audio in whole blocks."""

from hypothesis import given
from hypothesis import strategies as st

from kallglot.audio.blocks import Blocks


def test_what_is_left_over_waits_for_the_next():
    blocks = Blocks(160, b"\xff")
    assert blocks.put(b"a" * 200) == [b"a" * 160]
    assert blocks.put(b"b" * 120) == [b"a" * 40 + b"b" * 120]


def test_the_last_of_it_is_made_whole_with_silence():
    blocks = Blocks(160, b"\xff")
    blocks.put(b"a" * 10)
    assert blocks.flush() == [b"a" * 10 + b"\xff" * 150]
    assert blocks.flush() == []


def test_what_is_cleared_is_not_sent():
    blocks = Blocks(320, b"\0\0")
    blocks.put(b"a" * 10)
    blocks.clear()
    assert blocks.flush() == []


@given(st.lists(st.binary(max_size=2000), max_size=20))
def test_nothing_is_lost_or_added_before_the_end(pieces):
    blocks = Blocks(160, b"\xff", most=3)
    frames = [frame for piece in pieces for frame in blocks.put(piece)]
    assert all(len(frame) % 160 == 0 and 0 < len(frame) <= 480 for frame in frames)
    total = b"".join(pieces)
    sent = b"".join([*frames, *blocks.flush()])
    assert sent[: len(total)] == total
    assert set(sent[len(total) :]) <= {0xFF}
