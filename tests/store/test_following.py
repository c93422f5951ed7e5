"""Who follows the events hears of each once, in order, as soon as it is kept."""

import asyncio

from kallglot.webhooks.events import SessionCreated, SessionStarted, event_of
from tests.fakes.clock import START


async def test_events_are_yielded_as_they_are_committed(store, session):
    first = event_of(SessionCreated(session), START)
    await store.events.add(first)
    following = store.events.follow(0)
    assert [event.id for event in await anext(following)] == [first.id]
    waiting = asyncio.create_task(anext(following))
    await asyncio.sleep(0)
    assert not waiting.done()
    second = event_of(SessionStarted(session), START + 1)
    await store.sessions.save(session, {}, events=[second])
    (heard,) = await waiting
    assert (heard.id, heard.environment) == (second.id, "live")
    await following.aclose()


async def test_several_may_follow_from_where_each_was(store, session):
    events = [event_of(SessionStarted(session), START + n) for n in range(3)]
    await store.events.add(*events)
    everything, rest = await anext(store.events.follow(0)), await anext(store.events.follow(2))
    assert [event.id for event in everything] == [event.id for event in events]
    assert [event.id for event in rest] == [events[2].id]
    assert await store.events.last() == 3


async def test_what_is_no_event_wakes_nobody(store, session):
    following = asyncio.create_task(anext(store.events.follow(0)))
    await asyncio.sleep(0)
    await store.sessions.save(session, {})
    await asyncio.sleep(0)
    assert not following.done()
    await store.events.add(event_of(SessionCreated(session), START))
    assert len(await following) == 1
