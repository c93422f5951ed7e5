"""How the telephone network reaches a session: the order in which that is resolved.  Pure.

1. `routing.connection_id`
2. SIP, when `routing.type` is `sip`
3. an active managed number equal to `routing.phone_number`
4. the default connection, if it is active
5. an error

The first rule that is asked for decides: a connection that is not there is an error, and never a
reason to take the default.  A session that asks for no routing at all takes the default connection,
or is reached by its stream alone.  The older `provider` object says itself which carrier it means,
so it needs no connection and no managed number.

What there is comes from two places: the settings file, which is for everybody, and what an
organization has of its own.  Its own wins: a connection of the same id, a number, and the default;
also a default of its own that is disabled, as calls must not go over another account unasked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import attrs

from kallglot.errors import InvalidRequest, NoRoute, NotFound, Refused
from kallglot.model.session import Routing

__all__ = [
    "Connection",
    "Directory",
    "ManagedNumber",
    "Outcome",
    "ProviderAsked",
    "Resolution",
    "RoutingAsked",
    "Rule",
    "Step",
    "explain",
    "explain_older",
    "merged",
    "resolve",
    "resolve_older",
]

CARRIERS = ("twilio", "telnyx")
SIP = "sip"

Rule: TypeAlias = Literal[
    "connection", "sip", "managed_number", "default_connection", "stream_only", "provider"
]
Outcome: TypeAlias = Literal["won", "does_not_apply", "failed"]


@attrs.frozen
class Connection:
    """An account with a carrier; `secondary_id` is the one that is used when it fails."""

    id: str
    provider: str
    is_default: bool = False
    is_active: bool = True
    secondary_id: str | None = None


@attrs.frozen
class ManagedNumber:
    """A telephone number; `accounts` are the ids of the connections to use it by, in order."""

    provider: str
    accounts: tuple[str, ...] = ()
    is_active: bool = True


@attrs.frozen
class Directory:
    """What there is to route by."""

    numbers: Mapping[str, ManagedNumber] = attrs.field(factory=dict, repr=False)
    connections: Sequence[Connection] = ()
    is_sip_enabled: bool = False

    def connection(self, connection_id: str) -> Connection | None:
        """Return the connection with that id, if it is active."""
        return next((each for each in self._active() if each.id == connection_id), None)

    def default(self) -> Connection | None:
        """Return the default connection, if it is active."""
        return next((each for each in self._active() if each.is_default), None)

    def number(self, number: str) -> ManagedNumber | None:
        """Return the managed number, if it is active."""
        found = self.numbers.get(number)
        return found if found is not None and found.is_active else None

    def accounts_of(self, route: Routing) -> tuple[str, ...]:
        """Return the ids of the connections to place or to steer a call by, in order.

        The second is there for when the first fails.  Nothing for SIP, and where no account with
        the carrier is known.
        """
        if route.connection_id is not None:
            return self._with_second(route.connection_id)
        managed = self.number(route.phone_number or "")
        if managed is not None and managed.provider == route.provider and managed.accounts:
            return managed.accounts
        of_carrier = [each for each in self._active() if each.provider == route.provider]
        default = next((each for each in of_carrier if each.is_default), None)
        if default is None and len(of_carrier) == 1:
            (default,) = of_carrier
        return () if default is None else self._with_second(default.id)

    def _with_second(self, connection_id: str) -> tuple[str, ...]:
        first = self.connection(connection_id)
        if first is None:
            return ()
        second = None if first.secondary_id is None else self.connection(first.secondary_id)
        return (first.id,) if second is None else (first.id, second.id)

    def _active(self) -> list[Connection]:
        return [each for each in self.connections if each.is_active]


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


@attrs.frozen
class Step:
    """What became of one rule, and why."""

    rule: Rule
    outcome: Outcome
    reason: str


@attrs.frozen
class Resolution:
    """A routing, or why there is none; `steps` are the rules up to the one that decided."""

    outcome: Routing | Refused
    steps: tuple[Step, ...]

    @property
    def rule(self) -> Rule | None:
        """The rule that won; None if nothing resolved."""
        return self.steps[-1].rule if self.steps[-1].outcome == "won" else None

    def routing(self) -> Routing:
        """Return the routing.

        Raises:
            Refused: there is none.
        """
        if isinstance(self.outcome, Refused):
            raise self.outcome
        return self.outcome


def resolve(asked: RoutingAsked | None, directory: Directory) -> Routing:
    """Return the routing of a session.

    Raises:
        NotFound: `connection_not_found`, `phone_number_not_found`.
        NoRoute: `sip_not_enabled`, or `no_default_provider` when nothing resolves.
    """
    return explain(asked, directory).routing()


def resolve_older(asked: ProviderAsked, directory: Directory) -> Routing:
    """Return the routing of a session that was asked for with a `provider` object.

    Raises:
        InvalidRequest: `invalid_provider`, no such carrier, or not that number's.
        NoRoute: `sip_not_enabled`.
    """
    return explain_older(asked, directory).routing()


def explain(asked: RoutingAsked | None, directory: Directory) -> Resolution:
    """Return the routing of a session or its refusal, and why each rule decided or did not."""
    given = asked or RoutingAsked()
    if given.connection_id is not None:
        return _by_connection(given, given.connection_id, directory)
    steps: tuple[Step, ...] = (_NO_CONNECTION,)
    if given.type == SIP:
        return _by_sip(given, directory, steps)
    steps += (_NO_SIP,)
    if given.phone_number is not None:
        return _by_number(given, given.phone_number, directory, steps)
    return _by_default(asked, directory, (*steps, _NO_NUMBER))


def explain_older(asked: ProviderAsked, directory: Directory) -> Resolution:
    """Return what `explain` does, for a `provider` object."""
    try:
        found = _older(asked, directory)
    except Refused as refusal:
        return Resolution(refusal, (Step("provider", "failed", str(refusal)),))
    reason = "the older provider object says itself which carrier it means"
    return Resolution(found, (Step("provider", "won", reason),))


def merged(shared: Directory, own: Directory) -> Directory:
    """Return what an organization may route by: its own, then what everybody has."""
    if not own.numbers and not own.connections:
        return shared
    ids = {each.id for each in own.connections}
    has_default = any(each.is_default for each in own.connections)
    rest = [
        attrs.evolve(each, is_default=each.is_default and not has_default)
        for each in shared.connections
        if each.id not in ids
    ]
    return Directory(
        numbers={**shared.numbers, **own.numbers},
        connections=(*own.connections, *rest),
        is_sip_enabled=shared.is_sip_enabled,
    )


_NO_CONNECTION: Final = Step("connection", "does_not_apply", "no connection_id is given")
_NO_SIP: Final = Step("sip", "does_not_apply", "type is not sip")
_NO_NUMBER: Final = Step("managed_number", "does_not_apply", "no phone_number is given")


def _won(steps: Sequence[Step], rule: Rule, reason: str, found: Routing) -> Resolution:
    return Resolution(found, (*steps, Step(rule, "won", reason)))


def _failed(steps: Sequence[Step], rule: Rule, refusal: Refused) -> Resolution:
    return Resolution(refusal, (*steps, Step(rule, "failed", str(refusal))))


def _by_connection(asked: RoutingAsked, connection_id: str, directory: Directory) -> Resolution:
    connection = directory.connection(connection_id)
    if connection is None:
        is_there = any(each.id == connection_id for each in directory.connections)
        refusal = NotFound(
            "this connection is disabled" if is_there else "no such connection",
            code="connection_not_found",
            param="routing.connection_id",
        )
        return _failed((), "connection", refusal)
    found = Routing(
        provider=connection.provider,
        connection_id=connection.id,
        phone_number=asked.phone_number,
        direction=asked.direction,
    )
    return _won((), "connection", f"{connection.id} is given and active", found)


def _by_sip(asked: RoutingAsked, directory: Directory, steps: Sequence[Step]) -> Resolution:
    refusal = _sip_refusal(directory, "routing.type")
    if refusal is not None:
        return _failed(steps, "sip", refusal)
    reason = "type is sip, and this server speaks it"
    return _won(steps, "sip", reason, Routing(provider=SIP, direction=asked.direction))


def _by_number(
    asked: RoutingAsked, number: str, directory: Directory, steps: Sequence[Step]
) -> Resolution:
    managed = directory.number(number)
    if managed is None:
        refusal = NotFound(
            "this number is not active"
            if number in directory.numbers
            else "this number is not managed here",
            code="phone_number_not_found",
            param="routing.phone_number",
        )
        return _failed(steps, "managed_number", refusal)
    found = Routing(provider=managed.provider, phone_number=number, direction=asked.direction)
    reason = f"the number is managed here and active, with {managed.provider}"
    return _won(steps, "managed_number", reason, found)


def _by_default(
    asked: RoutingAsked | None, directory: Directory, steps: Sequence[Step]
) -> Resolution:
    default = directory.default()
    if default is not None:
        direction = None if asked is None else asked.direction
        found = Routing(default.provider, connection_id=default.id, direction=direction)
        return _won(steps, "default_connection", f"{default.id} is the default", found)
    disabled = next((each.id for each in directory.connections if each.is_default), None)
    why = "no connection is the default" if disabled is None else f"{disabled} is disabled"
    steps = (*steps, Step("default_connection", "does_not_apply", why))
    if asked is None:
        reason = "no routing is asked for, so the session is reached by its stream alone"
        return _won(steps, "stream_only", reason, Routing())
    refusal = NoRoute(
        "no route could be resolved: name a connection or a number, use SIP,"
        " or set a default connection",
        param="routing",
    )
    return Resolution(refusal, tuple(steps))


def _older(asked: ProviderAsked, directory: Directory) -> Routing:
    if asked.type == SIP or asked.sip_uri is not None:
        refusal = _sip_refusal(directory, "provider.type")
        if refusal is not None:
            raise refusal
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
    managed = directory.number(asked.phone_number or "")
    if managed is not None and managed.provider != asked.type:
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


def _sip_refusal(directory: Directory, param: str) -> NoRoute | None:
    if directory.is_sip_enabled:
        return None
    return NoRoute("SIP is not enabled on this server", code="sip_not_enabled", param=param)
