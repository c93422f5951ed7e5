"""What an organization may spend: credits, and sessions at a time; off unless somebody set them.

What is refused here is refused by the store, in the transaction of what was asked for: however
many ask at once, no more than there is gets spent.
"""

from __future__ import annotations

from aiohttp import web

from kallglot.api.context import API_KEY, CLOCK
from kallglot.errors import NotAllowed
from kallglot.store import organizations
from kallglot.store.database import Statement

__all__ = ["CODES", "headers", "refunding", "seating", "spending", "spent"]

#: What an endpoint may refuse with that spends credits.
CODES = ("insufficient_api_credits", "organization_inactive")

_SPENT = web.RequestKey("spent", int)


def spending(request: web.Request) -> list[Statement]:
    """Return what spends a credit, to be written with what it is spent on; then say `spent`.

    Raises:
        NotAllowed: the organization begins nothing new at the moment.
    """
    key = request[API_KEY]
    if key.standing.status != "active":
        raise NotAllowed("this organization is not active", code="organization_inactive")
    return organizations.spending(key.organization_id, key.standing, request.app[CLOCK]())


def seating(request: web.Request) -> list[Statement]:
    """Return what makes sure that the organization may have another session."""
    key = request[API_KEY]
    return organizations.seating(key.organization_id, key.standing)


def spent(request: web.Request) -> None:
    """Let the answer say that a credit has been spent."""
    request[_SPENT] = request.get(_SPENT, 0) + 1


def refunding(request: web.Request, at: float) -> list[Statement]:
    """Return what gives back a credit that was spent at that time."""
    key = request[API_KEY]
    request[_SPENT] = 0
    return organizations.refunding(key.organization_id, key.standing, at)


def headers(request: web.Request) -> dict[str, str]:
    """Return what an answer says of credits; nothing where they are not counted."""
    key = request.get(API_KEY)
    if key is None or key.standing.quotas.api_credits is None:
        return {}
    used = key.standing.credits_used + request.get(_SPENT, 0)
    return {
        "X-API-Credits-Remaining": str(max(0, key.standing.quotas.api_credits - used)),
        "X-API-Credits-Used": str(used),
    }
