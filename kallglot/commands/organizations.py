"""`kallglot organizations`: who uses the server, and how much; also while it runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, get_args

import click

from kallglot import disposal
from kallglot.api.values import Wording
from kallglot.commands import settings as options
from kallglot.commands import terminal
from kallglot.commands.storing import day, demand_data, fit, with_store
from kallglot.commands.terminal import examples
from kallglot.model.organization import Organization, OrganizationStatus
from kallglot.store import Store
from kallglot.store.audit import COMMAND_LINE

__all__ = ["command"]

#: What takes a quota away.
NO_LIMIT = "none"
MOST = 1_000_000_000


def _quota(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | str | None:
    """Read a whole number, or none."""
    if text is None or text == NO_LIMIT:
        return text
    if not (text.isascii() and text.isdigit() and int(text[:12]) <= MOST):
        raise click.BadParameter(f"{text!r} is no whole number from 0 to {MOST}, and not none")
    return int(text)


@click.group("organizations", epilog=examples('kallglot organizations create "Acme"'))
def command() -> None:
    """Make, list, change and delete organizations."""


@command.command(
    epilog=examples(
        'kallglot organizations create "Acme"',
        'kallglot keys create --organization org_01JD3W5A0000000000000000 --name "call centre"',
    )
)
@click.argument("name", callback=fit(Wording))
@options.data_option
@options.config_option
def create(name: str, data: str | None, config: Path | None) -> None:
    """Make an organization, and print its id."""
    settings = options.load(config, data=data)
    now = time.time()
    made = with_store(settings, lambda store: store.organizations.add(name, now, by=COMMAND_LINE))
    click.echo(made.id)


@command.command("list", epilog=examples("kallglot organizations list"))
@options.data_option
@options.config_option
def list_organizations(data: str | None, config: Path | None) -> None:
    """List the organizations, and how much they may."""
    settings = options.load(config, data=data)
    demand_data(settings)
    now = time.time()

    async def rows(store: Store) -> list[tuple[str, ...]]:
        return [
            _row(each, await store.organizations.credits_used(each.id, now))
            for each in await store.organizations.all()
        ]

    found = with_store(settings, rows)
    if not found:
        click.echo(f"there are no organizations in {settings.data}", err=True)
        return
    header = ("ID", "NAME", "STATUS", "CREATED", "REQUESTS/MIN", "SESSIONS", "CREDITS")
    click.echo(terminal.table(header, found))


@command.command(
    epilog=examples(
        "kallglot organizations change org_01JD3W5A0000000000000000 --status suspended",
        "kallglot organizations change org_01JD3W5A0000000000000000 --credits 1000 --sessions none",
    )
)
@click.argument("organization_id")
@click.option("--name", callback=fit(Wording), help="What it is called from now on.")
@click.option(
    "--status",
    type=click.Choice(get_args(OrganizationStatus)),
    help="inactive: it begins nothing new; suspended: its keys are refused.",
)
@click.option("--rate-limit", callback=_quota, metavar="N|none", help="Requests a minute.")
@click.option(
    "--sessions",
    "max_concurrent_sessions",
    callback=_quota,
    metavar="N|none",
    help="Sessions at a time.",
)
@click.option(
    "--credits",
    "api_credits",
    callback=_quota,
    metavar="N|none",
    help="API credits a calendar month.",
)
@options.data_option
@options.config_option
def change(organization_id: str, data: str | None, config: Path | None, **changes: Any) -> None:
    """Change an organization; what is not said stays as it is.

    A running server heeds it at once and goes on with the sessions that there are: to end those,
    POST /v1/organizations/{id}/end_sessions.
    """
    settings = options.load(config, data=data)
    given = {name: value for name, value in changes.items() if value is not None}
    for name in given.keys() - {"name", "status"}:
        given[name] = None if given[name] == NO_LIMIT else given[name]

    async def keep(store: Store) -> None:
        await _find(store, organization_id)
        if given:
            await store.organizations.change(organization_id, given, time.time(), by=COMMAND_LINE)

    with_store(settings, keep)
    click.echo(f"{organization_id} is changed", err=True)


@command.command(epilog=examples("kallglot organizations delete org_01JD3W5A0000000000000000"))
@click.argument("organization_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.data_option
@options.config_option
def delete(organization_id: str, data: str | None, config: Path | None, *, yes: bool) -> None:
    """Delete a suspended organization, its keys, sessions, transcripts and recordings."""
    settings = options.load(config, data=data)
    with_store(settings, lambda store: _find(store, organization_id))
    if not yes:
        click.confirm(f"Delete {organization_id} and everything of its own?", abort=True, err=True)

    async def remove(store: Store) -> None:
        await disposal.delete_organization(
            store, settings.data, organization_id, time.time(), COMMAND_LINE
        )

    with_store(settings, remove)
    click.echo(f"{organization_id} is deleted", err=True)


async def _find(store: Store, organization_id: str) -> Organization:
    found = await store.organizations.get(organization_id)
    if found is None:
        raise click.ClickException(
            f"there is no organization {organization_id}; see kallglot organizations list"
        )
    return found


def _row(organization: Organization, used: int) -> tuple[str, ...]:
    quotas = organization.quotas
    of_credits = "-" if quotas.api_credits is None else f"{used} of {quotas.api_credits}"
    return (
        organization.id,
        organization.name,
        organization.status,
        day(organization.created_at),
        _limit(quotas.rate_limit),
        _limit(quotas.max_concurrent_sessions),
        of_credits,
    )


def _limit(most: int | None) -> str:
    return "-" if most is None else str(most)
