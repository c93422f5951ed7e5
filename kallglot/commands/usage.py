"""`kallglot usage`: what sessions used, by day, by month or one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from kallglot.commands import terminal
from kallglot.commands.api import JsonObject, connected
from kallglot.commands.terminal import examples

__all__ = ["command"]

#: How much of an answer is asked for at a time, where there may be many rows.
PAGE = "100"

HEADER = ("", "SESSIONS", "ACTIVE", "TRANSLATION", "AGENT")


@click.command(
    "usage",
    epilog=examples(
        "kallglot usage",
        "kallglot usage --since 2026-01-01 --by month",
        "kallglot usage --since 2026-11-01 --until 2026-12-01 --by session --csv > november.csv",
    ),
)
@click.option("--since", help="From when on, as 2026-11-01.  [default: the start of this month]")
@click.option("--until", help="Until when, that day itself left out.  [default: now]")
@click.option(
    "--by",
    type=click.Choice(("day", "month", "session")),
    default="day",
    show_default=True,
    help="A row for each of these.",
)
@click.option("--csv", "is_csv", is_flag=True, help="Write a table for a spreadsheet.")
@click.option(
    "--url",
    envvar="KALLGLOT_URL",
    default="http://127.0.0.1:8080",
    show_default=True,
    help="The server; or KALLGLOT_URL.",
)
@click.option("--api-key", envvar="KALLGLOT_API_KEY", help="An API key; or KALLGLOT_API_KEY.")
def command(
    since: str | None, until: str | None, by: str, is_csv: bool, url: str, api_key: str | None
) -> None:
    """Show what sessions used: minutes from their first audio to their end.

    Days and months are those of UTC; a session over midnight is on both days, on each with its
    part.
    """
    if api_key is None:
        raise click.UsageError(
            "an API key is needed, --api-key or KALLGLOT_API_KEY; `kallglot keys create` makes one"
        )
    asked = {"from": since, "to": until, "group_by": by}
    query = {name: value for name, value in asked.items() if value is not None}
    if is_csv:
        text = terminal.run(_table(query, url, api_key))
        click.echo(text, nl=False)
        return
    rows, total = terminal.run(_rows(query, url, api_key))
    shown = [_row(row["name"], row) for row in rows] + [_row("total", total)]
    click.echo(terminal.table(HEADER, shown))


async def _table(query: Mapping[str, str], url: str, key: str) -> bytes:
    async with connected(url, key) as api:
        return await api.read("/v1/usage", format="csv", **query)


async def _rows(
    query: Mapping[str, str], url: str, key: str
) -> tuple[list[JsonObject], JsonObject]:
    rows: list[JsonObject] = []
    cursor: dict[str, Any] = {}
    async with connected(url, key) as api:
        while True:
            answer = await api.get("/v1/usage", limit=PAGE, **query, **cursor)
            rows += answer["data"]
            if not answer["has_more"]:
                return rows, answer["total"]
            cursor = {"starting_after": rows[-1]["name"]}


def _row(name: str, row: JsonObject) -> list[str]:
    minutes = ("active_minutes", "translation_minutes", "agent_minutes")
    return [name, str(row["sessions"]), *(f"{row[each]:.1f} min" for each in minutes)]
