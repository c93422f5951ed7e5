"""`/v1/phone_numbers`: the numbers that organizations have, and what calls to them become."""

from __future__ import annotations

import logging
from typing import Annotated, Any, Final

import attrs
from aiohttp import web

from kallglot.accounts import answerable
from kallglot.api import query
from kallglot.api import telephony_shapes as shapes
from kallglot.api.accounts import client_of
from kallglot.api.answers import json_answer, read_json
from kallglot.api.auditing import noted_about
from kallglot.api.context import ACCOUNTS, API_KEY, CLOCK, REQUEST_ID, SETTINGS, STORE
from kallglot.api.endpoint import PAGE, Answer, Endpoint, Parameter
from kallglot.api.number_profiles import ProfileAsked, profile_object, read_profile
from kallglot.api.objects import iso
from kallglot.api.reading import read
from kallglot.api.shapes import Deleted, says
from kallglot.api.telephony_values import CallUrl
from kallglot.api.values import Short
from kallglot.carriers.client import CarrierClient, NumberSetup, OwnedNumber
from kallglot.errors import IllegalMove, NotAllowed, NotAvailable, NotFound
from kallglot.model.phone_number import NumberStatus, PhoneNumber
from kallglot.store.keys import TELEPHONY

__all__ = ["ENDPOINTS", "number_object", "our_setup", "ready_id"]

logger = logging.getLogger(__name__)


@attrs.frozen
class NumberChanged:
    """The body of `PATCH /v1/phone_numbers/{id}`; what is not there stays as it is."""

    profile: Annotated[
        ProfileAsked | None, says("As a whole; null: your own application answers.")
    ] = None
    status: NumberStatus = "active"


@attrs.frozen
class SetupAsked:
    """The body of `POST /v1/phone_numbers/{id}/configure`; this server's URLs unless given."""

    voice_url: CallUrl | None = attrs.field(default=None, repr=False)
    fallback_url: CallUrl | None = attrs.field(default=None, repr=False)
    status_url: CallUrl | None = attrs.field(default=None, repr=False)
    application: Annotated[
        Short | None, says("The carrier's id of what bears the URLs, where numbers do not.")
    ] = None


async def list_numbers(request: web.Request) -> web.Response:
    key = request[API_KEY]
    page, numbers = query.page(request, "num"), request.app[STORE].phone_numbers
    if key.is_operators:
        found = await numbers.page(page, request.query.get("organization_id"))
    else:
        found = await numbers.page(page, key.organization_id, key.environment)
    managed = request.app[SETTINGS].directory.numbers
    listed: shapes.NumberList = {
        "object": "list",
        "data": [await number_object(request, each) for each in found.items],
        "in_settings": [
            {"object": "phone_number", "phone_number": number, "provider": each.provider}
            for number, each in managed.items()
        ],
        "has_more": found.has_more,
        "url": "/v1/phone_numbers",
    }
    return json_answer(listed)


async def retrieve(request: web.Request) -> web.Response:
    return json_answer(await number_object(request, await _find(request)))


async def update(request: web.Request) -> web.Response:
    number = await _find(request)
    body = await read_json(request)
    asked = read(body, NumberChanged)
    changes: dict[str, Any] = {}
    if "status" in body:
        changes["status"] = asked.status
    if "profile" in body:
        changes["profile"] = read_profile(request, asked.profile, number.number)
    changed = attrs.evolve(number, updated_at=request.app[CLOCK](), **changes)
    note = noted_about(request, number, "phone_number.updated", fields=sorted(body))
    await request.app[STORE].phone_numbers.save(number, changed, note)
    return json_answer(await number_object(request, changed))


async def unassign(request: web.Request) -> web.Response:
    """Take a number from its organization; it stays on its account, and is paid for."""
    number = await _find(request)
    await _demand_say(request, number)
    await request.app[STORE].phone_numbers.remove(
        number.id, noted_about(request, number, "phone_number.unassigned")
    )
    return json_answer(Deleted(id=number.id, object="phone_number", deleted=True))


async def configure(request: web.Request) -> web.Response:
    """Tell the carrier whom to ask about calls to a number: this server, or somebody else."""
    number = await _find(request)
    asked = read(await read_json(request), SetupAsked)
    setup = NumberSetup(asked.voice_url, asked.fallback_url, asked.status_url, asked.application)
    client, carrier_id = await _at_carrier(request, number)
    if setup == NumberSetup():
        setup = await our_setup(request, number.provider, number.connection_id or "")
    with answerable():
        await client.configure_number(carrier_id, setup)
    await request.app[STORE].audit.add(noted_about(request, number, "phone_number.configured"))
    return json_answer(await number_object(request, number))


async def release(request: web.Request) -> web.Response:
    """Give a number back to the carrier, for good."""
    number = await _find(request)
    await _demand_say(request, number)
    client, carrier_id = await _at_carrier(request, number)
    with answerable():
        await client.release_number(carrier_id)
    await request.app[STORE].phone_numbers.remove(
        number.id, noted_about(request, number, "phone_number.released")
    )
    logger.info("%s released %s", request[REQUEST_ID], number.id)
    released: shapes.ReleasedNumber = {
        "id": number.id,
        "object": "phone_number",
        "phone_number": number.number,
        "released": True,
    }
    return json_answer(released)


async def number_object(request: web.Request, number: PhoneNumber) -> shapes.PhoneNumber:
    """Return a number as it is shown; who does not see its account is not told of it."""
    connection_id = number.connection_id
    if connection_id is not None and not await _sees_account(request, connection_id):
        connection_id = None
    return {
        "id": number.id,
        "object": "phone_number",
        "phone_number": number.number,
        "provider": number.provider,
        "connection_id": connection_id,
        "status": number.status,
        "profile": None if number.profile is None else profile_object(number.profile),
        "organization_id": number.organization_id,
        "environment": "test" if number.environment == "test" else "live",
        "created_at": iso(number.created_at),
        "updated_at": iso(number.updated_at),
    }


async def our_setup(request: web.Request, provider: str, connection_id: str) -> NumberSetup:
    """Return what has a carrier ask this server.

    Raises:
        NotAvailable: it could not answer that carrier.
    """
    app = request.app
    given = await app[STORE].connections.credentials(connection_id) or {}
    setup = app[ACCOUNTS].setup(provider, given, app[SETTINGS].public_url)
    if setup.voice_url is None:
        raise NotAvailable(f"this server does not answer calls of {provider}")
    return setup


async def _find(request: web.Request) -> PhoneNumber:
    """Return the number that the URL names, by its id or by what is dialled.

    Raises:
        NotFound: there is none, or it is another organization's.
        IllegalMove: it is one of the settings file, and is to be changed.
    """
    key, name = request[API_KEY], request.match_info["id"]
    numbers = request.app[STORE].phone_numbers
    number = await (numbers.find(name) if name.startswith("+") else numbers.get(name))
    if number is not None and (key.is_operators or key.sees(number)):
        return number
    if name in request.app[SETTINGS].directory.numbers and request.method != "GET":
        raise IllegalMove("this number is in the settings file, and can be changed only there")
    raise NotFound("no such telephone number", code="phone_number_not_found")


async def _at_carrier(request: web.Request, number: PhoneNumber) -> tuple[CarrierClient, str]:
    """Return who asks the carrier about a number, and what the carrier calls it.

    Raises:
        IllegalMove: it is on no account that we know, or the carrier is not done with it.
        NotFound: the account has it no more, or is not to be used.
    """
    if number.connection_id is None:
        raise IllegalMove("it is not known which account this number is on")
    client = await client_of(request, number.connection_id)
    with answerable():
        found = await client.numbers(number.number)
    owned = next((each for each in found if each.number == number.number), None)
    if owned is None:
        raise NotFound(
            "the carrier knows no such number on that account", code="phone_number_not_found"
        )
    return client, ready_id(owned)


def ready_id(owned: OwnedNumber) -> str:
    """Return what the carrier calls a number.

    Raises:
        IllegalMove: the carrier has not made it ready yet.
    """
    if owned.id is None:
        raise IllegalMove("the carrier has not made this number ready yet", retry_after=60)
    return owned.id


async def _demand_say(request: web.Request, number: PhoneNumber) -> None:
    """See that who asks has a say about the account: the operator's numbers are the operator's.

    Raises:
        NotAllowed: the account is another's.
    """
    key = request[API_KEY]
    is_theirs = number.connection_id is None or await _sees_account(request, number.connection_id)
    if not is_theirs and not key.is_operators:
        raise NotAllowed("this number is on the operator's account")


async def _sees_account(request: web.Request, connection_id: str) -> bool:
    found = await request.app[STORE].connections.get(connection_id)
    return found is not None and request[API_KEY].sees(found)


_FOUND: Final = ("illegal_state", "phone_number_not_found")
_ASKED: Final = (
    *_FOUND,
    "connection_not_found",
    "feature_not_available",
    "invalid_credentials",
    "invalid_provider",
    "provider_error",
)

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v1/phone_numbers",
        list_numbers,
        "List telephone numbers",
        {200: Answer("A page of them.", shapes.NumberList)},
        scope=TELEPHONY,
        query=(
            Parameter("organization_id", {"type": "string"}, "For operators: only those of it."),
            *PAGE,
        ),
    ),
    Endpoint(
        "GET",
        "/v1/phone_numbers/{id}",
        retrieve,
        "Retrieve a telephone number, by its id or as `+15550100`",
        {200: Answer("The number.", shapes.PhoneNumber)},
        scope=TELEPHONY,
        codes=("phone_number_not_found",),
    ),
    Endpoint(
        "PATCH",
        "/v1/phone_numbers/{id}",
        update,
        "Say what calls to a number become, or that it takes none for now",
        {200: Answer("The number.", shapes.PhoneNumber)},
        scope=TELEPHONY,
        body=NumberChanged,
        codes=(*_FOUND, "feature_not_available", "sip_not_enabled"),
    ),
    Endpoint(
        "DELETE",
        "/v1/phone_numbers/{id}",
        unassign,
        "Take a number from its organization; it stays on its account, and is paid for",
        {200: Answer("It is nobody's.", Deleted)},
        scope=TELEPHONY,
        codes=_FOUND,
    ),
    Endpoint(
        "POST",
        "/v1/phone_numbers/{id}/configure",
        configure,
        "Tell the carrier whom to ask about calls to a number: this server unless URLs are given",
        {200: Answer("The number.", shapes.PhoneNumber)},
        scope=TELEPHONY,
        body=SetupAsked,
        codes=_ASKED,
    ),
    Endpoint(
        "POST",
        "/v1/phone_numbers/{id}/release",
        release,
        "Give a number back to the carrier, for good",
        {200: Answer("It is gone.", shapes.ReleasedNumber)},
        scope=TELEPHONY,
        codes=_ASKED,
    ),
)
