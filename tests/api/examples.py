"""What the examples of the reference ask, by method and path, and in which world."""

from __future__ import annotations

import hashlib
import json
import re
import wave
from collections.abc import Mapping
from typing import Any

import attrs

from kallglot.ids import new_id
from kallglot.model.leg import Leg
from kallglot.model.recording import Recording
from kallglot.model.session import Status
from kallglot.model.transcript import Rendering, Utterance
from kallglot.webhooks.events import ProviderConnected, SessionEnded, SessionStarted, event_of
from tests.fakes.carriers import OWNED, SID, TOKEN

__all__ = ["REQUESTS", "Request", "Tidy", "build"]

ACCOUNT = {"account_sid": SID, "auth_token": TOKEN}
KEY = {"Idempotency-Key": "6f1c7d0e-order-1017"}


@attrs.frozen
class Request:
    """A request; the names in `url` are those of things in the world."""

    url: str
    body: Any = None
    headers: Mapping[str, str] = attrs.field(factory=dict)
    status: int = 200
    is_operator: bool = False


TERMS = [
    {"source": "Kündigungsfrist", "target": "notice period"},
    {"source": "Kallglot", "do_not_translate": True},
]

REQUESTS: dict[str, Request] = {
    "POST /v1/sessions": Request(
        "/v1/sessions",
        {
            "mode": "bidirectional_translation",
            "source_language": "de",
            "target_language": "en",
            "routing": {"phone_number": "+15550100"},
            "recording": {"enabled": True},
            "metadata": {"order": "1017"},
        },
        KEY,
        201,
    ),
    "GET /v1/sessions": Request("/v1/sessions?status=active&limit=1"),
    "GET /v1/sessions/{id}": Request("/v1/sessions/{session}"),
    "POST /v1/sessions/{id}/end": Request(
        "/v1/sessions/{session}/end", {"reason": "customer_hangup"}
    ),
    "PATCH /v1/sessions/{id}": Request("/v1/sessions/{session}", {"metadata": {"agent": "Kim"}}),
    "DELETE /v1/sessions/{id}": Request("/v1/sessions/{ended}"),
    "POST /v1/sessions/{id}/dial": Request(
        "/v1/sessions/{session}/dial", {"to": "+15550199", "participant": "agent"}, status=403
    ),
    "POST /v1/sessions/{id}/hangup": Request(
        "/v1/sessions/{session}/hangup", {"participant": "customer"}
    ),
    "GET /v1/sessions/{id}/usage": Request("/v1/sessions/{ended}/usage"),
    "GET /v1/sessions/{id}/export": Request("/v1/sessions/{ended}/export"),
    "GET /v1/sessions/{id}/transcript": Request("/v1/sessions/{ended}/transcript"),
    "GET /v1/sessions/{id}/recordings": Request("/v1/sessions/{ended}/recordings"),
    "GET /v1/recordings/{id}": Request("/v1/recordings/{recording}"),
    "GET /v1/recordings/{id}/audio": Request("/v1/recordings/{recording}/audio?format=wav"),
    "GET /v1/recordings/{id}/download": Request(
        "/v1/recordings/{recording}/download?format=mp3", status=302
    ),
    "GET /v1/recordings/{id}/file": Request("{link}"),
    "DELETE /v1/recordings/{id}": Request("/v1/recordings/{recording}"),
    "POST /v1/glossaries": Request(
        "/v1/glossaries",
        {"name": "Tenancy", "source_language": "de", "target_language": "en", "terms": TERMS},
        status=201,
    ),
    "GET /v1/glossaries": Request("/v1/glossaries"),
    "GET /v1/glossaries/{id}": Request("/v1/glossaries/{glossary}"),
    "PUT /v1/glossaries/{id}": Request(
        "/v1/glossaries/{glossary}",
        {"name": "Rent", "source_language": "de", "target_language": "en", "terms": TERMS[:1]},
    ),
    "DELETE /v1/glossaries/{id}": Request("/v1/glossaries/{glossary}"),
    "POST /v1/sessions/{id}/analysis": Request(
        "/v1/sessions/{ended}/analysis", {"include": ["performance"]}, status=202
    ),
    "GET /v1/sessions/{id}/analyses": Request("/v1/sessions/{ended}/analyses"),
    "GET /v1/analyses/{id}": Request("/v1/analyses/{analysis}"),
    "GET /v1/analysis/{id}": Request("/v1/analysis/{analysis}"),
    "POST /v1/routing/resolve": Request(
        "/v1/routing/resolve", {"routing": {"phone_number": "+15550100"}}
    ),
    "POST /v1/provider_connections": Request(
        "/v1/provider_connections",
        {"provider": "twilio", "name": "Main account", "credentials": ACCOUNT},
        status=201,
    ),
    "GET /v1/provider_connections": Request("/v1/provider_connections"),
    "GET /v1/provider_connections/{id}": Request("/v1/provider_connections/{connection}"),
    "PATCH /v1/provider_connections/{id}": Request(
        "/v1/provider_connections/{connection}", {"secondary_connection_id": None}
    ),
    "DELETE /v1/provider_connections/{id}": Request("/v1/provider_connections/{idle}"),
    "POST /v1/provider_connections/{id}/verify": Request(
        "/v1/provider_connections/{connection}/verify"
    ),
    "POST /v1/provider_connections/{id}/make_default": Request(
        "/v1/provider_connections/{connection}/make_default"
    ),
    "POST /v1/provider_connections/{id}/disable": Request(
        "/v1/provider_connections/{connection}/disable"
    ),
    "POST /v1/provider_connections/{id}/enable": Request(
        "/v1/provider_connections/{connection}/enable"
    ),
    "GET /v1/available_phone_numbers": Request(
        "/v1/available_phone_numbers?connection_id={connection}&country=DE&area_code=30"
    ),
    "POST /v1/phone_numbers": Request(
        "/v1/phone_numbers",
        {
            "phone_number": OWNED[1],
            "connection_id": "{connection}",
            "profile": {
                "source_language": "de",
                "target_language": "en",
                "greeting": "Guten Tag, Sie werden verbunden.",
                "agent": "+15550177",
                "fallback_number": "+15550188",
            },
        },
        KEY,
        201,
    ),
    "POST /v1/phone_number_orders": Request(
        "/v1/phone_number_orders",
        {"phone_number": "+493012345601", "connection_id": "{connection}"},
        KEY,
        201,
    ),
    "GET /v1/phone_numbers": Request("/v1/phone_numbers"),
    "GET /v1/phone_numbers/{id}": Request("/v1/phone_numbers/{number}"),
    "PATCH /v1/phone_numbers/{id}": Request(
        "/v1/phone_numbers/{number}",
        {"profile": {"mode": "assistive_translation", "target_language": "en"}},
    ),
    "DELETE /v1/phone_numbers/{id}": Request("/v1/phone_numbers/{number}"),
    "POST /v1/phone_numbers/{id}/configure": Request("/v1/phone_numbers/{number}/configure", {}),
    "POST /v1/phone_numbers/{id}/release": Request("/v1/phone_numbers/{number}/release"),
    "POST /v1/agents": Request(
        "/v1/agents",
        {
            "name": "Reception",
            "system_prompt": "You answer for a dentist. Offer the next free hour.",
            "languages": ["de", "en"],
            "temperature": 0.3,
        },
        status=201,
    ),
    "GET /v1/agents": Request("/v1/agents"),
    "GET /v1/agents/{id}": Request("/v1/agents/{agent}"),
    "PATCH /v1/agents/{id}": Request("/v1/agents/{agent}", {"temperature": 0.7}),
    "DELETE /v1/agents/{id}": Request("/v1/agents/{agent}"),
    "GET /v1/usage": Request("/v1/usage?group_by=day"),
    "POST /v1/webhook_endpoints": Request(
        "/v1/webhook_endpoints",
        {
            "url": "https://example.com/hooks/kallglot",
            "events": ["session.ended", "recording.ready"],
            "description": "The CRM",
        },
        status=201,
    ),
    "GET /v1/webhook_endpoints": Request("/v1/webhook_endpoints"),
    "GET /v1/webhook_endpoints/{id}": Request("/v1/webhook_endpoints/{endpoint}"),
    "PATCH /v1/webhook_endpoints/{id}": Request(
        "/v1/webhook_endpoints/{endpoint}", {"events": ["*"]}
    ),
    "DELETE /v1/webhook_endpoints/{id}": Request("/v1/webhook_endpoints/{endpoint}"),
    "POST /v1/webhook_endpoints/{id}/rotate_secret": Request(
        "/v1/webhook_endpoints/{endpoint}/rotate_secret", {"overlap_seconds": 3600}
    ),
    "POST /v1/webhook_endpoints/{id}/test": Request(
        "/v1/webhook_endpoints/{endpoint}/test", status=202
    ),
    "GET /v1/webhook_endpoints/{id}/deliveries": Request(
        "/v1/webhook_endpoints/{endpoint}/deliveries"
    ),
    "GET /v1/webhook_signing_secret": Request("/v1/webhook_signing_secret"),
    "GET /v1/webhook_deliveries/{id}": Request("/v1/webhook_deliveries/{delivery}"),
    "POST /v1/webhook_deliveries/{id}/redeliver": Request(
        "/v1/webhook_deliveries/{delivery}/redeliver", status=202
    ),
    "POST /v1/erasures": Request("/v1/erasures", {"metadata": {"order": "1017"}, "dry_run": True}),
    "GET /v1/erasures/{id}": Request("/v1/erasures/{erasure}"),
    "GET /v1/erasures": Request("/v1/erasures"),
    "POST /v1/api_keys": Request(
        "/v1/api_keys",
        {"name": "Reports", "scopes": ["sessions:read", "recordings:read"]},
        status=201,
    ),
    "GET /v1/api_keys": Request("/v1/api_keys"),
    "GET /v1/api_keys/{id}": Request("/v1/api_keys/{key}"),
    "DELETE /v1/api_keys/{id}": Request("/v1/api_keys/{key}"),
    "GET /v1/audit_log": Request("/v1/audit_log?limit=1"),
    "POST /v1/organizations": Request(
        "/v1/organizations",
        {"name": "Acme", "quotas": {"api_credits": 500}, "retention": {"recording_days": 30}},
        status=201,
        is_operator=True,
    ),
    "GET /v1/organizations": Request("/v1/organizations", is_operator=True),
    "GET /v1/organizations/{id}": Request("/v1/organizations/{organization}", is_operator=True),
    "PATCH /v1/organizations/{id}": Request(
        "/v1/organizations/{organization}",
        {"quotas": {"max_concurrent_sessions": 10}},
        is_operator=True,
    ),
    "POST /v1/organizations/{id}/end_sessions": Request(
        "/v1/organizations/{organization}/end_sessions", {"reason": "abuse"}, is_operator=True
    ),
    "DELETE /v1/organizations/{id}": Request("/v1/organizations/{spare}", is_operator=True),
    "GET /v1/events": Request("/v1/events?after={event}"),
    "GET /v1/sessions/{id}/events": Request("/v1/sessions/{ended}/events?types=session.started"),
    "GET /healthz": Request("/healthz"),
    "GET /readyz": Request("/readyz"),
    "GET /metrics": Request("/metrics"),
    "GET /": Request("/", status=302),
    "GET /openapi.json": Request("/openapi.json"),
    "GET /asyncapi.json": Request("/asyncapi.json"),
    "GET /docs": Request("/docs"),
}

SPOKEN = (
    ("customer", "de", "Guten Tag, wie lang ist die Kündigungsfrist?", "en"),
    ("agent", "en", "Good morning, it is three months.", "de"),
)
RENDERED = ("Good morning, how long is the notice period?", "Guten Morgen, es sind drei Monate.")


async def build(api, operator, store, settings, clock) -> dict[str, str]:
    """Make a session that lives, one that has ended, and what goes with them; return the ids."""
    glossary = await _made(api, "POST /v1/glossaries")
    endpoint = await _made(api, "POST /v1/webhook_endpoints")
    agent = await _made(api, "POST /v1/agents")
    key = await _made(api, "POST /v1/api_keys")
    connection = await _made(api, "POST /v1/provider_connections")
    idle = await _made(api, "POST /v1/provider_connections")
    asked = {"phone_number": OWNED[0], "connection_id": connection["id"]}
    number = await (await api.post("/v1/phone_numbers", json=asked)).json()
    spare = await store.organizations.add("Spare", clock())
    suspended = {"status": "suspended"}
    response = await operator.patch(f"/v1/organizations/{spare.id}", json=suspended)
    assert response.status == 200, await response.text()
    asked = REQUESTS["POST /v1/sessions"].body
    ended = (await api.create(**asked))["id"]
    session = (await api.create(**asked))["id"]
    clock.now += 5
    for each in (ended, session):
        await _begin(store, each, clock)
    clock.now += 120
    kept = await store.sessions.get(ended)
    over = attrs.evolve(kept, status=Status.ENDED, ended_at=clock(), end_reason="customer_hangup")
    await store.sessions.save(over, {}, events=[event_of(SessionEnded(over), clock())])
    recording = await _record(store, settings, ended, clock)
    link = await api.get(f"/v1/recordings/{recording}/download", allow_redirects=False)
    first, *_ = await store.events.after(0)
    erasure = await api.post("/v1/erasures", json={"metadata": {"order": "1016"}})
    analysis = await _analysed(api, store, ended)
    deliveries = f"/v1/webhook_endpoints/{endpoint['id']}/deliveries"
    (delivery, *_) = (await (await api.get(deliveries)).json())["data"]
    return {
        "agent": agent["id"],
        "analysis": analysis,
        "connection": connection["id"],
        "delivery": delivery["id"],
        "endpoint": endpoint["id"],
        "erasure": (await erasure.json())["id"],
        "idle": idle["id"],
        "key": key["id"],
        "number": number["id"],
        "organization": api.key.organization_id,
        "spare": spare.id,
        "glossary": glossary["id"],
        "ended": ended,
        "session": session,
        "recording": recording,
        "event": first.id,
        "link": link.headers["Location"].removeprefix(settings.public_url),
    }


async def _made(api, name: str) -> dict:
    asked = REQUESTS[name]
    response = await api.post(asked.url, json=asked.body)
    assert response.status == asked.status, await response.text()
    return await response.json()


async def _analysed(api, store, session_id: str) -> str:
    asked = REQUESTS["POST /v1/sessions/{id}/analysis"].body
    made = await (await api.post(f"/v1/sessions/{session_id}/analysis", json=asked)).json()
    news = store.events.news()
    while (await store.analyses.get(made["id"])).status == "processing":
        await news
        news = store.events.news()
    return made["id"]


async def _begin(store, session_id: str, clock) -> None:
    kept = await store.sessions.get(session_id)
    started = attrs.evolve(kept, status=Status.ACTIVE, started_at=clock())
    leg = Leg(
        id=new_id("leg"),
        session_id=session_id,
        provider="twilio",
        participant="customer",
        status="connected",
        connected_at=clock(),
        call_id="CA0c2b1a7e5d9f43518c6e2d1b0a9f8e7d",
    )
    await store.legs.put(leg, events=[event_of(ProviderConnected(started, leg), clock())])
    await store.sessions.save(started, {}, events=[event_of(SessionStarted(started), clock())])
    for sequence, (speaker, language, text, target) in enumerate(SPOKEN, 1):
        start = 4.0 * sequence
        rendering = Rendering(
            target, RENDERED[sequence - 1], 0.91, start + 2.8, start + 4.9, compute=0.4
        )
        await store.transcripts.put(
            Utterance(
                id=new_id("utt"),
                session_id=session_id,
                sequence=sequence,
                speaker=speaker,
                language=language,
                text=text,
                start=start,
                end=start + 2.1,
                confidence=0.94,
                renderings=(rendering,),
                heard_at=start + 2.3,
            )
        )


async def _record(store, settings, session_id: str, clock) -> str:
    path = settings.data / "mixed.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x10\x00\xf0\xff" * 4000)
    recording = Recording(
        new_id("rec"),
        session_id,
        "mixed",
        "ready",
        path.name,
        8000,
        clock() - 120,
        1.0,
        path.stat().st_size,
        clock() + 30 * 86_400,
    )
    await store.recordings.put(recording)
    return recording.id


_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID = re.compile(r"\b([a-z]+(?:_[a-z]+)*)_([0-9A-HJKMNP-TV-Z]{26})\b")
_SECRET = re.compile(r"\b(sk_live|sk_test|kst_live|kst_test|whsec|opk)_[\w-]{24,}={0,2}")
_HINT = re.compile(r'("hint": ")[^"]*"')
_SIGNATURE = re.compile(r"signature=[\w-]+")


class Tidy:
    """Puts the same ids and secrets in the place of those that differ from run to run."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def text(self, text: str) -> str:
        text = _SECRET.sub(lambda found: f"{found[1]}_{_letters(found[1])[:24]}", text)
        text = _SIGNATURE.sub("signature=" + _letters("signature"), text)
        text = _HINT.sub(r'\1sk_live_…NTSF"', text)
        return _ID.sub(self._id, text)

    def json(self, value: Any) -> Any:
        return json.loads(self.text(json.dumps(value, ensure_ascii=False)))

    def _id(self, found: re.Match[str]) -> str:
        tail = self._known.setdefault(found[2], f"01KNAMPE{_letters(str(len(self._known)))[:18]}")
        return f"{found[1]}_{tail}"


def _letters(seed: str) -> str:
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(_ALPHABET[byte % 32] for byte in digest)
