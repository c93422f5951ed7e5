"""What answers about provider connections, telephone numbers and routes look like."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from kallglot.api.shapes import Language, Time, says
from kallglot.model.connection import ConnectionStatus
from kallglot.model.phone_number import NumberStatus
from kallglot.model.session import Mode
from kallglot.routing import Outcome, Rule

__all__ = [
    "Connection",
    "ConnectionList",
    "NumberList",
    "NumberOffer",
    "NumberOffers",
    "PhoneNumber",
    "Profile",
    "ReleasedNumber",
    "Route",
    "RouteFault",
    "RouteStep",
    "SettingsConnection",
    "SettingsNumber",
]


class Connection(TypedDict):
    """An account with a carrier."""

    id: str
    object: Literal["provider_connection"]
    provider: str
    name: str
    status: ConnectionStatus
    default: Annotated[bool, says("Whether sessions take it that name no other way.")]
    credentials: Annotated[dict[str, str], says("Of what is secret, no more than how it ends.")]
    account: Annotated[str | None, says("What the carrier calls the account.")]
    verified_at: Annotated[Time | None, says("When the carrier last took the credentials.")]
    secondary_connection_id: Annotated[str | None, says("What is used when this one fails.")]
    environment: Literal["live", "test"]
    created_at: Time
    updated_at: Time


class SettingsConnection(TypedDict):
    """A connection of the settings file, which everybody may route by and nobody changes here."""

    id: str
    object: Literal["provider_connection"]
    provider: str
    default: bool


class ConnectionList(TypedDict):
    """A page of connections, the newest first, and those of the settings file."""

    object: Literal["list"]
    data: list[Connection]
    in_settings: list[SettingsConnection]
    has_more: bool
    url: str


class Profile(TypedDict):
    """What a call to a number becomes."""

    mode: Mode
    source_language: Annotated[Language | None, says("What callers speak; null: detected.")]
    target_language: Annotated[Language | None, says("What the agent speaks.")]
    greeting: str | None
    greeting_language: Language | None
    agent: Annotated[str | None, says("Who is called; null: the agent comes by a stream.")]
    recording: bool
    fallback_number: Annotated[
        str | None, says("Where callers are put through when nothing can be translated.")
    ]


class PhoneNumber(TypedDict):
    """A managed telephone number."""

    id: str
    object: Literal["phone_number"]
    phone_number: str
    provider: str
    connection_id: Annotated[
        str | None, says("The account that it is on; null: it is the operator's, or not known.")
    ]
    status: NumberStatus
    profile: Annotated[Profile | None, says("Null: your own application answers its calls.")]
    organization_id: str
    environment: Literal["live", "test"]
    created_at: Time
    updated_at: Time


class SettingsNumber(TypedDict):
    """A number of the settings file, which everybody may route by and nobody changes here."""

    object: Literal["phone_number"]
    phone_number: str
    provider: str


class NumberList(TypedDict):
    """A page of numbers, the newest first, and those of the settings file."""

    object: Literal["list"]
    data: list[PhoneNumber]
    in_settings: list[SettingsNumber]
    has_more: bool
    url: str


class NumberOffer(TypedDict):
    """A number that can be bought."""

    object: Literal["available_phone_number"]
    phone_number: str
    provider: str
    locality: str | None
    region: str | None
    monthly_cost: Annotated[str | None, says("As the carrier writes it.")]
    currency: str | None


class NumberOffers(TypedDict):
    """Numbers that can be bought."""

    object: Literal["list"]
    data: list[NumberOffer]


class ReleasedNumber(TypedDict):
    """A number that was given back to the carrier."""

    id: str
    object: Literal["phone_number"]
    phone_number: str
    released: Literal[True]


class RouteStep(TypedDict):
    """What became of one rule."""

    rule: Rule
    outcome: Outcome
    reason: str


class RouteFault(TypedDict):
    """What a session that is asked for like this would be refused with."""

    code: str
    message: str
    param: NotRequired[str]


class Route(TypedDict):
    """How a session would be reached."""

    object: Literal["route"]
    rule: Annotated[Rule | None, says("The rule that wins; null: none does.")]
    provider: str | None
    phone_number: str | None
    connection_id: str | None
    direction: str | None
    connections: Annotated[
        list[str], says("What calls would be placed by: the second when the first fails.")
    ]
    steps: Annotated[list[RouteStep], says("The rules, up to the one that decides.")]
    error: RouteFault | None
