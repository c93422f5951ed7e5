from __future__ import annotations

import pytest

from kallglot.api.app import ENDPOINTS

pytestmark = pytest.mark.real_time

GUARDED = [
    (each.method, each.path)
    for each in ENDPOINTS
    if each.scope is not None and each.scope != "operator"
]


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_a_parameter_that_there_is_not_is_refused(owner, method, path):
    url = f"{path}?colour=blue".replace("{id}", "sess_1")
    headers = {"Authorization": f"Bearer {owner.text}"}
    response = await owner.client.request(method, url, headers=headers)
    error = (await response.json())["error"]
    assert (response.status, error["code"], error["param"]) == (400, "invalid_request", "colour")


@pytest.mark.parametrize(
    ("query", "param"),
    [("metadata[]=1", "metadata[]"), ("metadata=1", "metadata"), ("metadata[a][b]=1", None)],
)
async def test_a_member_of_an_object_has_a_name(api, query, param):
    response = await api.get(f"/v1/sessions?{query}")
    assert response.status == 400
    assert param is None or (await response.json())["error"]["param"] == param


async def test_who_may_not_ask_is_told_nothing_of_parameters(client):
    assert (await client.get("/v1/sessions?colour=blue")).status == 401
