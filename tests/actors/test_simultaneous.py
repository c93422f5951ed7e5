"""The other hears you while you speak."""

import asyncio

from kallglot.model.session import Mode, Participant
from kallglot.speech.engines import TextRequest
from tests.fakes.modem import duration
from tests.fakes.speech import heard, says

FIRST, SECOND = "Guten Tag.", "Ich möchte gerne meine neue Adresse angeben."
BOTH = f"{FIRST} {SECOND}"


def taught(call):
    call.speech.knows(
        {("de", "en"): {FIRST: "Good day.", SECOND: "I would like to give you my new address."}}
    )
    return call


async def test_the_first_sentence_is_heard_while_the_second_is_being_said(call):
    taught(call)
    before = asyncio.get_running_loop().time()
    await call.customer.says(BOTH, silence=3.0)
    began = call.agent.played[0][0] - before
    assert began < duration(BOTH)
    assert heard(call.agent.sound) == "Good day. I would like to give you my new address."


async def test_each_sentence_is_an_utterance_of_the_same_turn(call):
    taught(call)
    await call.customer.says(BOTH, silence=3.0)
    first, second = call.said
    assert (first.text, second.text) == (FIRST, SECOND)
    assert first.end <= second.start
    assert second.turn == first.turn == first.id
    assert first.renderings[0].spoken_at < second.end  # while they were still speaking
    assert first.heard_at < second.end


async def test_who_rests_after_a_sentence_is_interpreted_before_it_is_sure_that_they_have_ended(
    call,
):
    taught(call)
    before = asyncio.get_running_loop().time()
    await call.customer.says(FIRST)
    ended = before + 0.1 + duration(FIRST, "de")
    assert 0.15 < call.agent.played[0][0] - ended < 0.35


async def test_captions_show_what_is_not_an_utterance_yet(call):
    taught(call)
    await call.customer.says(BOTH, silence=3.0)
    shown = [notice for notice in call.agent.notices if notice.type.startswith("transcript")]
    first, second = call.said
    of_the_second = [
        one.fields["text"]
        for one in shown
        if one.type == "transcript.partial" and one.fields["id"] == second.id
    ]
    assert of_the_second
    assert all(SECOND.startswith(text.rstrip()) for text in of_the_second)
    finals = [one.fields["id"] for one in shown if one.type == "transcript.final"]
    assert finals == [first.id, second.id]


async def test_what_is_said_after_a_turn_waits_until_the_turn_is_understood(call):
    call.speech.delay["recognise"] = 0.7
    await call.customer.says("Auf Wiederhören", silence=0.6)
    await call.customer.says("Guten Tag", silence=6.0)
    assert [one.text for one in call.said] == ["Auf Wiederhören", "Guten Tag"]


async def test_an_engine_lost_in_the_middle_of_a_turn_costs_only_what_was_not_understood(call):
    taught(call)

    async def fail_later():
        await asyncio.sleep(1.6)
        call.speech.fail_next("recognise")

    failing = asyncio.create_task(fail_later())
    await call.customer.says(BOTH, silence=3.0)
    await failing
    assert [one.text for one in call.said] == [FIRST]
    assert heard(call.agent.sound).startswith("Good day.")
    their_own_voice = says(BOTH, "de")[-8000:]  # the last half second of it
    assert their_own_voice in call.agent.sound
    statuses = [n.fields for n in call.agent.notices if n.type == "session.status"]
    about_translation = [fields["translation"] for fields in statuses if "translation" in fields]
    assert about_translation == ["unavailable", "on"]


async def test_a_cough_leaves_no_turn_behind(call):
    await call.customer.sounds(b"\x00\x20\x00\xe0" * 400)
    await call.customer.is_silent(1.0)
    await call.end()
    assert call.said == []


async def test_a_language_is_known_after_the_first_sentence(new_call, people):
    call = taught(new_call(participants=(Participant("customer", "customer", None), people[1])))
    await call.begin()
    await call.customer.says(BOTH, silence=3.0)
    assert call.row.participants[0].language == "de"
    assert [one.text for one in call.said] == [FIRST, SECOND]
    detected = [n for n in call.agent.notices if n.type == "language_detected"]
    assert len(detected) == 1


async def test_an_assisted_agent_reads_each_sentence_as_it_ends(new_call):
    call = taught(new_call(mode=Mode.ASSISTIVE))
    await call.begin()
    await call.customer.says(BOTH, silence=3.0)
    finals = [n.fields for n in call.agent.notices if n.type == "transcript.final"]
    assert [one["translation"]["text"] for one in finals] == [
        "Good day.",
        "I would like to give you my new address.",
    ]


async def test_a_sentence_is_translated_in_the_light_of_the_one_before_it(call):
    taught(call)
    await call.customer.says(BOTH, silence=3.0)
    asked = [one for one in call.speech.asked if isinstance(one, TextRequest)]
    assert [(one.context, one.text) for one in asked] == [("", FIRST), (FIRST, SECOND)]


async def test_what_translating_took_is_known_of_each_sentence(call):
    call.speech.delay["translate"] = 0.25
    await call.customer.says("Guten Tag.")
    await call.agent.hears()
    await call.settle()
    assert round(call.said[0].renderings[0].compute, 3) == 0.25
