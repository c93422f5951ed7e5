"""Changing the metadata of a session, calling somebody into it, hanging up."""

from __future__ import annotations

import asyncio
import json

import attrs
import pytest

from kallglot.model.leg import Leg
from kallglot.model.session import Status
from tests.fakes.clock import START

pytestmark = pytest.mark.real_time


async def change(api, session_id, **body):
    return await api.client.patch(
        f"/v1/sessions/{session_id}", json=body, headers={"Authorization": f"Bearer {api.text}"}
    )


async def error_of(response) -> dict:
    return (await response.json())["error"]


async def test_metadata_are_changed_key_by_key(api, calls):
    made = await api.create(metadata={"ticket": 7, "who": {"name": "Ada", "age": 36}, "x": None})
    response = await change(api, made["id"], metadata={"who": {"name": "Bob"}, "ticket": None})
    assert response.status == 200
    changed = await response.json()
    assert changed["metadata"] == {"who": {"name": "Bob"}, "x": None}
    assert calls.noted == [(made["id"], changed["metadata"])]
    again = await (await api.get(f"/v1/sessions/{made['id']}")).json()
    assert again["metadata"] == changed["metadata"]


async def test_all_metadata_can_be_taken_away(api):
    made = await api.create(metadata={"ticket": 7})
    response = await change(api, made["id"], metadata=None)
    assert (await response.json())["metadata"] is None
    response = await change(api, made["id"], metadata={"ticket": 8})
    assert (await response.json())["metadata"] == {"ticket": 8}


async def test_an_ended_session_can_still_be_labelled(api):
    made = await api.create()
    await api.post(f"/v1/sessions/{made['id']}/end")
    response = await change(api, made["id"], metadata={"outcome": "sold"})
    body = await response.json()
    assert (body["status"], body["metadata"]) == ("ended", {"outcome": "sold"})


async def test_nobody_who_changes_metadata_at_the_same_time_loses_theirs(api):
    made = await api.create()
    await asyncio.gather(*(change(api, made["id"], metadata={f"k{n}": n}) for n in range(10)))
    kept = await (await api.get(f"/v1/sessions/{made['id']}")).json()
    assert kept["metadata"] == {f"k{n}": n for n in range(10)}


DEEP = json.loads("[" * 40 + "]" * 40)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_field", "metadata"),
        ({"metadata": []}, "invalid_field_value", "metadata"),
        ({"metadata": {}, "status": "ended"}, "invalid_request", "status"),
        ({"metadata": {"a": DEEP}}, "invalid_field_value", "metadata"),
        ({"metadata": {"a": "x" * 20_000}}, "invalid_field_value", "metadata"),
    ],
)
async def test_metadata_have_limits(api, body, code, param):
    made = await api.create()
    error = await error_of(await change(api, made["id"], **body))
    assert (error["code"], error["param"]) == (code, param)


async def test_what_was_there_counts_for_the_limits_too(api):
    made = await api.create(metadata={f"k{n}": n for n in range(40)})
    more = {f"m{n}": n for n in range(20)}
    assert (await change(api, made["id"], metadata=more)).status == 422
    less = dict.fromkeys((f"k{n}" for n in range(30)), None)
    assert (await change(api, made["id"], metadata=less)).status == 200
    assert (await change(api, made["id"], metadata=more)).status == 200


async def test_nobody_changes_the_session_of_another(api, stranger):
    made = await api.create()
    assert (await change(stranger, made["id"], metadata={})).status == 404
    path = f"/v1/sessions/{made['id']}"
    assert (await stranger.post(f"{path}/hangup")).status == 404
    assert (await stranger.post(f"{path}/dial", json={"to": "+15550199"})).status == 404


# Hanging up.


@pytest.fixture
async def connected(api, calls):
    made = await api.create()
    calls.living[made["id"]] = [
        Leg(f"leg_{who}", made["id"], "twilio", who, "connected", START, call_id=f"CA{who}")
        for who in ("customer", "agent")
    ]
    return made["id"]


def standing(session) -> dict[str, str]:
    return {leg["participant"]: leg["status"] for leg in session["legs"]}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (None, {"customer": "disconnected", "agent": "disconnected"}),
        ({"leg_id": "leg_agent"}, {"customer": "connected", "agent": "disconnected"}),
        ({"participant": "customer"}, {"customer": "disconnected", "agent": "connected"}),
    ],
)
async def test_one_leg_or_somebody_or_all_can_be_hung_up_on(api, connected, body, expected):
    response = await api.post(f"/v1/sessions/{connected}/hangup", json=body)
    assert response.status == 200
    session = await response.json()
    assert standing(session) == expected
    assert session["ended_at"] is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"leg_id": "leg_none"}, 404, "leg_not_found"),
        ({"participant": "ghost"}, 422, "invalid_field_value"),
        ({"participant": "agent", "leg_id": "leg_agent"}, 400, "invalid_request"),
        ({"leg": "leg_agent"}, 400, "invalid_request"),
        ({"leg_id": 5}, 422, "invalid_field_value"),
    ],
)
async def test_who_is_to_be_hung_up_on_must_be_there(api, connected, body, status, code):
    response = await api.post(f"/v1/sessions/{connected}/hangup", json=body)
    assert (response.status, (await error_of(response))["code"]) == (status, code)


async def test_an_ended_session_has_nobody_to_hang_up_on_or_to_call(api):
    made = await api.create()
    await api.post(f"/v1/sessions/{made['id']}/end")
    for verb, body in (("hangup", {}), ("dial", {"to": "+15550199"})):
        response = await api.post(f"/v1/sessions/{made['id']}/{verb}", json=body)
        assert (response.status, (await error_of(response))["code"]) == (409, "illegal_state")


# Calling.


@pytest.mark.parametrize(
    ("routing", "body", "status", "code"),
    [
        (None, {}, 422, "no_default_provider"),
        ({"phone_number": "+15550100"}, {}, 403, "feature_not_available"),
        (None, {"routing": {"connection_id": "pcon_01HXYZ"}}, 403, "feature_not_available"),
        (None, {"routing": {"connection_id": "pcon_none"}}, 404, "connection_not_found"),
        (None, {"routing": {"phone_number": "+15550177"}}, 404, "phone_number_not_found"),
        (None, {"to": "sip:200@pbx.example.com"}, 403, "feature_not_available"),
        (None, {"caller_id": "+15550177"}, 422, "invalid_field_value"),
        (None, {"participant": "ghost"}, 422, "invalid_field_value"),
        (None, {"to": "0800 call me"}, 422, "invalid_field_value"),
        (None, {"to": "sip:a@b\r\nVia: x"}, 422, "invalid_field_value"),
        (None, {"number": "+1"}, 400, "invalid_request"),
    ],
)
async def test_calling_is_refused_for_the_reason_that_helps_most(api, routing, body, status, code):
    made = await api.create(**({"routing": routing} if routing else {}))
    asked = {"to": "+15550199", **body}
    response = await api.post(f"/v1/sessions/{made['id']}/dial", json=asked)
    assert (response.status, (await error_of(response))["code"]) == (status, code)


async def test_a_call_that_was_refused_may_be_asked_for_again_with_its_key(api):
    made = await api.create()
    for _ in range(2):
        response = await api.post(
            f"/v1/sessions/{made['id']}/dial",
            json={"to": "+15550199"},
            headers={"Idempotency-Key": "k"},
        )
        assert (response.status, (await error_of(response))["code"]) == (422, "no_default_provider")


async def test_a_session_that_winds_down_takes_no_more_calls(api, store):
    made = await api.create()
    session = await store.sessions.get(made["id"])
    await store.sessions.save(attrs.evolve(session, status=Status.ENDING), None)
    response = await api.post(f"/v1/sessions/{made['id']}/dial", json={"to": "+15550199"})
    assert (await error_of(response))["code"] == "illegal_state"
