"""AI agents are kept, changed, listed and deleted."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.real_time

TOOL = {
    "name": "lookup_order",
    "description": "Finds an order.",
    "parameters": {
        "type": "object",
        "properties": {"order_number": {"type": "string"}},
        "required": ["order_number"],
    },
}
BODY = {
    "name": "Front desk",
    "system_prompt": "You answer the telephone of a bicycle shop.",
    "voice": "nova",
    "languages": ["de-DE", "en", "auto", "de"],
    "temperature": 1,
    "knowledge_base_id": "kb_01EXAMPLE",
    "tools": [TOOL],
    "metadata": {"team": "sales"},
}


async def error_of(response) -> dict:
    return (await response.json())["error"]


async def make(api, **fields) -> dict:
    response = await api.post("/v1/agents", json={**BODY, **fields})
    assert response.status == 201, await response.text()
    return await response.json()


async def change(api, agent_id, **body):
    return await api.client.patch(
        f"/v1/agents/{agent_id}", json=body, headers={"Authorization": f"Bearer {api.text}"}
    )


async def test_an_agent_is_kept_as_it_was_given(api):
    made = await make(api)
    assert made["id"].startswith("agt_")
    assert made == {
        **BODY,
        "id": made["id"],
        "object": "agent",
        "languages": ["de", "en"],
        "temperature": 1.0,
        "created_at": "2026-04-01T09:00:00Z",
        "updated_at": "2026-04-01T09:00:00Z",
    }
    assert await (await api.get(f"/v1/agents/{made['id']}")).json() == made


async def test_little_need_be_said_of_an_agent(api):
    response = await api.post("/v1/agents", json={"name": "A", "system_prompt": "Be kind."})
    made = await response.json()
    assert (made["voice"], made["temperature"], made["languages"]) == ("alloy", 0.7, [])
    assert (made["tools"], made["knowledge_base_id"], made["metadata"]) == ([], None, None)


async def test_an_agent_is_made_once_for_one_key(api):
    headers = {"Idempotency-Key": "once"}
    first = await api.post("/v1/agents", json=BODY, headers=headers)
    again = await api.post("/v1/agents", json=BODY, headers=headers)
    assert await first.json() == await again.json()
    assert len((await (await api.get("/v1/agents")).json())["data"]) == 1


async def test_what_is_not_named_stays_and_null_puts_back_the_default(api, clock):
    made = await make(api)
    clock.now += 60
    response = await change(
        api,
        made["id"],
        name="Back office",
        temperature=0,
        voice=None,
        tools=None,
        metadata={"team": None, "floor": 2},
    )
    changed = await response.json()
    assert changed == {
        **made,
        "name": "Back office",
        "temperature": 0.0,
        "voice": "alloy",
        "tools": [],
        "metadata": {"floor": 2},
        "updated_at": "2026-04-01T09:01:00Z",
    }
    assert (await (await change(api, made["id"], metadata=None)).json())["metadata"] is None


async def test_agents_are_listed_in_pages(api):
    made = [await make(api, name=f"Agent {number}") for number in range(3)]
    first = await (await api.get("/v1/agents?limit=2")).json()
    assert [each["name"] for each in first["data"]] == ["Agent 2", "Agent 1"]
    assert first["has_more"]
    rest = await (await api.get(f"/v1/agents?starting_after={made[1]['id']}")).json()
    assert [each["name"] for each in rest["data"]] == ["Agent 0"]
    forged = await (await api.get("/v1/agents?starting_after=%27%20OR%201=1--")).json()
    assert forged["error"]["param"] == "starting_after"


async def test_a_deleted_agent_is_gone(api):
    made = await make(api)
    gone = await api.delete(f"/v1/agents/{made['id']}")
    assert await gone.json() == {"id": made["id"], "object": "agent", "deleted": True}
    response = await api.get(f"/v1/agents/{made['id']}")
    assert (response.status, (await error_of(response))["code"]) == (404, "agent_not_found")


async def test_nobody_sees_the_agent_of_another_or_a_test_key_that_of_a_live_one(
    api, stranger, store, clock
):
    made = await make(api)
    path = f"/v1/agents/{made['id']}"
    test = await store.keys.create(api.key.organization_id, clock(), environment="test")
    as_test = {"Authorization": f"Bearer {test.text}"}
    assert (await stranger.get(path)).status == 404
    assert (await stranger.delete(path)).status == 404
    assert (await change(stranger, made["id"], name="Mine")).status == 404
    assert (await (await stranger.get("/v1/agents")).json())["data"] == []
    assert (await api.get(path, headers=as_test)).status == 404
    listed = await api.get("/v1/agents", headers=as_test)
    assert (await listed.json())["data"] == []


async def test_a_key_without_the_scope_keeps_no_agents(api, store, clock):
    made = await store.keys.create(
        api.key.organization_id, clock(), scopes=["agents:read", "sessions:write"]
    )
    headers = {"Authorization": f"Bearer {made.text}"}
    assert (await api.get("/v1/agents", headers=headers)).status == 200
    assert (await api.post("/v1/agents", json=BODY, headers=headers)).status == 403


DEEP = json.loads("[" * 40 + "]" * 40)


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"name": None}, "invalid_field_value", "name"),
        ({"name": "a\nb"}, "invalid_field_value", "name"),
        ({"system_prompt": " "}, "invalid_field_value", "system_prompt"),
        ({"system_prompt": "x" * 40_000}, "invalid_field_value", "system_prompt"),
        ({"voice": "darth"}, "invalid_field_value", "voice"),
        ({"languages": "de"}, "invalid_field_value", "languages"),
        ({"languages": ["xx"]}, "invalid_language_code", "languages.0"),
        ({"temperature": 2.1}, "invalid_field_value", "temperature"),
        ({"temperature": True}, "invalid_field_value", "temperature"),
        ({"temperature": "hot"}, "invalid_field_value", "temperature"),
        ({"knowledge_base_id": "../etc"}, "invalid_field_value", "knowledge_base_id"),
        ({"tools": {}}, "invalid_field_value", "tools"),
        ({"tools": [TOOL, TOOL]}, "invalid_field_value", "tools.1.name"),
        ({"tools": [{**TOOL, "name": "a b"}]}, "invalid_field_value", "tools.0.name"),
        ({"tools": [{"name": "a"}]}, "missing_required_field", "tools.0.description"),
        ({"tools": [{**TOOL, "url": "x"}]}, "invalid_request", "tools.0.url"),
        ({"tools": [{**TOOL, "parameters": []}]}, "invalid_field_value", "tools.0.parameters"),
        (
            {"tools": [{**TOOL, "parameters": {"type": "array"}}]},
            "invalid_field_value",
            "tools.0.parameters",
        ),
        (
            {"tools": [{**TOOL, "parameters": {"required": [1]}}]},
            "invalid_field_value",
            "tools.0.parameters",
        ),
        (
            {"tools": [{**TOOL, "parameters": {"properties": {"a": DEEP}}}]},
            "invalid_field_value",
            "tools.0.parameters",
        ),
        (
            {"tools": [{**TOOL, "name": f"t{n}"} for n in range(65)]},
            "invalid_field_value",
            "tools",
        ),
        ({"metadata": {"a": DEEP}}, "invalid_field_value", "metadata"),
        ({"owner": "me"}, "invalid_request", "owner"),
    ],
)
async def test_what_is_wrong_with_an_agent_is_said(api, fields, code, param):
    response = await api.post("/v1/agents", json={**BODY, **fields})
    error = await error_of(response)
    assert (response.status, error["code"], error["param"]) == (
        400 if code == "invalid_request" else 422,
        code,
        param,
    )
    made = await make(api)
    changed = await change(api, made["id"], **fields)
    assert (await error_of(changed))["code"] == code


@pytest.mark.parametrize("name", ["agent_id", "id"])
async def test_a_session_cannot_have_an_agent_that_there_is_not(api, stranger, name):
    foreign = await make(stranger)
    for agent_id in ("agt_none", foreign["id"]):
        response = await api.post(
            "/v1/sessions", json={"mode": "ai_agent", "ai_agent": {name: agent_id}}
        )
        error = await error_of(response)
        assert (response.status, error["code"]) == (404, "ai_agent_not_found")
        assert error["param"] == f"ai_agent.{name}"


async def test_with_an_agent_that_there_is_the_mode_is_what_is_not_offered(api):
    made = await make(api)
    for ai_agent in ({"agent_id": made["id"]}, {"system_prompt": "Be kind."}):
        response = await api.post("/v1/sessions", json={"mode": "ai_agent", "ai_agent": ai_agent})
        assert (await error_of(response))["code"] == "feature_not_available"
    wrong = await api.post("/v1/sessions", json={"mode": "ai_agent", "ai_agent": {"id": 5}})
    assert (await error_of(wrong))["param"] == "ai_agent.id"
