import json

import pytest

from kallglot.bench import stamps
from kallglot.bench.line import Frames, Line, Plan
from kallglot.providers import Heard, Opened, StreamOffer
from plugins.browser.wire import BrowserWire
from plugins.twilio.wire import TwilioWire

TAPE = [stamps.base64_of(bytes([0x80 + number]) * 160) for number in range(3)]
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


def line(dialect="twilio", **changed):
    return Line(Plan("sess_1", "kst_1", "agent", dialect, 1, **changed), TAPE)


def unframed(data):
    """Return the payloads of frames that a client has sent with a mask of zeros."""
    payloads = []
    while data:
        size, start = data[1] & 127, 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        assert data[start : start + 4] == bytes(4)
        payloads.append(data[start + 4 : start + 4 + size])
        data = data[start + 4 + size :]
    return payloads


def framed(payload, opcode=1):
    size = len(payload)
    head = bytes([0x80 | opcode, min(size, 126)])
    return head + (size.to_bytes(2, "big") if size > 125 else b"") + payload


@pytest.mark.parametrize("cut", range(1, 12))
def test_frames_are_put_together_from_any_pieces(cut):
    whole = framed(b"short") + framed(b"x" * 300) + framed(b"bye", 8)
    frames = Frames()
    found = [
        one for at in range(0, len(whole), cut) for one in frames.receive(whole[at : at + cut])
    ]
    assert found == [(1, b"short"), (1, b"x" * 300), (8, b"bye")]


def test_what_a_twilio_line_says_is_understood():
    wire, caller = TwilioWire(StreamOffer("sess_1", {}, {})), line()
    events = [
        event
        for frame in unframed(caller.start() + caller.speak(7) + caller.speak(8))
        for event in wire.receive(frame.decode(), 0.0)
    ]
    assert [type(event) for event in events] == [Opened, Heard, Heard]
    assert events[0].parameters["token"] == "kst_1"


def test_what_a_native_line_says_is_understood():
    caller = line("native")
    (frame,) = unframed(caller.start() + caller.speak(7))
    wire = BrowserWire(StreamOffer("sess_1", {}, {}))
    assert isinstance(wire.receive(frame.decode(), 0.0)[-1], Heard)


def test_a_line_notes_the_age_of_what_it_hears():
    caller = line()
    caller.hear(UPGRADED, 0)
    caller.hear(framed(b'{"media":{"payload":"%b%b"}}' % (stamps.stamp(100), TAPE[0])), 350)
    assert caller.ages == [250]


def test_a_line_answers_pings_and_notes_clears():
    caller = line()
    caller.hear(UPGRADED, 0)
    assert unframed(caller.hear(framed(b"are you there", 9), 0)) == [b"are you there"]
    caller.hear(framed(b'{"event":"clear","streamSid":"MZ1"}'), 42)
    assert caller.cleared == [42]


def test_a_line_that_is_refused_says_why():
    caller = line()
    caller.hear(b"HTTP/1.1 404 Not Found\r\n\r\n", 0)
    assert caller.is_closed
    assert b"404" in caller.answer


def test_a_line_that_is_logged_remembers_when_it_spoke():
    caller = line(is_logged=True)
    caller.speak(5)
    caller.speak(6)
    assert caller.said == [5, 6]


def test_the_tape_begins_where_it_is_told_to_and_is_repeated():
    caller = line()
    said = [json.loads(unframed(caller.speak(0))[0])["media"]["payload"] for _ in range(3)]
    assert [one[stamps.SIZE :].encode() for one in said] == [TAPE[1], TAPE[2], TAPE[0]]
