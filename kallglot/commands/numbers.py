"""`kallglot numbers`: managed telephone numbers, whose they are, and those that carriers sell."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import click

from kallglot.accounts import answerable
from kallglot.api import values
from kallglot.carriers.client import CarrierClient, NumberKind, NumberSearch, NumberSetup
from kallglot.commands import settings as options
from kallglot.commands import terminal
from kallglot.commands.connections import find_connection
from kallglot.commands.storing import fit, organization_of, with_store
from kallglot.commands.terminal import examples
from kallglot.config import Settings
from kallglot.ids import new_id
from kallglot.model.connection import ProviderConnection
from kallglot.model.phone_number import PhoneNumber
from kallglot.providers import discover
from kallglot.reaching import reaching
from kallglot.store import Store
from kallglot.store.audit import COMMAND_LINE, note
from kallglot.store.database import Statement

__all__ = ["command"]

T = TypeVar("T")

_KINDS: Final[tuple[NumberKind, ...]] = get_args(NumberKind)
_ID: Final = "pcon_01JD3W5A000000000000000000"

_connection = click.option("--connection", required=True, help="The account, pcon_….")
_number = click.argument("number", callback=fit(values.PhoneNumber))


@click.group("numbers", epilog=examples(f"kallglot numbers assign +15550100 --connection {_ID}"))
def command() -> None:
    """List, search, buy, assign and release telephone numbers."""


@command.command("list", epilog=examples("kallglot numbers list"))
@options.data_option
@options.config_option
def list_numbers(data: str | None, config: Path | None) -> None:
    """List the numbers, and those of the settings file."""
    settings = options.load(config, data=data)
    rows: list[tuple[str, ...]] = [
        (
            each.number,
            each.provider,
            each.id,
            each.organization_id,
            each.environment,
            each.status,
            each.connection_id or "-",
            "your application" if each.profile is None else each.profile.mode.value,
        )
        for each in with_store(settings, lambda store: store.phone_numbers.all())
    ]
    for number, managed in settings.directory.numbers.items():
        rows.append((number, managed.provider, "-", "everybody", "-", "in the settings", "-", "-"))
    if not rows:
        click.echo("there are no numbers; see kallglot numbers assign --help", err=True)
        return
    header = ("NUMBER", "PROVIDER", "ID", "OF", "KEYS", "STATUS", "CONNECTION", "ANSWERED BY")
    click.echo(terminal.table(header, rows))


@command.command(epilog=examples(f"kallglot numbers search DE --area 30 --connection {_ID}"))
@click.argument("country")
@_connection
@click.option("--type", "kind", type=click.Choice(_KINDS), default="local", show_default=True)
@click.option("--area", help="Only those of that area code.")
@click.option("--contains", help="Only with these digits.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@options.data_option
@options.config_option
def search(data: str | None, config: Path | None, connection: str, **asked: Any) -> None:
    """Search numbers of COUNTRY, such as DE, that can be bought."""
    wanted = NumberSearch(
        asked["country"].upper(), asked["kind"], asked["area"], asked["contains"], asked["limit"]
    )

    async def go(store: Store) -> list[tuple[str, ...]]:
        found = await find_connection(store, connection)
        offers = await _ask(store, found, lambda client: client.search_numbers(wanted))
        return [
            (
                each.number,
                each.locality or "-",
                each.region or "-",
                " ".join(part for part in (each.monthly_cost, each.currency) if part) or "-",
            )
            for each in offers
        ]

    rows = with_store(options.load(config, data=data), go)
    click.echo(terminal.table(("NUMBER", "PLACE", "REGION", "A MONTH"), rows))


@command.command(epilog=examples(f"kallglot numbers buy +15550100 --connection {_ID}"))
@_number
@_connection
@click.option("--organization", help="Whose it is to be.  [default: as the connection, or first]")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.data_option
@options.config_option
def buy(
    number: str,
    connection: str,
    organization: str | None,
    data: str | None,
    config: Path | None,
    *,
    yes: bool,
) -> None:
    """Buy NUMBER, and give it to an organization."""
    if not yes:
        click.confirm(f"Buy {number}?", abort=True, err=True)
    settings = options.load(config, data=data)

    async def order(client: CarrierClient) -> str | None:
        return (await client.buy_number(number, NumberSetup())).id

    click.echo(_get(settings, number, connection, organization, order, "bought"))


@command.command(epilog=examples(f"kallglot numbers assign +15550100 --connection {_ID}"))
@_number
@_connection
@click.option("--organization", help="Whose it is to be.  [default: as the connection, or first]")
@options.data_option
@options.config_option
def assign(
    number: str, connection: str, organization: str | None, data: str | None, config: Path | None
) -> None:
    """Give NUMBER, which is on an account already, to an organization."""
    settings = options.load(config, data=data)

    async def look(client: CarrierClient) -> str | None:
        found = [each for each in await client.numbers(number) if each.number == number]
        if not found:
            raise click.ClickException(f"the account of {connection} has no such number")
        return found[0].id

    click.echo(_get(settings, number, connection, organization, look, "assigned"))


@command.command(epilog=examples("kallglot numbers unassign +15550100"))
@_number
@options.data_option
@options.config_option
def unassign(number: str, data: str | None, config: Path | None) -> None:
    """Take NUMBER from its organization; it stays on its account, and is paid for."""

    async def go(store: Store) -> None:
        found = await _find(store, number)
        await store.phone_numbers.remove(found.id, _noted("unassigned", found))

    with_store(options.load(config, data=data), go)
    click.echo(f"{number} is nobody's", err=True)


@command.command(epilog=examples("kallglot numbers release +15550100"))
@_number
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.data_option
@options.config_option
def release(number: str, data: str | None, config: Path | None, *, yes: bool) -> None:
    """Give NUMBER back to its carrier, for good."""
    if not yes:
        click.confirm(f"Give {number} back for good?", abort=True, err=True)

    async def go(store: Store) -> None:
        found = await _find(store, number)
        if found.connection_id is None:
            raise click.ClickException(f"it is not known which account {number} is on")
        connection = await find_connection(store, found.connection_id)

        async def give_back(client: CarrierClient) -> None:
            for each in await client.numbers(number):
                if each.number == number and each.id is not None:
                    await client.release_number(each.id)

        await _ask(store, connection, give_back)
        await store.phone_numbers.remove(found.id, _noted("released", found))

    with_store(options.load(config, data=data), go)
    click.echo(f"{number} is released", err=True)


def _get(
    settings: Settings,
    number: str,
    connection_id: str,
    organization_id: str | None,
    ask: Callable[[CarrierClient], Awaitable[str | None]],
    became: str,
) -> str:
    """Have the carrier give a number, keep it, and return its id here."""

    async def go(store: Store) -> str:
        if number in settings.directory.numbers:
            raise click.ClickException(f"{number} is in the settings file")
        if await store.phone_numbers.find(number) is not None:
            raise click.ClickException(f"{number} is assigned already; see kallglot numbers list")
        connection = await find_connection(store, connection_id)
        owner = connection.organization_id or await organization_of(store, organization_id)
        if organization_id not in {None, owner}:
            raise click.ClickException(f"{connection.id} is the account of {owner}")
        carrier_id = await _ask(store, connection, ask)
        now = time.time()
        made = PhoneNumber(
            id=new_id("num"),
            organization_id=owner,
            environment=connection.environment,
            number=number,
            provider=connection.provider,
            connection_id=connection.id,
            created_at=now,
            updated_at=now,
            carrier_id=carrier_id,
        )
        await store.phone_numbers.add(made, _noted(became, made))
        return made.id

    return with_store(settings, go)


async def _ask(
    store: Store, connection: ProviderConnection, ask: Callable[[CarrierClient], Awaitable[T]]
) -> T:
    """Ask the carrier of an account."""
    given = await store.connections.credentials(connection.id)
    async with reaching(discover()) as accounts:
        client = accounts.client(connection.provider, given or {}, connection.id)
        with answerable():
            return await ask(client)


async def _find(store: Store, number: str) -> PhoneNumber:
    found = await store.phone_numbers.find(number)
    if found is None:
        raise click.ClickException(f"{number} is nobody's here; see kallglot numbers list")
    return found


def _noted(what: str, number: PhoneNumber) -> Statement:
    action = f"phone_number.{what}"
    return note(COMMAND_LINE, action, number.id, time.time(), number.organization_id)
