"""A session with a glossary: terms are listened for, translated, spoken and counted."""

import pytest

from kallglot.model.glossary import Glossary, Term, TermCount
from kallglot.speech.engines import TextRequest

TERMS = Glossary(
    (
        Term("de", "en", "Tag", "Day", spoken_as="Daj"),
        Term("de", "en", "KallBox", "KallBox", do_not_translate=True),
    )
)


@pytest.fixture
async def call(new_call, store, speech):
    store.glossaries.keep(TERMS)
    speech.knows({("de", "en"): {"Guten Tag": "Good Day", "Ihre KallBox": "Your box"}})
    call = new_call(glossary=TERMS)
    await call.begin()
    return call


async def test_terms_are_asked_for_and_spoken_as_the_glossary_says(call, speech):
    await call.customer.says("Guten Tag")
    assert await call.agent.hears() == "Good Daj"
    await call.settle()
    (asked,) = (request for request in speech.asked if isinstance(request, TextRequest))
    assert asked.terms == (("Tag", "Day"),)
    assert call.said[0].renderings[0].text == "Good Day"


async def test_names_are_written_as_the_glossary_writes_them(call):
    await call.customer.says("Ihre kallbox")
    await call.agent.hears()
    await call.settle()
    assert call.said[0].text == "Ihre KallBox"


async def test_hits_and_misses_are_in_the_store(call, store):
    await call.customer.says("Guten Tag")
    await call.agent.hears()
    await call.customer.says("Ihre KallBox")
    await call.agent.hears()
    await call.end()
    assert store.glossaries.counts == (
        TermCount("KallBox", "KallBox", hits=0, misses=1),
        TermCount("Tag", "Day", hits=1, misses=0),
    )


async def test_the_recogniser_is_told_what_may_be_said(call, speech):
    await call.customer.says("Guten Tag")
    assert "KallBox" in speech.openings[0].hints
