"""`/metrics`: the server's numbers, for Prometheus.

They tell how busy a server is, which is nobody else's business.  So who asks from elsewhere needs
an API key, unless the operator has opened them to all.
"""

from __future__ import annotations

import ipaddress
from typing import Final

import attrs
from aiohttp import web
from prometheus_client.exposition import choose_encoder

from kallglot.api.auth import authenticate
from kallglot.api.context import CALLS
from kallglot.api.endpoint import Answer, Endpoint
from kallglot.metering import Metering

__all__ = ["ACCESSES", "ENDPOINTS", "EXPOSED", "Exposed"]

#: Who may read the numbers without an API key: this machine, nobody, everybody.
ACCESSES: Final = ("local", "key", "open")

#: What a proxy adds when it passes on what somebody else asks.
_PROXIED: Final = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")


@attrs.frozen
class Exposed:
    """The numbers, and who may read them without an API key, as one of `ACCESSES`."""

    metering: Metering
    access: str = attrs.field(default="local", validator=attrs.validators.in_(ACCESSES))


EXPOSED = web.AppKey("exposed", Exposed)


async def read(request: web.Request) -> web.StreamResponse:
    if not _needs_no_key(request):
        await authenticate(request)
    metering = request.app[EXPOSED].metering
    metering.sessions(request.app[CALLS].count())
    metering.look()
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return web.Response(
        body=encode(metering.registry),
        headers={"Content-Type": content_type, "Cache-Control": "no-store"},
    )


def _needs_no_key(request: web.Request) -> bool:
    match request.app[EXPOSED].access:
        case "open":
            return True
        case "local":
            return _is_from_here(request)
        case _:
            return False


def _is_from_here(request: web.Request) -> bool:
    """Tell whether this machine asks for itself.

    A proxy on this machine asks for others; those that do not say so need `key`.
    """
    if any(header in request.headers for header in _PROXIED):
        return False
    try:
        address = ipaddress.ip_address(request.remote or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/metrics",
        read,
        "Read the server's numbers, for Prometheus",
        {200: Answer("The numbers.", media=("text/plain", "application/openmetrics-text"))},
        codes=("invalid_api_key", "expired_api_key", "revoked_api_key", "rate_limit_exceeded"),
        admits=("nothing", "api_key"),
    ),
)
