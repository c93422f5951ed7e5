from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kallglot.api import schemas
from kallglot.api.opening import opened
from kallglot.config import Settings
from kallglot.errors import EngineError, ProviderError, Refused, StoreError
from kallglot.model.session import Session

pytestmark = pytest.mark.real_time

SECRET = "the password of the database"


async def error_of(response) -> dict:
    return (await response.json())["error"]


async def test_a_path_that_leads_nowhere(client):
    response = await client.get("/v2/sessions")
    error = await error_of(response)
    assert response.status == 404
    assert error == {
        "type": "not_found_error",
        "code": "not_found",
        "message": "not found",
        "request_id": response.headers["X-Request-ID"],
    }


async def test_a_method_that_is_not_offered(client):
    response = await client.put("/v1/sessions")
    assert response.status == 405
    assert (await error_of(response))["code"] == "method_not_allowed"
    assert "POST" in response.headers["Allow"]


async def test_a_body_that_is_too_large(api):
    response = await api.post("/v1/sessions", data=b" " * 300_000)
    assert response.status == 413
    assert (await error_of(response))["code"] == "body_too_large"


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (RuntimeError(SECRET), 500, "internal_error"),
        (StoreError(SECRET), 503, "store_unavailable"),
        (EngineError(SECRET), 503, "engine_unavailable"),
        (ProviderError(SECRET), 502, "provider_error"),
    ],
)
async def test_a_failure_says_nothing_of_its_insides(api, calls, caplog, failure, status, code):
    async def fail(session: Session) -> None:
        raise failure

    calls.open = fail
    response = await api.post("/v1/sessions", json={"mode": "bidirectional_translation"})
    assert response.status == status
    text = await response.text()
    assert json.loads(text)["error"]["code"] == code
    assert SECRET not in text
    assert response.headers["X-Request-ID"] in caplog.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
FIELDS = [
    "mode",
    "source_language",
    "target_language",
    "routing",
    "provider",
    "participants",
    "recording",
    "hearing",
    "metadata",
    "ai_agent",
]
NESTED = ["type", "phone_number", "connection_id", "sip", "call_sid", "codecs", "enabled", "name"]
OBJECTS = st.dictionaries(st.sampled_from(NESTED), JSON | st.sampled_from(["sip", "twilio"]))
BODIES = st.dictionaries(
    st.sampled_from(FIELDS), JSON | OBJECTS | st.lists(OBJECTS, max_size=2), max_size=4
).map(lambda body: {"mode": "bidirectional_translation", **body})


@given(body=BODIES)
@settings(max_examples=100, deadline=None)
def test_any_object_is_a_session_or_a_refusal(body):
    with contextlib.suppress(Refused):
        session = opened(schemas.read_session(body), "org_1", Settings.default(), 0.0)
        assert session.participants


@given(body=JSON | BODIES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_any_json_is_answered_without_failing(api, calls, clock, body):
    calls.living.clear()
    clock.now += 60
    response = await api.post("/v1/sessions", json=body)
    assert response.status < 500
    response = await api.post("/v1/sessions/sess_1/end", json=body)
    assert 400 <= response.status < 500
