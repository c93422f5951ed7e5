"""Who hears whom, mode by mode."""

import attrs
import pytest

from kallglot.hearing import DUCKED, hearings
from kallglot.model.session import Mode, Participant

CUSTOMER = Participant("customer", "customer", "de")
AGENT = Participant("agent", "agent", "en")


def hears(listener, speaker, *people, mode=Mode.BIDIRECTIONAL, original="none", can=True):
    table = hearings(mode, people, original, lambda source, target: can)
    return next(h for h in table if (h.listener, h.speaker) == (listener, speaker))


def test_in_a_translated_call_each_hears_the_other_only_in_their_own_language():
    heard = hears("agent", "customer", CUSTOMER, AGENT)
    assert (heard.language, heard.is_spoken, heard.original) == ("en", True, 0.0)


def test_an_assisted_agent_hears_the_customer_and_reads_the_translation():
    heard = hears("agent", "customer", CUSTOMER, AGENT, mode=Mode.ASSISTIVE)
    assert (heard.language, heard.is_spoken, heard.original) == ("en", False, 1.0)


def test_the_customer_of_an_assisted_agent_hears_the_translation():
    heard = hears("customer", "agent", CUSTOMER, AGENT, mode=Mode.ASSISTIVE)
    assert (heard.language, heard.is_spoken, heard.original) == ("de", True, 0.0)


@pytest.mark.parametrize("mode", Mode)
def test_people_who_share_a_language_hear_each_other_directly(mode):
    second = Participant("agent_2", "agent", "en")
    heard = hears("agent_2", "agent", CUSTOMER, AGENT, second, mode=mode)
    assert (heard.language, heard.original) == (None, 1.0)


def test_while_a_language_is_unknown_the_voice_passes():
    unknown = attrs.evolve(CUSTOMER, language=None)
    assert hears("agent", "customer", unknown, AGENT).original == 1.0
    assert hears("customer", "agent", unknown, AGENT).original == 1.0


def test_without_translation_two_people_still_hear_each_other():
    assert hears("agent", "customer", CUSTOMER, AGENT, can=False).original == 1.0


def test_the_original_may_lie_under_the_translation():
    assert hears("agent", "customer", CUSTOMER, AGENT, original="ducked").original == DUCKED
