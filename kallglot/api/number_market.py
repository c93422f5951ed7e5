"""Getting telephone numbers: those an account has already, and those its carrier sells."""

from __future__ import annotations

import logging
import re
from typing import Annotated, Any, Final, Literal, get_args

import attrs
from aiohttp import web

from kallglot.accounts import answerable
from kallglot.api import query, values
from kallglot.api import telephony_shapes as shapes
from kallglot.api.accounts import client_of, find_connection
from kallglot.api.answers import json_answer, read_json
from kallglot.api.auditing import noted_about
from kallglot.api.context import API_KEY, CLOCK, REQUEST_ID, SETTINGS, STORE
from kallglot.api.endpoint import Answer, Endpoint, Parameter
from kallglot.api.idempotency import keeping, once
from kallglot.api.number_profiles import ProfileAsked, read_profile
from kallglot.api.phone_numbers import number_object, our_setup, ready_id
from kallglot.api.reading import read
from kallglot.api.shapes import says
from kallglot.api.values import Short, unfit
from kallglot.carriers.client import NumberKind, NumberSearch, NumberSetup
from kallglot.errors import IllegalMove, InvalidRequest, NotAllowed, NotFound
from kallglot.ids import new_id
from kallglot.model.connection import ProviderConnection
from kallglot.model.phone_number import NumberProfile, PhoneNumber
from kallglot.store.keys import TELEPHONY

__all__ = ["ENDPOINTS"]

logger = logging.getLogger(__name__)

KINDS: Final[tuple[NumberKind, ...]] = get_args(NumberKind)

_PLACES: Final = {
    "country": (r"[A-Z]{2}", "two capital letters, such as DE"),
    "area_code": (r"[0-9]{1,8}", "up to 8 digits"),
    "contains": (r"[0-9]{1,15}", "up to 15 digits"),
}


@attrs.frozen
class NumberAsked:
    """The body of `POST /v1/phone_numbers` and of `POST /v1/phone_number_orders`.

    With a profile the carrier is told to ask this server about the number's calls.
    """

    phone_number: values.PhoneNumber = attrs.field(repr=False)
    connection_id: Annotated[Short, says("The account, `pcon_…`.")]
    profile: ProfileAsked | None = None
    organization_id: Annotated[Short | None, says("For operators: whose it is to be.")] = None
    environment: Annotated[
        Literal["live", "test"] | None, says("For operators; `live` unless given.")
    ] = None


@attrs.frozen
class _Wanted:
    """A number that is to be somebody's, as far as we have a say in it."""

    asked: NumberAsked
    connection: ProviderConnection
    organization_id: str
    environment: str
    profile: NumberProfile | None
    setup: NumberSetup | None


async def available(request: web.Request) -> web.Response:
    """Say which numbers are sold."""
    connection = await _connection(request, request.query.get("connection_id"))
    country = _place(request, "country")
    if country is None:
        raise InvalidRequest("country is missing", code="missing_required_field", param="country")
    kind = query.choice(request, "type", KINDS) or "local"
    search = NumberSearch(
        country=country,
        kind=next(each for each in KINDS if each == kind),
        area=_place(request, "area_code"),
        contains=_place(request, "contains"),
        limit=query.whole(request, "limit", 1, 100) or 20,
    )
    client = await client_of(request, connection.id)
    with answerable():
        found = await client.search_numbers(search)
    offers: shapes.NumberOffers = {
        "object": "list",
        "data": [
            {
                "object": "available_phone_number",
                "phone_number": each.number,
                "provider": connection.provider,
                "locality": each.locality,
                "region": each.region,
                "monthly_cost": each.monthly_cost,
                "currency": each.currency,
            }
            for each in found
        ],
    }
    return json_answer(offers)


async def assign(request: web.Request) -> web.Response:
    """Have a number that is on an account already; the carrier says whether it is."""
    body = await read_json(request)

    async def work() -> web.Response:
        wanted = await _wanted(request, body)
        client = await client_of(request, wanted.connection.id)
        with answerable():
            found = await client.numbers(wanted.asked.phone_number)
        owned = next((each for each in found if each.number == wanted.asked.phone_number), None)
        if owned is None:
            raise NotFound(
                "this account has no such number: buy it, or take another connection",
                code="phone_number_not_found",
                param="phone_number",
            )
        if wanted.setup is not None:
            with answerable():
                await client.configure_number(ready_id(owned), wanted.setup)
        return await _keep(request, wanted, owned.id, "assigned")

    return await once(request, request[API_KEY], body, work)


async def buy(request: web.Request) -> web.Response:
    """Buy a number; if it cannot be kept here after that, it can be assigned later."""
    body = await read_json(request)

    async def work() -> web.Response:
        wanted = await _wanted(request, body)
        client = await client_of(request, wanted.connection.id)
        with answerable():
            owned = await client.buy_number(
                wanted.asked.phone_number, wanted.setup or NumberSetup()
            )
        logger.info("%s bought a number by %s", request[REQUEST_ID], wanted.connection.id)
        return await _keep(request, wanted, owned.id, "bought")

    return await once(request, request[API_KEY], body, work)


async def _wanted(request: web.Request, body: dict[str, Any]) -> _Wanted:
    """Return what is wanted, once nothing that we know of speaks against it."""
    key = request[API_KEY]
    asked = read(body, NumberAsked)
    connection = await find_connection(request, asked.connection_id, "connection_id")
    if connection.status == "disabled":
        raise IllegalMove("the connection is disabled: enable it first")
    number = asked.phone_number
    is_in_settings = number in request.app[SETTINGS].directory.numbers
    if is_in_settings or await request.app[STORE].phone_numbers.find(number) is not None:
        raise IllegalMove(
            "this number is in the settings file"
            if is_in_settings
            else "this number is assigned already",
            code="phone_number_taken",
            param="phone_number",
        )
    profile, setup = read_profile(request, asked.profile, number), None
    if profile is not None:
        setup = await our_setup(request, connection.provider, connection.id)
    return _Wanted(
        asked=asked,
        connection=connection,
        organization_id=await _owner(request, asked),
        environment=(asked.environment or "live") if key.is_operators else key.environment,
        profile=profile,
        setup=setup,
    )


async def _owner(request: web.Request, asked: NumberAsked) -> str:
    key = request[API_KEY]
    if not key.is_operators:
        if asked.organization_id not in {None, key.organization_id}:
            raise NotFound(
                "no such organization", code="organization_not_found", param="organization_id"
            )
        if asked.environment not in {None, key.environment}:
            raise NotAllowed(f"a {key.environment} key has {key.environment} numbers")
        return key.organization_id
    if asked.organization_id is None:
        raise InvalidRequest(
            "organization_id is missing", code="missing_required_field", param="organization_id"
        )
    if await request.app[STORE].organizations.get(asked.organization_id) is None:
        raise NotFound(
            "no such organization", code="organization_not_found", param="organization_id"
        )
    return asked.organization_id


async def _keep(
    request: web.Request, wanted: _Wanted, carrier_id: str | None, became: str
) -> web.Response:
    now = request.app[CLOCK]()
    number = PhoneNumber(
        id=new_id("num"),
        organization_id=wanted.organization_id,
        environment=wanted.environment,
        number=wanted.asked.phone_number,
        provider=wanted.connection.provider,
        connection_id=wanted.connection.id,
        created_at=now,
        updated_at=now,
        carrier_id=carrier_id,
        profile=wanted.profile,
    )
    response = json_answer(await number_object(request, number), status=201)
    note = noted_about(
        request, number, f"phone_number.{became}", connection_id=wanted.connection.id
    )
    await request.app[STORE].phone_numbers.add(number, note, *keeping(request, response))
    logger.info("%s: %s is %s", request[REQUEST_ID], number.id, became)
    return response


async def _connection(request: web.Request, connection_id: str | None) -> ProviderConnection:
    if connection_id is None:
        raise InvalidRequest(
            "connection_id is missing", code="missing_required_field", param="connection_id"
        )
    return await find_connection(request, connection_id, "connection_id")


def _place(request: web.Request, name: str) -> str | None:
    value = request.query.get(name)
    pattern, says_what = _PLACES[name]
    if value is not None and not re.fullmatch(pattern, value, re.ASCII):
        raise unfit(f"{name} must be {says_what}", name)
    return value


_CODES: Final = (
    "connection_not_found",
    "feature_not_available",
    "invalid_credentials",
    "invalid_provider",
    "missing_required_field",
    "provider_error",
)
_HAD: Final = (
    *_CODES,
    "illegal_state",
    "organization_not_found",
    "phone_number_taken",
    "sip_not_enabled",
)

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v1/available_phone_numbers",
        available,
        "Search numbers that can be bought on an account",
        {200: Answer("Some of them.", shapes.NumberOffers)},
        scope=TELEPHONY,
        query=(
            Parameter("connection_id", {"type": "string"}, "The account, `pcon_…`; it is needed."),
            Parameter(
                "country",
                {"type": "string", "pattern": "^[A-Z]{2}$"},
                "Such as `DE`; it is needed.",
            ),
            Parameter("type", {"type": "string", "enum": [*KINDS]}, "What kind of number."),
            Parameter(
                "area_code", {"type": "string", "pattern": "^[0-9]{1,8}$"}, "Only those of it."
            ),
            Parameter(
                "contains",
                {"type": "string", "pattern": "^[0-9]{1,15}$"},
                "Only with these digits.",
            ),
            Parameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
                "How many.",
            ),
        ),
        codes=_CODES,
    ),
    Endpoint(
        "POST",
        "/v1/phone_numbers",
        assign,
        "Have a number that is on an account already",
        {201: Answer("The number.", shapes.PhoneNumber)},
        scope=TELEPHONY,
        body=NumberAsked,
        codes=(*_HAD, "phone_number_not_found"),
        is_idempotent=True,
    ),
    Endpoint(
        "POST",
        "/v1/phone_number_orders",
        buy,
        "Buy a number; send an `Idempotency-Key`, so that it is bought once",
        {201: Answer("The number.", shapes.PhoneNumber)},
        scope=TELEPHONY,
        body=NumberAsked,
        codes=_HAD,
        is_idempotent=True,
    ),
)
