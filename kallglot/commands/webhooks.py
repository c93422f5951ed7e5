"""`kallglot webhooks`: who is told of events, settled in the data folder, also beside a server."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final, get_args

import click

from kallglot.api.values import Wording
from kallglot.commands import settings as options
from kallglot.commands import terminal
from kallglot.commands.storing import day, demand_data, fit, organization_of, with_store
from kallglot.commands.terminal import examples
from kallglot.ids import new_id
from kallglot.model.webhook import EVERYTHING, Delivery, DeliveryStatus, Endpoint
from kallglot.store import Store
from kallglot.store.audit import COMMAND_LINE, note
from kallglot.store.database import Statement
from kallglot.store.deliveries import DeliveryFilter
from kallglot.store.paging import Page
from kallglot.webhooks.addresses import UnfitUrl, check_url
from kallglot.webhooks.events import NAMES

__all__ = ["command"]

_STATUSES: Final[tuple[DeliveryStatus, ...]] = get_args(DeliveryStatus)
_URL: Final = "https://example.com/webhooks/kallglot"
_ID: Final = "wh_01JD3W5A000000000000000000"


@click.group("webhooks", epilog=examples(f"kallglot webhooks add {_URL}"))
def command() -> None:
    """Say which URLs are told of events, and see what they were told."""


@command.command(
    epilog=examples(
        f"kallglot webhooks add {_URL}",
        f"kallglot webhooks add {_URL} --event session.ended --event analysis.complete",
    )
)
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice([*NAMES.values()]),
    help="What it is told of; may be repeated.  [default: every event]",
)
@click.option("--description", callback=fit(Wording), help="What it is for.")
@click.option("--test", "is_test", is_flag=True, help="Tell it of what test keys do, not of calls.")
@click.option(
    "--organization",
    "organization_id",
    help="Whose events, org_….  [default: the first organization's]",
)
@options.data_option
@options.config_option
def add(
    url: str,
    events: tuple[str, ...],
    description: str | None,
    organization_id: str | None,
    data: str | None,
    config: Path | None,
    *,
    is_test: bool,
) -> None:
    """Have URL told of events from now on, and print the secret that they are signed with."""
    settings = options.load(config, data=data)
    try:
        check_url(url, allow_private=settings.webhooks.allow_private)
    except UnfitUrl as error:
        raise click.BadParameter(f"a URL that events are sent to {error}") from error

    async def make(store: Store) -> tuple[Endpoint, str]:
        endpoint = Endpoint(
            id=new_id("wh"),
            organization_id=await organization_of(store, organization_id),
            environment="test" if is_test else "live",
            url=url,
            created_at=time.time(),
            events=events or EVERYTHING,
            description=description,
        )
        made = await store.endpoints.add(endpoint, _noted("created", endpoint))
        return made.endpoint, made.secret

    endpoint, secret = with_store(settings, make)
    click.echo(secret)
    click.echo(f"{endpoint.id}; keep the secret, it is not shown again", err=True)


@command.command("list", epilog=examples("kallglot webhooks list"))
@options.data_option
@options.config_option
def list_endpoints(data: str | None, config: Path | None) -> None:
    """List who is told of what."""
    settings = options.load(config, data=data)
    demand_data(settings)
    endpoints = with_store(settings, lambda store: store.endpoints.all())
    if not endpoints:
        click.echo("nobody is told of events; see kallglot webhooks add --help", err=True)
        return
    rows = [
        (
            endpoint.id,
            endpoint.environment,
            endpoint.disabled_reason or endpoint.status,
            " ".join(endpoint.events),
            endpoint.url,
        )
        for endpoint in endpoints
    ]
    click.echo(terminal.table(("ID", "KEYS", "STATUS", "EVENTS", "URL"), rows))


@command.command(epilog=examples(f"kallglot webhooks remove {_ID}"))
@click.argument("endpoint_id")
@options.data_option
@options.config_option
def remove(endpoint_id: str, data: str | None, config: Path | None) -> None:
    """Tell an endpoint nothing more, and forget what it was told.

    ENDPOINT_ID is what `kallglot webhooks list` shows first, wh_….
    """

    async def go(store: Store) -> None:
        endpoint = await _find(store, endpoint_id)
        await store.endpoints.remove(endpoint.id, _noted("deleted", endpoint))

    with_store(options.load(config, data=data), go)
    click.echo(f"{endpoint_id} is removed", err=True)


@command.command(epilog=examples(f"kallglot webhooks deliveries {_ID} --status failed"))
@click.argument("endpoint_id")
@click.option("--status", type=click.Choice(_STATUSES), help="Only those of that status.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@options.data_option
@options.config_option
def deliveries(
    endpoint_id: str,
    status: DeliveryStatus | None,
    limit: int,
    data: str | None,
    config: Path | None,
) -> None:
    """List what an endpoint was told, or is to be, the latest first."""

    async def read(store: Store) -> list[Delivery]:
        endpoint = await _find(store, endpoint_id)
        wanted, page = DeliveryFilter(status=status), Page(limit)
        return (await store.deliveries.page(endpoint.id, wanted, page)).items

    rows = [
        (
            delivery.id,
            day(delivery.created_at),
            delivery.event_type,
            delivery.status,
            str(delivery.attempt_count),
            (delivery.attempts[-1].error or "-") if delivery.attempts else "-",
        )
        for delivery in with_store(options.load(config, data=data), read)
    ]
    click.echo(terminal.table(("ID", "CREATED", "EVENT", "STATUS", "ATTEMPTS", "FAULT"), rows))


async def _find(store: Store, endpoint_id: str) -> Endpoint:
    endpoint = await store.endpoints.get(endpoint_id)
    if endpoint is None or endpoint.is_direct:
        raise click.ClickException(
            f"there is no endpoint {endpoint_id}; see kallglot webhooks list"
        )
    return endpoint


def _noted(what: str, endpoint: Endpoint) -> Statement:
    action, now = f"webhook_endpoint.{what}", time.time()
    return note(COMMAND_LINE, action, endpoint.id, now, endpoint.organization_id)
