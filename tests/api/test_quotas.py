from __future__ import annotations

import asyncio

import pytest

from kallglot.model.session import Status

pytestmark = pytest.mark.real_time

MODE = {"mode": "bidirectional_translation"}
CREDITS = ("X-API-Credits-Remaining", "X-API-Credits-Used")


async def error_of(response) -> dict:
    return (await response.json())["error"]


@pytest.fixture
def settle(store, organization, clock):
    async def settle(**quotas: int) -> None:
        none = dict.fromkeys(("rate_limit", "max_concurrent_sessions", "api_credits"))
        await store.organizations.change(organization, none | quotas, clock())

    return settle


async def test_without_a_quota_nothing_is_counted_and_nothing_said(api, store, organization, clock):
    response = await api.post("/v1/sessions", json=MODE)
    assert not set(CREDITS) & set(response.headers)
    assert await store.organizations.credits_used(organization, clock()) == 0


async def test_a_session_costs_a_credit_and_the_last_is_the_last(api, settle, calls, clock):
    await settle(api_credits=2)
    told = []
    for _ in range(3):
        response = await api.post("/v1/sessions", json=MODE)
        told.append((response.status, *(response.headers[name] for name in CREDITS)))
    assert told == [(201, "1", "1"), (201, "0", "2"), (402, "0", "2")]
    error = await error_of(response)
    assert (error["type"], error["code"]) == ("permission_error", "insufficient_api_credits")
    assert "retry_after" not in error
    assert len(calls.living) == 2
    looked = await api.get("/v1/sessions")
    assert [looked.headers[name] for name in CREDITS] == ["0", "2"]
    clock.now += 30 * 86_400  # another month
    assert (await api.post("/v1/sessions", json=MODE)).status == 201


async def test_however_many_ask_at_once_no_more_is_spent_than_there_is(api, settle, calls):
    await settle(api_credits=5)
    answers = await asyncio.gather(*(api.post("/v1/sessions", json=MODE) for _ in range(20)))
    statuses = sorted(response.status for response in answers)
    assert statuses == [201] * 5 + [402] * 15
    assert len(calls.living) == 5


async def test_what_comes_to_nothing_costs_nothing(api, settle, calls, store, organization, clock):
    await settle(api_credits=5)
    await api.post("/v1/sessions", json={"mode": "shouting"})
    calls.is_full = True
    response = await api.post("/v1/sessions", json=MODE)
    assert response.status == 503
    assert [response.headers[name] for name in CREDITS] == ["5", "0"]
    assert await store.organizations.credits_used(organization, clock()) == 0


async def test_what_is_repeated_costs_once(api, settle, store, organization, clock):
    await settle(api_credits=5)
    headers = {"Idempotency-Key": "k"}
    for _ in range(3):
        response = await api.post("/v1/sessions", json=MODE, headers=headers)
        assert response.status == 201
    assert [response.headers[name] for name in CREDITS] == ["4", "1"]
    assert await store.organizations.credits_used(organization, clock()) == 1


async def test_so_many_sessions_live_at_a_time(api, settle, calls):
    await settle(max_concurrent_sessions=2)
    answers = await asyncio.gather(*(api.post("/v1/sessions", json=MODE) for _ in range(6)))
    refused = [response for response in answers if response.status == 429]
    assert len(refused) == 4
    error = await error_of(refused[0])
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
    assert error["retry_after"] == 30
    assert refused[0].headers["Retry-After"] == "30"
    ended = next(iter(calls.living))
    await api.post(f"/v1/sessions/{ended}/end")
    assert (await api.post("/v1/sessions", json=MODE)).status == 201


async def test_what_a_crash_cut_short_takes_no_place_once_ended(api, settle, calls, store):
    await settle(max_concurrent_sessions=1)
    session = await api.create()
    calls.living.clear()
    await api.post(f"/v1/sessions/{session['id']}/end")
    assert (await store.sessions.get(session["id"])).status is Status.ENDED
    assert (await api.post("/v1/sessions", json=MODE)).status == 201


async def test_an_organization_may_have_a_rate_of_its_own_whatever_keys_it_makes(
    api, owner, settle
):
    await settle(rate_limit=3)
    for left in (2, 1, 0):
        response = await (owner if left % 2 else api).get("/v1/sessions")
        assert response.headers["X-RateLimit-Limit"] == "3"
        assert response.headers["X-RateLimit-Remaining"] == str(left)
    for each in (api, owner):
        response = await each.get("/v1/sessions")
        error = await error_of(response)
        assert response.status == 429
        assert error["code"] == "rate_limit_exceeded"
        assert response.headers["Retry-After"] == str(error["retry_after"]) == "60"
