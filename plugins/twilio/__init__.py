"""Twilio: its media streams, its webhooks and its REST API."""

from __future__ import annotations

from kallglot.providers import INTERFACE, Provider
from plugins.twilio.frames import is_twilio
from plugins.twilio.rest import TwilioClient
from plugins.twilio.settings import TwilioSettings
from plugins.twilio.signatures import admit, verify
from plugins.twilio.webhook import WEBHOOKS
from plugins.twilio.wire import TwilioWire

__all__ = ["provider"]

provider = Provider(
    name="twilio",
    interface=INTERFACE,
    recognises=is_twilio,
    wire=TwilioWire,
    capabilities=frozenset({"marks", "dtmf", "documents", "numbers"}),
    settings=TwilioSettings,
    verify=verify,
    admit=admit,
    webhooks=WEBHOOKS,
    client=TwilioClient,
)
