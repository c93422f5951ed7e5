"""Every HTTP example of the seed documents, with only the host name changed."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.real_time

TO_AND_FRO = {"from": "+4915123456789", "to": "+14155551234"}

CREATED = {
    "000 inbound Twilio": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
        "provider": {"type": "twilio", "call_sid": "CA123"},
        "metadata": {**TO_AND_FRO, "direction": "inbound"},
    },
    "000 outbound Twilio": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
    },
    "000 conference": {
        "mode": "bidirectional_translation",
        "source_language": "auto",
        "target_language": "en",
    },
    "001 inbound Twilio": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
        "provider": {"type": "twilio", "call_sid": "CA123"},
        "metadata": TO_AND_FRO,
    },
    "001 outbound Twilio": {
        "mode": "bidirectional_translation",
        "source_language": "en",
        "target_language": "de",
        "provider": {"type": "twilio", "phone_number": "+14155551234"},
    },
    "001 inbound Telnyx": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
        "provider": {"type": "telnyx", "call_control_id": "v3:abc"},
    },
    "001 SIP": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
        "provider": {
            "type": "sip",
            "sip_uri": "sip:agent@your-pbx.com",
            "credentials": {"username": "kallglot", "password": "your-sip-password"},
        },
    },
    "002 inbound Telnyx": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
        "provider": {"type": "telnyx", "call_control_id": "v3:abc"},
        "metadata": {**TO_AND_FRO, "direction": "incoming"},
    },
    "002 outbound Telnyx": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
    },
    "002 SIP trunk": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
        "provider": {"type": "telnyx", "sip_uri": "sip:agent@your-pbx.com"},
    },
    "003 inbound": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
        "routing": {"phone_number": "+15550100"},
        "metadata": {
            "twilio_call_sid": "CA123",
            "from_number": "+4915123456789",
            "to_number": "+15550100",
        },
    },
    "003 conference": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
        "participants": [
            {"type": "agent", "language": "en"},
            {"type": "customer", "language": "de"},
        ],
    },
    "003 metadata": {
        "mode": "bidirectional_translation",
        "metadata": {
            "customer_id": "cust_123",
            "ticket_id": "ticket_456",
            "agent_id": "agent_789",
        },
    },
    "004 managed number": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
        "routing": {"phone_number": "+19788006140"},
    },
    "004 connection": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
        "routing": {"connection_id": "pcon_01HXYZ", "direction": "inbound"},
    },
    "004 SIP": {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
        "routing": {"type": "sip"},
    },
}


@pytest.mark.parametrize("body", CREATED.values(), ids=CREATED)
async def test_an_example_opens_a_session_to_connect_to(api, calls, body):
    response = await api.post("/v1/sessions", json=body)
    session = await response.json()
    assert response.status == 201, session
    assert session["id"] in calls.living
    assert session["stream"]["url"] == (
        f"wss://calls.example.com/v1/sessions/{session['id']}/connect"
    )
    assert session["stream"]["token"].startswith("kst_live_")
    assert session["metadata"] == body.get("metadata")


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("000 inbound Twilio", "twilio"),
        ("001 outbound Twilio", "twilio"),
        ("001 inbound Telnyx", "telnyx"),
        ("001 SIP", "sip"),
        ("002 SIP trunk", "sip"),
        ("003 inbound", "twilio"),
        ("004 managed number", "telnyx"),
        ("004 connection", "twilio"),
        ("004 SIP", "sip"),
        ("000 outbound Twilio", None),
    ],
)
async def test_an_example_is_reached_by_the_provider_it_means(api, name, provider):
    assert (await api.create(**CREATED[name]))["provider"] == provider


async def test_the_call_an_example_names_is_expected(api, store):
    session = await api.create(**CREATED["000 inbound Twilio"])
    expecting = await store.sessions.expecting("CA123")
    assert expecting is not None
    assert expecting.id == session["id"]


async def test_a_session_retrieved_later_has_a_token_that_lets_its_stream_in(api, store, clock):
    created = await api.create(**CREATED["000 outbound Twilio"])
    clock.now += 1000
    session = await (await api.get(f"/v1/sessions/{created['id']}")).json()
    await store.tokens.check(session["stream"]["token"], session["id"], clock())


async def test_an_ended_stream_ends_its_session(api, calls):
    session = await api.create(**CREATED["000 inbound Twilio"])
    response = await api.post(f"/v1/sessions/{session['id']}/end")
    assert response.status == 200
    assert (await response.json())["status"] == "ended"
    assert calls.ended == [(session["id"], "completed")]


async def test_a_hangup_cause_of_telnyx_is_the_reason_it_ended(api):
    session = await api.create(**CREATED["002 inbound Telnyx"])
    response = await api.post(
        f"/v1/sessions/{session['id']}/end", json={"reason": "normal_clearing"}
    )
    ended = await response.json()
    assert ended["status"] == "ended"
    assert ended["end_reason"] == "normal_clearing"


async def test_too_many_requests_are_told_by_their_code(api, settings):
    for _ in range(settings.rate_limit):
        response = await api.get("/v1/sessions/none")
    response = await api.post("/v1/sessions", json=CREATED["000 inbound Twilio"])
    body = await response.json()
    assert response.status == 429
    assert body["error"]["code"] == "rate_limit_exceeded"
    assert response.headers["Retry-After"] == str(body["error"]["retry_after"])


@pytest.mark.parametrize(
    ("routing", "status", "code"),
    [
        ({"direction": "inbound"}, 422, "no_default_provider"),
        ({"phone_number": "+15559999"}, 404, "phone_number_not_found"),
        ({"connection_id": "pcon_unknown"}, 404, "connection_not_found"),
    ],
)
async def test_what_does_not_resolve_says_why(api, routing, status, code):
    response = await api.post(
        "/v1/sessions", json={"mode": "bidirectional_translation", "routing": routing}
    )
    assert response.status == status
    assert (await response.json())["error"]["code"] == code


async def test_an_ai_agent_is_understood_and_not_offered(api, calls):
    body = {"mode": "ai_agent", "source_language": "en", "target_language": "en"}
    response = await api.post("/v1/sessions", json=body)
    assert response.status == 403
    assert (await response.json())["error"]["code"] == "feature_not_available"
    assert not calls.living
