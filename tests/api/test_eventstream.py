"""Events for people without a public URL, over one connection that may break."""

from __future__ import annotations

import asyncio
import json

import attrs
import pytest

from kallglot.api import eventstream
from kallglot.eventsource import EventSource
from kallglot.ids import new_id
from kallglot.model.session import Status
from kallglot.webhooks.events import SessionEnded, SessionStarted, event_of
from tests.api.conftest import Api

pytestmark = pytest.mark.real_time


class Reader:
    """Reads a stream of events until it has as many as are wanted."""

    def __init__(self, response):
        self.response = response
        self.source = EventSource()
        self.events = []

    async def read(self, count):
        async with asyncio.timeout(5):
            while len(self.events) < count:
                data = await self.response.content.readany()
                assert data, "the stream has ended"
                self.events += self.source.receive(data)
        return [event.type for event in self.events]

    async def rest(self):
        async with asyncio.timeout(5):
            while data := await self.response.content.readany():
                self.events += self.source.receive(data)
        return [event.type for event in self.events]


async def listen(api, path="/v1/events", **options):
    response = await api.get(path, **options)
    assert response.status == 200, await response.text()
    assert response.content_type == "text/event-stream"
    return Reader(response)


async def happened(store, clock, session_id, happening, **changes):
    session = attrs.evolve(await store.sessions.get(session_id), **changes)
    event = event_of(happening(session), clock())
    await store.sessions.save(session, {}, events=[event])
    return event


@pytest.mark.parametrize("sessions_before", [0, 2])
async def test_who_was_cut_off_before_anything_came_misses_nothing(api, sessions_before):
    for _ in range(sessions_before):
        await api.create()
    reader = await listen(api)
    async with asyncio.timeout(5):
        while not reader.source.last_id:
            assert reader.source.receive(await reader.response.content.readany()) == []
    reader.response.close()
    await api.create()
    again = await listen(api, headers={"Last-Event-ID": reader.source.last_id})
    assert await again.read(1) == ["session.created"]
    again.response.close()


async def test_events_are_heard_as_they_happen(api, store, clock):
    reader = await listen(api)
    session = await api.create()
    await happened(store, clock, session["id"], SessionStarted)
    assert await reader.read(2) == ["session.created", "session.started"]
    created = json.loads(reader.events[0].data)
    assert created["data"]["session_id"] == session["id"]
    assert created["id"] == reader.events[0].id


async def test_who_was_cut_off_goes_on_where_they_were(api, store, clock):
    session = await api.create()
    (first,) = await store.events.after(0)
    second = await happened(store, clock, session["id"], SessionStarted)
    reader = await listen(api, headers={"Last-Event-ID": first.id})
    await reader.read(1)
    assert [event.id for event in reader.events] == [second.id]
    again = await listen(api, f"/v1/events?after={first.id}")
    assert await again.read(1) == ["session.started"]


async def test_an_event_that_is_no_longer_kept_is_a_place_to_go_on_from(api, store, clock):
    old = "evt_" + "0" * 26
    await api.create()
    reader = await listen(api, headers={"Last-Event-ID": old})
    assert await reader.read(1) == ["session.created"]
    fresh = await listen(api, headers={"Last-Event-ID": new_id("evt")})
    await api.create()
    assert await fresh.read(1) == ["session.created"]


async def test_the_events_of_a_session_go_from_its_beginning_to_its_end(api, store, clock):
    session, other = await api.create(), await api.create()
    reader = await listen(api, f"/v1/sessions/{session['id']}/events")
    assert await reader.read(1) == ["session.created"]
    await happened(store, clock, other["id"], SessionStarted)
    await happened(store, clock, session["id"], SessionStarted)
    await happened(store, clock, session["id"], SessionEnded, status=Status.ENDED)
    assert await reader.rest() == ["session.created", "session.started", "session.ended"]
    replayed = await listen(api, f"/v1/sessions/{session['id']}/events")
    assert await replayed.rest() == ["session.created", "session.started", "session.ended"]


async def test_only_the_types_that_are_wanted_are_sent(api, store, clock):
    session = await api.create()
    path = f"/v1/sessions/{session['id']}/events?types=session.ended,%20recording.ready"
    await happened(store, clock, session["id"], SessionEnded, status=Status.ENDED)
    assert await (await listen(api, path)).rest() == ["session.ended"]


async def test_nobody_hears_the_events_of_others(api, stranger, client, store, clock):
    session = await api.create()
    answer = await stranger.get(f"/v1/sessions/{session['id']}/events")
    assert answer.status == 404
    made = await store.keys.create(api.key.organization_id, clock(), environment="test")
    tester = attrs.evolve(api, key=made.key, text=made.text)
    foreign, testing = await listen(stranger), await listen(tester)
    await api.create()
    await stranger.create()
    await tester.create()
    assert await foreign.read(1) == ["session.created"]
    assert await testing.read(1) == ["session.created"]
    heard = [json.loads(reader.events[0].data)["id"] for reader in (foreign, testing)]
    kept = {event.id: event for event in await store.events.after(0)}
    assert kept[heard[0]].organization_id == stranger.key.organization_id
    assert kept[heard[1]].environment == "test"


@pytest.mark.parametrize(
    ("query", "param"),
    [("?types=session.eaten", "types"), ("?after=evt_1", "Last-Event-ID")],
)
async def test_nonsense_is_refused(api, query, param):
    answer = await api.get(f"/v1/events{query}")
    assert answer.status == 422
    assert (await answer.json())["error"]["param"] == param


async def test_a_silent_stream_shows_that_it_lives(api, monkeypatch):
    monkeypatch.setattr(eventstream, "HEARTBEAT", 0.02)
    response = await api.get("/v1/events")
    async with asyncio.timeout(5):
        assert b": still here" in await response.content.readuntil(b"here\n\n")


async def test_a_key_reads_only_so_many_streams(api, monkeypatch):
    monkeypatch.setattr(eventstream, "MOST_STREAMS", 1)
    first = await api.get("/v1/events")
    refused = await api.get("/v1/events")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "30")
    first.close()


async def test_a_stopping_server_ends_the_streams(api, client):
    reader = await listen(api)
    await client.app.shutdown()
    assert await reader.rest() == []


@pytest.mark.parametrize("end", ["revoked", "expired", "suspended"])
async def test_a_key_that_is_no_longer_good_hears_nothing_more(
    client, store, organization, clock, end
):
    made = await store.keys.create(organization, clock(), expires_at=clock() + 60)
    reader = await listen(Api(client, made.key, made.text))
    other = await store.keys.create(organization, clock())
    owner = Api(client, other.key, other.text)
    session = await owner.create()
    assert await reader.read(1) == ["session.created"]
    match end:
        case "revoked":
            await store.keys.revoke(made.key.id, clock())
        case "expired":
            clock.now += 60
        case "suspended":
            await store.organizations.change(organization, {"status": "suspended"}, clock())
    await happened(store, clock, session["id"], SessionStarted)
    assert await reader.rest() == ["session.created"]
