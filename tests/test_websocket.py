"""What a client sends, however it is cut up, and what it gets to see of us."""

from __future__ import annotations

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot import websocket
from kallglot.websocket import Close, Incoming, Ping, Pong, Violation

LARGEST = 1 << 20
MASK = b"\x12\xfe\x56\x81"

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(opcode, payload=b"", mask=MASK, *, final=True, form=None, reserved=0):
    """Return a frame as a client sends it; `form` is how many bytes tell its length."""
    size = len(payload)
    form = form or (1 if size < 126 else 2 if size < 65536 else 8)
    length = {1: bytes([0x80 | size & 0x7F]), 2: b"\xfe", 8: b"\xff"}[form]
    if form > 1:
        length += size.to_bytes(form)
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return bytes([0x80 * final | reserved << 4 | opcode]) + length + mask + masked


def events_of(data: bytes, largest: int = LARGEST):
    return Incoming(largest).receive(data)


def code_of(data: bytes, largest: int = LARGEST) -> int:
    """Return with which code the connection is closed after that, with nothing before."""
    match events_of(data, largest):
        case [Violation(code)]:
            return code
        case other:
            raise AssertionError(other)


class TestMessages:
    @pytest.mark.parametrize("size", [0, 1, 3, 4, 125, 126, 127, 133, 250, 499, 500, 503, 65536])
    def test_a_message_is_what_was_sent_whatever_its_size(self, size):
        letters = ("Grüße " * size).encode()[:size].decode(errors="ignore")
        assert events_of(frame(TEXT, letters.encode())) == [letters]
        sound = bytes(index % 251 for index in range(size))
        assert events_of(frame(BINARY, sound)) == [sound]

    @pytest.mark.parametrize("form", [2, 8])
    def test_a_length_may_take_more_bytes_than_it_needs(self, form):
        assert events_of(frame(TEXT, b"Guten Tag", form=form)) == ["Guten Tag"]

    def test_frames_that_come_together_are_told_apart(self):
        data = frame(TEXT, b"a") + frame(BINARY, b"b") + frame(PONG, b"c") + frame(TEXT, b"d" * 200)
        assert events_of(data) == ["a", b"b", Pong(b"c"), "d" * 200]

    def test_a_message_may_come_in_fragments_with_a_ping_between_them(self):
        data = (
            frame(TEXT, b"Gr\xc3", final=False)
            + frame(PING, b"there?")
            + frame(CONTINUATION, b"\xbc", final=False)
            + frame(CONTINUATION, "ße".encode())
        )
        assert events_of(data) == [Ping(b"there?"), "Grüße"]

    def test_after_fragments_come_whole_messages_again(self):
        incoming = Incoming(LARGEST)
        data = frame(BINARY, b"1", final=False) + frame(CONTINUATION, b"2") + frame(TEXT, b"3")
        assert incoming.receive(data) == [b"12", "3"]
        assert incoming.receive(frame(TEXT, b"four")) == ["four"]

    def test_every_mask_is_taken_off(self):
        for mask in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\1\2\3\4"):
            for size in (5, 250, 1001):
                assert events_of(frame(BINARY, b"x" * size, mask)) == [b"x" * size]


class TestViolations:
    @pytest.mark.parametrize(
        "data",
        [
            b"\x81\x05Hello",
            frame(TEXT, b"x", reserved=4),
            frame(TEXT, b"x", reserved=1),
            frame(PING, b"x", reserved=2),
            *(frame(opcode) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
            frame(PING, bytes(126)),
            frame(PING, b"", form=2),
            frame(CLOSE, struct.pack("!H", 1000) + bytes(124)),
            frame(PING, final=False),
            frame(CLOSE, final=False),
            frame(CONTINUATION, b"of what?"),
            b"\x81\xff\x80\0\0\0\0\0\0\0",
        ],
        ids=lambda data: data[:4].hex(),
    )
    def test_what_the_protocol_forbids_is_refused(self, data):
        assert code_of(data + b"\0\0\0\0") == 1002

    def test_a_new_message_inside_a_fragmented_one_is_refused(self):
        assert code_of(frame(TEXT, b"a", final=False) + frame(TEXT, b"b")) == 1002

    @pytest.mark.parametrize("text", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf" * 200])
    def test_text_that_is_not_utf_8_is_refused(self, text):
        assert code_of(frame(TEXT, text)) == 1007
        assert code_of(frame(TEXT, text[:1], final=False) + frame(CONTINUATION, text[1:])) == 1007

    def test_whoever_breaks_the_protocol_is_not_listened_to_any_more(self):
        incoming = Incoming(LARGEST)
        said = incoming.receive(frame(TEXT, b"good") + b"\x81\0" + frame(TEXT, b"bad"))
        assert said == ["good", Violation(1002, "a frame is not masked")]
        assert incoming.receive(frame(TEXT, b"something longer")) == []


class TestSizes:
    def test_the_largest_message_is_taken_and_one_byte_more_is_not(self):
        for size, form in ((400, 2), (100, 1), (70_000, 8)):
            assert events_of(frame(TEXT, b"x" * size, form=form), size) == ["x" * size]
            assert code_of(frame(TEXT, b"x" * (size + 1), form=form), size) == 1009

    def test_fragments_count_together(self):
        data = frame(TEXT, b"x" * 60, final=False) + frame(CONTINUATION, b"x" * 41)
        assert code_of(data, 100) == 1009
        assert events_of(data, 101) == ["x" * 101]

    def test_a_ping_is_not_too_large_beside_a_large_message(self):
        data = frame(TEXT, b"x" * 100, final=False) + frame(PING, b"ping")
        assert events_of(data, 100) == [Ping(b"ping")]

    def test_a_large_message_is_refused_before_it_is_there(self):
        assert code_of(b"\x81\xff" + (1 << 40).to_bytes(8) + MASK, LARGEST) == 1009

    def test_what_never_ends_takes_no_more_room_than_a_message(self):
        incoming = Incoming(1000)
        said = incoming.receive(frame(TEXT, b"x", final=False))
        for _ in range(2000):
            said += incoming.receive(frame(CONTINUATION, b"", final=False))
        assert said == []
        assert held(incoming) < 1100
        for _ in range(2000):
            said += incoming.receive(frame(CONTINUATION, b"x", final=False))
        assert said == [Violation(1009, "a message of more than 1000 bytes")]
        assert held(incoming) == 0

    @given(st.lists(st.binary(max_size=300), max_size=40), st.integers(0, 500))
    def test_never_more_than_a_message_and_a_chunk_is_held(self, chunks, largest):
        incoming = Incoming(largest)
        for chunk in chunks:
            incoming.receive(chunk)
            assert held(incoming) <= largest + max(largest, 125) + 14 + len(chunk)


def held(incoming: Incoming) -> int:
    return len(incoming._rest) + len(incoming._message)


class TestGoodbyes:
    @pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 4000, 4999])
    def test_a_goodbye_has_a_code_and_a_reason(self, code):
        payload = struct.pack("!H", code) + "schöne Grüße".encode()
        assert events_of(frame(CLOSE, payload)) == [Close(code, "schöne Grüße")]

    def test_a_goodbye_may_say_nothing(self):
        assert events_of(frame(CLOSE)) == [Close(1005, "")]

    @pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
    def test_codes_that_may_not_be_sent_are_refused(self, code):
        assert code_of(frame(CLOSE, struct.pack("!H", code))) == 1002

    def test_half_a_code_is_refused(self):
        assert code_of(frame(CLOSE, b"\x03")) == 1002

    def test_a_reason_that_is_not_utf_8_is_refused(self):
        assert code_of(frame(CLOSE, b"\x03\xe8\xff")) == 1007

    def test_after_the_goodbye_nothing_is_heard(self):
        incoming = Incoming(LARGEST)
        assert incoming.receive(frame(CLOSE) + frame(TEXT, b"and another thing")) == [Close()]
        assert incoming.receive(frame(TEXT, b"and another thing")) == []


class TestOut:
    """We send no masks, whole messages, and lengths as short as they can be."""

    @pytest.mark.parametrize(
        ("size", "head"),
        [
            (0, b"\x81\x00"),
            (125, b"\x81\x7d"),
            (126, b"\x81\x7e\x00\x7e"),
            (65535, b"\x81\x7e\xff\xff"),
            (65536, b"\x81\x7f\0\0\0\0\0\1\0\0"),
        ],
    )
    def test_text(self, size, head):
        assert websocket.text("x" * size) == head + b"x" * size

    def test_the_others(self):
        assert websocket.binary(b"\0\1") == b"\x82\x02\0\1"
        assert websocket.ping() == b"\x89\0"
        assert websocket.pong(b"yes") == b"\x8a\x03yes"
        assert websocket.close(1000, "bye") == b"\x88\x05\x03\xe8bye"
        assert websocket.close() == b"\x88\0"

    def test_a_long_reason_is_cut_between_two_characters(self):
        sent = websocket.close(1000, "ü" * 100)
        assert len(sent) == 2 + 2 + 122
        assert sent[4:].decode() == "ü" * 61


messages = st.one_of(st.text(max_size=700), st.binary(max_size=700))


@st.composite
def conversations(draw):
    """What a client says, and the bytes that say it: fragments, pings and all."""
    said, data = [], b""
    for message in draw(st.lists(messages, max_size=6)):
        opcode = TEXT if isinstance(message, str) else BINARY
        payload = message.encode() if isinstance(message, str) else message
        cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=3)))
        edges = [0, *cuts, len(payload)]
        for index, (start, end) in enumerate(itertools.pairwise(edges)):
            mask = draw(st.binary(min_size=4, max_size=4))
            first = opcode if index == 0 else CONTINUATION
            data += frame(first, payload[start:end], mask, final=index == len(cuts))
            if index < len(cuts) and draw(st.booleans()):
                data += frame(PING, b"?")
                said.append(Ping(b"?"))
        said.append(message)
    return said, data


def in_pieces(data: bytes, sizes: list[int]):
    incoming, at, said = Incoming(LARGEST), 0, []
    for size in sizes:
        said += incoming.receive(data[at : at + size])
        at += size
    return said + incoming.receive(data[at:])


@given(conversations(), st.lists(st.integers(0, 300), max_size=60))
def test_what_is_said_is_heard_however_it_is_cut_up(conversation, sizes):
    said, data = conversation
    assert in_pieces(data, sizes) == said


@given(conversations(), st.binary(max_size=40), st.lists(st.integers(0, 40), max_size=60))
def test_anything_at_all_is_heard_the_same_however_it_is_cut_up(conversation, garbage, sizes):
    data = conversation[1][:200] + garbage
    assert in_pieces(data, sizes) == events_of(data)


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_waited_for_and_never_raises(garbage):
    events = events_of(garbage)
    assert all(not isinstance(event, Violation) for event in events[:-1])


def test_a_byte_at_a_time_is_enough():
    data = frame(TEXT, b"x" * 300) + frame(PING, b"!") + frame(CLOSE, b"\x03\xe8")
    assert in_pieces(data, [1] * len(data)) == ["x" * 300, Ping(b"!"), Close(1000)]
