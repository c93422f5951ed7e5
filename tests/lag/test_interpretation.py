from __future__ import annotations

import attrs
import pytest

from kallglot.lag.interpretation import Clock, interpretations
from kallglot.lag.playback import Played
from kallglot.lag.token_delay import Output
from kallglot.model.transcript import Rendering
from tests.lag.calls import MONOLOGUE, said


def without(utterance, **figures):
    """Return an utterance whose rendering lacks some figures."""
    (rendering,) = utterance.renderings
    return attrs.evolve(utterance, renderings=(attrs.evolve(rendering, **figures),))


def test_what_is_said_in_one_go_is_one_turn():
    (turn,) = interpretations(MONOLOGUE)
    assert turn.name == "utt_1-en"
    assert turn.duration == 5.0
    assert turn.source == "Guten Tag zusammen. Ich hätte gern ein Zimmer."
    assert turn.units == ("Good", "day", "everybody.", "I", "would", "like", "a", "room.")


def test_the_order_in_which_it_was_kept_does_not_matter():
    assert interpretations(MONOLOGUE[::-1]) == interpretations(MONOLOGUE)


def test_each_word_came_out_when_its_piece_did():
    (turn,) = interpretations(MONOLOGUE)
    assert turn.delays(Clock.UNAWARE) == pytest.approx((2.4,) * 3 + (5.4,) * 5)
    assert turn.delays(Clock.AWARE) == pytest.approx((2.6,) * 3 + (5.7,) * 5)
    assert turn.delays(Clock.SPOKEN) == pytest.approx((2.6,) * 3 + (5.7,) * 5)


def test_what_was_really_heard_is_not_moved():
    (turn,) = interpretations(MONOLOGUE)
    first, second = turn.outputs(Clock.SPOKEN)
    assert (first.start, second.start) == pytest.approx((2.6, 5.7))
    assert second.duration == pytest.approx(1.3)


def test_without_computing_a_piece_would_have_come_sooner_but_not_before_the_one_before_it():
    slow = [MONOLOGUE[0], attrs.evolve(MONOLOGUE[1], heard_at=13.0)]
    (turn,) = interpretations(slow)
    first, second = turn.outputs(Clock.UNAWARE)
    assert first.start == pytest.approx(2.4)
    assert second.start == pytest.approx(first.start + first.duration)


def test_captions_are_text():
    shown = [without(one, spoken_at=None, spoken_until=None) for one in MONOLOGUE]
    (turn,) = interpretations(shown)
    assert turn.outputs(Clock.SPOKEN) is None
    assert turn.outputs(Clock.UNAWARE)[0] == Output(pytest.approx(2.4), pytest.approx(2.4))
    assert turn.played == []


@pytest.mark.parametrize(
    ("missing", "unknown"),
    [({"compute": 0.0}, Clock.AWARE), ({"spoken_at": None}, Clock.SPOKEN)],
)
def test_what_was_not_measured_of_every_word_is_not_known(missing, unknown):
    (turn,) = interpretations([MONOLOGUE[0], without(MONOLOGUE[1], **missing)])
    assert [clock for clock in Clock if turn.emissions(clock) is None] == [unknown]


def test_a_turn_of_which_nobody_knows_how_much_was_heard_has_no_lagging():
    (turn,) = interpretations([attrs.evolve(one, heard_at=None) for one in MONOLOGUE])
    assert turn.emissions(Clock.UNAWARE) is turn.emissions(Clock.AWARE) is None
    assert turn.outputs(Clock.SPOKEN) is None
    assert turn.played[0] == Played(pytest.approx(2.6), pytest.approx(4.0))


def test_each_language_is_an_interpretation_of_its_own():
    both = said(1, 0, 2, "Ja.", Rendering("en", "Yes."), Rendering("zh", "是 的。"), heard_at=2.5)
    english, chinese = interpretations([both])
    assert english.units == ("Yes.",)
    assert chinese.units == ("是", "的", "。")


def test_two_who_talk_at_once_take_two_turns():
    speaking = [
        said(1, 0, 2, "Ja.", Rendering("en", "Yes.")),
        said(2, 1, 3, "Nein.", Rendering("en", "No."), speaker="agent"),
    ]
    assert [turn.speaker for turn in interpretations(speaking)] == ["customer", "agent"]


def test_what_was_not_translated_still_took_its_time():
    (turn,) = interpretations([*MONOLOGUE, said(3, 15.0, 18.0, "Hm", turn="utt_1")])
    assert turn.duration == 8.0


@pytest.mark.parametrize("utterance", [said(1, 0, 2), said(1, 0, 2, "Hm", Rendering("en", " "))])
def test_what_has_no_translation_is_no_interpretation(utterance):
    assert interpretations([utterance]) == []


def test_an_utterance_of_no_length_has_no_lagging():
    (turn,) = interpretations([said(1, 2.0, 2.0, "Ja", Rendering("en", "Yes"), heard_at=2.5)])
    assert turn.emissions(Clock.UNAWARE) is None
