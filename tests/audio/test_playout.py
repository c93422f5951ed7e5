from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.audio.playout import Cleared, Cut, Dropped, Piece, Playout
from kallglot.ceiling import CatchUp
from tests.audio import voices
from tests.audio.voices import pcm

RATE = 8000


def speech(seconds: float, byte: bytes = b"\1") -> bytes:
    return byte * (2 * round(seconds * RATE))


def seconds(pieces: list[Piece]) -> list[float]:
    return [len(piece.pcm) / 2 / RATE for piece in pieces]


def play_all(playout: Playout, now: float, until: float = 1000.0) -> list[Piece]:
    """Be the shell: send what is due, wait until more is."""
    pieces = playout.due(now)
    while (due := playout.next_due) is not None and due < until:
        pieces += playout.due(max(now, due))
    return pieces


@pytest.fixture
def playout() -> Playout:
    return Playout(RATE)


def test_the_far_end_is_kept_a_quarter_of_a_second_ahead(playout):
    playout.push("u1", "customer", speech(1.0), is_last=True)
    assert seconds(playout.due(100.0)) == [0.1, 0.1]
    assert playout.next_due == pytest.approx(100.05)
    assert playout.due(100.04) == []
    assert seconds(playout.due(100.05)) == [0.1]
    assert playout.next_due == pytest.approx(100.15)


def test_a_piece_says_when_it_will_be_heard(playout):
    playout.push("u1", "customer", speech(0.3), is_last=True)
    pieces = play_all(playout, 100.0)
    assert [piece.at for piece in pieces] == pytest.approx([100.0, 100.1, 100.2])
    assert [piece.is_first for piece in pieces] == [True, False, False]
    assert [piece.is_last for piece in pieces] == [False, False, True]
    assert {(piece.utterance, piece.speaker) for piece in pieces} == {("u1", "customer")}


def test_the_next_utterance_follows_without_a_pause(playout):
    playout.push("u1", "customer", speech(0.2), is_last=True)
    playout.push("u2", "agent", speech(0.2), is_last=True)
    pieces = play_all(playout, 0.0)
    assert [piece.utterance for piece in pieces] == ["u1", "u1", "u2", "u2"]
    assert [piece.at for piece in pieces] == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_utterances_do_not_mix_when_their_synthesis_does(playout):
    playout.push("u1", "customer", speech(0.2, b"\1"))
    playout.push("u2", "agent", speech(0.2, b"\2"), is_last=True)
    playout.push("u1", "customer", speech(0.2, b"\1"), is_last=True)
    assert [piece.utterance for piece in play_all(playout, 0.0)] == ["u1"] * 4 + ["u2"] * 2


def test_the_last_piece_is_filled_to_whole_frames(playout):
    playout.push("u1", "customer", speech(0.113), is_last=True)
    pieces = play_all(playout, 0.0)
    assert seconds(pieces) == [0.1, 0.02]
    assert b"".join(piece.pcm for piece in pieces) == speech(0.113) + bytes(2 * 56)


def test_an_end_that_comes_alone_has_a_piece_to_come_with(playout):
    playout.push("u1", "customer", speech(0.2))
    assert seconds(playout.due(0.0)) == [0.1]
    playout.push("u1", "customer", b"", is_last=True)
    (piece,) = play_all(playout, 0.0)
    assert piece.is_last
    assert seconds([piece]) == [0.1]


def test_an_utterance_without_a_sound_still_starts_and_finishes(playout):
    playout.push("u1", "customer", b"", is_last=True)
    (piece,) = playout.due(0.0)
    assert piece.is_first
    assert piece.is_last
    assert piece.pcm == bytes(320)


def test_slow_synthesis_pauses_playback_which_goes_on_without_drift(playout):
    playout.push("u1", "customer", speech(0.15))
    assert seconds(playout.due(0.0)) == [0.1]
    assert playout.next_due is None
    playout.push("u1", "customer", speech(0.15), is_last=True)
    pieces = playout.due(5.0)
    assert [piece.at for piece in pieces] == pytest.approx([5.0, 5.1])
    assert not pieces[0].is_first
    assert pieces[1].is_last


def test_an_interruption_tells_what_was_heard(playout):
    playout.push("u1", "customer", speech(0.2), is_last=True)
    playout.push("u2", "customer", speech(3.0))
    playout.push("u3", "customer", speech(1.0), is_last=True)
    play_all(playout, 0.0, until=0.5)
    cleared = playout.clear(0.55)
    assert cleared.cut == (
        Cut("u2", pytest.approx(0.35), pytest.approx(2.65)),
        Cut("u3", 0.0, pytest.approx(1.0)),
    )
    assert cleared.dropped == pytest.approx(3.65)
    assert playout.is_idle(0.55)
    assert playout.backlog(0.55) == 0
    assert playout.next_due is None


def test_what_was_sent_but_not_heard_is_cut_too(playout):
    playout.push("u1", "customer", speech(0.2), is_last=True)
    assert len(playout.due(0.0)) == 2
    cut = Cut("u1", pytest.approx(0.05), pytest.approx(0.15))
    assert playout.clear(0.05) == Cleared((cut,), pytest.approx(0.15))


def test_an_interruption_of_silence_cuts_nothing(playout):
    playout.push("u1", "customer", speech(0.2), is_last=True)
    playout.due(0.0)
    assert playout.clear(0.2) == Cleared((), 0.0)


def test_after_an_interruption_the_next_utterance_is_heard_at_once(playout):
    playout.push("u1", "customer", speech(1.0), is_last=True)
    playout.due(0.0)
    playout.clear(0.05)
    playout.push("u2", "customer", speech(0.1), is_last=True)
    assert [piece.at for piece in playout.due(0.06)] == [0.06]


def test_the_rest_of_an_interrupted_synthesis_is_ignored(playout):
    playout.push("u1", "customer", speech(0.2))
    playout.clear(0.0)
    playout.push("u1", "customer", speech(0.2))
    assert playout.is_idle(0.0)
    playout.push("u1", "customer", speech(0.2), is_last=True)
    assert playout.due(0.0) == []
    assert not playout._ignored


def test_the_backlog_is_what_is_still_to_be_heard(playout):
    playout.push("u1", "customer", speech(1.0), is_last=True)
    assert playout.backlog(0.0) == pytest.approx(1.0)
    playout.due(0.0)
    assert playout.backlog(0.1) == pytest.approx(0.9)
    play_all(playout, 0.1)
    assert not playout.is_idle(0.95)
    assert playout.is_idle(1.0)


def test_an_utterance_that_waits_for_its_synthesis_is_not_idleness(playout):
    playout.push("u1", "customer", b"")
    assert not playout.is_idle(0.0)


def test_beyond_the_limit_the_oldest_that_has_not_started_is_dropped():
    playout = Playout(RATE, limit=1.0)
    playout.push("u1", "customer", speech(0.5), is_last=True)
    playout.due(0.0)
    assert playout.push("u2", "customer", speech(0.5)) == []
    assert playout.push("u3", "customer", speech(0.5), is_last=True) == [
        Dropped("u2", pytest.approx(0.5))
    ]
    assert playout.push("u2", "customer", speech(0.1), is_last=True) == [
        Dropped("u2", pytest.approx(0.1), is_whole=False)
    ]
    assert {piece.utterance for piece in play_all(playout, 0.0)} == {"u1", "u3"}


def test_an_endless_utterance_loses_its_newest_audio():
    playout = Playout(RATE, limit=1.0)
    playout.push("u1", "customer", speech(0.5))
    playout.due(0.0)
    assert playout.push("u1", "customer", speech(1.0)) == [
        Dropped("u1", pytest.approx(0.3), is_whole=False)
    ]
    assert playout.backlog(0.0) == pytest.approx(1.2)


def test_a_piece_longer_than_the_lead_could_never_be_sent():
    with pytest.raises(ValueError, match="lead"):
        Playout(RATE, lead=0.05, piece=0.1)


# Holding back, and going on.


def test_what_is_held_goes_on_where_it_was_silenced(playout):
    sound = bytes(range(256)) * 63
    playout.push("u1", "customer", sound[:16000], is_last=True)
    heard = b"".join(piece.pcm for piece in play_all(playout, 10.0, until=10.4))[: 2 * 3600]
    assert playout.hold(10.45) == ("u1",)
    assert playout.due(10.45) == []
    assert playout.next_due is None
    assert not playout.is_sounding(10.45)
    playout.resume()
    pieces = play_all(playout, 12.0)
    assert pieces[0].at == 12.0
    assert pieces[-1].is_last
    assert (heard + b"".join(piece.pcm for piece in pieces))[:16000] == sound[:16000]


def test_an_end_that_was_sent_and_not_heard_is_sent_again(playout):
    playout.push("u1", "customer", speech(0.2), is_last=True)
    playout.push("u2", "customer", speech(0.1), is_last=True)
    playout.due(0.0)
    assert playout.hold(0.05) == ("u1",)
    playout.resume()
    pieces = play_all(playout, 1.0)
    assert [piece.utterance for piece in pieces if piece.is_last] == ["u1", "u2"]
    assert sum(seconds(pieces)) == pytest.approx(0.26)


def test_what_was_not_heard_at_all_begins_anew(playout):
    playout.push("u1", "customer", speech(0.5), is_last=True)
    playout.due(1.0)
    playout.hold(1.0)
    playout.resume()
    assert playout.due(2.0)[0].is_first


def test_what_comes_while_it_is_held_follows_what_was_held(playout):
    playout.push("u1", "customer", speech(0.5), is_last=True)
    playout.due(0.0)
    playout.hold(0.1)
    playout.push("u2", "customer", speech(0.1), is_last=True)
    playout.resume()
    assert [piece.utterance for piece in play_all(playout, 3.0) if piece.is_last] == ["u1", "u2"]


def test_what_is_held_may_be_given_up_and_what_comes_later_waits(playout):
    playout.push("u1", "customer", speech(0.5), is_last=True)
    playout.due(0.0)
    playout.hold(0.1)
    assert playout.clear(0.5).cut == (Cut("u1", pytest.approx(0.1), pytest.approx(0.4)),)
    playout.push("u2", "customer", speech(0.1), is_last=True)
    assert playout.due(0.6) == []
    playout.resume()
    assert [piece.utterance for piece in playout.due(1.0)] == ["u2"]


# Catching up.


@pytest.fixture
def hurried() -> Playout:
    return Playout(RATE, catch_up=CatchUp())


def voice(seconds: float, seed: int = 0) -> bytes:
    return pcm(voices.speech(np.random.default_rng(seed), seconds))


def test_one_who_is_not_behind_is_heard_as_they_were_made(hurried):
    hurried.push("u1", "customer", voice(3.0), is_last=True, said=0.0)
    pieces = play_all(hurried, 0.0)
    assert b"".join(piece.pcm for piece in pieces) == voice(3.0)
    assert pieces[-1].compressed == 0.0


def test_one_who_is_behind_is_heard_sooner_and_it_is_known_by_how_much(hurried):
    for number in range(4):
        hurried.push(f"u{number}", "customer", voice(2.0, number), is_last=True, said=0.0)
    pieces = play_all(hurried, 0.0)
    compressed = sum(piece.compressed for piece in pieces if piece.is_last)
    assert 0.8 < compressed < 2.2
    assert sum(seconds(pieces)) == pytest.approx(8.0 - compressed, abs=0.08)
    for one, next_one in itertools.pairwise(pieces):
        assert next_one.at == pytest.approx(one.at + len(one.pcm) / 16000)


def test_what_is_too_old_is_not_begun_and_what_is_newer_is(hurried):
    hurried.push("u1", "customer", voice(1.0), is_last=True, said=-20.0)
    hurried.push("u2", "customer", voice(1.0), said=-10.0)
    hurried.push("u3", "customer", voice(1.0), is_last=True, said=-7.0)
    first, second = hurried.due(0.0)
    piece, *_ = hurried.due(0.0)
    assert first == Dropped("u1", pytest.approx(1.0))
    assert second == Dropped("u2", pytest.approx(1.0))
    assert piece.utterance == "u3"
    assert hurried.push("u2", "customer", voice(0.5), is_last=True) == [
        Dropped("u2", pytest.approx(0.5), is_whole=False)
    ]


def test_what_has_begun_is_brought_to_its_end(hurried):
    hurried.push("u1", "customer", voice(9.0), is_last=True, said=-5.0)
    hurried.push("u2", "customer", voice(1.0), is_last=True, said=0.0)
    assert {type(each) for each in play_all(hurried, 0.0)} == {Piece}


def test_what_is_urgent_is_said_before_what_has_not_begun(hurried):
    hurried.push("u1", "customer", voice(0.5), is_last=True)
    hurried.due(0.0)
    hurried.push("u2", "customer", voice(0.5), is_last=True)
    hurried.push("notice", "customer", voice(0.5), is_last=True, is_urgent=True)
    said = [piece.utterance for piece in play_all(hurried, 0.0) if piece.is_last]
    assert said == ["u1", "notice", "u2"]


def test_pauses_that_use_up_all_there_is_do_not_stop_the_rest(hurried):
    hurried.push("u1", "customer", voice(0.3) + bytes(32000))
    hurried.push("u2", "customer", voice(3.0), is_last=True)
    hurried.push("u3", "customer", voice(3.0), is_last=True)
    play_all(hurried, 0.0)
    hurried.push("u1", "customer", voice(0.3), is_last=True)
    said = [piece.utterance for piece in play_all(hurried, 2.0) if piece.is_last]
    assert said == ["u1", "u2", "u3"]


pushes = st.tuples(
    st.sampled_from(["u1", "u2", "u3", "u4"]),
    st.integers(0, 4000),
    st.booleans(),
    st.floats(0, 0.4),
)


@settings(deadline=None)
@given(pushes=st.lists(pushes, max_size=30), start=st.sampled_from([0.0, 1e6]))
def test_at_no_time_is_the_far_end_more_than_the_lead_ahead(pushes, start):
    playout = Playout(RATE, limit=2.0)
    now, heard_until, ended = start, 0.0, set()
    pieces: list[Piece] = []

    def send(at: float) -> None:
        nonlocal heard_until
        for piece in playout.due(at):
            assert piece.at == pytest.approx(max(heard_until, at), abs=1e-6)
            heard_until = piece.at + len(piece.pcm) / 2 / RATE
            assert heard_until - at <= 0.25 + 1e-6
            assert piece.pcm
            assert len(piece.pcm) % 320 == 0
            pieces.append(piece)
        assert playout.backlog(at) <= 2.0 + 0.25 + 1e-6
        assert playout.next_due is None or playout.next_due > at

    for name, samples, is_last, wait in pushes:
        while (due := playout.next_due) is not None and due <= now + wait:
            send(due)
        now += wait
        if name not in ended:
            playout.push(name, "customer", bytes(2 * samples), is_last)
            send(now)
        if is_last:
            ended.add(name)
    for name in {name for name, *_ in pushes} - ended:
        playout.push(name, "customer", b"", is_last=True)
    send(now)
    while (due := playout.next_due) is not None:
        send(due)
    assert playout.is_idle(heard_until + 1)
    for name in {piece.utterance for piece in pieces}:
        own = [piece for piece in pieces if piece.utterance == name]
        assert [piece.is_first for piece in own] == [True] + [False] * (len(own) - 1)
        assert [piece.is_last for piece in own] == [False] * (len(own) - 1) + [True]
