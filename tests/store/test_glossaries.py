from __future__ import annotations

import attrs
import pytest

from kallglot.model.glossary import Glossary, KeptGlossary, Term, TermCount
from kallglot.model.session import Mode, Participant, Session, Status
from kallglot.store.paging import Page

pytestmark = pytest.mark.real_time

TERM = Term("de", "en", "Rechnung", "bill", spoken_as="bil", is_case_sensitive=True)
NAME = Term("de", "en", "KallBox", "KallBox", do_not_translate=True)
GLOSSARY = Glossary((TERM, NAME), is_inflected=False, id="glo_1")


@pytest.fixture
async def owner(store) -> str:
    return (await store.organizations.add("Example", 1.0)).id


@pytest.fixture
async def session(store, owner) -> Session:
    people = (Participant("customer", "customer", "de"),)
    session = Session("sess_1", owner, Mode.BIDIRECTIONAL, people, 1.0, glossary=GLOSSARY)
    await store.sessions.add(session)
    return session


async def test_a_glossary_is_kept_with_everything_in_it(store, owner):
    kept = KeptGlossary("glo_1", owner, "Shop", GLOSSARY, 1.0, 1.0)
    await store.glossaries.put(kept)
    assert await store.glossaries.get("glo_1") == kept
    changed = attrs.evolve(kept, name="Store", glossary=Glossary((NAME,)), updated_at=2.0)
    await store.glossaries.put(changed)
    assert await store.glossaries.get("glo_1") == changed
    assert (await store.glossaries.page(owner, Page())).items == [changed]
    assert (await store.glossaries.page("org_other", Page())).items == []
    await store.glossaries.remove("glo_1")
    assert await store.glossaries.get("glo_1") is None


async def test_a_session_that_lives_on_has_its_glossary(store, session):
    await store.sessions.save(attrs.evolve(session, status=Status.ACTIVE), None)
    ((living, _),) = await store.sessions.list_living()
    assert living.glossary == GLOSSARY
    taken = await store.glossaries.of_session(session.id)
    assert (taken.id, taken.term_count, taken.counts) == ("glo_1", 2, ())


async def test_counts_are_those_kept_last(store, session):
    for hits in (1, 2):
        await store.glossaries.keep_report(session.id, [TermCount("Rechnung", "bill", hits, 1)])
    taken = await store.glossaries.of_session(session.id)
    assert taken.counts == (TermCount("Rechnung", "bill", 2, 1),)


async def test_a_glossary_goes_with_its_session(store, session):
    await store.sessions.remove(session.id)
    assert await store.glossaries.of_session(session.id) is None


async def test_without_terms_nothing_is_kept(store, owner):
    session = Session("sess_2", owner, Mode.BIDIRECTIONAL, (), 1.0)
    await store.sessions.add(session)
    assert await store.glossaries.of_session(session.id) is None
    ((living, _),) = await store.sessions.list_living()
    assert living.glossary == Glossary()
