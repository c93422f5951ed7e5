from __future__ import annotations

import re

import aiohttp
import pytest

pytestmark = pytest.mark.real_time

URL = "https://example.com/hook"


@pytest.fixture
def organization(kallglot) -> None:
    kallglot("keys", "create")


def add(kallglot, *words) -> tuple[str, str]:
    """Add an endpoint, return its secret and its id."""
    result = kallglot("webhooks", "add", *(words or (URL,)))
    assert result.exit_code == 0, result.stderr
    return result.stdout.strip(), re.search(r"wh_\w+", result.stderr)[0]


def test_add_prints_the_secret_alone(kallglot, organization):
    result = kallglot("webhooks", "add", URL)
    assert re.fullmatch(r"whsec_[\w-]{32}\n", result.stdout)
    assert "not shown again" in result.stderr


def test_an_endpoint_is_listed_without_its_secret_and_removed(kallglot, organization):
    secret, endpoint_id = add(
        kallglot, URL, "--test", "--event", "session.ended", "--event", "recording.ready"
    )
    listed = kallglot("webhooks", "list").stdout
    for shown in (endpoint_id, "test", "enabled", "session.ended recording.ready", URL):
        assert shown in listed
    assert secret not in listed
    assert kallglot("webhooks", "remove", endpoint_id).exit_code == 0
    assert "nobody is told" in kallglot("webhooks", "list").stderr
    again = kallglot("webhooks", "remove", endpoint_id)
    assert again.exit_code == 1
    assert again.stderr.startswith(f"Error: there is no endpoint {endpoint_id}")


@pytest.mark.parametrize("url", ["http://example.com", "https://127.0.0.1/", "example.com"])
def test_a_url_that_events_are_not_sent_to(kallglot, organization, url):
    result = kallglot("webhooks", "add", url)
    assert result.exit_code == 2
    assert "a URL that events are sent to" in result.stderr


def test_an_operator_may_allow_what_is_near(kallglot, organization, monkeypatch):
    monkeypatch.setenv("KALLGLOT_WEBHOOKS_ALLOW_PRIVATE", "true")
    add(kallglot, "http://localhost:3000/hook")


def test_without_an_organization_there_is_nobody_to_tell_of(kallglot):
    result = kallglot("webhooks", "add", URL)
    assert "there is no organization yet" in result.stderr
    result = kallglot("webhooks", "add", URL, "--organization", "org_x")
    assert "there is no organization org_x" in result.stderr


async def test_what_an_endpoint_added_beside_a_server_is_to_be_told(running_server):
    data = ("--data", str(running_server.server.settings.data))
    added = await running_server.kallglot("webhooks", "add", "https://gone.invalid/", *data)
    endpoint_id = re.search(r"wh_\w+", added.stderr)[0]
    url, key = running_server.server.url, running_server.key
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as client:
        path = f"{url}/v1/webhook_endpoints/{endpoint_id}/test"
        async with client.post(path) as response:
            assert response.status == 202
    for _ in range(100):
        log = await running_server.kallglot("webhooks", "deliveries", endpoint_id, *data)
        if "resolved" in log.stdout:
            break
    assert re.search(r"wh_del_\w+ +\S+ +webhook.test +pending +1 +its name cannot", log.stdout)
    none = await running_server.kallglot(
        "webhooks", "deliveries", endpoint_id, "--status", "failed", *data
    )
    assert "wh_del" not in none.stdout
