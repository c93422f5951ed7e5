"""`kallglot keys`: API keys, made and revoked in the data folder, also while a server runs."""

from __future__ import annotations

import time
from pathlib import Path

import click

from kallglot.api.quantities import MOST_DAYS
from kallglot.api.values import Wording
from kallglot.commands import settings as options
from kallglot.commands import terminal
from kallglot.commands.storing import day, demand_data, fit, with_store
from kallglot.commands.terminal import examples
from kallglot.store import Store
from kallglot.store.audit import COMMAND_LINE
from kallglot.store.keys import ORDINARY_SCOPES, SCOPES, ApiKey, NewKey

__all__ = ["command"]

DAY = 86_400.0

_ORDINARY = f"everything but {', '.join(sorted(SCOPES - ORDINARY_SCOPES))}"


@click.group(
    "keys", epilog=examples('export KALLGLOT_API_KEY=$(kallglot keys create --name "call centre")')
)
def command() -> None:
    """Make, list and revoke API keys."""


@command.command(
    epilog=examples(
        'kallglot keys create --name "call centre"',
        "kallglot keys create --scope sessions:read --scope recordings:read --days 30",
        "kallglot keys create --operator --name portal",
    )
)
@click.option("--name", callback=fit(Wording), help="What the key is for; shown in the list.")
@click.option("--test", "is_test", is_flag=True, help="Make a test key, sk_test_….")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(sorted(SCOPES)),
    help=f"What the key may do; may be repeated.  [default: {_ORDINARY}]",
)
@click.option(
    "--organization",
    "organization_id",
    help="Whose key it is, org_….  [default: the first organization, made if there is none]",
)
@click.option(
    "--operator",
    "is_operators",
    is_flag=True,
    help="Make a key of nobody's, to see to organizations with.",
)
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), help="Let the key expire after so many days."
)
@options.data_option
@options.config_option
def create(
    name: str | None,
    scopes: tuple[str, ...],
    days: int | None,
    organization_id: str | None,
    data: str | None,
    config: Path | None,
    *,
    is_test: bool,
    is_operators: bool,
) -> None:
    """Make an API key, and print it: the one time that it is shown."""
    if is_operators and (is_test or scopes or organization_id):
        raise click.UsageError("--operator goes with --name and --days alone")
    now = time.time()

    async def make(store: Store) -> NewKey:
        return await store.keys.create(
            "" if is_operators else await _owner(store, organization_id, now),
            now,
            name=name or "",
            environment="test" if is_test else "live",
            scopes=scopes or ORDINARY_SCOPES,
            expires_at=None if days is None else now + days * DAY,
            by=COMMAND_LINE,
        )

    settings = options.load(config, data=data)
    made = with_store(settings, make)
    click.echo(made.text)
    click.echo(f"{made.key.id} in {settings.data}; keep the key, it is not shown again", err=True)


@command.command("list", epilog=examples("kallglot keys list"))
@options.data_option
@options.config_option
def list_keys(data: str | None, config: Path | None) -> None:
    """List the API keys: their beginning and end, what they may do, whether they are good."""
    settings = options.load(config, data=data)
    demand_data(settings)
    keys = with_store(settings, lambda store: store.keys.all())
    if not keys:
        click.echo(
            f"there are no keys in {settings.data}; make one: kallglot keys create", err=True
        )
        return
    now = time.time()
    rows = [
        (
            key.id,
            key.hint,
            key.name or "-",
            key.organization_id or "-",
            day(key.created_at),
            _condition(key, now),
            "-" if key.last_used_at is None else day(key.last_used_at),
            _scopes(key),
        )
        for key in keys
    ]
    header = ("ID", "KEY", "NAME", "ORGANIZATION", "CREATED", "CONDITION", "LAST USED", "SCOPES")
    click.echo(terminal.table(header, rows))


@command.command(epilog=examples("kallglot keys revoke key_01JD3W5A0000000000000000"))
@click.argument("key_id")
@options.data_option
@options.config_option
def revoke(key_id: str, data: str | None, config: Path | None) -> None:
    """Make an API key useless, at once and for good.

    KEY_ID is what `kallglot keys list` shows first, key_….
    """
    settings = options.load(config, data=data)
    now = time.time()
    if not with_store(settings, lambda store: store.keys.revoke(key_id, now, by=COMMAND_LINE)):
        raise click.ClickException(f"there is no key {key_id} in use; see kallglot keys list")
    click.echo(f"{key_id} is revoked", err=True)


async def _owner(store: Store, organization_id: str | None, now: float) -> str:
    """Return whose a new key is to be."""
    if organization_id is None:
        organizations = await store.organizations.all()
        if organizations:
            return organizations[0].id
        return (await store.organizations.add("default", now, by=COMMAND_LINE)).id
    if await store.organizations.get(organization_id) is None:
        raise click.ClickException(
            f"there is no organization {organization_id}; see kallglot organizations list"
        )
    return organization_id


def _condition(key: ApiKey, now: float) -> str:
    if key.revoked_at is not None:
        return f"revoked {day(key.revoked_at)}"
    if key.expires_at is None:
        return "good"
    return ("expired " if key.expires_at <= now else "good until ") + day(key.expires_at)


def _scopes(key: ApiKey) -> str:
    match key.scopes:
        case scopes if scopes >= SCOPES:
            return "everything"
        case scopes if scopes == ORDINARY_SCOPES:
            return _ORDINARY
        case scopes:
            return " ".join(sorted(scopes))
