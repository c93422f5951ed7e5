from __future__ import annotations

import asyncio

import attrs
import pytest

from kallglot.model.leg import Leg
from kallglot.model.session import Status
from tests.api.conftest import NOTICE

pytestmark = pytest.mark.real_time

MODE = {"mode": "bidirectional_translation"}


async def error_of(response) -> dict:
    return (await response.json())["error"]


async def test_a_session_begins_with_everything_its_owner_needs(api, clock):
    session = await api.create(source_language="de-DE", target_language="auto")
    token = session["stream"].pop("token")
    assert token.startswith("kst_live_")
    assert session == {
        "id": session["id"],
        "object": "session",
        "status": "created",
        "mode": "bidirectional_translation",
        "provider": None,
        "phone_number": None,
        "source_language": "de",
        "target_language": None,
        "participants": [
            {
                "key": "customer",
                "type": "customer",
                "language": "de",
                "name": None,
                "voice": None,
            },
            {"key": "agent", "type": "agent", "language": None, "name": None, "voice": None},
        ],
        "legs": [],
        "hearing": {"original": "none"},
        "recording": {"enabled": False},
        "metadata": None,
        "created_at": "2026-04-01T09:00:00Z",
        "started_at": None,
        "ended_at": None,
        "end_reason": None,
        "reconnect_deadline": None,
        "duration": None,
        "stream": {
            "url": f"wss://calls.example.com/v1/sessions/{session['id']}/connect",
            "expires_at": "2026-04-01T09:05:00Z",
        },
        "translation": {
            "engines": [
                {"role": "recogniser", "name": "demo-ear", "revision": "1", "notice": NOTICE}
            ],
            "notices": [NOTICE],
        },
    }


async def test_what_is_null_is_as_if_it_were_not_there(api):
    names = ("routing", "provider", "participants", "recording", "hearing", "metadata", "ai_agent")
    session = await api.create(**dict.fromkeys([*names, "source_language"]))
    assert session["provider"] is None
    assert len(session["participants"]) == 2


async def test_a_second_agent_has_a_key_of_their_own(api):
    session = await api.create(
        target_language="en",
        participants=[
            {"type": "customer", "language": "fr"},
            {"type": "agent", "name": "Ada"},
            {"type": "agent", "language": "es"},
        ],
    )
    assert [(each["key"], each["language"]) for each in session["participants"]] == [
        ("customer", "fr"),
        ("agent", "en"),
        ("agent_2", "es"),
    ]


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({}, 422, "missing_required_field", "mode"),
        ({"mode": "shouting"}, 422, "invalid_mode", "mode"),
        ({"mode": None}, 422, "invalid_mode", "mode"),
        ({"mode": ["x"]}, 422, "invalid_mode", "mode"),
        ({**MODE, "colour": 1}, 400, "invalid_request", "colour"),
        ({**MODE, "source_language": "klingon"}, 422, "invalid_language_code", "source_language"),
        ({**MODE, "source_language": "zz"}, 422, "invalid_language_code", "source_language"),
        ({**MODE, "source_language": 5}, 422, "invalid_field_value", "source_language"),
        ({**MODE, "metadata": [1]}, 422, "invalid_field_value", "metadata"),
        ({**MODE, "metadata": {"a": "x" * 20_000}}, 422, "invalid_field_value", "metadata"),
        (
            {**MODE, "recording": {"enabled": "yes"}},
            422,
            "invalid_field_value",
            "recording.enabled",
        ),
        ({**MODE, "recording": True}, 422, "invalid_field_value", "recording"),
        (
            {**MODE, "participants": [{"type": "customer"}, {"type": "ghost"}]},
            422,
            "invalid_field_value",
            "participants.1.type",
        ),
        (
            {**MODE, "participants": [{"type": "customer", "age": 5}]},
            400,
            "invalid_request",
            "participants.0.age",
        ),
        ({**MODE, "participants": {"type": "agent"}}, 422, "invalid_field_value", None),
        ({**MODE, "participants": [{}] * 2}, 422, "missing_required_field", "participants.0.type"),
        (
            {**MODE, "participants": [{"type": "agent"}] * 17},
            422,
            "invalid_field_value",
            "participants",
        ),
        (
            {**MODE, "routing": {"phone_number": "12"}},
            422,
            "invalid_field_value",
            "routing.phone_number",
        ),
        ({**MODE, "routing": {"type": "fax"}}, 422, "invalid_field_value", "routing.type"),
        ({**MODE, "routing": {"sip": {}}}, 400, "invalid_request", "routing.sip"),
        (
            {**MODE, "routing": {"type": "sip"}, "provider": {"type": "sip"}},
            400,
            "invalid_request",
            "provider",
        ),
        ({**MODE, "provider": {"type": "morse"}}, 422, "invalid_provider", "provider.type"),
        ({**MODE, "provider": {}}, 422, "missing_required_field", "provider.type"),
        (
            {**MODE, "provider": {"type": "twilio", "call_control_id": "x"}},
            400,
            "invalid_request",
            "provider.call_control_id",
        ),
        ({**MODE, "hearing": {"original": "loud"}}, 422, "invalid_field_value", "hearing.original"),
        ({**MODE, "ai_agent": {"system_prompt": "x"}}, 422, "invalid_field_value", "ai_agent"),
        ({"mode": "help_chat_voice"}, 403, "feature_not_available", "mode"),
    ],
)
async def test_what_is_wrong_with_a_request_is_said(api, calls, body, status, code, param):
    response = await api.post("/v1/sessions", json=body)
    error = await error_of(response)
    assert (response.status, error["code"]) == (status, code), error
    if param is not None:
        assert error["param"] == param
    assert not calls.living


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "null", '"x"', "1e999", '{"mode": "\\ud800"}', "[" * 100_000, b"\xff", "NaN"],
)
async def test_what_is_not_a_json_object_is_a_bad_request(api, text):
    response = await api.post("/v1/sessions", data=text)
    error = await error_of(response)
    assert response.status == 400
    assert error["code"] == "invalid_request"
    assert error["request_id"] == response.headers["X-Request-ID"]


async def test_a_full_server_says_when_to_ask_again(api, calls, store):
    calls.is_full = True
    response = await api.post("/v1/sessions", json=MODE)
    assert response.status == 503
    assert response.headers["Retry-After"] == "30"
    assert (await error_of(response))["code"] == "over_capacity"
    assert await store.sessions.list_living() == []


async def test_what_was_announced_and_could_not_begin_is_ended_and_not_taken_back(
    api, calls, store
):
    calls.is_full = True
    await api.post("/v1/sessions", json=MODE)
    created, ended = await store.events.after(0)
    assert (created.type, ended.type) == ("session.created", "session.ended")
    session = await store.sessions.get(created.session_id)
    assert (session.status, session.end_reason) == (Status.ENDED, "not_opened")


async def test_a_session_is_announced_before_it_is_answered(api, store):
    session = await api.create()
    (event,) = await store.events.after(0)
    assert (event.type, event.session_id) == ("session.created", session["id"])
    assert b"kst_" not in event.body


async def test_recording_can_be_forbidden(api, settings, client):
    session = await api.create(recording={"enabled": True, "channels": "dual"})
    assert session["recording"] == {"enabled": True}


async def test_nobody_sees_the_session_of_another_organization(api, stranger):
    session = await api.create()
    for response in (
        await stranger.get(f"/v1/sessions/{session['id']}"),
        await stranger.post(f"/v1/sessions/{session['id']}/end"),
        await stranger.get(f"/v1/sessions/{session['id']}/transcript"),
        await stranger.get(f"/v1/sessions/{session['id']}/recordings"),
    ):
        assert response.status == 404
        assert (await error_of(response))["code"] == "session_not_found"


async def test_a_living_session_shows_its_legs_and_how_long_it_lasts(api, calls, store, clock):
    session_id = (await api.create())["id"]
    session = await store.sessions.get(session_id)
    started = attrs.evolve(
        session,
        status=Status.ACTIVE,
        started_at=clock(),
        reconnect_deadline=clock() + 300,
    )
    await store.sessions.save(started, {"status": "active"})
    leg = Leg("leg_1", session_id, "twilio", "customer", "connected", clock(), call_id="CA1")
    calls.living[session_id] = [leg]
    clock.now += 12.5
    seen = await (await api.get(f"/v1/sessions/{session_id}")).json()
    assert seen["status"] == "active"
    assert seen["duration"] == 12.5
    assert seen["reconnect_deadline"] == "2026-04-01T09:05:00Z"
    assert seen["legs"] == [
        {
            "id": "leg_1",
            "object": "leg",
            "provider": "twilio",
            "direction": "inbound",
            "status": "connected",
            "participant": "customer",
            "connected_at": "2026-04-01T09:00:00Z",
            "disconnected_at": None,
            "call_sid": "CA1",
        }
    ]


async def test_an_ended_session_has_no_stream_and_its_legs_are_remembered(api, calls, clock):
    session_id = (await api.create())["id"]
    calls.living[session_id] = [
        Leg("leg_1", session_id, "sip", "agent", "disconnected", clock(), call_id="abc")
    ]
    ended = await (await api.post(f"/v1/sessions/{session_id}/end")).json()
    assert "stream" not in ended
    assert ended["legs"][0]["sip_call_id"] == "abc"
    assert ended["duration_seconds"] == ended["duration"] == 0.0


async def test_ending_twice_answers_the_same(api, calls):
    session_id = (await api.create())["id"]
    path = f"/v1/sessions/{session_id}/end"
    first = await (await api.post(path, json={"reason": "done"})).json()
    second = await (await api.post(path, json={"reason": "again"})).json()
    assert first == second
    assert len(calls.ended) == 1


async def test_a_session_that_a_crash_took_can_still_be_ended(api, calls):
    session_id = (await api.create())["id"]
    calls.living.clear()
    ended = await (await api.post(f"/v1/sessions/{session_id}/end", json={"reason": None})).json()
    assert (ended["status"], ended["end_reason"]) == ("ended", "completed")


@pytest.mark.parametrize("body", [{"reason": "x" * 201}, {"reason": 5}, {"because": "x"}])
async def test_a_reason_is_a_short_text(api, body):
    session_id = (await api.create())["id"]
    response = await api.post(f"/v1/sessions/{session_id}/end", json=body)
    assert response.status in {400, 422}


# Lists.


async def test_sessions_are_listed_page_by_page_newest_first(api):
    ids = sorted([(await api.create())["id"] for _ in range(5)], reverse=True)
    first = await (await api.get("/v1/sessions?limit=2")).json()
    assert [each["id"] for each in first["data"]] == ids[:2]
    assert first["has_more"]
    rest = await (await api.get(f"/v1/sessions?starting_after={ids[1]}")).json()
    assert [each["id"] for each in rest["data"]] == ids[2:]
    assert not rest["has_more"]
    back = await (await api.get(f"/v1/sessions?ending_before={ids[3]}&limit=2")).json()
    assert [each["id"] for each in back["data"]] == ids[1:3]
    assert back["has_more"]


async def test_sessions_are_found_by_what_is_known_of_them(api, stranger, clock):
    early = await api.create(metadata={"ticket": "a.b", "count": 7, "vip": True})
    clock.now += 100
    late = await api.create()
    await api.post(f"/v1/sessions/{late['id']}/end")
    await stranger.create(metadata={"ticket": "a.b"})

    async def found(query: str) -> list[str]:
        response = await api.get(f"/v1/sessions?{query}")
        assert response.status == 200, await response.text()
        return [each["id"] for each in (await response.json())["data"]]

    assert await found("metadata[ticket]=a.b") == [early["id"]]
    assert await found("metadata[count]=7&metadata[vip]=true") == [early["id"]]
    assert await found("metadata[ticket]=other") == []
    assert await found("""metadata["'$]=x""") == []
    assert await found("status=ended") == [late["id"]]
    assert await found("created_before=2026-04-01T09:01:00Z") == [early["id"]]
    assert await found(f"created_after={clock()}") == [late["id"]]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=²",
        "status=asleep",
        "created_after=yesterday",
        "created_after=nan",
        "created_before=1e300",
        "starting_after=a&ending_before=b",
    ],
)
async def test_a_list_is_not_asked_for_nonsense(api, query):
    response = await api.get(f"/v1/sessions?{query}")
    assert response.status in {400, 422}


# Idempotency.


async def test_a_repeated_request_opens_one_session(api, calls):
    headers = {"Idempotency-Key": "k1"}
    first = await api.post("/v1/sessions", json=MODE, headers=headers)
    second = await api.post("/v1/sessions", json=MODE, headers=headers)
    assert (first.status, second.status) == (201, 201)
    assert await first.read() == await second.read()
    assert len(calls.living) == 1


async def test_a_key_belongs_to_one_body_for_a_day(api, clock):
    headers = {"Idempotency-Key": "k1"}
    await api.post("/v1/sessions", json=MODE, headers=headers)
    other = {**MODE, "source_language": "de"}
    response = await api.post("/v1/sessions", json=other, headers=headers)
    assert response.status == 400
    error = await error_of(response)
    assert (error["type"], error["code"]) == ("invalid_request_error", "idempotency_mismatch")
    clock.now += 24 * 3600
    assert (await api.post("/v1/sessions", json=other, headers=headers)).status == 201


async def test_only_success_is_remembered(api, calls):
    headers = {"Idempotency-Key": "k1"}
    calls.is_full = True
    assert (await api.post("/v1/sessions", json=MODE, headers=headers)).status == 503
    calls.is_full = False
    assert (await api.post("/v1/sessions", json=MODE, headers=headers)).status == 201


async def test_a_key_is_the_organizations_own(api, stranger):
    headers = {"Idempotency-Key": "k1"}
    first = await api.post("/v1/sessions", json=MODE, headers=headers)
    second = await stranger.post("/v1/sessions", json=MODE, headers=headers)
    assert (await first.json())["id"] != (await second.json())["id"]


async def test_of_two_at_once_one_waits_or_is_told_to(api, calls):
    headers = {"Idempotency-Key": "k1"}
    answers = await asyncio.gather(
        *(api.post("/v1/sessions", json=MODE, headers=headers) for _ in range(5))
    )
    assert {response.status for response in answers} <= {201, 409}
    assert len(calls.living) == 1


async def test_ending_with_a_key_ends_once(api, calls):
    session_id = (await api.create())["id"]
    headers = {"Idempotency-Key": "e1"}
    path = f"/v1/sessions/{session_id}/end"
    first = await api.post(path, headers=headers)
    second = await api.post(path, headers=headers)
    assert await first.read() == await second.read()
