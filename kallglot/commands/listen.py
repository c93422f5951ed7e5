"""`kallglot listen`: events as they happen, shown, and passed on to a handler on this machine."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import AsyncIterator

import aiohttp
import attrs
import click

from kallglot.commands import terminal
from kallglot.commands.api import Api, ServerGone, connected
from kallglot.commands.terminal import examples
from kallglot.eventsource import EventSource, Received
from kallglot.ids import new_id, new_secret
from kallglot.webhooks import signatures
from kallglot.webhooks.addresses import UnfitUrl, check_url
from kallglot.webhooks.sender import USER_AGENT

__all__ = ["command"]

#: Seconds that a handler may take, as a webhook's may, and after which it is tried again.
PATIENCE = 30.0
RETRIES = (1.0, 5.0)
#: Seconds between attempts to reach the server again, at most.
LONGEST_WAIT = 30.0


@click.command(
    "listen",
    epilog=examples(
        "kallglot listen",
        "kallglot listen --forward http://localhost:3000/hook",
        "kallglot listen --session sess_01JD3W5A0000000000000000 --json | jq .data",
    ),
)
@click.option(
    "--forward",
    metavar="URL",
    help="Also send each event there, signed and in order, as a webhook would be.",
)
@click.option("--session", metavar="ID", help="Hear one session, from its beginning to its end.")
@click.option("--types", metavar="TYPE[,TYPE…]", help="Hear these events only.")
@click.option("--after", metavar="ID", help="Go on after the event with that id, evt_….")
@click.option("--json", "as_json", is_flag=True, help="Print each event whole, a line of JSON.")
@click.option(
    "--secret",
    envvar="KALLGLOT_WEBHOOK_SECRET",
    metavar="SECRET",
    help="Sign with this secret; or KALLGLOT_WEBHOOK_SECRET.  [default: a new one, printed]",
)
@click.option(
    "--url",
    envvar="KALLGLOT_URL",
    default="http://127.0.0.1:8080",
    show_default=True,
    help="The server; or KALLGLOT_URL.",
)
@click.option("--api-key", envvar="KALLGLOT_API_KEY", help="An API key; or KALLGLOT_API_KEY.")
def command(
    forward: str | None,
    session: str | None,
    types: str | None,
    after: str | None,
    secret: str | None,
    url: str,
    api_key: str | None,
    *,
    as_json: bool,
) -> None:
    """Hear what webhooks are told, without a public URL.

    A connection that breaks is made again, and goes on where it was; Ctrl-C ends it.
    """
    if api_key is None:
        raise click.UsageError(
            "an API key is needed, --api-key or KALLGLOT_API_KEY; `kallglot keys create` makes one"
        )
    if forward is not None:
        _check(forward)
    wanted = Wanted(session, types, after)
    handler = None if forward is None else Handler(forward, secret or new_secret("whsec"))
    try:
        terminal.run(_listen((url, api_key), wanted, handler, as_json=as_json))
    except KeyboardInterrupt:
        click.echo(err=True)


@attrs.frozen
class Wanted:
    """Which events."""

    session: str | None
    types: str | None
    after: str | None

    @property
    def path(self) -> str:
        return "/v1/events" if self.session is None else f"/v1/sessions/{self.session}/events"


@attrs.frozen
class Handler:
    """Where events are sent, and what they are signed with."""

    url: str
    secret: str = attrs.field(repr=False)

    async def send(self, client: aiohttp.ClientSession, event: Received) -> str:
        """Send an event until it is taken, a few times; return what became of it."""
        delivery = new_id("wh_del")
        outcome = ""
        for retry, wait in enumerate((0.0, *RETRIES)):
            await asyncio.sleep(wait)
            outcome, is_taken = await self._send(client, event, delivery, retry)
            if is_taken:
                return outcome
        return f"{outcome}, given up"

    async def _send(
        self, client: aiohttp.ClientSession, event: Received, delivery: str, retry: int
    ) -> tuple[str, bool]:
        body = event.data.encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            **signatures.headers(
                body,
                [self.secret],
                time.time(),
                delivery=delivery,
                retry=retry,
                happened=_happened_at(event),
            ),
        }
        began = time.monotonic()
        try:
            async with (
                asyncio.timeout(PATIENCE),
                client.post(self.url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                took = (time.monotonic() - began) * 1000
                return f"{answer.status} in {took:.0f} ms", 200 <= answer.status < 300
        except TimeoutError:
            return f"no answer in {PATIENCE:g} s", False
        except aiohttp.ClientError as error:
            return f"{type(error).__name__}", False


async def _listen(
    server: tuple[str, str], wanted: Wanted, handler: Handler | None, *, as_json: bool
) -> None:
    console = terminal.notes()
    async with connected(*server) as api:
        console.print(f"listening to {api.url}{wanted.path}; Ctrl-C ends it")
        if handler is not None:
            console.print(f"sending to {handler.url}, signed with {handler.secret}")
        async for event in _events(api, wanted):
            if as_json:
                click.echo(event.data)
            outcome = "" if handler is None else f"  {await handler.send(api.client, event)}"
            if not as_json or outcome:
                click.echo(f"{_named(event)}{outcome}", err=as_json)


async def _events(api: Api, wanted: Wanted) -> AsyncIterator[Received]:
    """Yield events, across connections; those of a session until it is over."""
    source = EventSource(wanted.after or "")
    failures, has_connected = 0, False
    while True:
        try:
            async with api.events(wanted.path, source.last_id, wanted.types) as chunks:
                has_connected = True
                async for chunk in chunks:
                    failures = 0
                    for event in source.receive(chunk):
                        yield event
            if wanted.session is not None and await _is_over(api, wanted.session):
                return
        except (aiohttp.ClientError, TimeoutError, ServerGone) as error:
            if not has_connected:
                raise
            terminal.notes().print(f"the connection is gone ({type(error).__name__}); trying again")
        source.reconnect()
        failures += 1
        await asyncio.sleep(min(LONGEST_WAIT, source.retry * 2 ** (failures - 1)))


async def _is_over(api: Api, session_id: str) -> bool:
    """Tell whether a stream ended with its session, and not with the server."""
    session = await api.get(f"/v1/sessions/{session_id}")
    return bool(session["status"] == "ended")


def _check(url: str) -> None:
    try:
        check_url(url, allow_private=True)
    except UnfitUrl as error:
        raise click.BadParameter(f"a URL to forward events to {error}") from error


def _named(event: Received) -> str:
    at = time.strftime("%H:%M:%S", time.localtime(_happened_at(event)))
    try:
        session = json.loads(event.data)["data"]["session_id"]
    except (ValueError, KeyError, TypeError):
        session = ""
    return f"{at}  {event.type:<29}  {session}  {event.id}".rstrip()


def _happened_at(event: Received) -> float:
    """Return when an event happened, which may be long before it is heard here."""
    try:
        return dt.datetime.fromisoformat(json.loads(event.data)["created_at"]).timestamp()
    except (ValueError, KeyError, TypeError):
        return time.time()
