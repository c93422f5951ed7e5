"""Browsers, and whoever else speaks Kallglot's own protocol, in both of its generations."""

from __future__ import annotations

from kallglot.providers import INTERFACE, Provider
from plugins.browser.frames import is_native
from plugins.browser.wire import BrowserWire

__all__ = ["provider"]

provider = Provider(
    name="browser",
    interface=INTERFACE,
    recognises=is_native,
    wire=BrowserWire,
    capabilities=frozenset({"captions"}),
)
