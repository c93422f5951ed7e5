"""Who speaks which language is noticed while they speak, and so is that they have changed it."""

import attrs
import pytest

from kallglot.lifecycle import restored
from kallglot.model.session import Participant
from kallglot.speech.engines import TextRequest
from kallglot.state import load
from tests.actors.test_faults import child
from tests.fakes.speech import heard
from tests.fakes.telephone import Telephone

ADDRESS = "Ich möchte gerne meine neue Adresse angeben."
STREET = "Ich wohne jetzt in der langen Straße."
BETTER = "Perhaps it is better that I speak English."
MOVED = "I have moved to another street last month."

PHRASES = {
    ("de", "en"): {ADDRESS: "I want to give you my new address.", STREET: "I live in Long Street."},
    ("en", "es"): {BETTER: "Quizás en inglés.", MOVED: "Me he mudado."},
    ("de", "es"): {ADDRESS: "Mi nueva dirección.", STREET: "Vivo en la calle larga."},
}


@pytest.fixture
async def call(new_call, people):
    """A call whose customer may speak what they like; the agent speaks English."""
    call = new_call(participants=(attrs.evolve(people[0], language=None), people[1]))
    call.speech.knows(PHRASES)
    await call.begin()
    return call


def detected(call):
    return [n.fields for n in call.agent.notices if n.type == "language_detected"]


async def says(call, language, *sentences):
    call.customer.language = language
    for sentence in sentences:
        await call.customer.says(sentence, silence=3.0)


async def begins_in_german(call):
    await says(call, "de", ADDRESS, STREET)
    call.agent.played.clear()


async def goes_on_in_english(call):
    await says(call, "en", BETTER, MOVED)
    call.agent.played.clear()


# Whoever has not been told what to speak.


async def test_a_language_is_told_while_the_first_sentence_is_still_being_said(call):
    call.speech.sounds_like["de"] = (("nl", 0.2), ("en", 0.05))
    await call.customer.says(ADDRESS, silence=0.0)
    assert call.said == []
    (told,) = detected(call)
    assert set(told) == {"speaker", "language", "confidence", "alternatives"}
    assert (told["speaker"], told["language"]) == ("customer", "de")
    assert 0.7 <= told["confidence"] < 1
    assert [other["language"] for other in told["alternatives"]] == ["nl", "en"]
    assert told["alternatives"][0]["confidence"] > told["alternatives"][1]["confidence"] > 0


async def test_a_sentence_whose_language_is_noticed_in_the_middle_of_it_is_interpreted(call):
    await says(call, "de", ADDRESS)
    assert heard(call.agent.sound).endswith(" I want to give you my new address.")


async def test_the_recogniser_is_told_what_to_expect_and_not_what_it_is(call):
    await begins_in_german(call)
    first, second = call.speech.openings[:2]
    assert (first.language, first.candidates) == (None, ("de", "en", "es", "fr"))
    assert (second.language, second.candidates) == (None, ("de",))


async def test_what_tells_no_language_is_written_down_as_it_was_said(call):
    call.speech.sounds_like["de"] = (("nl", 0.5),)
    await says(call, "de", "Guten Tag")
    assert detected(call) == []
    assert [(one.text, one.renderings) for one in call.said] == [("Guten Tag", ())]
    assert heard(call.agent.sound) == "Guten Tag"


async def test_who_speaks_as_soon_as_they_can_be_heard_is_interpreted_as_well(new_call):
    call = new_call()
    await call.begin()
    await call.agent.says("Hi")
    assert await call.customer.hears() == "Hi"


# Whoever changes their language.


async def test_who_goes_on_in_another_language_is_followed(call):
    await begins_in_german(call)
    await goes_on_in_english(call)
    assert call.row.participants[0].language == "en"
    first, second = detected(call)
    assert (first["language"], second["language"], second["previous"]) == ("de", "en", "de")
    await says(call, "en", MOVED)
    assert call.speech.openings[-1].candidates == ("en",)
    await call.agent.says("How are you")
    assert heard(call.agent.sound) == MOVED
    assert heard(call.customer.sound).endswith("How are you")


async def test_nothing_is_lost_of_what_is_said_while_the_change_is_noticed(call):
    await begins_in_german(call)
    await says(call, "en", BETTER)
    assert heard(call.agent.sound) == BETTER
    call.agent.played.clear()
    await says(call, "en", f"{BETTER} {MOVED}")
    assert BETTER in heard(call.agent.sound)
    assert heard(call.agent.sound).endswith(MOVED)
    assert [one["language"] for one in detected(call)] == ["de", "en"]


async def test_others_hear_translations_out_of_the_new_language(new_call, people):
    customer, agent = people
    third = Participant("agent_2", "agent", "es")
    call = new_call(participants=(attrs.evolve(customer, language=None), agent, third))
    call.speech.knows(PHRASES)
    await call.begin()
    phone = Telephone("es", call_id="CA3")
    await call.connect(phone)
    await begins_in_german(call)
    phone.played.clear()
    await goes_on_in_english(call)
    assert heard(phone.sound) == "Quizás en inglés. Me he mudado."


async def test_what_was_said_before_in_another_language_is_no_context(call):
    await begins_in_german(call)
    await says(call, "en", "Okay")
    await says(call, "de", ADDRESS, STREET)
    asked = [one for one in call.speech.asked if isinstance(one, TextRequest)]
    assert [(one.source, one.context) for one in asked[-2:]] == [("de", ""), ("de", ADDRESS)]


async def test_one_okay_is_no_change(call):
    await begins_in_german(call)
    await says(call, "en", "Okay")
    assert heard(call.agent.sound) == "Okay"
    call.agent.played.clear()
    await says(call, "de", ADDRESS)
    assert heard(call.agent.sound) == "I want to give you my new address."
    assert [one["language"] for one in detected(call)] == ["de"]
    assert call.row.participants[0].language == "de"


async def test_what_is_hardly_taken_for_another_language_is_not_translated_out_of_it(call):
    await begins_in_german(call)
    call.speech.sounds_like["fr"] = (("de", 0.45),)
    await says(call, "fr", "Une phrase")
    assert heard(call.agent.sound) == "Une phrase"
    assert (call.said[-1].is_sure, call.said[-1].renderings) == (False, ())


async def test_a_language_that_was_given_is_never_changed(new_call):
    call = new_call()
    await call.begin()
    await says(call, "en", BETTER, MOVED, BETTER)
    assert {opening.language for opening in call.speech.openings} == {"de"}
    assert {one.language for one in call.said} == {"de"}
    assert call.row.participants[0].language == "de"
    assert detected(call) == []


# Whatever else happens.


async def test_a_participant_who_is_started_again_is_still_listened_to(call):
    await begins_in_german(call)
    child(call, "participant customer")._actor_weakref().kill()
    await call.settle()
    await goes_on_in_english(call)
    assert [one["language"] for one in detected(call)] == ["de", "en"]
    assert detected(call)[1]["previous"] == "de"


async def test_the_next_server_knows_what_was_only_heard_and_follows_it_further(call):
    await begins_in_german(call)
    await goes_on_in_english(call)
    await call.calls.suspend()
    await call.settle()
    call.calls._switchboard._actor_weakref()._is_closed = False  # the next server
    state = restored(load(call.store.states[call.session.id]), call.row.started_at)
    assert call.row.participants[0].language == "en"
    await call.calls.resume(call.row, state, tuple(call.store.leg_rows.values()))
    call.customer, call.agent = Telephone("en", call_id="CA1"), Telephone("en", call_id="CA2")
    await call.connect(call.customer)
    await call.connect(call.agent)
    await says(call, "en", MOVED)
    assert heard(call.agent.sound) == MOVED
    opening = call.speech.openings[-1]
    assert (opening.language, opening.candidates) == (None, ("en",))
    await says(call, "de", ADDRESS, STREET, STREET)
    assert [(one["language"], one["previous"]) for one in detected(call)] == [("de", "en")]


async def test_a_language_that_nobody_interprets_is_heard_as_it_is_spoken(call):
    await says(call, "tr", "Adresimi değiştirmek istiyorum.", "Yeni bir evim var.")
    assert [one["language"] for one in detected(call)] == ["tr"]
    assert heard(call.agent.sound).endswith("Yeni bir evim var.")
    await call.agent.says("How are you")
    assert heard(call.customer.sound) == "How are you"
    assert [one for one in call.speech.asked if isinstance(one, TextRequest)] == []
    assert [one.language for one in call.said[:2]] == ["tr", "tr"]
    assert call.row.status == "active"


async def test_a_sentence_in_a_language_that_nobody_interprets_costs_only_itself(call):
    await begins_in_german(call)
    await says(call, "tr", "Bir dakika.")
    assert heard(call.agent.sound) == "Bir dakika."
    assert (call.said[-1].language, call.said[-1].renderings) == ("tr", ())
    call.agent.played.clear()
    await says(call, "de", STREET)
    assert heard(call.agent.sound) == "I live in Long Street."
    statuses = [n.fields for n in call.agent.notices if n.type == "session.status"]
    assert not any("translation" in fields for fields in statuses)
