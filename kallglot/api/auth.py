"""Who asks: API keys, what each may do, and how often."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from kallglot.api.context import ALLOWANCE, API_KEY, CLOCK, LIMITS, STORE
from kallglot.errors import NotAllowed, NotAuthenticated, RateLimited
from kallglot.store.keys import ApiKey

__all__ = ["admit", "allow", "guard"]


def guard(route: web.RouteDef) -> web.RouteDef:
    """Return the route, open only to those with a good key, and only so often."""
    handler: Handler = route.handler

    async def guarded(request: web.Request) -> web.StreamResponse:
        await _authenticate(request)
        return await handler(request)

    return web.RouteDef(route.method, route.path, guarded, route.kwargs)


async def admit(request: web.Request, scope: str) -> None:
    """Let in who asks if their key is good, may do this, and has not asked too often.

    The key is then `request[API_KEY]`.

    Raises:
        NotAuthenticated: there is no such key.
        NotAllowed: it lacks the scope.
        RateLimited: it has asked too often.
    """
    await _authenticate(request)
    allow(request, scope)


def allow(request: web.Request, scope: str) -> ApiKey:
    """Return the key that asks, which may do this.

    Raises:
        NotAllowed: it may not.
    """
    key = request[API_KEY]
    if scope not in key.scopes:
        raise NotAllowed(f"this API key lacks the scope {scope}")
    return key


async def _authenticate(request: web.Request) -> None:
    now = request.app[CLOCK]()
    text = _presented(request)
    try:
        if text is None:
            raise NotAuthenticated("send an API key as Authorization: Bearer or as X-API-Key")
        key = await request.app[STORE].keys.authenticate(text, now)
    except NotAuthenticated:
        _count(request, f"somebody at {request.remote}", now)
        raise
    request[API_KEY] = key
    _count(request, key.id, now)


def _presented(request: web.Request) -> str | None:
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and credentials.strip():
        return credentials.strip()
    return request.headers.get("X-API-Key") or None


def _count(request: web.Request, who: str, now: float) -> None:
    allowance = request[ALLOWANCE] = request.app[LIMITS].take(who, now)
    if allowance.is_spent:
        raise RateLimited("too many requests", retry_after=max(1.0, allowance.reset - now))
