"""Committed words in, pieces to be interpreted out."""

from hypothesis import given
from hypothesis import strategies as st

from kallglot.commits import CommitPolicy, Units, joined
from kallglot.speech.engines import Hypothesis


def says(text, until, *, language="de", is_final=False, is_sure=True, confidence=1.0):
    return Hypothesis(
        committed=text,
        unstable="",
        until=until,
        heard=until + 0.3,
        language=language,
        is_final=is_final,
        is_sure=is_sure,
        confidence=confidence,
    )


def cut(*hypotheses, policy=None):
    units = Units(policy)
    return [unit for hypothesis in hypotheses for unit in units.take(hypothesis)]


def texts(*hypotheses, policy=None):
    return [unit.text for unit in cut(*hypotheses, policy=policy)]


def test_a_sentence_is_interpreted_while_the_next_is_being_said():
    assert texts(says("Guten Tag. Mein", 1.2), says("Name ist", 1.8)) == ["Guten Tag."]


def test_words_wait_for_the_end_of_their_sentence():
    assert texts(says("Ich möchte", 0.8), says("meine Adresse", 1.6)) == []


def test_whoever_has_finished_has_finished_even_without_a_full_stop():
    assert texts(says("Ich möchte", 0.8), says("gehen", 1.2, is_final=True)) == ["Ich möchte gehen"]


def test_several_sentences_may_come_at_once():
    assert texts(says("Ja. Gerne. Was noch? Ich", 2.0)) == ["Ja.", "Gerne.", "Was noch?"]


def test_times_follow_one_another_and_are_shared_out_by_letters():
    first, second = cut(says("Eins zwei.", 1.0), says("Drei vier.", 3.0))
    assert (first.start, first.end) == (0.0, 1.0)
    assert (second.start, second.end) == (1.0, 3.0)
    one, two = cut(says("Abcd. Efgh.", 2.2, is_final=True))
    assert 0.9 < one.end < 1.1
    assert one.end == two.start
    assert two.end == 2.2


def test_a_turn_begins_where_the_speech_does():
    units = Units(onset=0.25)
    (unit,) = units.take(says("Ja.", 0.6))
    assert (unit.start, unit.end) == (0.25, 0.6)


def test_a_dot_after_a_number_or_an_abbreviation_ends_nothing():
    assert texts(says("Am 3.", 0.8)) == []
    assert texts(says("Am 3.", 0.8), says("März um neun.", 2.0)) == ["Am 3. März um neun."]
    assert texts(says("Dr. Weber ist da.", 2.0)) == ["Dr. Weber ist da."]


def test_a_dot_after_a_number_ends_a_sentence_if_the_speaker_has_finished():
    assert texts(says("Am 3.", 0.8, is_final=True)) == ["Am 3."]


def test_a_long_sentence_is_cut_at_its_last_comma():
    long = (
        "Ich habe gestern bei Ihnen angerufen, aber es war leider niemand da, der mir helfen konnte"
    )
    assert texts(says(long, 4.0))[0].endswith("niemand da,")


def test_without_a_comma_it_is_cut_before_a_conjunction():
    long = "I would like to change my address and then I want to order another table"
    assert texts(says(long, 4.0, language="en")) == ["I would like to change my address"]


def test_a_slow_speaker_is_not_waited_for_longer_than_a_fast_one():
    slow = says("Die Rechnung, die ich gestern", 6.0)
    assert texts(slow) == []  # three words must remain on both sides
    assert texts(says("Die Rechnung von gestern, die ich nicht bezahlt", 6.0)) == [
        "Die Rechnung von gestern,"
    ]


def test_in_the_end_it_is_cut_anywhere():
    words = " ".join(f"wort{n}" for n in range(30))
    assert len(texts(says(words, 4.0))) == 1


def test_doubt_is_inherited_by_the_piece_it_falls_into_and_by_no_other():
    unsure, sure = cut(
        says("Guten", 0.4, is_sure=False, confidence=0.2), says("Tag.", 0.8), says("Danke.", 1.5)
    )
    assert (unsure.is_sure, unsure.confidence) == (False, 0.2)
    assert (sure.is_sure, sure.confidence) == (True, 1.0)


def test_japanese_has_no_spaces_and_is_cut_at_its_own_full_stop():
    assert texts(
        says("こんにちは。私の", 1.0, language="ja"), says("名前は", 2.0, language="ja")
    ) == ["こんにちは。"]


def test_words_are_joined_as_their_language_joins_them():
    assert joined("Guten", "Tag", "de") == "Guten Tag"
    assert joined("", " Tag", "de") == "Tag"
    assert joined("你", "好", "zh") == "你好"


WORDS = st.lists(
    st.sampled_from(["ja", "nein.", "und", "3.", "Dr.", "so,", "weil", "wort", "gut!", "was?"]),
    min_size=1,
    max_size=6,
)


@given(st.lists(WORDS, min_size=1, max_size=12), st.integers(1, 6), st.floats(0.5, 9.0))
def test_nothing_is_lost_doubled_or_out_of_order(pieces, most, longest):
    units = Units(CommitPolicy(most_words=most, longest=longest, fewest_words=1))
    out = []
    for number, words in enumerate(pieces, 1):
        out += units.take(says(" ".join(words), float(number), is_final=number == len(pieces)))
    assert " ".join(unit.text for unit in out).split() == [w for words in pieces for w in words]
    assert units.pending == ""
    times = [time for unit in out for time in (unit.start, unit.end)]
    assert times == sorted(times)
    assert all(unit.text for unit in out)
