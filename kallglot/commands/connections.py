"""`kallglot connections`: accounts with carriers, kept in the data folder, also beside a server."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import attrs
import click

from kallglot.accounts import Accounts, answerable
from kallglot.api.values import Wording
from kallglot.carriers.client import Account
from kallglot.carriers.settings import credentials_of
from kallglot.commands import settings as options
from kallglot.commands import terminal
from kallglot.commands.storing import day, fit, organization_of, with_store
from kallglot.commands.terminal import examples
from kallglot.ids import new_id
from kallglot.model.connection import Credentials, ProviderConnection
from kallglot.providers import Provider, discover
from kallglot.reaching import reaching
from kallglot.store import Store
from kallglot.store.audit import COMMAND_LINE, note
from kallglot.store.database import Statement

__all__ = ["command", "find_connection"]

_ID: Final = "pcon_01JD3W5A000000000000000000"
_SID: Final = "AC0123456789abcdef0123456789abcdef"


@click.group(
    "connections",
    epilog=examples(f"kallglot connections add twilio --credential account_sid={_SID}"),
)
def command() -> None:
    """Connect accounts with carriers, and say which one calls go by."""


@command.command(
    epilog=examples(
        f"kallglot connections add twilio --credential account_sid={_SID} --default",
        "kallglot connections add telnyx --credential api_key=@telnyx.key --name Backup",
    )
)
@click.argument("provider")
@click.option(
    "--credential",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="One of the account's, or NAME=@FILE; what is missing is asked for.",
)
@click.option(
    "--name", callback=fit(Wording), help="What it is called in lists.  [default: as its provider]"
)
@click.option("--default", "is_default", is_flag=True, help="Have calls go by it unless said.")
@click.option("--secondary", help="The connection that is used when this one fails, pcon_….")
@click.option("--no-verify", is_flag=True, help="Do not ask the carrier whether they are good.")
@click.option("--test", "is_test", is_flag=True, help="For test keys.")
@click.option("--operator", "is_operators", is_flag=True, help="For the operator's own numbers.")
@click.option("--organization", help="Whose account, org_….  [default: the first organization's]")
@options.data_option
@options.config_option
def add(data: str | None, config: Path | None, **asked: Any) -> None:
    """Connect an account with PROVIDER, such as twilio or telnyx; its credentials are sealed."""
    provider, providers = asked["provider"], discover()
    if asked["is_operators"] and asked["organization"]:
        raise click.UsageError("--operator and --organization exclude each other")
    given = _credentials(provider, providers, asked["given"])
    now = time.time()

    async def make(store: Store) -> ProviderConnection:
        async with reaching(providers) as accounts:
            accounts.check(provider, given)
            account = None if asked["no_verify"] else await _tried(accounts, provider, given)
        environment = "test" if asked["is_test"] else "live"
        owner = "" if asked["is_operators"] else await organization_of(store, asked["organization"])
        made = ProviderConnection(
            id=new_id("pcon"),
            organization_id=owner,
            environment=environment,
            provider=provider,
            name=asked["name"] or provider,
            hints=accounts.hints(provider, given),
            created_at=now,
            updated_at=now,
            is_default=asked["is_default"],
            secondary_id=await _second(store, asked["secondary"], owner, environment),
            verified_at=None if account is None else now,
            account=None if account is None else account.name or account.id,
        )
        await store.connections.add(made, given, _noted("created", made))
        return made

    made = with_store(options.load(config, data=data), make)
    click.echo(made.id)
    if made.verified_at is not None:
        click.echo(f"{provider} takes the credentials of {made.account}", err=True)


@command.command("list", epilog=examples("kallglot connections list"))
@options.data_option
@options.config_option
def list_connections(data: str | None, config: Path | None) -> None:
    """List the connections, and those of the settings file."""
    settings = options.load(config, data=data)
    rows = [
        (
            each.id,
            each.provider,
            each.name,
            each.organization_id or "operator",
            each.environment,
            f"{each.status}, default" if each.is_default else each.status,
            each.secondary_id or "-",
            "-" if each.verified_at is None else day(each.verified_at),
            " ".join(each.hints.values()),
        )
        for each in with_store(settings, lambda store: store.connections.all())
    ]
    for each in settings.directory.connections:
        status = "in the settings, default" if each.is_default else "in the settings"
        rows.append((each.id, each.provider, "-", "everybody", "-", status, "-", "-", "-"))
    if not rows:
        click.echo("there are no connections; see kallglot connections add --help", err=True)
        return
    header = ("ID", "PROVIDER", "NAME", "OF", "KEYS", "STATUS", "SECONDARY", "VERIFIED", "ACCOUNT")
    click.echo(terminal.table(header, rows))


@command.command(epilog=examples(f"kallglot connections verify {_ID}"))
@click.argument("connection_id")
@options.data_option
@options.config_option
def verify(connection_id: str, data: str | None, config: Path | None) -> None:
    """Ask the carrier whether it takes the credentials of a connection."""

    async def go(store: Store) -> ProviderConnection:
        found = await find_connection(store, connection_id)
        given = await store.connections.credentials(found.id)
        async with reaching(discover()) as accounts:
            account = await _tried(accounts, found.provider, given or {})
        name, now = account.name or account.id, time.time()
        changed = attrs.evolve(found, account=name, verified_at=now, updated_at=now)
        await store.connections.save(found, changed, _noted("verified", changed))
        return changed

    found = with_store(options.load(config, data=data), go)
    click.echo(f"{found.provider} takes the credentials of {found.account}", err=True)


@command.command("default", epilog=examples(f"kallglot connections default {_ID}"))
@click.argument("connection_id")
@options.data_option
@options.config_option
def make_default(connection_id: str, data: str | None, config: Path | None) -> None:
    """Have calls go by a connection unless they are told otherwise."""
    _change(connection_id, data, config, "made_default", is_default=True)
    click.echo(f"{connection_id} is the default", err=True)


@command.command(epilog=examples(f"kallglot connections disable {_ID}"))
@click.argument("connection_id")
@options.data_option
@options.config_option
def disable(connection_id: str, data: str | None, config: Path | None) -> None:
    """Use a connection, and the numbers on it, no more."""
    _change(connection_id, data, config, "disabled", status="disabled")
    click.echo(f"{connection_id} is disabled", err=True)


@command.command(epilog=examples(f"kallglot connections enable {_ID}"))
@click.argument("connection_id")
@options.data_option
@options.config_option
def enable(connection_id: str, data: str | None, config: Path | None) -> None:
    """Use a connection again."""
    _change(connection_id, data, config, "enabled", status="active")
    click.echo(f"{connection_id} is enabled", err=True)


@command.command(epilog=examples(f"kallglot connections remove {_ID}"))
@click.argument("connection_id")
@options.data_option
@options.config_option
def remove(connection_id: str, data: str | None, config: Path | None) -> None:
    """Forget a connection that has no numbers, and its credentials."""

    async def go(store: Store) -> None:
        found = await find_connection(store, connection_id)
        await store.connections.remove(found.id, _noted("deleted", found))

    with_store(options.load(config, data=data), go)
    click.echo(f"{connection_id} is removed", err=True)


def _change(
    connection_id: str, data: str | None, config: Path | None, what: str, **changes: Any
) -> None:
    async def go(store: Store) -> None:
        found = await find_connection(store, connection_id)
        if "is_default" in changes and found.status == "disabled":
            raise click.ClickException(f"{found.id} is disabled; enable it first")
        changed = attrs.evolve(found, updated_at=time.time(), **changes)
        await store.connections.save(found, changed, _noted(what, changed))

    with_store(options.load(config, data=data), go)


def _credentials(
    provider: str, providers: dict[str, Provider], given: tuple[str, ...]
) -> Credentials:
    """Return the credentials that were given, and those that are asked for."""
    plugin = providers.get(provider)
    if plugin is None or plugin.settings is None:
        known = ", ".join(name for name, each in providers.items() if each.settings is not None)
        raise click.BadParameter(f"there is no account with {provider}; choose one of {known}")
    values: dict[str, str | list[str]] = {}
    known_fields = {each.name: each for each in credentials_of(plugin.settings)}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or name not in known_fields:
            raise click.BadParameter(
                f"a credential of {provider} is NAME=VALUE, with one of {', '.join(known_fields)}"
            )
        text = Path(value[1:]).read_text("utf-8").strip() if value.startswith("@") else value
        values[name] = text.split(",") if known_fields[name].is_list else text
    for name, field in known_fields.items():
        if field.is_required and name not in values:
            values[name] = click.prompt(field.meaning, hide_input=field.is_secret, err=True)
    return values


async def _second(
    store: Store, connection_id: str | None, owner: str, environment: str
) -> str | None:
    if connection_id is None:
        return None
    second = await find_connection(store, connection_id)
    if (second.organization_id, second.environment) != (owner, environment):
        raise click.ClickException(f"{second.id} is somebody else's, or for other keys")
    return second.id


async def _tried(accounts: Accounts, provider: str, given: Credentials) -> Account:
    with answerable():
        account = await accounts.trial(provider, given).verify()
    if not account.is_active:
        raise click.ClickException("the carrier has closed or suspended this account")
    return account


async def find_connection(store: Store, connection_id: str) -> ProviderConnection:
    found = await store.connections.get(connection_id)
    if found is None:
        raise click.ClickException(
            f"there is no connection {connection_id}; see kallglot connections list"
        )
    return found


def _noted(what: str, connection: ProviderConnection) -> Statement:
    return note(
        COMMAND_LINE,
        f"provider_connection.{what}",
        connection.id,
        time.time(),
        connection.organization_id or None,
    )
