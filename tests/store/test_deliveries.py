"""The queue of what endpoints are to be told, as the database itself keeps it."""

from __future__ import annotations

import asyncio

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallglot.errors import NotFound
from kallglot.ids import is_id
from kallglot.model.webhook import Attempt, Endpoint
from kallglot.store import Store
from kallglot.store.database import Statement
from kallglot.store.deliveries import DeliveryFilter, insert_delivery
from kallglot.store.paging import Page
from kallglot.webhooks.events import Event, SessionCreated, event_of
from tests.fakes.clock import START

URL = "https://example.com/hook"
FAILED = Attempt(START, 0.1, 500, "answered 500")
FINE = Attempt(START, 0.1, 200)


@pytest.fixture
async def endpoint(store, organization) -> Endpoint:
    return await add(store, organization, "wh_1")


async def add(store, organization, name, **fields) -> Endpoint:
    endpoint = Endpoint(name, organization, "live", URL, START, **fields)
    return (await store.endpoints.add(endpoint)).endpoint


def happening(session, at=START, session_id=None) -> Event:
    event = event_of(SessionCreated(session), at)
    return attrs.evolve(event, session_id=session_id or session.id)


async def in_order(store, endpoint) -> list:
    page = await store.deliveries.page(endpoint.id, DeliveryFilter(), Page(100))
    return page.items[::-1]


async def test_a_delivery_is_there_as_soon_as_its_event(store, session, endpoint):
    event = happening(session)
    await store.sessions.save(session, {}, events=[event])
    (errand,) = await store.deliveries.next("wh_1", 10)
    (kept,) = await store.events.after(0)
    assert is_id(errand.id, "wh_del")
    assert errand.body == kept.body == await store.deliveries.body(errand.id)
    assert (errand.lane, errand.due_at, errand.created_at) == (session.id, START, START)


async def test_without_the_event_there_is_no_delivery(store, session, endpoint):
    event = happening(session)
    await store.events.add(event)
    with pytest.raises(Exception, match="UNIQUE"):
        await store.sessions.save(session, {}, events=[happening(session), event])
    assert len(await in_order(store, endpoint)) == 1


async def test_deliveries_are_listed_in_the_order_of_their_events(store, session, endpoint):
    events = [happening(session) for _ in range(30)]
    await store.events.add(*events)
    assert [one.event_id for one in await in_order(store, endpoint)] == [e.id for e in events]


async def test_of_a_session_only_the_first_is_due(store, session, endpoint):
    events = [happening(session), happening(session), happening(session, session_id="sess_2")]
    await store.events.add(*events)
    first, other = await store.deliveries.next("wh_1", 10)
    _, waiting, _ = await in_order(store, endpoint)
    assert {first.lane, other.lane} == {session.id, "sess_2"}
    assert waiting.next_attempt_at is None
    await store.deliveries.record(first, FAILED, "pending", START + 60)
    assert len(await store.deliveries.next("wh_1", 10)) == 2
    await store.deliveries.record(first, FINE, "delivered")
    assert [errand.id for errand in await store.deliveries.next("wh_1", 10)] == [
        waiting.id,
        other.id,
    ]


async def test_each_endpoint_has_a_queue_of_its_own(store, session, organization, endpoint):
    await add(store, organization, "wh_2")
    await store.events.add(happening(session), happening(session))
    (first,) = await store.deliveries.next("wh_1", 10)
    await store.deliveries.record(first, FINE, "delivered")
    (second,) = await store.deliveries.next("wh_1", 10)
    (behind,) = await store.deliveries.next("wh_2", 10)
    assert second.created_at == behind.created_at
    assert [name for name, _ in await store.deliveries.agenda()] == ["wh_1", "wh_2"]


async def test_what_says_that_it_is_gone_stays_disabled_while_something_else_changes(
    store, session, endpoint
):
    await store.events.add(happening(session))
    (errand,) = await store.deliveries.next("wh_1", 10)
    await asyncio.gather(
        store.deliveries.record(errand, FAILED, "failed", is_gone=True),
        store.endpoints.change("wh_1", {"description": "ours", "metadata": {"a": 1}}),
        store.endpoints.change("wh_1", {"events": ["session.ended"], "url": f"{URL}/2"}),
    )
    found = await store.endpoints.get("wh_1")
    assert (found.status, found.disabled_reason, found.description) == ("disabled", "gone", "ours")
    assert (found.events, found.url, found.metadata) == (("session.ended",), f"{URL}/2", {"a": 1})
    await store.endpoints.remove("wh_1")
    with pytest.raises(NotFound):
        await store.endpoints.change("wh_1", {"status": "enabled"})


async def test_the_agenda_is_of_those_that_are_enabled(store, session, organization, endpoint):
    for number in range(2, 6):
        await add(store, organization, f"wh_{number}")
    await add(store, organization, "wh_9", status="disabled")
    await store.events.add(happening(session))
    await store.endpoints.change(endpoint.id, {"status": "disabled"})
    (errand,) = await store.deliveries.next("wh_3", 10)
    await store.deliveries.record(errand, FAILED, "pending", START + 60)
    assert await store.deliveries.agenda() == [
        ("wh_2", START),
        ("wh_4", START),
        ("wh_5", START),
        ("wh_3", START + 60),
    ]
    assert await store.deliveries.next("wh_9", 10) == []


async def test_when_the_first_is_forgotten_the_next_is_due(store, session, endpoint):
    await store.events.add(happening(session), happening(session))
    (first,) = await store.deliveries.next("wh_1", 10)
    await store.events._database.write(Statement("DELETE FROM events WHERE position = 1"))
    (second,) = await store.deliveries.next("wh_1", 10)
    assert second.id != first.id


async def test_with_a_session_goes_what_was_to_be_told_of_it(store, session, endpoint):
    await store.events.add(*(happening(session) for _ in range(5)))
    await store.sessions.remove(session.id)
    assert await in_order(store, endpoint) == []


async def test_what_is_told_directly_goes_with_its_session_too(store, session, organization):
    direct = await store.endpoints.direct(organization, "live", URL, START)
    event = happening(session)
    await store.events.add(event)
    await store.events._database.write(insert_delivery(event, direct))
    (errand,) = await store.deliveries.next(direct, 10)
    assert errand.body == (await store.events.after(0))[0].body
    await store.sessions.remove(session.id)
    assert await store.deliveries.next(direct, 10) == []


async def test_only_the_latest_attempts_are_remembered(store, session, endpoint):
    await store.events.add(happening(session))
    (errand,) = await store.deliveries.next("wh_1", 10)
    for number in range(60):
        attempt = attrs.evolve(FAILED, at=START + number)
        await store.deliveries.record(errand, attempt, "pending", START)
    (delivery,) = await in_order(store, endpoint)
    assert delivery.attempt_count == 60
    assert [attempt.at for attempt in delivery.attempts] == [START + n for n in range(10, 60)]


async def test_the_backlog_and_the_end_of_the_log(store, session, endpoint, organization):
    await store.events.add(happening(session, START - 50), happening(session))
    backlog = await store.deliveries.backlog()
    assert (backlog.pending, backlog.oldest) == (2, START - 50)
    direct = await store.endpoints.direct(organization, "live", URL, START)
    for _ in range(2):
        (errand,) = await store.deliveries.next("wh_1", 10)
        await store.deliveries.record(errand, FINE, "delivered")
    assert (await store.deliveries.backlog()).oldest is None
    assert await store.deliveries.forget(START) == 0
    assert await store.deliveries.forget(START + 1) == 2
    assert await store.endpoints.get(direct) is None
    assert await in_order(store, endpoint) == []
    assert await store.endpoints.get("wh_1") is not None


moves = st.lists(
    st.one_of(
        st.tuples(st.just("event"), st.integers(0, 2)),
        st.tuples(st.sampled_from(["deliver", "fail", "give up", "redeliver"]), st.integers(0, 9)),
    ),
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(moves)
def test_whatever_happens_the_first_of_every_session_is_due_and_no_other(moves):
    asyncio.run(walk(moves))


async def walk(moves):
    store = await Store.open(":memory:")
    try:
        organization = (await store.organizations.add("Example", START)).id
        endpoint = await add(store, organization, "wh_1")
        for move, number in moves:
            await take(store, organization, move, number)
            check(await in_order(store, endpoint), await store.deliveries.next("wh_1", 100))
    finally:
        await store.close()


async def take(store, organization, move, number):
    due = await store.deliveries.next("wh_1", 100)
    match move:
        case "event":
            name = f"sess_{number}"
            body = {"data": {"session_id": name}}
            made = f"evt_{len(await store.events.after(0, 1000)):026}"
            event = Event(made, "session.started", organization, name, START, body)
            await store.events.add(event)
        case "redeliver":
            page = await store.deliveries.page("wh_1", DeliveryFilter(), Page(100))
            if page.items:
                await store.deliveries.redeliver(page.items[number % len(page.items)].id, START)
        case _ if due:
            status = {"deliver": "delivered", "fail": "pending", "give up": "failed"}[move]
            at = START + 60 if status == "pending" else None
            await store.deliveries.record(due[number % len(due)], FAILED, status, at)


def check(deliveries, due):
    pending = [one for one in deliveries if one.status == "pending"]
    lanes = [errand.lane for errand in due]
    assert len(set(lanes)) == len(lanes)
    firsts, seen = [], set()
    asked_again = {errand.lane for errand in due if errand.lane == errand.id}
    for one in pending:
        if one.id in asked_again:
            firsts.append(one.id)
        elif one.session_id not in seen:
            seen.add(one.session_id)
            firsts.append(one.id)
    assert sorted(firsts) == sorted(errand.id for errand in due)
