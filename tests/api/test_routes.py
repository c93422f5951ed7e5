from __future__ import annotations

import pytest

from tests.api.test_connections import made

pytestmark = pytest.mark.real_time

PATH = "/v1/routing/resolve"


async def resolved(api, **body) -> dict:
    response = await api.post(PATH, json=body)
    assert response.status == 200, await response.text()
    return await response.json()


@pytest.mark.parametrize(
    ("body", "rule", "provider"),
    [
        ({"routing": {"connection_id": "pcon_01HXYZ"}}, "connection", "twilio"),
        ({"routing": {"type": "sip"}}, "sip", "sip"),
        ({"routing": {"phone_number": "+19788006140"}}, "managed_number", "telnyx"),
        ({}, "stream_only", None),
        ({"provider": {"type": "telnyx", "call_control_id": "v3:1"}}, "provider", "telnyx"),
    ],
)
async def test_it_says_which_rule_wins(api, body, rule, provider):
    route = await resolved(api, **body)
    assert (route["rule"], route["provider"], route["error"]) == (rule, provider, None)
    assert route["steps"][-1]["outcome"] == "won"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"routing": {"connection_id": "pcon_x"}}, "connection_not_found"),
        ({"routing": {"phone_number": "+1999"}}, "phone_number_not_found"),
        ({"routing": {}}, "no_default_provider"),
        ({"provider": {"type": "telnyx", "call_sid": "CA1"}}, "invalid_request"),
    ],
)
async def test_it_says_what_a_session_would_be_refused_with(api, body, code):
    route = await resolved(api, **body)
    assert (route["rule"], route["provider"]) == (None, None)
    assert route["error"]["code"] == code
    asked = {"mode": "bidirectional_translation", **body}
    refused = (await (await api.post("/v1/sessions", json=asked)).json())["error"]
    assert {name: refused[name] for name in route["error"]} == route["error"]


async def test_it_explains_itself(api):
    route = await resolved(api, routing={"direction": "outbound"})
    assert [(step["rule"], step["outcome"], step["reason"]) for step in route["steps"]] == [
        ("connection", "does_not_apply", "no connection_id is given"),
        ("sip", "does_not_apply", "type is not sip"),
        ("managed_number", "does_not_apply", "no phone_number is given"),
        ("default_connection", "does_not_apply", "no connection is the default"),
    ]


async def test_it_goes_by_what_the_organization_has(owner, api, stranger):
    connection = await made(owner, default=True)
    for each in (owner, api):
        route = await resolved(each)
        assert (route["rule"], route["connection_id"]) == (
            "default_connection",
            connection["id"],
        )
    assert (await resolved(stranger))["rule"] == "stream_only"


async def test_both_ways_to_ask_exclude_each_other(api):
    response = await api.post(PATH, json={"routing": {}, "provider": {"type": "twilio"}})
    assert response.status == 400


async def test_it_opens_nothing(api, store):
    await resolved(api, routing={"type": "sip"})
    assert await store.events.last() == 0
