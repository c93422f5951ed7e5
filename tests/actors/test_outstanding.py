"""What a listener has not heard yet."""

from actors.outstanding import MOST, Outstanding
from kallglot.messages import SpeechMade


def piece(utterance="utt_1", size=320, is_last=False):
    return SpeechMade(utterance, "customer", "en", bytes(size), 8000, is_last)


def test_what_is_heard_is_forgotten_and_the_rest_kept_in_order():
    outstanding = Outstanding()
    for utterance in ("a", "b", "c"):
        outstanding.add(piece(utterance, is_last=True))
    outstanding.remove("b")
    assert [speech.utterance_id for speech in outstanding] == ["a", "c"]


def test_what_comes_of_a_sentence_that_was_interrupted_is_not_kept():
    outstanding = Outstanding()
    outstanding.add(piece())
    outstanding.cut("utt_1")
    outstanding.add(piece())
    outstanding.add(piece(is_last=True))
    assert list(outstanding) == []
    outstanding.add(piece("utt_2"))
    assert len(list(outstanding)) == 1


def test_somebody_who_stays_away_does_not_fill_the_memory():
    outstanding = Outstanding()
    for number in range(100):
        outstanding.add(piece(f"utt_{number}", size=MOST // 10, is_last=True))
    kept = list(outstanding)
    assert len(kept) == 10
    assert kept[-1].utterance_id == "utt_99"
