"""Twilio, by its media streams."""

from __future__ import annotations

from kallglot.providers import INTERFACE, Provider
from plugins.twilio.frames import is_twilio
from plugins.twilio.wire import TwilioWire

__all__ = ["provider"]

provider = Provider(
    name="twilio",
    interface=INTERFACE,
    recognises=is_twilio,
    wire=TwilioWire,
    capabilities=frozenset({"marks", "dtmf"}),
)
