"""Telnyx: its media streams, its webhooks and its REST API, by Call Control or by TeXML."""

from __future__ import annotations

from kallglot.providers import INTERFACE, Provider
from plugins.telnyx.clients import client
from plugins.telnyx.frames import is_telnyx
from plugins.telnyx.settings import TelnyxSettings
from plugins.telnyx.signatures import admit, verify
from plugins.telnyx.webhook import WEBHOOKS
from plugins.telnyx.wire import TelnyxWire

__all__ = ["provider"]

provider = Provider(
    name="telnyx",
    interface=INTERFACE,
    recognises=is_telnyx,
    wire=TelnyxWire,
    capabilities=frozenset({"marks", "dtmf", "documents", "commands", "numbers"}),
    settings=TelnyxSettings,
    verify=verify,
    admit=admit,
    webhooks=WEBHOOKS,
    client=client,
)
