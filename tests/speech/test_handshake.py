from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.errors import EngineError
from kallglot.speech.handshake import GREETING_BYTES, PROOF_BYTES, VERDICT_BYTES, Caller, Host

SECRET = b"what both of them know"


def meet(host, caller):
    """Return why the caller was turned away; raises what the caller thinks of the host."""
    answer = caller.answer(host.greeting)
    assert len(answer) == GREETING_BYTES + PROOF_BYTES
    verdict, complaint = host.judge(answer[:GREETING_BYTES], answer[GREETING_BYTES:])
    assert len(verdict) == VERDICT_BYTES
    caller.check(verdict)
    return complaint


def test_who_knows_the_secret_is_let_in():
    assert meet(Host(SECRET, "mind"), Caller(SECRET, "mind")) == ""


def test_who_does_not_is_turned_away_and_told_why():
    with pytest.raises(EngineError, match="secret"):
        meet(Host(SECRET, "mind"), Caller(b"another secret of ours", "mind"))


def test_versions_that_differ_are_found_out_by_both():
    with pytest.raises(EngineError, match=r"version 7.*and we 8.*same Kallglot"):
        meet(Host(SECRET, "mind", 7), Caller(SECRET, "mind", 8))
    answer = Caller(SECRET, "mind", 8).answer(Host(SECRET, "mind", 8).greeting)
    _, complaint = Host(SECRET, "mind", 7).judge(answer[:GREETING_BYTES], answer[GREETING_BYTES:])
    assert complaint == "it speaks version 8, not 7"


def test_an_ear_is_no_mind():
    with pytest.raises(EngineError, match="no mind"):
        meet(Host(SECRET, "ear"), Caller(SECRET, "mind"))


def test_a_host_that_lets_everybody_in_is_not_trusted():
    caller = Caller(SECRET, "mind")
    caller.answer(Host(b"", "mind").greeting)
    with pytest.raises(EngineError, match="not trusted"):
        caller.check(bytes(VERDICT_BYTES))


def test_a_proof_that_was_overheard_is_of_no_use():
    overheard = Caller(SECRET, "mind").answer(Host(SECRET, "mind").greeting)
    again = Host(SECRET, "mind")
    _, complaint = again.judge(overheard[:GREETING_BYTES], overheard[GREETING_BYTES:])
    assert "secret" in complaint


def test_a_proof_is_not_taken_back_as_that_of_the_other_side():
    host, caller = Host(SECRET, "mind"), Caller(SECRET, "mind")
    own = caller.answer(host.greeting)[GREETING_BYTES:]
    with pytest.raises(EngineError, match="not trusted"):
        caller.check(b"\0" + own)


@given(st.binary(min_size=GREETING_BYTES + PROOF_BYTES, max_size=GREETING_BYTES + PROOF_BYTES))
def test_nonsense_at_the_door_is_turned_away(said):
    verdict, complaint = Host(SECRET, "mind").judge(said[:GREETING_BYTES], said[GREETING_BYTES:])
    assert verdict[0] != 0
    assert complaint


@given(st.binary(min_size=GREETING_BYTES, max_size=GREETING_BYTES))
def test_nonsense_from_whoever_is_called_is_understood_as_such(said):
    with pytest.raises(EngineError):
        Caller(SECRET, "mind").answer(said)
