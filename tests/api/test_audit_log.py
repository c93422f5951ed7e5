from __future__ import annotations

import pytest

from kallglot.store.audit import SERVER, note

pytestmark = pytest.mark.real_time


async def log_of(api, query: str = "") -> list[dict]:
    response = await api.get(f"/v1/audit_log{query}")
    assert response.status == 200, await response.text()
    return (await response.json())["data"]


async def test_what_is_done_is_written_down_with_who_did_it(owner, clock):
    response = await owner.post("/v1/api_keys", json={"name": "phones"})
    made = await response.json()
    revoking = await owner.delete(f"/v1/api_keys/{made['id']}")
    revoked, created, *_ = await log_of(owner)
    assert created == {
        "id": created["id"],
        "object": "audit_entry",
        "organization_id": owner.key.organization_id,
        "actor": owner.key.id,
        "action": "api_key.created",
        "target": made["id"],
        "request_id": response.headers["X-Request-ID"],
        "details": {"name": "phones", "environment": "live", "scopes": made["scopes"]},
        "created_at": "2026-04-01T09:00:00Z",
    }
    assert revoked["action"] == "api_key.revoked"
    assert revoked["request_id"] == revoking.headers["X-Request-ID"]
    assert made["key"] not in str(await log_of(owner))


async def test_an_organization_sees_its_own_and_an_operator_everybodys(owner, stranger, operator):
    mine, theirs = owner.key.organization_id, stranger.key.organization_id
    assert {each["organization_id"] for each in await log_of(owner)} == {mine}
    everybody = {each["organization_id"] for each in await log_of(operator)}
    assert everybody == {mine, theirs, None}
    own = await log_of(operator, f"?organization_id={theirs}")
    assert {each["organization_id"] for each in own} == {theirs}
    # Nobody else is asked for by naming them.
    named = await log_of(owner, f"?organization_id={theirs}")
    assert {each["organization_id"] for each in named} == {mine}


async def test_entries_are_found_by_what_was_done_and_to_what(owner, operator, organization):
    path = f"/v1/organizations/{organization}"
    await operator.patch(path, json={"quotas": {"api_credits": 7}})
    await operator.patch(path, json={"retention": {"recording_days": 3}})
    await operator.patch(path, json={})
    (settled,) = await log_of(owner, "?action=organization.retention_updated")
    assert settled["details"]["recording_days"] == 3
    done = [each["action"] for each in await log_of(operator, f"?target={organization}")]
    assert done == [
        "organization.retention_updated",
        "organization.updated",
        "organization.created",
    ]


async def test_the_log_comes_in_pages(owner, store, clock):
    organization = owner.key.organization_id
    await store.audit.add(*(note(SERVER, "x.y", str(n), clock(), organization) for n in range(5)))
    every = await log_of(owner, "?action=x.y")
    assert len(every) == 5
    after = await log_of(owner, f"?action=x.y&limit=2&starting_after={every[1]['id']}")
    assert after == every[2:4]


@pytest.fixture
async def session_id(api) -> str:
    made = await api.create()
    await api.post(f"/v1/sessions/{made['id']}/end")
    return made["id"]


async def test_what_was_deleted_is_remembered(owner, session_id):
    assert (await owner.delete(f"/v1/sessions/{session_id}")).status == 200
    (entry,) = await log_of(owner, "?action=session.deleted")
    assert (entry["target"], entry["actor"]) == (session_id, owner.key.id)


async def test_webhook_endpoints_are_changed_by_somebody(api, owner):
    body = {"url": "https://93.184.216.34/hook"}
    made = await (await api.post("/v1/webhook_endpoints", json=body)).json()
    path = f"/v1/webhook_endpoints/{made['id']}"
    await api.patch(path, json={"status": "disabled"})
    rotated = await (await api.post(f"{path}/rotate_secret", json={})).json()
    await api.delete(path)
    log = await log_of(owner, f"?target={made['id']}")
    assert [each["action"] for each in log] == [
        "webhook_endpoint.deleted",
        "webhook_endpoint.secret_rotated",
        "webhook_endpoint.updated",
        "webhook_endpoint.created",
    ]
    assert {each["actor"] for each in log} == {api.key.id}
    assert made["secret"] not in str(log)
    assert rotated["secret"] not in str(log)
