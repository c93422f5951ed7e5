"""Telnyx, by its media streams: Call Control and TeXML speak the same."""

from __future__ import annotations

from kallglot.providers import INTERFACE, Provider
from plugins.telnyx.frames import is_telnyx
from plugins.telnyx.wire import TelnyxWire

__all__ = ["provider"]

provider = Provider(
    name="telnyx",
    interface=INTERFACE,
    recognises=is_telnyx,
    wire=TelnyxWire,
    capabilities=frozenset({"marks", "dtmf"}),
)
