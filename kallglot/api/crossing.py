"""Pages of other origins that may ask: CORS (https://fetch.spec.whatwg.org/#http-cors-protocol).

Off unless the operator names origins.  Keys are sent in headers and never by cookie, so pages are
allowed no credentials.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from kallglot.api.context import SETTINGS

__all__ = ["preflight", "sign"]

ANY = "*"
#: How long a browser may remember what it was answered, in seconds.
REMEMBERED = 600

_METHODS: Final = "GET, POST, PUT, PATCH, DELETE"
_ASKED: Final = (
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, Range, X-API-Key"
)
_EXPOSED: Final = ", ".join(
    (
        "Content-Disposition",
        "Content-Range",
        "ETag",
        "Idempotent-Replayed",
        "Location",
        "Retry-After",
        "X-API-Credits-Remaining",
        "X-API-Credits-Used",
        "X-RateLimit-Limit",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
        "X-Request-ID",
    )
)


@web.middleware
async def preflight(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a browser that asks whether a page may ask."""
    asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    is_there = isinstance(request.match_info.http_exception, web.HTTPMethodNotAllowed)
    if not asks or not is_there or _allowed(request) is None:
        return await handler(request)
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _ASKED,
            "Access-Control-Max-Age": str(REMEMBERED),
        },
    )


def sign(request: web.Request, response: web.StreamResponse) -> None:
    """Say on an answer which page may read it."""
    origins = request.app[SETTINGS].cors.origins
    if not origins:
        return
    if ANY not in origins:
        response.headers.add("Vary", "Origin")
    allowed = _allowed(request)
    if allowed is not None:
        response.headers["Access-Control-Allow-Origin"] = allowed
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED


def _allowed(request: web.Request) -> str | None:
    """Return the origin that may read the answer; None if that of the page may not."""
    origins = request.app[SETTINGS].cors.origins
    if ANY in origins:
        return ANY
    origin = request.headers.get("Origin")
    return origin if origin in origins else None
