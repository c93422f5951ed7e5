"""What requests about connections and numbers have in common: whose they are, how they are used."""

from __future__ import annotations

from aiohttp import web

from kallglot.api.context import ACCOUNTS, API_KEY, CLOCK, SETTINGS, STORE
from kallglot.carriers.client import CarrierClient
from kallglot.errors import NotFound
from kallglot.model.connection import ProviderConnection
from kallglot.routing import Directory

__all__ = ["client_of", "directory_of", "find_connection"]


async def directory_of(request: web.Request) -> Directory:
    """Return what the key's organization may route by."""
    key, app = request[API_KEY], request.app
    shared = app[SETTINGS].directory
    return await app[STORE].directories.of(
        key.organization_id, key.environment, shared, app[CLOCK]()
    )


async def find_connection(
    request: web.Request, connection_id: str, param: str | None = None
) -> ProviderConnection:
    """Return a connection of whose key it is.

    Raises:
        NotFound: there is none, or it is not for this one to see.
    """
    found = await request.app[STORE].connections.get(connection_id)
    if found is None or not request[API_KEY].sees(found):
        raise NotFound("no such provider connection", code="connection_not_found", param=param)
    return found


async def client_of(request: web.Request, connection_id: str) -> CarrierClient:
    """Return who asks the carrier about an account, whosever it is.

    Raises:
        NotFound: there is no such connection any more, or it is disabled.
        NotAvailable: there is no client for its carrier.
    """
    connections = request.app[STORE].connections
    connection = await connections.get(connection_id)
    credentials = await connections.credentials(connection_id)
    if connection is None or credentials is None or connection.status == "disabled":
        raise NotFound(
            "this connection is not active", code="connection_not_found", param="connection_id"
        )
    return request.app[ACCOUNTS].client(connection.provider, credentials, connection.id)
