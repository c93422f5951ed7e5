"""`kallglot keys`: API keys, made and revoked in the data folder, also while a server runs."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from kallglot.commands import settings as options
from kallglot.commands import terminal
from kallglot.commands.terminal import examples
from kallglot.config import Settings
from kallglot.store import Store
from kallglot.store.keys import SCOPES, ApiKey, NewKey

__all__ = ["command"]

T = TypeVar("T")

DAY = 86_400.0


@click.group(
    "keys", epilog=examples('export KALLGLOT_API_KEY=$(kallglot keys create --name "call centre")')
)
def command() -> None:
    """Make, list and revoke API keys."""


@command.command(
    epilog=examples(
        'kallglot keys create --name "call centre"',
        "kallglot keys create --scope sessions:read --scope recordings:read --days 30",
    )
)
@click.option("--name", default="", help="What the key is for; shown in the list.")
@click.option("--test", "is_test", is_flag=True, help="Make a test key, sk_test_….")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(sorted(SCOPES)),
    help="What the key may do; may be repeated.  [default: everything]",
)
@click.option("--days", type=click.IntRange(min=1), help="Let the key expire after so many days.")
@options.data_option
@options.config_option
def create(
    name: str,
    scopes: tuple[str, ...],
    days: int | None,
    data: str | None,
    config: Path | None,
    *,
    is_test: bool,
) -> None:
    """Make an API key, and print it: the one time that it is shown."""
    now = time.time()

    async def make(store: Store) -> NewKey:
        organizations = await store.keys.organizations()
        owner = (
            organizations[0] if organizations else await store.keys.add_organization("default", now)
        )
        return await store.keys.create(
            owner.id,
            now,
            name=name,
            environment="test" if is_test else "live",
            scopes=scopes or SCOPES,
            expires_at=None if days is None else now + days * DAY,
        )

    settings = options.load(config, data=data)
    made = _with_store(settings, make)
    click.echo(made.text)
    click.echo(f"{made.key.id} in {settings.data}; keep the key, it is not shown again", err=True)


@command.command("list", epilog=examples("kallglot keys list"))
@options.data_option
@options.config_option
def list_keys(data: str | None, config: Path | None) -> None:
    """List the API keys: their beginning and end, what they may do, whether they are good."""
    settings = options.load(config, data=data)
    keys = _with_store(settings, lambda store: store.keys.all())
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
            _day(key.created_at),
            _condition(key, now),
            _scopes(key),
        )
        for key in keys
    ]
    click.echo(terminal.table(("ID", "KEY", "NAME", "CREATED", "CONDITION", "SCOPES"), rows))


@command.command(epilog=examples("kallglot keys revoke key_01JD3W5A0000000000000000"))
@click.argument("key_id")
@options.data_option
@options.config_option
def revoke(key_id: str, data: str | None, config: Path | None) -> None:
    """Make an API key useless, at once and for good.

    KEY_ID is what `kallglot keys list` shows first, key_….
    """
    settings = options.load(config, data=data)
    if not _with_store(settings, lambda store: store.keys.revoke(key_id, time.time())):
        raise click.ClickException(f"there is no key {key_id} in use; see kallglot keys list")
    click.echo(f"{key_id} is revoked", err=True)


def _with_store(settings: Settings, use: Callable[[Store], Awaitable[T]]) -> T:
    async def opened() -> T:
        store = await Store.open(settings.data, settings.secret_key or None)
        try:
            return await use(store)
        finally:
            await store.close()

    return terminal.run(opened())


def _condition(key: ApiKey, now: float) -> str:
    if key.revoked_at is not None:
        return f"revoked {_day(key.revoked_at)}"
    if key.expires_at is None:
        return "good"
    return ("expired " if key.expires_at <= now else "good until ") + _day(key.expires_at)


def _scopes(key: ApiKey) -> str:
    return "everything" if key.scopes >= SCOPES else " ".join(sorted(key.scopes))


def _day(at: float) -> str:
    return dt.datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d")
