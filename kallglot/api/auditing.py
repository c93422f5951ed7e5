"""Who acts through the API, for the audit log."""

from __future__ import annotations

from typing import Any, Protocol

from aiohttp import web

from kallglot.api.context import API_KEY, CLOCK, REQUEST_ID
from kallglot.store.audit import Actor, note
from kallglot.store.database import Statement

__all__ = ["actor", "noted", "noted_about"]


class Owned(Protocol):
    """What belongs to an organization."""

    @property
    def id(self) -> str: ...
    @property
    def organization_id(self) -> str: ...


def actor(request: web.Request) -> Actor:
    return Actor(request[API_KEY].id, request[REQUEST_ID])


def noted(request: web.Request, action: str, target: str, **details: Any) -> Statement:
    """Return what writes a note about the key's organization, to be written with what it tells."""
    key = request[API_KEY]
    at = request.app[CLOCK]()
    return note(actor(request), action, target, at, key.organization_id or None, **details)


def noted_about(request: web.Request, owned: Owned, action: str, **details: Any) -> Statement:
    """Return what writes a note about the organization whose it is, whoever asks."""
    at = request.app[CLOCK]()
    return note(actor(request), action, owned.id, at, owned.organization_id or None, **details)
