"""Endpoints are made, changed, tried, and what they were told is looked up."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from kallglot.api.webhooks import MOST_ENDPOINTS
from kallglot.model.session import Status
from kallglot.model.webhook import Attempt
from kallglot.store.paging import Page
from kallglot.webhooks.events import NAMES, SessionEnded, SessionStarted, event_of

pytestmark = pytest.mark.real_time

URL = "https://example.com/webhooks/kallglot"
PATH = "/v1/webhook_endpoints"


async def error_of(response) -> tuple:
    error = (await response.json())["error"]
    return response.status, error["code"], error.get("param")


async def patch(api, path, **fields):
    return await api.client.patch(
        path, json=fields, headers={"Authorization": f"Bearer {api.text}"}
    )


async def make(api, **fields) -> dict:
    response = await api.post(PATH, json={"url": URL, **fields})
    assert response.status == 201, await response.text()
    return await response.json()


async def test_changes_that_are_asked_for_at_once_are_all_kept(owner):
    path = f"{PATH}/{(await make(owner))['id']}"
    changes = ({"description": "ours"}, {"status": "disabled"}, {"metadata": {"a": 1}}, {})
    await asyncio.gather(*(patch(owner, path, **fields) for fields in changes))
    after = await (await owner.get(path)).json()
    told = (after["description"], after["status"], after["metadata"])
    assert told == ("ours", "disabled", {"a": 1})


async def deliveries_of(api, endpoint, query="") -> list[dict]:
    response = await api.get(f"{PATH}/{endpoint['id']}/deliveries{query}")
    assert response.status == 200, await response.text()
    return (await response.json())["data"]


async def told(api, endpoint, query="") -> list[str]:
    """The types of the events that an endpoint is to be told of, in order."""
    return [one["event_type"] for one in reversed(await deliveries_of(api, endpoint, query))]


async def happens(store, clock, session, happening, **changes):
    kept = attrs.evolve(await store.sessions.get(session["id"]), **changes)
    await store.sessions.save(kept, {}, events=[event_of(happening(kept), clock())])


async def attempted(store, clock, delivery_id, attempt, status, next_attempt_at=None):
    delivery = await store.deliveries.get(delivery_id)
    (errand,) = [
        errand
        for errand in await store.deliveries.next(delivery.endpoint_id, 10)
        if errand.id == delivery_id
    ]
    await store.deliveries.record(errand, attempt, status, next_attempt_at)


async def test_the_secret_is_shown_when_it_is_made_and_never_again(api):
    made = await make(api, description="Our CRM", metadata={"team": "crm"})
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert made == {
        "id": made["id"],
        "object": "webhook_endpoint",
        "url": URL,
        "events": ["*"],
        "description": "Our CRM",
        "metadata": {"team": "crm"},
        "status": "enabled",
        "disabled_reason": None,
        "environment": "live",
        "created_at": "2026-04-01T09:00:00Z",
        "previous_secret_expires_at": None,
    }
    assert made["id"].startswith("wh_")
    assert await (await api.get(f"{PATH}/{made['id']}")).json() == made
    assert (await (await api.get(PATH)).json())["data"] == [made]


async def test_the_secret_is_not_in_the_database_as_it_is(api, store):
    made = await make(api)
    (row,) = await store.endpoints._database.read("SELECT * FROM webhook_endpoints")
    assert made["secret"].encode() not in row["secret"]
    assert await store.endpoints.secrets(made["id"], 0.0) == (made["secret"],)


async def test_an_endpoint_is_told_what_happens_from_when_it_is_there(api, store, clock):
    before = await api.create()
    endpoint = await make(api)
    session = await api.create()
    await happens(store, clock, before, SessionStarted)
    (second, first) = await deliveries_of(api, endpoint)
    assert (first["event_type"], first["session_id"]) == ("session.created", session["id"])
    assert (second["event_type"], second["session_id"]) == ("session.started", before["id"])
    assert first["id"].startswith("wh_del_")
    assert (first["status"], first["attempt_count"]) == ("pending", 0)


async def test_an_endpoint_is_told_what_it_asked_for(api, store, clock):
    endpoint = await make(api, events=["session.ended", "session.created", "session.ended"])
    assert endpoint["events"] == ["session.created", "session.ended"]
    session = await api.create()
    await happens(store, clock, session, SessionStarted)
    await happens(store, clock, session, SessionEnded, status=Status.ENDED)
    assert await told(api, endpoint) == ["session.created", "session.ended"]
    changed = await patch(api, f"{PATH}/{endpoint['id']}", events="*", description="All")
    assert (await changed.json())["events"] == ["*"]
    await happens(store, clock, session, SessionStarted)
    assert await told(api, endpoint) == ["session.created", "session.ended", "session.started"]


async def test_what_happens_while_it_is_disabled_is_not_kept_for_it(api, store, clock):
    endpoint = await make(api)
    await api.create()
    path = f"{PATH}/{endpoint['id']}"
    assert (await (await patch(api, path, status="disabled")).json())["status"] == "disabled"
    await api.create()
    assert await store.deliveries.agenda() == []
    assert (await (await patch(api, path, status="enabled")).json())["status"] == "enabled"
    assert len(await told(api, endpoint)) == 1
    assert [endpoint_id for endpoint_id, _ in await store.deliveries.agenda()] == [endpoint["id"]]


async def test_what_is_left_out_of_a_change_stays(api):
    endpoint = await make(api, description="Our CRM", metadata={"team": "crm"})
    path = f"{PATH}/{endpoint['id']}"
    changed = await (await patch(api, path, metadata=None)).json()
    assert (changed["metadata"], changed["description"]) == (None, "Our CRM")
    changed = await (await patch(api, path, url="https://example.org/other")).json()
    assert (changed["url"], changed["events"]) == ("https://example.org/other", ["*"])
    assert await error_of(await patch(api, path, url=None)) == (422, "invalid_field_value", "url")


async def test_live_and_test_and_strangers_are_apart(api, stranger, store, clock):
    made = await store.keys.create(api.key.organization_id, clock(), environment="test")
    tester = attrs.evolve(api, key=made.key, text=made.text)
    live, testing, foreign = await make(api), await make(tester), await make(stranger)
    assert testing["environment"] == "test"
    await api.create()
    assert len(await told(api, live)) == 1
    assert await told(tester, testing) == []
    assert await told(stranger, foreign) == []
    (delivery,) = await deliveries_of(api, live)
    for other in (tester, stranger):
        for path in (f"{PATH}/{live['id']}", f"/v1/webhook_deliveries/{delivery['id']}"):
            assert (await other.get(path)).status == 404
        assert (await other.post(f"{PATH}/{live['id']}/rotate_secret")).status == 404
        assert (await other.delete(f"{PATH}/{live['id']}")).status == 404
        answer = await other.post(f"/v1/webhook_deliveries/{delivery['id']}/redeliver")
        assert await error_of(answer) == (404, "webhook_delivery_not_found", None)
    assert len((await (await tester.get(PATH)).json())["data"]) == 1


async def test_a_key_needs_the_scope(api, store, clock):
    made = await store.keys.create(
        api.key.organization_id, clock(), scopes=["sessions:read", "sessions:write"]
    )
    answer = await attrs.evolve(api, key=made.key, text=made.text).get(PATH)
    assert await error_of(answer) == (403, "insufficient_permissions", None)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://10.0.0.7/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/hook",
        "https://crm.internal/hook",
        "https://2130706433/hook",
        "https://user:secret@example.com/hook",
        "https://example.com:25/",
        "https://exa mple.com/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com/\r\nX-Header: 1",
        "https://" + "a" * 3000,
        "ftp://example.com",
        "example.com",
        "",
        7,
    ],
)
async def test_urls_that_no_events_are_sent_to_are_refused(api, url):
    expected = (422, "invalid_field_value", "url")
    assert await error_of(await api.post(PATH, json={"url": url})) == expected
    made = await make(api)
    assert await error_of(await patch(api, f"{PATH}/{made['id']}", url=url)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"url": URL, "events": []}, (422, "invalid_field_value", "events")),
        ({"url": URL, "events": "session.ended"}, (422, "invalid_field_value", "events")),
        ({"url": URL, "events": ["session.closed"]}, (422, "invalid_field_value", "events")),
        ({"url": URL, "events": ["webhook.test"]}, (422, "invalid_field_value", "events")),
        ({"url": URL, "events": [["session.ended"]]}, (422, "invalid_field_value", "events")),
        ({"url": URL, "status": "gone"}, (422, "invalid_field_value", "status")),
        ({"url": URL, "metadata": []}, (422, "invalid_field_value", "metadata")),
        ({"url": URL, "secret": "mine"}, (400, "invalid_request", "secret")),
        ({}, (422, "missing_required_field", "url")),
    ],
)
async def test_what_is_wrong_with_an_endpoint_is_said(api, fields, expected):
    assert await error_of(await api.post(PATH, json=fields)) == expected


async def test_who_asks_for_an_event_that_there_is_not_hears_which_there_are(api):
    response = await api.post(PATH, json={"url": URL, "events": ["session.closed"]})
    message = (await response.json())["error"]["message"]
    assert all(name in message for name in NAMES.values())


async def test_there_is_an_end_to_how_many_endpoints_there_may_be(api, settings):
    for _ in range(MOST_ENDPOINTS):
        await make(api)
    answer = await api.post(PATH, json={"url": URL})
    assert await error_of(answer) == (409, "too_many_webhook_endpoints", None)


async def test_a_rotated_secret_goes_with_the_old_one_for_a_while(api, store, clock):
    made = await make(api)
    path = f"{PATH}/{made['id']}/rotate_secret"
    rotated = await (await api.post(path, json={"overlap_seconds": 600})).json()
    new, old = rotated["secret"], made["secret"]
    assert new != old
    assert rotated["previous_secret_expires_at"] == "2026-04-01T09:10:00Z"
    secrets = store.endpoints.secrets
    assert await secrets(made["id"], clock() + 599) == (new, old)
    assert await secrets(made["id"], clock() + 600) == (new,)
    default = await (await api.post(path)).json()
    assert default["previous_secret_expires_at"] == "2026-04-02T09:00:00Z"
    at_once = await (await api.post(path, json={"overlap_seconds": 0})).json()
    assert at_once["previous_secret_expires_at"] is None
    assert await secrets(made["id"], clock()) == (at_once["secret"],)
    for overlap in (-1, 1e9, True, "600"):
        answer = await api.post(path, json={"overlap_seconds": overlap})
        assert await error_of(answer) == (422, "invalid_field_value", "overlap_seconds")


async def test_a_test_event_is_for_one_endpoint_whatever_it_listens_to(api):
    endpoint, other = await make(api, events=["session.ended"]), await make(api)
    response = await api.post(f"{PATH}/{endpoint['id']}/test")
    assert response.status == 202
    delivery = await response.json()
    assert (delivery["event_type"], delivery["session_id"]) == ("webhook.test", None)
    assert await told(api, endpoint) == ["webhook.test"]
    assert await told(api, other) == []
    view = await (await api.get(f"/v1/webhook_deliveries/{delivery['id']}")).json()
    assert view["payload"]["data"]["id"] == endpoint["id"]
    await patch(api, f"{PATH}/{endpoint['id']}", status="disabled")
    answer = await api.post(f"{PATH}/{endpoint['id']}/test")
    assert await error_of(answer) == (409, "illegal_state", None)


async def test_a_delivery_shows_every_attempt_and_what_is_sent(api, store, clock):
    endpoint, session = await make(api), await api.create()
    (delivery,) = await deliveries_of(api, endpoint)
    retry_at = clock() + 60
    failed = Attempt(clock(), 0.25, 503, "answered 503")
    await attempted(store, clock, delivery["id"], failed, "pending", retry_at)
    clock.now += 61
    await attempted(store, clock, delivery["id"], Attempt(clock(), 0.5, 204), "delivered")
    path = f"/v1/webhook_deliveries/{delivery['id']}"
    view = await (await api.get(path)).json()
    assert (view["status"], view["response_status"], view["attempt_count"]) == ("delivered", 204, 2)
    assert view["settled_at"] == "2026-04-01T09:01:01Z"
    assert view["next_attempt_at"] is None
    assert view["attempts"] == [
        {
            "at": "2026-04-01T09:00:00Z",
            "duration": 0.25,
            "response_status": 503,
            "error": "answered 503",
        },
        {"at": "2026-04-01T09:01:01Z", "duration": 0.5, "response_status": 204, "error": None},
    ]
    assert view["payload"]["id"] == delivery["event_id"]
    assert view["payload"]["data"]["session_id"] == session["id"]
    assert await deliveries_of(api, endpoint, "?status=pending") == []
    assert len(await deliveries_of(api, endpoint, "?status=delivered")) == 1
    assert len(await deliveries_of(api, endpoint, f"?session_id={session['id']}")) == 1
    assert await deliveries_of(api, endpoint, "?session_id=sess_other") == []


async def test_deliveries_come_in_pages(api):
    endpoint = await make(api)
    for _ in range(3):
        await api.create()
    path = f"{PATH}/{endpoint['id']}/deliveries?limit=2"
    first = await (await api.get(path)).json()
    assert (len(first["data"]), first["has_more"]) == (2, True)
    rest = await (await api.get(f"{path}&starting_after={first['data'][-1]['id']}")).json()
    assert (len(rest["data"]), rest["has_more"]) == (1, False)
    answer = await api.get(f"{path}&status=lost")
    assert await error_of(answer) == (422, "invalid_field_value", "status")


async def test_what_was_given_up_is_delivered_again_when_asked(api, store, clock):
    endpoint = await make(api)
    session = await api.create()
    await happens(store, clock, session, SessionStarted)
    waiting, dead = await deliveries_of(api, endpoint)
    path = "/v1/webhook_deliveries/{}/redeliver"
    answer = await api.post(path.format(waiting["id"]))
    assert await error_of(answer) == (409, "illegal_state", None)
    await attempted(store, clock, dead["id"], Attempt(clock(), 1.0, None, "no answer"), "failed")
    clock.now += 60
    again = await api.post(path.format(dead["id"]))
    view = await again.json()
    assert again.status == 202
    assert (view["status"], view["attempt_count"]) == ("pending", 1)
    assert view["next_attempt_at"] == "2026-04-01T09:01:00Z"
    due = await store.deliveries.next(endpoint["id"], 10)
    assert [errand.id for errand in due] == [waiting["id"], dead["id"]]
    assert [errand.tries for errand in due] == [0, 0]


async def test_a_deleted_endpoint_takes_its_deliveries_along(api, store):
    endpoint = await make(api)
    await api.create()
    (delivery,) = await deliveries_of(api, endpoint)
    gone = await api.delete(f"{PATH}/{endpoint['id']}")
    expected = {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}
    assert await gone.json() == expected
    answer = await api.get(f"{PATH}/{endpoint['id']}")
    assert await error_of(answer) == (404, "webhook_endpoint_not_found", None)
    assert (await api.get(f"/v1/webhook_deliveries/{delivery['id']}")).status == 404
    assert await store.deliveries.agenda() == []


async def test_a_url_for_one_thing_only_is_signed_with_a_secret_of_its_own(api, stranger, store):
    path = "/v1/webhook_signing_secret"
    shown = await (await api.get(path)).json()
    assert shown["secret"].startswith("whsec_")
    assert shown == await (await api.get(path)).json()
    assert shown["secret"] != (await (await stranger.get(path)).json())["secret"]
    organization = api.key.organization_id
    direct = await store.endpoints.direct(organization, "live", URL, 0.0)
    assert direct == await store.endpoints.direct(organization, "live", URL, 1.0)
    assert await store.endpoints.secrets(direct, 0.0) == (shown["secret"],)
    await api.create()
    assert await store.deliveries.agenda() == []
    assert (await (await api.get(PATH)).json())["data"] == []
    assert (await api.get(f"{PATH}/{direct}")).status == 404


async def test_what_was_done_to_an_endpoint_is_in_the_audit_log(api, store):
    endpoint = await make(api, url=f"{URL}?token=secret", events=["session.ended"])
    path = f"{PATH}/{endpoint['id']}"
    await patch(api, path, status="disabled", metadata={"team": "crm"})
    await api.post(f"{path}/rotate_secret")
    await api.delete(path)
    notes = (await store.audit.page(api.key.organization_id, Page(), target=endpoint["id"])).items
    assert [(note.action, note.details) for note in reversed(notes)] == [
        ("webhook_endpoint.created", {"events": ["session.ended"]}),
        ("webhook_endpoint.updated", {"fields": ["metadata", "status"]}),
        ("webhook_endpoint.secret_rotated", {"overlap_seconds": 86_400}),
        ("webhook_endpoint.deleted", {}),
    ]
    assert {note.actor for note in notes} == {api.key.id}
