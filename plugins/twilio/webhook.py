"""Twilio's webhooks: forms in, facts out.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kallglot.carriers import forms
from kallglot.carriers.facts import CallFact
from kallglot.carriers.forms import Fields
from kallglot.carriers.webhook import Delivery, Webhook, WebhookRequest
from plugins.twilio import twiml
from plugins.twilio.signatures import fingerprint

__all__ = ["WEBHOOKS", "read_status", "read_stream", "read_voice"]


def _fields(request: WebhookRequest) -> Fields:
    """Return the form's fields; a number may be set to GET, and then they are in the URL."""
    return Fields.of(request.form() if request.method == "POST" else request.query())


def _delivery(request: WebhookRequest, facts: tuple[CallFact, ...]) -> Delivery:
    # Twilio's `I-Twilio-Idempotency-Token` would do, but is not signed.
    return Delivery(facts, fingerprint(request))


def _reader(read: Callable[[Fields], tuple[CallFact, ...]]) -> Callable[[WebhookRequest], Delivery]:
    def reader(request: WebhookRequest) -> Delivery:
        return _delivery(request, read(_fields(request)))

    return reader


read_voice = _reader(forms.voice_facts)
read_stream = _reader(forms.stream_facts)


def read_status(request: WebhookRequest) -> Delivery:
    """Read a call's status; what answered it may be said along with it."""
    fields = _fields(request)
    return _delivery(request, (*forms.progress_facts(fields), *forms.machine_facts(fields)))


def _told(request: WebhookRequest) -> Delivery:
    fields = _fields(request)
    if fields.text("ConferenceSid") is not None:
        return _delivery(request, forms.conference_facts(fields))
    fields.need("CallSid")
    return _delivery(request, forms.machine_facts(fields))


#: `voice` is a number's webhook, and the URL of a call we place; `after` is where `<Connect>` and
#: `<Dial>` ask what comes next.
WEBHOOKS: Final = (
    Webhook("voice", read_voice, twiml.document),
    Webhook("after", read_voice, twiml.document),
    Webhook("status", read_status),
    Webhook("stream", read_stream),
    Webhook("machine", _told),
    Webhook("conference", _told),
)
