from __future__ import annotations

import pytest

pytestmark = pytest.mark.real_time


async def error_of(response) -> dict:
    return (await response.json())["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic abc"},
        {"Authorization": "Bearer sk_live_nobody"},
        {"X-API-Key": "sk_test_nobody"},
    ],
)
async def test_a_stranger_is_turned_away(client, headers):
    response = await client.get("/v1/sessions/sess_1", headers=headers)
    error = await error_of(response)
    assert response.status == 401
    assert (error["type"], error["code"]) == ("authentication_error", "invalid_api_key")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert "X-RateLimit-Remaining" in response.headers


async def test_a_key_may_come_in_either_header(client, api):
    for headers in ({"X-API-Key": api.text}, {"Authorization": f"bearer {api.text}"}):
        response = await client.get("/v1/sessions", headers=headers)
        assert response.status == 200


async def test_a_revoked_key_and_an_expired_one_say_so(client, store, organization, clock):
    revoked = await store.keys.create(organization, clock())
    assert await store.keys.revoke(revoked.key.id, clock())
    assert not await store.keys.revoke(revoked.key.id, clock())
    expired = await store.keys.create(organization, clock(), expires_at=clock() + 1)
    clock.now += 1
    for made, code in ((revoked, "revoked_api_key"), (expired, "expired_api_key")):
        response = await client.get("/v1/sessions", headers={"X-API-Key": made.text})
        assert response.status == 401
        assert (await error_of(response))["code"] == code


async def test_a_key_does_only_what_it_is_for(client, store, organization, clock, api):
    session_id = (await api.create())["id"]
    reader = await store.keys.create(organization, clock(), scopes={"sessions:read"})
    headers = {"X-API-Key": reader.text}
    assert (await client.get(f"/v1/sessions/{session_id}", headers=headers)).status == 200
    response = await client.post("/v1/sessions", json={}, headers=headers)
    error = await error_of(response)
    assert response.status == 403
    assert (error["type"], error["code"]) == ("permission_error", "insufficient_permissions")


async def test_a_test_key_opens_test_streams(client, store, organization, clock):
    made = await store.keys.create(organization, clock(), environment="test")
    assert made.text.startswith("sk_test_")
    response = await client.post(
        "/v1/sessions",
        json={"mode": "bidirectional_translation"},
        headers={"X-API-Key": made.text},
    )
    session = await response.json()
    assert session["stream"]["token"].startswith("kst_test_")
    await store.tokens.check(session["stream"]["token"], session["id"], clock())


async def test_requests_are_counted_for_each_key_and_minute(api, stranger, settings, clock):
    first = await api.get("/v1/sessions")
    limit = settings.rate_limit
    assert first.headers["X-RateLimit-Limit"] == str(limit)
    assert first.headers["X-RateLimit-Remaining"] == str(limit - 1)
    assert first.headers["X-RateLimit-Reset"] == str(int(clock()) + 60)
    assert (await stranger.get("/v1/sessions")).headers["X-RateLimit-Remaining"] == str(limit - 1)
    clock.now += 60
    assert (await api.get("/v1/sessions")).headers["X-RateLimit-Remaining"] == str(limit - 1)


async def test_every_answer_has_a_request_id_of_its_own(api, client):
    responses = [await api.get("/v1/sessions"), await client.get("/healthz")]
    ids = {response.headers["X-Request-ID"] for response in responses}
    assert len(ids) == 2
    assert all(each.startswith("req_") for each in ids)
