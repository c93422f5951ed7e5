"""Webhooks as carriers sign them, and connections that believe those signatures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from kallglot.carriers.exchange import Answer, Ask
from kallglot.carriers.webhook import WebhookRequest
from plugins.telnyx.settings import TelnyxSettings
from plugins.twilio.settings import TwilioSettings

TOKEN = "0123456789abcdef0123456789abcdef"
ACCOUNT = "AC00000000000000000000000000000001"
SEED = bytes(range(32))
PUBLIC_KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
NOW = 1_790_000_000.0

TWILIO = TwilioSettings(
    account_sid=ACCOUNT,
    auth_token=TOKEN,
    shared_keys=(f"webhooks_sharedkey_EXAMPLE:{TOKEN}",),
)
TELNYX = TelnyxSettings(api_key="KEY1", public_key=PUBLIC_KEY, connection_id="1900000000000000001")

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
JSON = {"Content-Type": "application/json"}


def request_of(record: dict[str, Any]) -> WebhookRequest:
    """Return a webhook of the fixtures as it comes in."""
    body = record.get("body", "").encode()
    return WebhookRequest(record["method"], record["url"], record["headers"], body)


def form_request(url: str = "https://voice.example.com/x", **fields: str) -> WebhookRequest:
    return WebhookRequest("POST", url, FORM, urlencode(fields).encode())


def event_request(said: object) -> WebhookRequest:
    return WebhookRequest(
        "POST", "https://voice.example.com/telnyx/events", JSON, json.dumps(said).encode()
    )


class Script:
    """A line whose carrier gives these answers, one after the other, and remembers the asking."""

    def __init__(self, *answers: Answer | object) -> None:
        self.answers = list(answers)
        self.asked: list[Ask] = []

    async def send(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        answer = self.answers.pop(0)
        return answer if isinstance(answer, Answer) else said(answer)

    @property
    def last(self) -> Ask:
        return self.asked[-1]


def said(body: object, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def fields_of(ask: Ask) -> Sequence[tuple[str, str]]:
    return parse_qsl(ask.body.decode(), keep_blank_values=True)
