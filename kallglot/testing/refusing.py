"""How the simulated Telnyx refuses a request."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kallglot.testing.controlcall import Refusal

__all__ = ["Refused", "json_body"]


class Refused(Exception):
    """An error of Telnyx's."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.title)
        self.refusal = refusal


async def json_body(request: web.Request) -> dict[str, Any]:
    """Return the object in a request; nothing at all is an empty one."""
    raw = await request.read()
    if not raw:
        return {}
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(Refusal(422, "10015", "Invalid value", "The body is not a JSON object."))
    return body
