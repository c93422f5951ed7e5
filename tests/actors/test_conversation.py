"""Two people talk, and each hears the other in their own language."""

import attrs
import pytest

from kallglot.errors import EngineBusy
from kallglot.model.session import Mode, Participant
from kallglot.speech.engines import SpeechRequest
from tests.fakes.speech import heard
from tests.fakes.telephone import Telephone


async def test_the_agent_hears_the_customer_in_english(call):
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Good day"


async def test_the_customer_hears_the_agent_in_german(call):
    await call.agent.says("How are you")
    assert await call.customer.hears() == "Wie geht es Ihnen"


async def test_nobody_hears_the_original_or_themselves(call):
    await call.customer.says("Guten Tag")
    await call.agent.hears()
    assert call.customer.played == []


async def test_what_was_said_is_in_the_transcript_in_both_languages(call):
    await call.customer.says("Guten Tag")
    await call.agent.hears()
    await call.agent.says("How are you")
    await call.customer.hears()
    await call.settle()
    first, second = call.said
    assert (first.sequence, first.speaker, first.text) == (1, "customer", "Guten Tag")
    assert first.renderings[0].text == "Good day"
    assert (second.sequence, second.speaker) == (2, "agent")
    assert first.start < first.end < first.renderings[0].spoken_at
    assert first.renderings[0].spoken_at < first.renderings[0].spoken_until


async def test_somebody_who_is_still_speaking_is_shown_what_was_understood_so_far(call):
    await call.customer.says("Guten Tag und herzlich willkommen bei uns")
    notices = [notice.type for notice in call.agent.notices]
    assert "transcript.partial" in notices
    assert notices.index("transcript.partial") < notices.index("transcript.final")


async def test_the_last_words_are_translated_even_if_the_session_ends_on_them(call):
    await call.customer.says("Auf Wiederhören", silence=0.1)
    await call.end()
    assert [(one.text, one.renderings[0].text) for one in call.said] == [
        ("Auf Wiederhören", "Goodbye")
    ]
    assert call.row.end_reason == "completed"


async def test_a_whole_call_is_announced_in_order(call):
    await call.customer.says("Guten Tag")
    await call.end()
    assert [name for name in call.announced if not name.startswith("session.provider")] == [
        "session.started",
        "transcript.segment",
        "transcript.ready",
        "session.ended",
    ]


async def test_in_an_assisted_call_the_agent_hears_the_customers_own_voice(new_call):
    call = new_call(mode=Mode.ASSISTIVE)
    await call.begin()
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Guten Tag"
    await call.settle()
    captions = [n for n in call.agent.notices if n.type == "transcript.final"]
    assert captions[0].fields["translation"] == {"language": "en", "text": "Good day"}
    await call.agent.says("How are you")
    assert await call.customer.hears() == "Wie geht es Ihnen"


async def test_three_people_each_hear_the_others_in_their_own_language(new_call, people):
    call = new_call(participants=(*people, Participant("agent_2", "agent", "en")))
    await call.begin()
    third = Telephone("en")
    await call.connect(third)
    await call.agent.says("How are you")
    assert await call.customer.hears() == "Wie geht es Ihnen"
    assert await third.hears() == "How are you"


async def test_a_language_is_detected_and_then_translated(new_call, people):
    unknown = Participant("customer", "customer", None)
    call = new_call(participants=(unknown, people[1]))
    await call.begin()
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Guten Tag"
    detected = [n for n in call.agent.notices if n.type == "language_detected"]
    assert detected[0].fields["language"] == "de"
    await call.customer.says("Auf Wiederhören")
    assert await call.agent.hears() == "Goodbye"
    await call.settle()
    assert call.said[0].renderings[0].text == "Good day"
    assert call.row.participants[0].language == "de"


async def test_several_people_may_speak_over_one_connection(new_call):
    call = new_call()
    await call.calls.open(call.session)
    both = Telephone("de", names_speakers=True)
    await call.connect(both)
    await both.says("Guten Tag", speaker="customer")
    both.language = "en"
    await both.says("How are you", speaker="agent")
    await call.settle()
    assert [(one.speaker, one.text) for one in call.said] == [
        ("customer", "Guten Tag"),
        ("agent", "How are you"),
    ]


async def test_a_stream_that_speaks_for_nobody_we_know_is_told_so_once(new_call):
    call = new_call()
    await call.calls.open(call.session)
    phone = Telephone("de", names_speakers=True)
    await call.connect(phone)
    await phone.says("Guten Tag", speaker="supervisor")
    errors = [n for n in phone.notices if n.type == "session.error"]
    assert [error.fields["code"] for error in errors] == ["invalid_request"]


async def test_what_is_not_understood_is_passed_on_as_it_was_said_and_marked(call):
    call.speech.doubt_next("recognise")
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Guten Tag"
    await call.settle()
    assert call.said[0].is_sure is False
    assert call.said[0].renderings == ()


async def test_a_translation_that_nobody_vouches_for_is_not_spoken(call):
    call.speech.doubt_next("translate")
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Guten Tag"
    assert call.speech.spoken == []


@pytest.mark.parametrize("task", ["recognise", "translate", "synthesise"])
async def test_when_an_engine_fails_the_voice_passes_and_translation_comes_back(call, task):
    call.speech.fail_next(task)
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Guten Tag"
    await call.customer.is_silent(3.0)
    call.agent.played.clear()
    await call.customer.says("Auf Wiederhören")
    assert await call.agent.hears() == "Goodbye"


async def test_an_engine_that_is_too_busy_costs_an_utterance_and_not_the_translation(call):
    call.speech.fail_next("translate", error=EngineBusy("too many are waiting"))
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Guten Tag"
    await call.customer.says("Auf Wiederhören")
    assert await call.agent.hears() == "Goodbye"


async def test_while_the_engines_are_down_people_hear_each_other_at_once(call):
    call.speech.goes_down()
    await call.customer.says("Guten Tag")
    await call.customer.is_silent(2.0)
    call.agent.played.clear()
    await call.customer.says("Auf Wiederhören")
    assert heard(call.agent.sound) == "Auf Wiederhören"
    call.speech.comes_back()
    await call.customer.is_silent(2.5)
    call.agent.played.clear()
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Good day"


async def test_somebodys_translation_is_spoken_in_the_voice_that_was_chosen_for_them(
    new_call, people
):
    call = new_call(participants=(attrs.evolve(people[0], voice="f3"), people[1]))
    await call.begin()
    await call.customer.says("Guten Tag")
    await call.agent.hears()
    spoken = [request for request in call.speech.asked if isinstance(request, SpeechRequest)]
    assert [request.voice for request in spoken] == ["f3"]
