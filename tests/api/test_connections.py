from __future__ import annotations

import pytest

from tests.api.conftest import Api
from tests.fakes.carriers import OWNED, SID, TOKEN

pytestmark = pytest.mark.real_time

PATH = "/v1/provider_connections"
ACCOUNT = {"account_sid": SID, "auth_token": TOKEN}
WRONG = {"account_sid": SID, "auth_token": "0" * 32}


async def made(api: Api, **fields) -> dict:
    body = {"provider": "twilio", "credentials": ACCOUNT, **fields}
    response = await api.post(PATH, json=body)
    assert response.status == 201, await response.text()
    return await response.json()


async def refused(response, status: int) -> dict:
    assert response.status == status, await response.text()
    return (await response.json())["error"]


async def test_an_account_is_connected_and_its_credentials_are_tried(owner, clock):
    connection = await made(owner, name="Main", default=True)
    assert connection["id"].startswith("pcon_")
    assert connection["account"] == "Example GmbH"
    assert connection["verified_at"] == "2026-04-01T09:00:00Z"
    assert connection["credentials"] == {"account_sid": SID, "auth_token": "…feed"}
    assert (connection["status"], connection["default"]) == ("active", True)
    assert await (await owner.get(f"{PATH}/{connection['id']}")).json() == connection
    listed = await (await owner.get(PATH)).json()
    assert listed["data"] == [connection]
    assert [each["id"] for each in listed["in_settings"]] == ["pcon_01HXYZ"]
    session = await owner.create()
    assert session["provider"] == "twilio"


@pytest.mark.parametrize(
    ("credentials", "status", "code", "param"),
    [
        (WRONG, 422, "invalid_credentials", "credentials"),
        ({"account_sid": SID}, 400, "invalid_request", "credentials.auth_token"),
        ({**ACCOUNT, "account_sid": "x"}, 400, "invalid_request", "credentials.account_sid"),
        ({**ACCOUNT, "pin": "1"}, 400, "invalid_request", "credentials.pin"),
        ({**ACCOUNT, "auth_token": 5}, 422, "invalid_field_value", "credentials"),
        ("secret", 422, "invalid_field_value", "credentials"),
    ],
)
async def test_what_the_carrier_does_not_take_is_not_kept(owner, credentials, status, code, param):
    response = await owner.post(PATH, json={"provider": "twilio", "credentials": credentials})
    text = await response.text()
    error = await refused(response, status)
    assert (error["code"], error["param"]) == (code, param)
    for secret in (TOKEN, "0" * 32, "secret"):
        assert secret not in text
    assert (await (await owner.get(PATH)).json())["data"] == []


async def test_the_carriers_error_is_told(owner, carriers):
    body = {"provider": "twilio", "credentials": WRONG}
    error = await refused(await owner.post(PATH, json=body), 422)
    assert error["message"] == (
        "the carrier does not take these credentials: Twilio answered 401, code 20003"
    )
    carriers.twilio.is_down = True
    error = await refused(await owner.post(PATH, json=body), 502)
    assert (error["code"], error["message"]) == (
        "provider_error",
        "the carrier cannot be reached: no connection",
    )


async def test_an_account_that_is_suspended_is_not_connected(owner, carriers):
    carriers.twilio.is_active = False
    body = {"provider": "twilio", "credentials": ACCOUNT}
    error = await refused(await owner.post(PATH, json=body), 422)
    assert "suspended" in error["message"]


async def test_credentials_are_kept_untried_if_that_is_wished(owner, carriers):
    carriers.twilio.is_down = True
    connection = await made(owner, verify=False)
    assert (connection["account"], connection["verified_at"]) == (None, None)
    verify = f"{PATH}/{connection['id']}/verify"
    assert (await refused(await owner.post(verify), 502))["code"] == "provider_error"
    carriers.twilio.is_down = False
    assert (await (await owner.post(verify)).json())["account"] == "Example GmbH"


async def test_there_are_connections_with_what_plugins_bring(owner):
    body = {"provider": "pigeon", "credentials": ACCOUNT}
    error = await refused(await owner.post(PATH, json=body), 422)
    assert (error["code"], error["param"]) == ("invalid_provider", "provider")
    assert error["message"] == "provider must be one of twilio, telnyx"


async def test_new_credentials_take_the_place_of_the_old_once_they_are_tried(
    owner, carriers, store
):
    connection = await made(owner)
    path = f"{PATH}/{connection['id']}"
    assert (await owner.patch(path, json={"credentials": WRONG})).status == 422
    assert await store.connections.credentials(connection["id"]) == ACCOUNT
    carriers.twilio.token = "b" * 32
    fresh = {"account_sid": SID, "auth_token": "b" * 32, "other_tokens": [TOKEN]}
    changed = await (await owner.patch(path, json={"credentials": fresh, "name": "New"})).json()
    assert changed["credentials"]["auth_token"] == "…bbbb"
    assert changed["credentials"]["other_tokens"] == "…feed"
    assert changed["name"] == "New"
    assert await store.connections.credentials(connection["id"]) == fresh
    assert (await owner.patch(path, json={"name": None})).status == 422


async def test_one_is_the_default_and_only_while_it_is_active(owner):
    first, second = await made(owner, default=True), await made(owner)
    path = f"{PATH}/{second['id']}"
    assert (await (await owner.post(f"{path}/make_default")).json())["default"]
    assert not (await (await owner.get(f"{PATH}/{first['id']}")).json())["default"]
    assert (await (await owner.post(f"{path}/disable")).json())["status"] == "disabled"
    assert (await owner.create())["provider"] is None
    body = {"mode": "bidirectional_translation", "routing": {"connection_id": second["id"]}}
    error = await refused(await owner.post("/v1/sessions", json=body), 404)
    assert error["code"] == "connection_not_found"
    assert (await refused(await owner.post(f"{path}/make_default"), 409))["code"] == "illegal_state"
    assert (await (await owner.post(f"{path}/enable")).json())["status"] == "active"
    assert (await owner.create())["provider"] == "twilio"


async def test_a_second_connection_is_one_of_the_same_organization(owner, stranger, operator):
    first = await made(owner)
    second = await made(owner, provider="telnyx", secondary_connection_id=first["id"])
    assert second["secondary_connection_id"] == first["id"]
    operators = await made(operator)
    for other, code in (("pcon_x", "connection_not_found"), (operators["id"],) * 2):
        body = {"secondary_connection_id": other}
        error = await refused(await owner.patch(f"{PATH}/{second['id']}", json=body), 404)
        assert error["param"] == "secondary_connection_id", code
    body = {"secondary_connection_id": second["id"]}
    error = await refused(await owner.patch(f"{PATH}/{second['id']}", json=body), 422)
    assert error["param"] == "secondary_connection_id"
    body = {"secondary_connection_id": None}
    changed = await (await owner.patch(f"{PATH}/{second['id']}", json=body)).json()
    assert changed["secondary_connection_id"] is None
    route = await owner.post(
        "/v1/routing/resolve", json={"routing": {"connection_id": second["id"]}}
    )
    assert (await route.json())["connections"] == [second["id"]]


async def test_a_connection_is_deleted_once_nothing_is_on_it(owner):
    connection = await made(owner)
    asked = {"phone_number": OWNED[0], "connection_id": connection["id"]}
    number = await (await owner.post("/v1/phone_numbers", json=asked)).json()
    path = f"{PATH}/{connection['id']}"
    assert (await refused(await owner.delete(path), 409))["code"] == "illegal_state"
    await owner.delete(f"/v1/phone_numbers/{number['id']}")
    assert (await owner.delete(path)).status == 200
    assert (await refused(await owner.get(path), 404))["code"] == "connection_not_found"


async def test_what_is_asked_twice_is_connected_once(owner):
    headers = {"Idempotency-Key": "k"}
    body = {"provider": "twilio", "credentials": ACCOUNT}
    first, again = [await owner.post(PATH, json=body, headers=headers) for _ in range(2)]
    assert await first.json() == await again.json()
    assert len((await (await owner.get(PATH)).json())["data"]) == 1


async def test_the_scope_must_be_given_by_name(api, operator):
    error = await refused(await api.get(PATH), 403)
    assert error["message"] == "this API key lacks the scope telephony:manage"
    assert (await operator.get(PATH)).status == 200


async def test_the_operators_connections_are_not_an_organizations(owner, operator):
    connection = await made(operator, default=True)
    assert (await owner.get(f"{PATH}/{connection['id']}")).status == 404
    assert (await (await owner.get(PATH)).json())["data"] == []
    assert [each["id"] for each in (await (await operator.get(PATH)).json())["data"]] == [
        connection["id"]
    ]
    assert (await owner.create())["provider"] is None


async def test_the_audit_log_says_what_became_of_a_connection_and_no_secret(owner):
    connection = await made(owner)
    path = f"{PATH}/{connection['id']}"
    for verb in ("verify", "make_default", "disable", "enable"):
        await owner.post(f"{path}/{verb}")
    await owner.patch(path, json={"credentials": ACCOUNT})
    await owner.delete(path)
    log = await owner.get(f"/v1/audit_log?target={connection['id']}")
    text, entries = await log.text(), (await log.json())["data"]
    assert [each["action"].removeprefix("provider_connection.") for each in entries[::-1]] == [
        "created",
        "verified",
        "made_default",
        "disabled",
        "enabled",
        "updated",
        "deleted",
    ]
    assert TOKEN not in text


async def test_there_are_only_so_many(owner, monkeypatch):
    monkeypatch.setattr("kallglot.api.connections.MOST_CONNECTIONS", 1)
    await made(owner)
    error = await refused(
        await owner.post(PATH, json={"provider": "twilio", "credentials": ACCOUNT}), 409
    )
    assert error["code"] == "illegal_state"
