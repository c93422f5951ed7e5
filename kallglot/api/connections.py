"""`/v1/provider_connections`: accounts with carriers, an organization's or the operator's."""

from __future__ import annotations

import logging
from typing import Annotated, Any, Final

import attrs
from aiohttp import web

from kallglot.accounts import answerable
from kallglot.api import query
from kallglot.api import telephony_shapes as shapes
from kallglot.api.accounts import find_connection
from kallglot.api.answers import json_answer, read_json
from kallglot.api.auditing import noted
from kallglot.api.context import ACCOUNTS, API_KEY, CLOCK, REQUEST_ID, SETTINGS, STORE
from kallglot.api.endpoint import PAGE, Answer, Endpoint
from kallglot.api.idempotency import keeping, once
from kallglot.api.objects import iso
from kallglot.api.reading import read
from kallglot.api.shapes import Deleted, says
from kallglot.api.telephony_values import Credentials as CredentialsAsked
from kallglot.api.values import Short, Wording, unfit
from kallglot.errors import IllegalMove, InvalidRequest
from kallglot.ids import new_id
from kallglot.model.connection import Credentials, ProviderConnection
from kallglot.store.keys import TELEPHONY

__all__ = ["ENDPOINTS", "MOST_CONNECTIONS"]

logger = logging.getLogger(__name__)

#: How many connections an organization may have.
MOST_CONNECTIONS = 50

_NO_CREDENTIALS: Final = CredentialsAsked({})


@attrs.frozen
class ConnectionAsked:
    """The body of `POST /v1/provider_connections`."""

    provider: Annotated[Short, says("Such as `twilio` or `telnyx`.")]
    credentials: CredentialsAsked = attrs.field(repr=False)
    name: Wording | None = None
    default: bool = False
    secondary_connection_id: Short | None = None
    verify: Annotated[bool, says("Whether the carrier is asked if it takes the credentials.")] = (
        True
    )


@attrs.frozen
class ConnectionChanged:
    """The body of `PATCH /v1/provider_connections/{id}`; what is not there stays as it is.

    Credentials are replaced as a whole.
    """

    name: Wording | None = None
    credentials: CredentialsAsked = attrs.field(default=_NO_CREDENTIALS, repr=False)
    secondary_connection_id: Short | None = None
    verify: bool = True


async def create(request: web.Request) -> web.Response:
    key = request[API_KEY]
    body = await read_json(request)
    return await once(request, key, body, lambda: _create(request, body))


async def list_connections(request: web.Request) -> web.Response:
    key = request[API_KEY]
    found = await request.app[STORE].connections.page(
        key.organization_id, key.environment, query.page(request, "pcon")
    )
    connections: shapes.ConnectionList = {
        "object": "list",
        "data": [_object(each) for each in found.items],
        "in_settings": [
            {
                "id": each.id,
                "object": "provider_connection",
                "provider": each.provider,
                "default": each.is_default,
            }
            for each in request.app[SETTINGS].directory.connections
        ],
        "has_more": found.has_more,
        "url": "/v1/provider_connections",
    }
    return json_answer(connections)


async def retrieve(request: web.Request) -> web.Response:
    return json_answer(_object(await _find(request)))


async def update(request: web.Request) -> web.Response:
    connection = await _find(request)
    body = await read_json(request)
    asked = read(body, ConnectionChanged)
    if "name" in body and asked.name is None:
        raise unfit("name is not null", "name")
    now = request.app[CLOCK]()
    changed = attrs.evolve(connection, name=asked.name or connection.name, updated_at=now)
    if "secondary_connection_id" in body:
        second = await _second(request, asked.secondary_connection_id, connection.id)
        changed = attrs.evolve(changed, secondary_id=second)
    credentials = None
    if "credentials" in body:
        credentials = asked.credentials
        changed = await _with_credentials(request, changed, credentials, verify=asked.verify)
    note = noted(request, "provider_connection.updated", connection.id, fields=sorted(body))
    await request.app[STORE].connections.save(connection, changed, note, credentials=credentials)
    return json_answer(_object(changed))


async def delete(request: web.Request) -> web.Response:
    connection = await _find(request)
    await request.app[STORE].connections.remove(
        connection.id, noted(request, "provider_connection.deleted", connection.id)
    )
    request.app[ACCOUNTS].forget(connection.id)
    logger.info("%s deleted %s", request[REQUEST_ID], connection.id)
    return json_answer(Deleted(id=connection.id, object="provider_connection", deleted=True))


async def verify(request: web.Request) -> web.Response:
    """Try the credentials, also those of a connection that is disabled."""
    connection = await _find(request)
    credentials = await request.app[STORE].connections.credentials(connection.id)
    account = await _tried(request, connection, credentials or {})
    now = request.app[CLOCK]()
    return await _become(request, connection, "verified", account=account, verified_at=now)


async def make_default(request: web.Request) -> web.Response:
    connection = await _find(request)
    if connection.status == "disabled":
        raise IllegalMove("the connection is disabled: enable it first")
    return await _become(request, connection, "made_default", is_default=True)


async def disable(request: web.Request) -> web.Response:
    return await _become(request, await _find(request), "disabled", status="disabled")


async def enable(request: web.Request) -> web.Response:
    return await _become(request, await _find(request), "enabled", status="active")


async def _create(request: web.Request, body: dict[str, Any]) -> web.Response:
    key, store, now = request[API_KEY], request.app[STORE], request.app[CLOCK]()
    asked = read(body, ConnectionAsked)
    count = await store.connections.count(key.organization_id, key.environment)
    if count >= MOST_CONNECTIONS:
        raise IllegalMove(f"there are {MOST_CONNECTIONS} connections already")
    bare = ProviderConnection(
        id=new_id("pcon"),
        organization_id=key.organization_id,
        environment=key.environment,
        provider=asked.provider,
        name=asked.name or asked.provider,
        hints={},
        created_at=now,
        updated_at=now,
        is_default=asked.default,
        secondary_id=await _second(request, asked.secondary_connection_id),
    )
    connection = await _with_credentials(request, bare, asked.credentials, verify=asked.verify)
    response = json_answer(_object(connection), status=201)
    note = noted(
        request,
        "provider_connection.created",
        connection.id,
        provider=connection.provider,
        default=connection.is_default,
        verified=asked.verify,
    )
    await store.connections.add(connection, asked.credentials, note, *keeping(request, response))
    logger.info("%s made %s", request[REQUEST_ID], connection.id)
    return response


async def _with_credentials(
    request: web.Request,
    connection: ProviderConnection,
    credentials: Credentials,
    *,
    verify: bool,
) -> ProviderConnection:
    """Return the connection with what is known of these credentials, tried if that is wished.

    Raises:
        InvalidRequest: they look wrong, or the carrier does not take them.
        CarrierRefused: it was turned down for another reason.
        NotAvailable: there is no client for that carrier.
    """
    accounts = request.app[ACCOUNTS]
    accounts.check(connection.provider, credentials)
    hints = accounts.hints(connection.provider, credentials)
    changed = attrs.evolve(connection, hints=hints, account=None, verified_at=None)
    if not verify:
        return changed
    account = await _tried(request, changed, credentials)
    return attrs.evolve(changed, account=account, verified_at=request.app[CLOCK]())


async def _tried(
    request: web.Request, connection: ProviderConnection, credentials: Credentials
) -> str | None:
    """Try credentials; return what the carrier calls the account."""
    client = request.app[ACCOUNTS].trial(connection.provider, credentials)
    with answerable():
        account = await client.verify()
    if not account.is_active:
        raise InvalidRequest(
            "the carrier has closed or suspended this account",
            code="invalid_credentials",
            param="credentials",
        )
    return account.name or account.id


async def _become(
    request: web.Request, connection: ProviderConnection, what: str, **changes: Any
) -> web.Response:
    now = request.app[CLOCK]()
    changed = attrs.evolve(connection, updated_at=now, **changes)
    note = noted(request, f"provider_connection.{what}", connection.id)
    await request.app[STORE].connections.save(connection, changed, note)
    return json_answer(_object(changed))


async def _second(
    request: web.Request, connection_id: str | None, of: str | None = None
) -> str | None:
    """Return what is to be used when another fails, if it is there."""
    if connection_id is None:
        return None
    param = "secondary_connection_id"
    if connection_id == of:
        raise unfit("secondary_connection_id is another connection", param)
    return (await find_connection(request, connection_id, param)).id


async def _find(request: web.Request) -> ProviderConnection:
    return await find_connection(request, request.match_info["id"])


def _object(connection: ProviderConnection) -> shapes.Connection:
    verified_at = connection.verified_at
    return {
        "id": connection.id,
        "object": "provider_connection",
        "provider": connection.provider,
        "name": connection.name,
        "status": connection.status,
        "default": connection.is_default,
        "credentials": {**connection.hints},
        "account": connection.account,
        "verified_at": None if verified_at is None else iso(verified_at),
        "secondary_connection_id": connection.secondary_id,
        "environment": "test" if connection.environment == "test" else "live",
        "created_at": iso(connection.created_at),
        "updated_at": iso(connection.updated_at),
    }


_TRIED: Final = (
    "connection_not_found",
    "feature_not_available",
    "invalid_credentials",
    "invalid_provider",
    "provider_error",
)


def _verb(name: str, handle: Any, summary: str, *codes: str) -> Endpoint:
    return Endpoint(
        "POST",
        f"/v1/provider_connections/{{id}}/{name}",
        handle,
        summary,
        {200: Answer("The connection.", shapes.Connection)},
        scope=TELEPHONY,
        codes=("connection_not_found", *codes),
    )


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/provider_connections",
        create,
        "Connect an account with a carrier; its credentials are tried, sealed, and never shown",
        {201: Answer("The connection.", shapes.Connection)},
        scope=TELEPHONY,
        body=ConnectionAsked,
        codes=("illegal_state", "missing_required_field", *_TRIED),
        is_idempotent=True,
    ),
    Endpoint(
        "GET",
        "/v1/provider_connections",
        list_connections,
        "List provider connections",
        {200: Answer("A page of them.", shapes.ConnectionList)},
        scope=TELEPHONY,
        query=PAGE,
    ),
    Endpoint(
        "GET",
        "/v1/provider_connections/{id}",
        retrieve,
        "Retrieve a provider connection",
        {200: Answer("The connection, but for its credentials.", shapes.Connection)},
        scope=TELEPHONY,
        codes=("connection_not_found",),
    ),
    Endpoint(
        "PATCH",
        "/v1/provider_connections/{id}",
        update,
        "Change a provider connection; new credentials are tried",
        {200: Answer("The connection.", shapes.Connection)},
        scope=TELEPHONY,
        body=ConnectionChanged,
        codes=("missing_required_field", *_TRIED),
    ),
    Endpoint(
        "DELETE",
        "/v1/provider_connections/{id}",
        delete,
        "Delete a provider connection that has no numbers, and its credentials",
        {200: Answer("It is deleted.", Deleted)},
        scope=TELEPHONY,
        codes=("connection_not_found", "illegal_state"),
    ),
    _verb("verify", verify, "Try the credentials of a provider connection", *_TRIED),
    _verb(
        "make_default",
        make_default,
        "Have sessions that name no other way take this connection",
        "illegal_state",
    ),
    _verb("disable", disable, "Use a provider connection, and the numbers on it, no more"),
    _verb("enable", enable, "Use a provider connection again"),
)
