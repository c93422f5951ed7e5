from __future__ import annotations

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from kallglot.api.app import create_app
from kallglot.api.metrics import Exposed
from kallglot.metering import Metering

pytestmark = pytest.mark.real_time

PROXIED = {"X-Forwarded-For": "203.0.113.7"}


@pytest.fixture
def metering() -> Metering:
    return Metering()


@pytest.fixture
def serving(store, calls, settings, clock, metering):
    """Return a client of a server that shows its numbers to those."""

    def serve(access: str) -> TestClient:
        exposed = Exposed(metering, access)
        app = create_app(store, calls, settings, exposed=exposed, clock=clock)
        return TestClient(TestServer(app))

    return serve


async def test_the_numbers_are_there_without_anybody_having_counted(api):
    await api.create()
    response = await api.client.get("/metrics")
    assert response.status == 200
    assert response.content_type == "text/plain"
    families = {each.name: each for each in text_string_to_metric_families(await response.text())}
    assert families["kallglot_sessions"].samples[0].value == 1
    requests = families["kallglot_engine_requests"].samples
    assert sum(each.value for each in requests) == 0
    assert {"recogniser", "translator", "synthesiser"} <= {
        each.labels["engine"] for each in requests
    }


async def test_what_was_counted_is_shown(serving, metering):
    metering.leg_connected("twilio")
    async with serving("local") as client:
        text = await (await client.get("/metrics")).text()
    assert 'kallglot_legs{provider="twilio"} 1.0' in text


async def test_who_prefers_open_metrics_gets_it(client):
    accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
    response = await client.get("/metrics", headers=accept)
    assert response.content_type == "application/openmetrics-text"
    assert (await response.text()).endswith("# EOF\n")


@pytest.mark.parametrize(
    ("access", "headers", "status"),
    [
        ("local", {}, 200),
        ("local", PROXIED, 401),
        ("local", {"Forwarded": "for=203.0.113.7"}, 401),
        ("key", {}, 401),
        ("open", PROXIED, 200),
    ],
)
async def test_who_may_read_the_numbers_without_a_key(serving, access, headers, status):
    async with serving(access) as client:
        response = await client.get("/metrics", headers=headers)
        assert response.status == status


async def test_with_a_key_they_can_be_read_from_anywhere(api):
    assert (await api.get("/metrics", headers=PROXIED)).status == 200
    wrong = PROXIED | {"Authorization": "Bearer sk_live_wrong"}
    assert (await api.client.get("/metrics", headers=wrong)).status == 401


def test_there_is_no_other_access(metering):
    with pytest.raises(ValueError, match="access"):
        Exposed(metering, "everybody")
