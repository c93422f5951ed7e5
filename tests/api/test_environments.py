"""What belongs to others is not there: another organization's, and test things for live keys."""

from __future__ import annotations

import pytest

from kallglot.api.app import ENDPOINTS
from kallglot.model.recording import Recording
from kallglot.store.keys import MANAGE, SCOPES
from tests.api.conftest import Api
from tests.fakes.carriers import OWNED, SID, TOKEN

pytestmark = pytest.mark.real_time

MODE = {"mode": "bidirectional_translation"}
GLOSSARY = {
    "name": "Shop",
    "source_language": "de",
    "target_language": "en",
    "terms": [{"source": "Kundendienst", "target": "customer care"}],
}
#: Bodies without which a request would be refused for another reason.
BODIES = {
    "/v1/glossaries/{id}": GLOSSARY,
    "/v1/sessions/{id}": {"metadata": {"b": "2"}},
    "/v1/sessions/{id}/dial": {"to": "+15550100"},
    "/v1/sessions/{id}/hangup": {},
}
#: Every request about one thing that belongs to an organization, whoever adds another.
ABOUT_ONE = [
    endpoint
    for endpoint in ENDPOINTS
    if endpoint.scope in SCOPES - {MANAGE} and "{id}" in endpoint.path
]
LISTS = [
    "/v1/sessions",
    "/v1/glossaries",
    "/v1/webhook_endpoints",
    "/v1/agents",
    "/v1/provider_connections",
    "/v1/phone_numbers",
]


@pytest.fixture
async def tester(client, store, organization, clock) -> Api:
    """Somebody of the same organization, with a test key."""
    made = await store.keys.create(organization, clock(), environment="test", scopes=SCOPES)
    return Api(client, made.key, made.text)


@pytest.fixture
async def stranger(client, store, clock) -> Api:
    """Somebody of another organization, who may do everything."""
    other = await store.organizations.add("Other", clock())
    made = await store.keys.create(other.id, clock(), scopes=SCOPES)
    return Api(client, made.key, made.text)


async def own_everything(api: Api, store, clock) -> dict[str, str]:
    """Own one of each; return their ids by the part of the path before them."""
    session = await api.create(metadata={"a": 1})
    recording = Recording(
        f"rec_{session['id'][5:]}", session["id"], "mixed", "ready", "mixed.wav", 8000, clock()
    )
    await store.recordings.put(recording)
    hook = await api.post("/v1/webhook_endpoints", json={"url": "https://93.184.216.34/hook"})
    hook_id = (await hook.json())["id"]
    told = await api.post(f"/v1/webhook_endpoints/{hook_id}/test")
    agent = {"name": "A", "system_prompt": "Be kind."}
    analysis = await api.post(f"/v1/sessions/{session['id']}/analysis", json={})
    account = {"provider": "twilio", "credentials": {"account_sid": SID, "auth_token": TOKEN}}
    connection = (await (await api.post("/v1/provider_connections", json=account)).json())["id"]
    number = {"phone_number": OWNED[0], "connection_id": connection}
    made = {
        "provider_connections": connection,
        "phone_numbers": (await (await api.post("/v1/phone_numbers", json=number)).json())["id"],
        "sessions": session["id"],
        "recordings": recording.id,
        "webhook_endpoints": hook_id,
        "webhook_deliveries": (await told.json())["id"],
        "glossaries": (await (await api.post("/v1/glossaries", json=GLOSSARY)).json())["id"],
        "agents": (await (await api.post("/v1/agents", json=agent)).json())["id"],
    }
    if analysis.status == 202:
        made["analyses"] = made["analysis"] = (await analysis.json())["id"]
    return made


def paths(ids: dict[str, str]) -> list[tuple[str, str, str]]:
    return [
        (endpoint.method, endpoint.path, endpoint.path.replace("{id}", ids[noun]))
        for endpoint in ABOUT_ONE
        if (noun := endpoint.path.split("/")[2]) in ids
    ]


async def ask(api: Api, method: str, shape: str, path: str):
    options = api._with_key({})
    if method in {"POST", "PUT", "PATCH"}:
        options["json"] = BODIES.get(shape, {})
    return await api.client.request(method, path, **options)


@pytest.mark.parametrize("whose", ["live", "test"])
async def test_neither_live_nor_test_keys_see_what_is_of_the_other(
    owner, tester, store, clock, whose
):
    mine, theirs = (owner, tester) if whose == "live" else (tester, owner)
    ids = await own_everything(mine, store, clock)
    for method, shape, path in paths(ids):
        response = await ask(theirs, method, shape, path)
        assert response.status == 404, f"{method} {path}: {await response.text()}"
    for path in LISTS:
        assert (await (await theirs.get(path)).json())["data"] == [], path
        assert (await (await mine.get(path)).json())["data"] != [], path


async def test_what_is_another_organizations_is_not_there_rather_than_forbidden(
    owner, stranger, store, clock
):
    ids = await own_everything(owner, store, clock)
    asked = paths(ids)
    assert len(asked) > 20
    for method, shape, path in asked:
        response = await ask(stranger, method, shape, path)
        assert response.status == 404, f"{method} {path}: {await response.text()}"
    for path in LISTS:
        assert (await (await stranger.get(path)).json())["data"] == [], path


async def test_a_session_does_not_take_a_glossary_of_the_other_environment(api, tester):
    made = await (await api.post("/v1/glossaries", json=GLOSSARY)).json()
    body = {**MODE, "source_language": "de", "target_language": "en"}
    response = await tester.post("/v1/sessions", json={**body, "glossary": {"id": made["id"]}})
    assert response.status == 404
    assert (await response.json())["error"]["code"] == "glossary_not_found"
    response = await api.post("/v1/sessions", json={**body, "glossary": {"id": made["id"]}})
    assert response.status == 201


async def test_live_and_test_keys_do_not_share_idempotency_keys(api, tester):
    headers = {"Idempotency-Key": "k"}
    tokens = [
        (await (await each.post("/v1/sessions", json=MODE, headers=headers)).json())["stream"][
            "token"
        ]
        for each in (api, tester)
    ]
    assert [token[:9] for token in tokens] == ["kst_live_", "kst_test_"]
