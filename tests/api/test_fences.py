"""Every endpoint is open to whom the reference says, and shows nobody what is another's."""

from __future__ import annotations

import pytest

from kallglot.api.app import ENDPOINTS
from kallglot.store.keys import OPERATOR, SCOPES
from tests.api.examples import REQUESTS, build

pytestmark = pytest.mark.real_time

GUARDED = {f"{each.method} {each.path}": each.scope for each in ENDPOINTS if each.scope}
#: What is about one thing, which belongs to somebody.
OWNED = [name for name, scope in GUARDED.items() if "{id}" in name and scope != OPERATOR]


@pytest.fixture
async def world(owner, operator, store, settings, clock) -> dict[str, str]:
    return await build(owner, operator, store, settings, clock)


async def asked(client, name: str, world: dict[str, str], text: str | None) -> tuple[int, str]:
    """Send the example of the reference with that key, and return what is refused."""
    request = REQUESTS[name]
    headers = {} if text is None else {"Authorization": f"Bearer {text}"}
    method, url = name.partition(" ")[0], request.url.format_map(world)
    response = await client.request(method, url, json=request.body, headers=headers)
    return response.status, (await response.json())["error"]["code"]


@pytest.mark.parametrize("name", GUARDED)
async def test_nobody_is_let_in_without_a_key(client, world, name):
    assert await asked(client, name, world, None) == (401, "invalid_api_key")
    assert await asked(client, name, world, "sk_live_of_somebody_else") == (401, "invalid_api_key")


@pytest.mark.parametrize("name", GUARDED)
async def test_a_key_without_the_scope_may_not(client, store, organization, clock, world, name):
    others = SCOPES - {GUARDED[name]}
    made = await store.keys.create(organization, clock(), scopes=others)
    assert await asked(client, name, world, made.text) == (403, "insufficient_permissions")


@pytest.mark.parametrize("name", OWNED)
async def test_what_is_another_organizations_is_not_there(client, store, clock, world, name):
    other = await store.organizations.add("Other", clock())
    made = await store.keys.create(other.id, clock(), scopes=SCOPES)
    status, code = await asked(client, name, world, made.text)
    assert (status, code[-10:]) == (404, "_not_found")


@pytest.mark.parametrize("name", OWNED)
async def test_what_is_live_is_not_there_for_a_test_key(
    client, store, organization, clock, world, name
):
    made = await store.keys.create(organization, clock(), environment="test", scopes=SCOPES)
    status, code = await asked(client, name, world, made.text)
    assert (status, code[-10:]) == (404, "_not_found")
