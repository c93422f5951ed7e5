"""What every answer carries besides itself, and answers made smaller on the way."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from kallglot.api import crossing, quotas
from kallglot.api.context import ALLOWANCE, REQUEST_ID

__all__ = ["compress", "mark", "sign"]

#: Bodies that are shorter are sent as they are.
SMALLEST = 1024

#: What becomes smaller; not streams of events, each of which must go out at once, nor sound.
_COMPRESSIBLE: Final = ("application/json", "application/x-subrip", "text/")

#: Nothing here is for frames, and nobody is to guess what an answer is or to keep it.
_GUARDS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def sign(request: web.Request, response: web.StreamResponse) -> None:
    """Put on every answer which request it answers, and what is left to whoever asked."""
    headers = response.headers
    mark(headers, request[REQUEST_ID])
    allowance = request.get(ALLOWANCE)
    if allowance is not None:
        headers["X-RateLimit-Limit"] = str(allowance.limit)
        headers["X-RateLimit-Remaining"] = str(max(0, allowance.left))
        headers["X-RateLimit-Reset"] = str(int(allowance.reset))
    headers.update(quotas.headers(request))
    crossing.sign(request, response)


def mark(headers: MutableMapping[str, str], request_id: str) -> None:
    """Put into the headers of an answer what every answer has, whatever it answers."""
    headers["X-Request-ID"] = request_id
    headers["Server"] = "Kallglot"
    for name, value in _GUARDS.items():
        headers.setdefault(name, value)


@web.middleware
async def compress(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send text with gzip to who takes it."""
    response = await handler(request)
    if not isinstance(response, web.Response) or not _is_compressible(response):
        return response
    response.headers.add("Vary", "Accept-Encoding")
    if accepts_gzip(request.headers.get("Accept-Encoding", "")):
        tag = response.headers.get("ETag")
        if tag is not None and not tag.startswith("W/"):
            response.headers["ETag"] = f"W/{tag}"  # not the same bytes any more
        response.enable_compression(web.ContentCoding.gzip)
    return response


def accepts_gzip(accepted: str) -> bool:
    """Tell whether an `Accept-Encoding` takes gzip; what is said of gzip outdoes what of `*`."""
    qualities: dict[str, bool] = {}
    for entry in accepted.split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        qualities[name] = not any(_is_zero(parameter) for parameter in parameters)
    return qualities.get("gzip", qualities.get("*", False))


def _is_zero(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and value.strip().strip("0").strip(".").strip("0") == ""


def _is_compressible(response: web.Response) -> bool:
    body = response.body
    return (
        isinstance(body, bytes)
        and len(body) > SMALLEST
        and response.status != 206
        and "Content-Encoding" not in response.headers
        and response.content_type.startswith(_COMPRESSIBLE)
    )
