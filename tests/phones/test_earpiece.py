from __future__ import annotations

import numpy as np

from kallglot.phones.earpiece import Earpiece
from kallglot.phones.tape import Span, Tape, audible

FRAME = 320


def test_silence_where_there_is_nothing():
    assert Earpiece(8000).play().pcm == bytes(FRAME)


def test_a_mark_is_returned_when_what_was_before_it_has_been_played():
    earpiece = Earpiece(8000)
    earpiece.add(b"\1" * (FRAME + 2))
    assert earpiece.mark("a") == ()
    assert earpiece.play().marks == ()
    last = earpiece.play()
    assert last.marks == ("a",)
    assert last.pcm == b"\1\1" + bytes(FRAME - 2)


def test_a_mark_is_returned_at_once_when_nothing_is_queued():
    assert Earpiece(8000).mark("a") == ("a",)


def test_clear_returns_every_mark_and_leaves_silence():
    earpiece = Earpiece(8000)
    earpiece.add(b"\1" * FRAME * 5)
    earpiece.mark("a")
    earpiece.add(b"\1" * FRAME)
    earpiece.mark("b")
    assert earpiece.clear() == ("a", "b")
    assert not earpiece.is_playing
    assert earpiece.play().pcm == bytes(FRAME)


def test_a_tape_keeps_gaps():
    tape = Tape(8000)
    tape.write(b"\1" * FRAME, 10.0)
    tape.write(b"\2" * FRAME, 10.06)
    assert tape.began == 10.0
    assert tape.until == 10.08
    assert tape.between(Span(10.02, 10.06)) == bytes(2 * FRAME)
    assert tape.between(Span(10.06, 99.0)) == b"\2" * FRAME


def test_what_is_audible():
    second = np.zeros(8000, np.int16)
    second[2000:4000] = 5000
    second[4400:6000] = -5000
    assert audible(second, 8000) == [Span(0.25, 0.75)]
    assert audible(second, 8000, pause=0.03) == [Span(0.25, 0.5), Span(0.55, 0.75)]
    assert audible(np.zeros(100, np.int16), 8000) == []
