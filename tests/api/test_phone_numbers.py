from __future__ import annotations

import pytest

from kallglot.api.opening import asked_by, opened
from kallglot.carriers.client import NumberSearch, NumberSetup
from kallglot.model.session import Routing
from tests.api.conftest import Api
from tests.api.test_connections import made, refused
from tests.fakes.carriers import OWNED

pytestmark = pytest.mark.real_time

PATH = "/v1/phone_numbers"
AVAILABLE = "/v1/available_phone_numbers"
ORDERS = "/v1/phone_number_orders"
NUMBER = OWNED[0]
SOLD = "+493012345601"
OURS = NumberSetup(
    voice_url="https://calls.example.com/providers/twilio/voice",
    status_url="https://calls.example.com/providers/twilio/status",
)
PROFILE = {
    "mode": "assistive_translation",
    "source_language": "de",
    "target_language": "en",
    "greeting": "Guten Tag",
    "greeting_language": "de",
    "agent": "+15550177",
    "recording": True,
    "fallback_number": "+15550188",
}


@pytest.fixture
async def connection(owner) -> str:
    return (await made(owner))["id"]


async def assigned(api: Api, connection_id: str, **fields) -> dict:
    body = {"phone_number": NUMBER, "connection_id": connection_id, **fields}
    response = await api.post(PATH, json=body)
    assert response.status == 201, await response.text()
    return await response.json()


async def test_a_number_on_an_account_is_assigned_and_routed_by(owner, connection):
    number = await assigned(owner, connection)
    assert number["id"].startswith("num_")
    assert (number["provider"], number["connection_id"]) == ("twilio", connection)
    assert (number["status"], number["profile"]) == ("active", None)
    for name in (number["id"], NUMBER):
        assert await (await owner.get(f"{PATH}/{name}")).json() == number
    listed = await (await owner.get(PATH)).json()
    assert listed["data"] == [number]
    assert {each["phone_number"] for each in listed["in_settings"]} == {
        "+19788006140",
        "+15550100",
    }
    session = await owner.create(routing={"phone_number": NUMBER})
    assert (session["provider"], session["phone_number"]) == ("twilio", NUMBER)
    route = await owner.post("/v1/routing/resolve", json={"routing": {"phone_number": NUMBER}})
    assert (await route.json())["connections"] == [connection]


async def test_a_number_that_the_account_does_not_have_is_not_taken_on_trust(owner, connection):
    body = {"phone_number": "+15550999", "connection_id": connection}
    error = await refused(await owner.post(PATH, json=body), 404)
    assert (error["code"], error["param"]) == ("phone_number_not_found", "phone_number")


async def test_a_number_is_one_organizations_and_not_of_the_settings(owner, operator, connection):
    await assigned(owner, connection)
    for number in (NUMBER, "+15550100"):
        body = {"phone_number": number, "connection_id": connection}
        assert (await refused(await owner.post(PATH, json=body), 409))["code"] == (
            "phone_number_taken"
        )


async def test_with_a_profile_the_carrier_is_told_to_ask_us(owner, connection, carriers):
    await assigned(owner, connection)
    assert carriers.twilio.owned[NUMBER] == NumberSetup()
    body = {"phone_number": OWNED[1], "connection_id": connection, "profile": PROFILE}
    response = await owner.post(PATH, json=body)
    assert (await response.json())["profile"] == PROFILE
    assert carriers.twilio.owned[OWNED[1]] == OURS


async def test_what_calls_become_is_changed_as_a_whole(owner, connection, store):
    number = await assigned(owner, connection)
    path = f"{PATH}/{number['id']}"
    changed = await (await owner.patch(path, json={"profile": {"agent": "+15550177"}})).json()
    assert changed["profile"] == {
        "mode": "bidirectional_translation",
        "source_language": None,
        "target_language": None,
        "greeting": None,
        "greeting_language": None,
        "agent": "+15550177",
        "recording": False,
        "fallback_number": None,
    }
    assert (await (await owner.patch(path, json={"status": "inactive"})).json())["profile"]
    body = {"mode": "bidirectional_translation", "routing": {"phone_number": NUMBER}}
    error = await refused(await owner.post("/v1/sessions", json=body), 404)
    assert error["code"] == "phone_number_not_found"
    kept = await store.phone_numbers.find(NUMBER)
    assert (kept.status, kept.profile.agent) == ("inactive", "+15550177")
    changed = await (await owner.patch(path, json={"profile": None, "status": "active"})).json()
    assert changed["profile"] is None


@pytest.mark.parametrize(
    ("profile", "status", "param"),
    [
        ({"mode": "ai_agent"}, 403, "profile.mode"),
        ({"mode": "song"}, 422, "profile.mode"),
        ({"agent": NUMBER}, 422, "profile.agent"),
        ({"agent": "Kim"}, 422, "profile.agent"),
        ({"fallback_number": NUMBER}, 422, "profile.fallback_number"),
        ({"fallback_number": "sip:a@b.example"}, 422, "profile.fallback_number"),
        ({"greeting": "Guten Tag"}, 422, "profile.greeting_language"),
        ({"greeting": ""}, 422, "profile.greeting"),
        ({"source_language": "Klingon"}, 422, "profile.source_language"),
        ({"voice": "low"}, 400, "profile.voice"),
    ],
)
async def test_what_no_call_can_become_is_refused(owner, connection, profile, status, param):
    number = await assigned(owner, connection)
    response = await owner.patch(f"{PATH}/{number['id']}", json={"profile": profile})
    assert (await refused(response, status))["param"] == param


async def test_a_greeting_is_in_the_callers_language_unless_said(owner, connection):
    number = await assigned(owner, connection)
    profile = {"source_language": "de-AT", "greeting": "Servus"}
    changed = await owner.patch(f"{PATH}/{number['id']}", json={"profile": profile})
    assert (await changed.json())["profile"]["greeting_language"] == "de"


async def test_numbers_are_searched_and_bought(owner, connection, carriers):
    query = f"connection_id={connection}&country=DE&type=mobile&area_code=30&contains=12&limit=5"
    offers = await (await owner.get(f"{AVAILABLE}?{query}")).json()
    assert [each["phone_number"] for each in offers["data"]] == [SOLD, "+493012345602"]
    assert (offers["data"][0]["monthly_cost"], offers["data"][0]["currency"]) == ("1.00", "USD")
    assert carriers.twilio.searched == [NumberSearch("DE", "mobile", "30", "12", 5)]
    body = {"phone_number": SOLD, "connection_id": connection, "profile": PROFILE}
    headers = {"Idempotency-Key": "buy-once"}
    for _ in range(2):
        response = await owner.post(ORDERS, json=body, headers=headers)
        assert response.status == 201
    assert carriers.twilio.owned[SOLD] == OURS
    body["phone_number"] = "+15550999"
    error = await refused(await owner.post(ORDERS, json=body), 502)
    assert error["message"] == ("the carrier knows no such number: Twilio answered 400, code 21422")


@pytest.mark.parametrize(
    ("query", "status", "param"),
    [
        ("country=DE", 422, "connection_id"),
        ("connection_id=pcon_x&country=DE", 404, "connection_id"),
        ("connection_id={}", 422, "country"),
        ("connection_id={}&country=de", 422, "country"),
        ("connection_id={}&country=DE&type=pager", 422, "type"),
        ("connection_id={}&country=DE&area_code=x", 422, "area_code"),
        ("connection_id={}&country=DE&limit=0", 422, "limit"),
        ("connection_id={}&country=DE&colour=red", 400, "colour"),
    ],
)
async def test_a_search_that_cannot_be_made(owner, connection, query, status, param):
    response = await owner.get(f"{AVAILABLE}?{query.format(connection)}")
    assert (await refused(response, status))["param"] == param


async def test_a_carrier_is_told_whom_to_ask_about_a_numbers_calls(owner, connection, carriers):
    number = await assigned(owner, connection)
    path = f"{PATH}/{number['id']}/configure"
    assert (await owner.post(path, json={})).status == 200
    assert carriers.twilio.owned[NUMBER] == OURS
    theirs = {"voice_url": "https://crm.example.com/voice"}
    assert (await owner.post(path, json=theirs)).status == 200
    assert carriers.twilio.owned[NUMBER] == NumberSetup(voice_url=theirs["voice_url"])
    error = await refused(await owner.post(path, json={"voice_url": "ftp://x"}), 422)
    assert error["param"] == "voice_url"


async def test_a_number_is_released_for_good(owner, connection, carriers):
    number = await assigned(owner, connection)
    released = await owner.post(f"{PATH}/{number['id']}/release")
    assert (await released.json())["released"]
    assert NUMBER not in carriers.twilio.owned
    assert (await owner.get(f"{PATH}/{number['id']}")).status == 404


async def test_a_number_that_the_carrier_has_lost(owner, connection, carriers):
    number = await assigned(owner, connection)
    carriers.twilio.owned.clear()
    for verb in ("configure", "release"):
        error = await refused(await owner.post(f"{PATH}/{number['id']}/{verb}", json={}), 404)
        assert error["code"] == "phone_number_not_found"
    assert (await owner.delete(f"{PATH}/{number['id']}")).status == 200


async def test_a_connection_that_is_disabled_is_not_asked(owner, connection):
    number = await assigned(owner, connection)
    await owner.post(f"/v1/provider_connections/{connection}/disable")
    body = {"phone_number": OWNED[1], "connection_id": connection}
    assert (await refused(await owner.post(PATH, json=body), 409))["code"] == "illegal_state"
    error = await refused(await owner.post(f"{PATH}/{number['id']}/configure", json={}), 404)
    assert error["code"] == "connection_not_found"


async def test_numbers_of_the_settings_are_read_only(owner):
    for response in (
        await owner.patch(f"{PATH}/+15550100", json={"status": "inactive"}),
        await owner.delete(f"{PATH}/+15550100"),
    ):
        assert "settings file" in (await refused(response, 409))["message"]
    for number in ("+15550100", "+15550199"):
        error = await refused(await owner.get(f"{PATH}/{number}"), 404)
        assert error["code"] == "phone_number_not_found"


async def test_an_operator_gives_numbers_of_an_account_of_the_servers(
    owner, operator, organization, carriers
):
    account = (await made(operator))["id"]
    body = {"phone_number": NUMBER, "connection_id": account}
    error = await refused(await operator.post(PATH, json=body), 422)
    assert error["param"] == "organization_id"
    error = await refused(await operator.post(PATH, json={**body, "organization_id": "org_x"}), 404)
    assert error["code"] == "organization_not_found"
    error = await refused(await owner.post(PATH, json=body), 404)
    assert error["code"] == "connection_not_found"
    given = await (await operator.post(PATH, json={**body, "organization_id": organization})).json()
    assert (given["organization_id"], given["connection_id"]) == (organization, account)

    mine = await (await owner.get(f"{PATH}/{NUMBER}")).json()
    assert mine == {**given, "connection_id": None}
    path = f"{PATH}/{mine['id']}"
    assert (await owner.patch(path, json={"profile": PROFILE})).status == 200
    for response in (await owner.post(f"{path}/release"), await owner.delete(path)):
        assert (await refused(response, 403))["code"] == "insufficient_permissions"
    assert (await owner.create(routing={"phone_number": NUMBER}))["provider"] == "twilio"
    listed = await operator.get(f"{PATH}?organization_id={organization}")
    assert len((await listed.json())["data"]) == 1
    assert (await operator.post(f"{path}/release")).status == 200
    assert NUMBER not in carriers.twilio.owned


async def test_an_organization_has_numbers_for_itself_alone(owner, connection):
    body = {"phone_number": NUMBER, "connection_id": connection}
    error = await refused(await owner.post(PATH, json={**body, "organization_id": "org_x"}), 404)
    assert error["param"] == "organization_id"
    error = await refused(await owner.post(PATH, json={**body, "environment": "test"}), 403)
    assert error["code"] == "insufficient_permissions"


async def test_the_audit_log_says_what_became_of_a_number(owner, connection):
    number = await assigned(owner, connection)
    path = f"{PATH}/{number['id']}"
    await owner.patch(path, json={"status": "inactive"})
    await owner.post(f"{path}/configure", json={})
    await owner.post(f"{path}/release")
    log = await (await owner.get(f"/v1/audit_log?target={number['id']}")).json()
    assert [each["action"] for each in log["data"][::-1]] == [
        "phone_number.assigned",
        "phone_number.updated",
        "phone_number.configured",
        "phone_number.released",
    ]
    assert log["data"][-1]["details"] == {"connection_id": connection}


async def test_a_call_to_a_number_becomes_what_its_profile_says(
    owner, connection, store, settings, clock
):
    await assigned(owner, connection, profile=PROFILE)
    number = await store.phone_numbers.find(NUMBER)
    directory = await store.directories.of(
        number.organization_id, number.environment, settings.directory, clock()
    )
    session = opened(
        asked_by(number.profile, number.number),
        number.organization_id,
        settings,
        clock(),
        environment=number.environment,
        directory=directory,
    )
    assert session.mode == "assistive_translation"
    assert (session.source_language, session.target_language) == ("de", "en")
    assert session.routing == Routing("twilio", NUMBER, direction="inbound")
    assert session.is_recorded
    assert directory.accounts_of(session.routing) == (connection,)
