"""How the telephone network reaches a session: the order in which that is resolved.  Pure.

1. `routing.connection_id`
2. SIP, when `routing.type` is `sip`
3. a managed number equal to `routing.phone_number`
4. the default connection
5. an error

A session that asks for no routing at all takes the default connection, or is reached by its
stream alone.  The older `provider` object says itself which carrier it means, so it needs no
connection and no managed number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from kallglot.errors import InvalidRequest, NoRoute, NotFound
from kallglot.model.session import Routing

__all__ = ["Connection", "Directory", "ProviderAsked", "RoutingAsked", "resolve", "resolve_older"]

CARRIERS = ("twilio", "telnyx")
SIP = "sip"


@attrs.frozen
class Connection:
    """An account with a carrier."""

    id: str
    provider: str
    is_default: bool = False


@attrs.frozen
class Directory:
    """What there is to route by; `numbers` are managed numbers and their carriers."""

    numbers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    connections: Sequence[Connection] = ()
    is_sip_enabled: bool = False

    def connection(self, connection_id: str) -> Connection | None:
        return next((each for each in self.connections if each.id == connection_id), None)

    def default(self) -> Connection | None:
        return next((each for each in self.connections if each.is_default), None)


@attrs.frozen
class RoutingAsked:
    """The `routing` object of a request."""

    phone_number: str | None = attrs.field(default=None, repr=False)
    type: str | None = None
    connection_id: str | None = None
    direction: str | None = None
    sip: Mapping[str, Any] | None = attrs.field(default=None, repr=False)


@attrs.frozen
class ProviderAsked:
    """The older `provider` object of a request."""

    type: str
    phone_number: str | None = attrs.field(default=None, repr=False)
    call_sid: str | None = None
    call_control_id: str | None = None
    sip_uri: str | None = attrs.field(default=None, repr=False)


def resolve(asked: RoutingAsked | None, directory: Directory) -> Routing:
    """Return the routing of a session.

    Raises:
        NotFound: `connection_not_found`, `phone_number_not_found`.
        NoRoute: `sip_not_enabled`, or `no_default_provider` when nothing resolves.
    """
    if asked is None:
        return _by_default(directory) or Routing()
    if asked.connection_id is not None:
        return _by_connection(asked, asked.connection_id, directory)
    if asked.type == SIP:
        _demand_sip(directory, "routing.type")
        return Routing(provider=SIP, direction=asked.direction)
    if asked.phone_number is not None:
        return _by_number(asked, asked.phone_number, directory)
    found = _by_default(directory)
    if found is None:
        raise NoRoute(
            "no route could be resolved: name a connection or a number, use SIP,"
            " or set a default connection",
            param="routing",
        )
    return attrs.evolve(found, direction=asked.direction)


def resolve_older(asked: ProviderAsked, directory: Directory) -> Routing:
    """Return the routing of a session that was asked for with a `provider` object.

    Raises:
        InvalidRequest: `invalid_provider`, no such carrier, or not that number's.
        NoRoute: `sip_not_enabled`.
    """
    if asked.type == SIP or asked.sip_uri is not None:
        _demand_sip(directory, "provider.type")
        direction = None if asked.sip_uri is None else "outbound"
        return Routing(
            provider=SIP,
            phone_number=asked.phone_number,
            sip_uri=asked.sip_uri,
            direction=direction,
        )
    if asked.type not in CARRIERS:
        raise InvalidRequest(
            "a provider is twilio, telnyx or sip", code="invalid_provider", param="provider.type"
        )
    call_ids = {"twilio": asked.call_sid, "telnyx": asked.call_control_id}
    for carrier, name in (("twilio", "call_sid"), ("telnyx", "call_control_id")):
        if call_ids[carrier] is not None and asked.type != carrier:
            raise InvalidRequest(f"{name} belongs to {carrier}", param=f"provider.{name}")
    if directory.numbers.get(asked.phone_number or "", asked.type) != asked.type:
        raise InvalidRequest(
            "that number belongs to another provider",
            code="invalid_provider",
            param="provider.type",
        )
    call_id = call_ids[asked.type]
    return Routing(
        provider=asked.type,
        phone_number=asked.phone_number,
        call_id=call_id,
        direction=None if call_id is None else "inbound",
    )


def _by_connection(asked: RoutingAsked, connection_id: str, directory: Directory) -> Routing:
    connection = directory.connection(connection_id)
    if connection is None:
        raise NotFound(
            "no such connection", code="connection_not_found", param="routing.connection_id"
        )
    return Routing(
        provider=connection.provider,
        connection_id=connection.id,
        phone_number=asked.phone_number,
        direction=asked.direction,
    )


def _by_number(asked: RoutingAsked, number: str, directory: Directory) -> Routing:
    provider = directory.numbers.get(number)
    if provider is None:
        raise NotFound(
            "this number is not managed here",
            code="phone_number_not_found",
            param="routing.phone_number",
        )
    return Routing(provider=provider, phone_number=number, direction=asked.direction)


def _by_default(directory: Directory) -> Routing | None:
    default = directory.default()
    if default is None:
        return None
    return Routing(provider=default.provider, connection_id=default.id)


def _demand_sip(directory: Directory, param: str) -> None:
    if not directory.is_sip_enabled:
        raise NoRoute("SIP is not enabled on this server", code="sip_not_enabled", param=param)
