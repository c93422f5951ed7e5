from __future__ import annotations

import pytest

from kallglot.store.keys import MANAGE, OPERATOR_SCOPES, ORDINARY_SCOPES, SCOPES
from tests.api.conftest import Api

pytestmark = pytest.mark.real_time

MODE = {"mode": "bidirectional_translation"}


async def error_of(response) -> dict:
    return (await response.json())["error"]


async def test_a_key_is_shown_once_and_works(owner, client):
    response = await owner.post("/v1/api_keys", json={"name": "call centre"})
    made = await response.json()
    assert response.status == 201
    assert made == {
        "id": made["id"],
        "object": "api_key",
        "organization_id": owner.key.organization_id,
        "name": "call centre",
        "environment": "live",
        "hint": f"{made['key'][:11]}…{made['key'][-4:]}",
        "scopes": sorted(ORDINARY_SCOPES),
        "created_at": "2026-04-01T09:00:00Z",
        "expires_at": None,
        "revoked_at": None,
        "last_used_at": None,
        "key": made["key"],
    }
    headers = {"X-API-Key": made["key"]}
    assert (await client.get("/v1/sessions", headers=headers)).status == 200
    text = made.pop("key")
    seen = await owner.get(f"/v1/api_keys/{made['id']}")
    assert await seen.json() == {**made, "last_used_at": "2026-04-01T09:00:00Z"}
    assert text not in await (await owner.get("/v1/api_keys")).text()


async def test_a_key_that_is_repeated_is_made_again_because_it_is_not_kept(owner):
    headers = {"Idempotency-Key": "k"}
    first, second = [await owner.post("/v1/api_keys", json={}, headers=headers) for _ in range(2)]
    assert (await first.json())["key"] != (await second.json())["key"]


async def test_a_revoked_key_opens_nothing_and_stays_in_the_list(owner, api):
    path = f"/v1/api_keys/{api.key.id}"
    answers = [await (await owner.delete(path)).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["revoked_at"] == "2026-04-01T09:00:00Z"
    refused = await api.get("/v1/sessions")
    assert refused.status == 401
    assert (await error_of(refused))["code"] == "revoked_api_key"
    listed = await (await owner.get("/v1/api_keys")).json()
    assert {each["id"] for each in listed["data"]} == {owner.key.id, api.key.id}


async def test_making_keys_is_nothing_a_key_may_unless_it_was_said(api):
    assert MANAGE not in api.key.scopes
    for response in (
        await api.get("/v1/api_keys"),
        await api.post("/v1/api_keys", json={}),
        await api.get("/v1/audit_log"),
        await api.get("/v1/organizations"),
    ):
        assert response.status == 403
        assert (await error_of(response))["code"] == "insufficient_permissions"


async def test_no_key_gives_what_it_does_not_have(client, store, organization, clock):
    made = await store.keys.create(organization, clock(), scopes={MANAGE, "sessions:read"})
    small = Api(client, made.key, made.text)
    response = await small.post("/v1/api_keys", json={"scopes": ["sessions:write"]})
    assert response.status == 403
    assert (await error_of(response))["param"] == "scopes"
    granted = await (await small.post("/v1/api_keys", json={})).json()
    assert granted["scopes"] == ["sessions:read"]
    passed_on = await small.post("/v1/api_keys", json={"scopes": [MANAGE]})
    assert passed_on.status == 201


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"scopes": ["operator"]}, 422, "scopes.0"),
        ({"scopes": ["everything"]}, 422, "scopes.0"),
        ({"scopes": []}, 422, "scopes"),
        ({"scopes": "sessions:read"}, 422, "scopes"),
        ({"environment": "staging"}, 422, "environment"),
        ({"expires_at": "soon"}, 422, "expires_at"),
        ({"expires_at": 5}, 422, "expires_at"),
        ({"expires_at": "2020-01-01"}, 422, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-23:59"}, 422, "expires_at"),
        ({"organization_id": "org_01JD3W5A00000000000000000"}, 404, "organization_id"),
        ({"key": "sk_live_mine"}, 400, "key"),
        ({"name": ""}, 422, "name"),
    ],
)
async def test_what_is_wrong_with_a_key_is_said(owner, body, status, param):
    response = await owner.post("/v1/api_keys", json=body)
    error = await error_of(response)
    assert (response.status, error["param"]) == (status, param), error


async def test_a_key_does_not_outlive_who_made_it(client, store, organization, clock):
    made = await store.keys.create(organization, clock(), scopes=SCOPES, expires_at=clock() + 3600)
    brief = Api(client, made.key, made.text)
    assert (await (await brief.post("/v1/api_keys", json={})).json())["expires_at"] == (
        "2026-04-01T10:00:00Z"
    )
    response = await brief.post("/v1/api_keys", json={"expires_at": "2026-04-01T10:00:01Z"})
    assert response.status == 422
    response = await brief.post("/v1/api_keys", json={"expires_at": "2026-04-01T11:30:00+02:00"})
    assert (await response.json())["expires_at"] == "2026-04-01T09:30:00Z"


async def test_a_test_key_makes_and_sees_test_keys_only(client, store, owner, organization, clock):
    made = await store.keys.create(organization, clock(), environment="test", scopes=SCOPES)
    tester = Api(client, made.key, made.text)
    assert (await tester.get(f"/v1/api_keys/{owner.key.id}")).status == 404
    assert (await tester.delete(f"/v1/api_keys/{owner.key.id}")).status == 404
    assert (await tester.post("/v1/api_keys", json={"environment": "live"})).status == 403
    child = await (await tester.post("/v1/api_keys", json={})).json()
    assert child["environment"] == "test"
    listed = await (await tester.get("/v1/api_keys")).json()
    assert {each["id"] for each in listed["data"]} == {made.key.id, child["id"]}
    assert (await owner.get(f"/v1/api_keys/{child['id']}")).status == 200


async def test_another_organizations_keys_are_not_there(owner, stranger, store, clock):
    for response in (
        await owner.get(f"/v1/api_keys/{stranger.key.id}"),
        await owner.delete(f"/v1/api_keys/{stranger.key.id}"),
    ):
        assert response.status == 404
        assert (await error_of(response))["code"] == "api_key_not_found"
    assert (await stranger.get("/v1/sessions")).status == 200


async def test_an_operator_makes_keys_for_anybody(operator, client, organization):
    missing = await operator.post("/v1/api_keys", json={})
    assert (await error_of(missing))["code"] == "missing_required_field"
    nobody = await operator.post("/v1/api_keys", json={"organization_id": "org_x"})
    assert (await error_of(nobody))["code"] == "organization_not_found"
    body = {"organization_id": organization, "scopes": [MANAGE, "sessions:read"]}
    made = await (await operator.post("/v1/api_keys", json=body)).json()
    assert made["organization_id"] == organization
    headers = {"X-API-Key": made["key"]}
    assert (await client.get("/v1/sessions", headers=headers)).status == 200
    every = await (await operator.get("/v1/api_keys")).json()
    assert {each["organization_id"] for each in every["data"]} == {None, organization}
    own = await (await operator.get(f"/v1/api_keys?organization_id={organization}")).json()
    assert [each["id"] for each in own["data"]] == [made["id"]]
    revoked = await operator.delete(f"/v1/api_keys/{made['id']}")
    assert (await revoked.json())["revoked_at"] is not None


async def test_an_operators_key_sees_nothing_of_what_organizations_own(operator, api):
    session = await api.create()
    assert operator.key.scopes == OPERATOR_SCOPES
    for response in (
        await operator.get("/v1/sessions"),
        await operator.get(f"/v1/sessions/{session['id']}"),
        await operator.post("/v1/sessions", json=MODE),
        await operator.get(f"/v1/sessions/{session['id']}/transcript"),
    ):
        assert response.status == 403


async def test_when_a_key_was_last_used_is_written_now_and_then(store, api, clock):
    await api.get("/v1/sessions")
    clock.now += 90
    await api.get("/v1/sessions")

    async def written() -> float | None:
        (row,) = await store._database.read("SELECT last_used_at FROM keys")
        return row["last_used_at"]

    assert await written() is None
    await store.keys.write_uses()
    assert await written() == clock()
    before = store._database._writing.total_changes
    await store.keys.write_uses()
    assert store._database._writing.total_changes == before
