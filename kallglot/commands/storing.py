"""The store as the commands use it: opened, used and closed, also while a server runs on it.

What is kept is held to what the API takes, which has to show it again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click

from kallglot.api.values import VALUES
from kallglot.commands import terminal
from kallglot.config import Settings
from kallglot.errors import InvalidRequest
from kallglot.store import Store

__all__ = ["day", "demand_data", "fit", "organization_of", "with_store"]

T = TypeVar("T")


def demand_data(settings: Settings) -> None:
    """Return if there is a data folder: whoever only looks is not to make one by a slip.

    Raises:
        ClickException: there is none.
    """
    if not settings.data.exists():
        raise click.ClickException(
            f"there is no data folder {settings.data}: name the server's with --data,"
            " or make one with kallglot keys create"
        )


def with_store(settings: Settings, use: Callable[[Store], Awaitable[T]]) -> T:
    async def opened() -> T:
        store = await Store.open(settings.data, settings.secret_key or None)
        try:
            return await use(store)
        finally:
            await store.close()

    return terminal.run(opened())


def fit(kind: Any) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """Return a callback of an option that takes what the API takes as this kind of value."""

    def taken(_ctx: click.Context, _param: click.Parameter, text: str | None) -> str | None:
        try:
            return None if text is None else VALUES[kind].hook(text, kind)
        except InvalidRequest as error:
            raise click.BadParameter(str(error)) from error

    return taken


async def organization_of(store: Store, organization_id: str | None) -> str:
    """Return the id of an organization: the one that is named, or the first."""
    known = [organization.id for organization in await store.organizations.all()]
    if organization_id in known:
        return organization_id
    if organization_id is None and known:
        return known[0]
    wanted = organization_id or "yet"
    raise click.ClickException(
        f"there is no organization {wanted}; see kallglot organizations list"
    )


def day(at: float) -> str:
    return dt.datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d")
