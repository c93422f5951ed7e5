"""`kallglot route-test`: which way a session would take, and why."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import click

from kallglot.commands import settings as options
from kallglot.commands import terminal
from kallglot.commands.storing import organization_of, with_store
from kallglot.commands.terminal import examples
from kallglot.model.session import Routing
from kallglot.routing import SIP, Directory, Outcome, RoutingAsked, explain
from kallglot.store import Store

__all__ = ["command"]

_SAYS: Final[dict[Outcome, str]] = {
    "won": "wins",
    "does_not_apply": "does not apply",
    "failed": "fails",
}


@click.command(
    "route-test",
    epilog=examples(
        "kallglot route-test --number +15550100",
        "kallglot route-test --connection pcon_01JD3W5A000000000000000000",
        "kallglot route-test --type sip",
    ),
)
@click.option("--number", help="As routing.phone_number of a session.")
@click.option("--connection", help="As routing.connection_id, pcon_….")
@click.option("--type", "kind", type=click.Choice([SIP]), help="As routing.type.")
@click.option("--test", "is_test", is_flag=True, help="As a test key would.")
@click.option("--organization", help="Whose session, org_….  [default: the first organization's]")
@options.data_option
@options.config_option
def command(
    number: str | None,
    connection: str | None,
    kind: str | None,
    organization: str | None,
    data: str | None,
    config: Path | None,
    *,
    is_test: bool,
) -> None:
    """Say which way a session would take, and why.

    With nothing to go by it is a session that asks for no routing.  Nothing is called.
    """
    settings = options.load(config, data=data)

    async def look(store: Store) -> Directory:
        whose = await organization_of(store, organization)
        environment = "test" if is_test else "live"
        return await store.directories.of(whose, environment, settings.directory, time.time())

    directory = with_store(settings, look)
    given = any(each is not None for each in (number, connection, kind))
    asked = RoutingAsked(number, kind, connection) if given else None
    found = explain(asked, directory)
    rows = [(step.rule, _SAYS[step.outcome], step.reason) for step in found.steps]
    click.echo(terminal.table(("RULE", "OUTCOME", "WHY"), rows))
    match found.outcome:
        case Routing(provider=None):
            click.echo("no carrier: the session is reached by its stream")
        case Routing() as route:
            accounts = ", then ".join(directory.accounts_of(route))
            click.echo(f"{route.provider} by {accounts}" if accounts else route.provider)
        case refusal:
            raise click.ClickException(f"{refusal.code}: {refusal}")
