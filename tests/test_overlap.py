"""Who may talk over whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.overlap import ASSENT, Overlap, OverlapRules, is_assent


def speaks(overlap: Overlap, since: float, seconds: float, is_playing: bool = True) -> list:
    """Speak for so long, judged every 32 ms; returns what was decided, and when."""
    decided = [(since, each) for each in overlap.starts(since, is_playing=is_playing)]
    for step in range(1, int(seconds / 0.032)):
        now = since + 0.032 * step
        decided += [(now, each) for each in overlap.goes_on(now, is_playing=is_playing)]
    return decided


def test_who_insists_is_heard_after_six_tenths_of_a_second():
    ((at, decision),) = speaks(Overlap(), 10.0, 1.0)
    assert decision == "hold"
    assert 10.6 <= at <= 10.64


def test_a_short_sound_interrupts_nobody():
    overlap = Overlap()
    assert speaks(overlap, 10.0, 0.5) == []
    assert overlap.ends(10.5) == ()


def test_after_a_short_interruption_the_translation_goes_on():
    overlap = Overlap()
    speaks(overlap, 10.0, 1.5)
    assert overlap.ends(11.5) == ("resume",)


def test_after_a_long_one_the_rest_is_dropped_and_what_is_new_waits_for_its_end():
    overlap = Overlap()
    decided = speaks(overlap, 10.0, 5.0)
    assert [decision for _, decision in decided] == ["hold", "drop"]
    assert decided[1][0] == pytest.approx(12.0, abs=0.05)
    assert overlap.ends(15.0) == ("resume",)


def test_a_long_one_that_nobody_followed_is_dropped_at_its_end():
    overlap = Overlap()
    speaks(overlap, 10.0, 1.0)
    assert overlap.ends(14.0) == ("drop", "resume")


def test_without_resuming_the_rest_is_dropped_at_once():
    overlap = Overlap(OverlapRules(resume=False))
    assert [decision for _, decision in speaks(overlap, 10.0, 5.0)] == ["hold", "drop"]
    assert overlap.ends(15.0) == ("resume",)


def test_who_was_speaking_already_has_not_interrupted():
    overlap = Overlap()
    assert speaks(overlap, 10.0, 1.0, is_playing=False) == []
    for step in range(100):
        assert overlap.goes_on(11.0 + 0.032 * step, is_playing=True) == ()


@pytest.mark.parametrize("words", ["Ja", "mhm", "Ja, genau!", "Okay okay", "Mm-hm.", "Alles klar"])
def test_words_of_assent_never_interrupt(words):
    overlap = Overlap()
    speaks(overlap, 10.0, 0.4)
    assert overlap.says(words, "de") == ()
    assert [overlap.goes_on(10.4 + 0.1 * step, is_playing=True) for step in range(20)] == [()] * 20
    assert overlap.ends(12.5) == ()


def test_an_interruption_that_turns_out_to_be_assent_is_taken_back():
    overlap = Overlap()
    assert [decision for _, decision in speaks(overlap, 10.0, 0.9)] == ["hold"]
    assert overlap.says("yeah right", "en") == ("resume",)
    assert overlap.ends(11.4) == ()


def test_assent_that_goes_on_as_an_objection_interrupts_after_all():
    overlap = Overlap()
    speaks(overlap, 10.0, 0.5)
    overlap.says("Ja", "de")
    overlap.goes_on(10.8, is_playing=True)
    assert overlap.says("Ja aber das stimmt nicht", "de") == ()
    assert overlap.goes_on(10.9, is_playing=True) == ("hold",)


def test_the_loudspeaker_interrupts_nobody_and_who_speaks_after_it_does():
    overlap = Overlap()
    overlap.starts(10.0, is_playing=True)
    for step in range(60):
        assert overlap.goes_on(10.0 + 0.032 * step, is_playing=True, is_echo=True) == ()
    decided = [overlap.goes_on(11.9 + 0.032 * step, is_playing=True) for step in range(24)]
    assert ("hold",) in decided


def test_one_who_may_interrupt_at_once_does():
    overlap = Overlap(OverlapRules("at_once"))
    assert overlap.starts(10.0, is_playing=True) == ("hold",)
    assert overlap.ends(10.4) == ("resume",)


def test_one_who_must_never_interrupt_does_not():
    assert speaks(Overlap(OverlapRules("never")), 10.0, 30.0) == []


def test_music_does_not_keep_translations_back_for_ever():
    decided = [decision for _, decision in speaks(Overlap(), 10.0, 60.0)]
    assert decided == ["hold", "drop", "resume"]


def test_the_two_directions_do_not_know_of_each_other():
    customer, agent = Overlap(), Overlap()
    speaks(customer, 10.0, 1.0)
    assert customer.ends(11.0) == ("resume",)
    assert agent.ends(11.0) == ()


@pytest.mark.parametrize("words", ["", "...", "Ja aber", "no no no no no", "ja " * 5, "Stopp"])
def test_what_is_more_than_assent(words):
    assert not is_assent(words, "de")


def test_assent_is_of_a_language():
    assert is_assent("Sí, claro", "es-MX")
    assert not is_assent("genau", "en")
    assert is_assent("mhm", None)
    words = frozenset().union(*ASSENT.values())
    assert all(
        is_assent(word.upper(), language) for language in ASSENT for word in ASSENT[language]
    )
    assert all(word.isalpha() for word in words)


steps = st.lists(
    st.tuples(
        st.sampled_from(["starts", "goes_on", "says", "ends"]),
        st.floats(0, 3),
        st.booleans(),
        st.sampled_from(["ja", "nein danke", ""]),
    ),
    max_size=40,
)


@given(steps=steps, resume=st.booleans(), how=st.sampled_from(["never", "insist", "at_once"]))
def test_nothing_is_held_for_ever_and_nothing_resumed_that_was_not_held(steps, resume, how):
    overlap, now, is_held = Overlap(OverlapRules(how, resume=resume)), 0.0, False
    decided: tuple = ()
    for what, wait, flag, words in [*steps, ("ends", 1.0, False, "")]:
        now += wait
        match what:
            case "starts":
                decided = overlap.starts(now, is_playing=flag)
            case "goes_on":
                decided = overlap.goes_on(now, is_playing=flag)
            case "says":
                decided = overlap.says(words, "de")
            case "ends":
                decided = overlap.ends(now)
        for decision in decided:
            assert is_held == (decision != "hold")
            is_held = decision != "resume"
    assert not is_held
