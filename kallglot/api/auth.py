"""Who asks: API keys, what each may do, and how often."""

from __future__ import annotations

from aiohttp import web

from kallglot.api.context import ALLOWANCE, API_KEY, CLOCK, LIMITS, STORE
from kallglot.errors import NotAllowed, NotAuthenticated, RateLimited

__all__ = ["admit", "authenticate"]


async def admit(request: web.Request, scope: str) -> None:
    """Let in who asks if their key is good, may do this, and has not asked too often.

    The key is then `request[API_KEY]`.

    Raises:
        NotAuthenticated: there is no such key.
        NotAllowed: it lacks the scope, or its organization is suspended.
        RateLimited: it has asked too often.
    """
    await authenticate(request)
    if scope not in request[API_KEY].scopes:
        raise NotAllowed(f"this API key lacks the scope {scope}")


async def authenticate(request: web.Request) -> None:
    """Let in who has a good key and has not asked too often.

    Raises:
        NotAuthenticated: there is no such key.
        NotAllowed: its organization is suspended.
        RateLimited: its organization has asked too often.
    """
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
    # An organization can make itself more keys, so it is not the key that is counted.
    _count(request, key.organization_id or key.id, now, key.standing.quotas.rate_limit)
    if key.standing.status == "suspended":
        raise NotAllowed("this organization is suspended", code="organization_suspended")


def _presented(request: web.Request) -> str | None:
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and credentials.strip():
        return credentials.strip()
    return request.headers.get("X-API-Key") or None


def _count(request: web.Request, who: str, now: float, limit: int | None = None) -> None:
    allowance = request[ALLOWANCE] = request.app[LIMITS].take(who, now, limit)
    if allowance.is_spent:
        raise RateLimited("too many requests", retry_after=max(1.0, allowance.reset - now))
