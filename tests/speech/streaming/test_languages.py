"""Who speaks which language, and who has switched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kallglot.speech.streaming.languages import LanguageBelief, likeliest


def turn(belief, language, confidence=0.95, other=None, seconds=2.5):
    """A turn that is understood three times; returns the news."""
    others = [(other, 1 - confidence)] if other else []
    news = [
        belief.hear(language, confidence, others, seconds=seconds * share)
        for share in (0.3, 0.6, 1.0)
    ]
    belief.end_turn()
    return [one for one in news if one is not None]


def test_a_language_is_detected_once():
    belief = LanguageBelief()
    (news,) = turn(belief, "de", other="en")
    assert (news.language, news.before) == ("de", None)
    assert news.confidence > 0.7
    assert news.alternatives[0][0] == "en"
    assert turn(belief, "de", other="en") == []
    assert belief.language == "de"


def test_a_syllable_is_no_evidence():
    belief = LanguageBelief()
    assert belief.hear("de", 0.99, seconds=0.3) is None
    assert belief.language is None


def test_a_guess_is_no_evidence():
    belief = LanguageBelief()
    assert turn(belief, "de", 0.5, other="en") == []


def test_one_foreign_word_is_no_switch():
    belief = LanguageBelief()
    turn(belief, "de", other="en")
    turn(belief, "de", other="en")
    assert turn(belief, "en", other="de", seconds=0.5) == []
    assert belief.language == "de"


def test_who_goes_on_in_another_language_is_followed():
    belief = LanguageBelief()
    for _ in range(5):
        turn(belief, "de", other="en")
    news = turn(belief, "en", other="de") + turn(belief, "en", other="de")
    assert [(one.language, one.before) for one in news] == [("en", "de")]
    (back,) = turn(belief, "de", other="en") + turn(belief, "de", other="en")
    assert (back.language, back.before) == ("de", "en")


def test_a_known_language_is_no_news_and_may_be_left():
    belief = LanguageBelief(known="de")
    assert turn(belief, "de") == []
    assert [one.language for one in turn(belief, "en") + turn(belief, "en")] == ["en"]


def test_what_was_believed_before_may_be_left_as_well():
    belief = LanguageBelief()
    belief.assume("de")
    assert turn(belief, "de") == []
    assert [one.before for one in turn(belief, "en") + turn(belief, "en")] == ["de"]


def test_what_it_can_hardly_be_is_not_told():
    belief = LanguageBelief()
    news = belief.hear("de", 0.9, [("nl", 0.2), ("ja", 0.0)], seconds=2.0)
    assert [name for name, _ in news.alternatives] == ["nl"]


def test_the_likeliest_language_is_chosen():
    assert likeliest({"de": 0.5, "en": 0.4, "nl": 0.1}) == "de"


def test_what_is_expected_is_chosen_unless_another_is_clearly_likelier():
    assert likeliest({"de": 0.2, "en": 0.1, "nl": 0.7}, ("de",)) == "de"
    assert likeliest({"de": 0.1, "en": 0.1, "nl": 0.8}, ("de",)) == "nl"
    assert likeliest({"de": 0.2, "en": 0.3, "nl": 0.5}, ("de", "en")) == "en"
    assert likeliest({"de": 0.2, "en": 0.8}, ("xx",)) == "en"


def test_hearing_more_of_a_turn_replaces_what_was_heard_of_it():
    often, once = LanguageBelief(), LanguageBelief()
    for seconds in (0.5, 1.0, 1.5):
        often.hear("de", 0.6, [("en", 0.4)], seconds=seconds)
    once.hear("de", 0.6, [("en", 0.4)], seconds=1.5)
    assert often.shares() == once.shares()


@given(
    st.lists(
        st.tuples(st.sampled_from(["de", "en", "fr"]), st.floats(0, 1), st.floats(0, 20)),
        max_size=20,
    )
)
def test_shares_are_shares_and_news_are_news(turns):
    belief = LanguageBelief()
    for language, confidence, seconds in turns:
        before = belief.language
        news = belief.hear(language, confidence, seconds=seconds)
        shares = belief.shares()
        assert all(0 <= share <= 1 for share in shares.values())
        assert sum(shares.values()) <= 1.0001
        if news is not None:
            assert news.before == before
            assert news.language == belief.language != before
        belief.end_turn()
