"""Events are read whole, however the bytes arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.eventsource import LONGEST, EventSource, Received, TooLong

STREAM = (
    b"retry: 3000\n\n"
    b": still here\n\n"
    b'id: evt_1\nevent: session.created\ndata: {"a":1}\n\n'
    b"data: one\r\ndata:two\r\nunknown: field\r\n\r\n"
    b"id: evt_2\n\n"
    b"event: session.ended\ndata\n\n"
)
EVENTS = [
    Received("evt_1", "session.created", '{"a":1}'),
    Received("evt_1", "message", "one\ntwo"),
    Received("evt_2", "session.ended", ""),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=20).map(sorted))
def test_it_does_not_matter_where_the_bytes_are_cut(cuts):
    source, events = EventSource(), []
    for start, end in zip([0, *cuts], [*cuts, len(STREAM)], strict=True):
        events += source.receive(STREAM[start:end])
    assert events == EVENTS
    assert (source.last_id, source.retry) == ("evt_2", 3.0)


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_nothing_that_comes_breaks_it(pieces):
    source = EventSource()
    for piece in pieces:
        source.receive(piece)


def test_half_an_event_is_forgotten_when_the_connection_broke():
    source = EventSource()
    source.receive(b"id: evt_1\ndata: whole\n\nid: evt_2\ndata: ha")
    source.reconnect()
    assert source.receive(b"id: evt_2\ndata: half\n\n") == [Received("evt_2", "message", "half")]


def test_an_event_without_an_end_is_not_collected_for_ever():
    source = EventSource()
    with pytest.raises(TooLong):
        source.receive(b"data: " + b"x" * LONGEST)
    many = (b"data: " + b"x" * 1000 + b"\n") * (LONGEST // 1000)
    source = EventSource()
    with pytest.raises(TooLong):
        source.receive(many)
