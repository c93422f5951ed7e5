from __future__ import annotations

import asyncio

import attrs
import pytest

from kallglot.model.recording import Recording
from kallglot.model.session import Status

pytestmark = pytest.mark.real_time

MODE = {"mode": "bidirectional_translation"}
NO_QUOTAS = {"rate_limit": None, "max_concurrent_sessions": None, "api_credits": None}


async def error_of(response) -> dict:
    return (await response.json())["error"]


async def talking(store, session: dict) -> None:
    """Let somebody be in the session."""
    kept = await store.sessions.get(session["id"])
    await store.sessions.save(attrs.evolve(kept, status=Status.ACTIVE), {})


async def test_an_operator_makes_organizations(operator):
    body = {"name": "Acme", "quotas": {"api_credits": 5}, "retention": {"recording_days": 7}}
    response = await operator.post("/v1/organizations", json=body)
    made = await response.json()
    assert response.status == 201
    assert made == {
        "id": made["id"],
        "object": "organization",
        "name": "Acme",
        "status": "active",
        "quotas": {**NO_QUOTAS, "api_credits": 5},
        "retention": {"recording_days": 7, "transcript_days": None, "event_days": None},
        "api_credits_used": 0,
        "created_at": "2026-04-01T09:00:00Z",
    }
    assert await (await operator.get(f"/v1/organizations/{made['id']}")).json() == made
    listed = await (await operator.get("/v1/organizations")).json()
    assert listed["data"] == [made]


async def test_a_change_leaves_alone_what_it_does_not_name(operator, organization):
    path = f"/v1/organizations/{organization}"
    quotas = {"rate_limit": 10, "max_concurrent_sessions": 2, "api_credits": 3}
    await operator.patch(path, json={"quotas": quotas, "retention": {"event_days": 3}})
    response = await operator.patch(
        path,
        json={
            "name": "Renamed",
            "quotas": {"api_credits": None},
            "retention": {"transcript_days": 0},
        },
    )
    changed = await response.json()
    assert changed["name"] == "Renamed"
    assert changed["quotas"] == {**quotas, "api_credits": None}
    assert changed["retention"] == {"recording_days": None, "transcript_days": 0, "event_days": 3}
    assert await (await operator.patch(path, json={})).json() == changed


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"status": "asleep"}, 422, "status"),
        ({"status": None}, 422, "status"),
        ({"name": None}, 422, "name"),
        ({"quotas": {"api_credits": -1}}, 422, "quotas.api_credits"),
        ({"quotas": {"api_credits": True}}, 422, "quotas.api_credits"),
        ({"quotas": {"api_credits": 1.5}}, 422, "quotas.api_credits"),
        ({"quotas": {"api_credits": 10**30}}, 422, "quotas.api_credits"),
        ({"retention": {"recording_days": 40_000}}, 422, "retention.recording_days"),
        ({"quotas": {"calls": 5}}, 400, "quotas.calls"),
        ({"id": "org_1"}, 400, "id"),
    ],
)
async def test_what_is_wrong_with_a_change_is_said(operator, organization, body, status, param):
    response = await operator.patch(f"/v1/organizations/{organization}", json=body)
    error = await error_of(response)
    assert (response.status, error["param"]) == (status, param), error


async def test_only_operators_see_organizations(operator, owner):
    assert (await owner.get("/v1/organizations")).status == 403
    for path in ("org_01JD3W5A00000000000000000", "..%2F..%2Fetc"):
        response = await operator.get(f"/v1/organizations/{path}")
        assert response.status == 404
        assert (await error_of(response))["code"] == "organization_not_found"


async def test_a_suspended_organization_is_known_and_not_let_in(operator, api, owner):
    path = f"/v1/organizations/{api.key.organization_id}"
    await operator.patch(path, json={"status": "suspended"})
    for response in (
        await api.get("/v1/sessions"),
        await api.post("/v1/sessions", json=MODE),
        await owner.get("/v1/api_keys"),
    ):
        error = await error_of(response)
        assert response.status == 403
        assert (error["type"], error["code"]) == ("permission_error", "organization_suspended")
        assert "X-RateLimit-Remaining" in response.headers
    await operator.patch(path, json={"status": "active"})
    assert (await api.get("/v1/sessions")).status == 200


async def test_changes_that_are_asked_for_at_once_are_all_kept(operator, organization):
    path = f"/v1/organizations/{organization}"
    changes = [
        {"name": "Renamed"},
        {"status": "inactive"},
        {"quotas": {"rate_limit": 9}},
        {"quotas": {"api_credits": 3}},
        {"retention": {"recording_days": 5}},
        {"retention": {"transcript_days": 6}},
    ]
    answers = await asyncio.gather(*(operator.patch(path, json=body) for body in changes))
    assert [answer.status for answer in answers] == [200] * len(changes)
    after = await (await operator.get(path)).json()
    assert (after["name"], after["status"]) == ("Renamed", "inactive")
    assert after["quotas"] == {**NO_QUOTAS, "rate_limit": 9, "api_credits": 3}
    assert after["retention"] == {"recording_days": 5, "transcript_days": 6, "event_days": None}


async def test_who_is_suspended_loses_the_sessions_that_nobody_is_in(
    operator, api, stranger, store, calls
):
    waiting, busy, theirs = await api.create(), await api.create(), await stranger.create()
    await talking(store, busy)
    await operator.patch(
        f"/v1/organizations/{api.key.organization_id}", json={"status": "suspended"}
    )
    ended = await store.sessions.get(waiting["id"])
    assert (ended.status, ended.end_reason) == (Status.ENDED, "organization_suspended")
    assert calls.living.keys() == {busy["id"], theirs["id"]}


async def test_an_operator_ends_all_sessions_of_an_organization(
    operator, api, stranger, store, calls, clock
):
    organization = api.key.organization_id
    tester = await store.keys.create(organization, clock(), environment="test")
    mine = [await api.create(), await attrs.evolve(api, text=tester.text).create()]
    lost = await api.create()
    del calls.living[lost["id"]]  # a crash took it
    theirs = await stranger.create()
    await talking(store, mine[0])
    path = f"/v1/organizations/{organization}"
    await operator.patch(path, json={"status": "suspended"})
    for reason, count in (("fraud", 1), (None, 0)):
        response = await operator.post(f"{path}/end_sessions", json={"reason": reason})
        assert await response.json() == {
            "object": "ended_sessions",
            "organization_id": organization,
            "reason": reason or "ended_by_operator",
            "ended": count,
        }
    assert (await store.sessions.get(mine[0]["id"])).end_reason == "fraud"
    assert calls.living.keys() == {theirs["id"]}
    assert (await store.sessions.get(lost["id"])).status is Status.ENDED
    log = await (
        await operator.get("/v1/audit_log?action=organization.sessions_ended&limit=100")
    ).json()
    assert [each["details"] for each in log["data"]] == [
        {"reason": "ended_by_operator", "sessions": 0},
        {"reason": "fraud", "sessions": 1},
    ]
    assert (await operator.delete(path)).status == 200


async def test_only_operators_end_the_sessions_of_others(operator, owner, organization):
    path = f"/v1/organizations/{organization}/end_sessions"
    assert (await owner.post(path)).status == 403
    assert (await operator.post(path, json={"reason": "x" * 300})).status == 422
    missing = await operator.post("/v1/organizations/org_x/end_sessions")
    assert (await error_of(missing))["code"] == "organization_not_found"


async def test_an_inactive_organization_sees_what_it_has_and_begins_nothing(operator, api):
    session = await api.create()
    path = f"/v1/organizations/{api.key.organization_id}"
    await operator.patch(path, json={"status": "inactive"})
    response = await api.post("/v1/sessions", json=MODE)
    error = await error_of(response)
    assert response.status == 403
    assert (error["type"], error["code"]) == ("permission_error", "organization_inactive")
    assert (await api.get(f"/v1/sessions/{session['id']}")).status == 200
    assert (await api.post(f"/v1/sessions/{session['id']}/end")).status == 200


async def test_what_is_deleted_is_gone_with_all_that_was_its_own(
    operator, api, store, settings, clock
):
    session = await api.create()
    path = f"/v1/organizations/{api.key.organization_id}"
    name = f"recordings/{session['id']}/customer.wav"
    file = settings.data / name
    file.parent.mkdir(parents=True)
    file.write_bytes(b"sound")
    await store.recordings.put(
        Recording("rec_1", session["id"], "customer", "ready", name, 8000, clock())
    )
    refusals = [await operator.delete(path)]
    await talking(store, session)
    await operator.patch(path, json={"status": "suspended"})
    refusals.append(await operator.delete(path))  # its session lives
    assert [response.status for response in refusals] == [409, 409]
    assert file.exists()
    await operator.patch(path, json={"status": "active"})
    await api.post(f"/v1/sessions/{session['id']}/end")
    await operator.patch(path, json={"status": "suspended"})
    assert (await operator.delete(path)).status == 200
    assert not file.parent.exists()
    assert await store.sessions.get(session["id"]) is None
    assert await store.events.after(0) == []
    gone = await api.get("/v1/sessions")
    assert (await error_of(gone))["code"] == "invalid_api_key"
    log = await (await operator.get("/v1/audit_log?action=organization.deleted")).json()
    assert [each["target"] for each in log["data"]] == [api.key.organization_id]
