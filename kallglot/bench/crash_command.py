"""`scripts/bench crash`: kill the server again and again, and see whether it kept its word."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import attrs
import click
from rich.console import Console

from kallglot.bench import report, rig
from kallglot.bench.crash_traffic import Customer, broken_promises
from kallglot.bench.receiver import Receiver, receiving
from kallglot.bench.server import Serving
from kallglot.bench.worker import Worker
from kallglot.commands import terminal

__all__ = ["Verdict", "command", "kept_its_word"]

#: Requests at the same time.
TOGETHER = 8
#: Sessions of each customer that are looked at after each start, and as many older ones; in the
#: end it is all of them.
SAMPLE = 40
#: Seconds in which an answer must come.
PATIENCE = 20.0
#: Seconds within which the last delivery must have arrived.
SETTLING = 180.0


@click.command("crash")
@click.option("--rounds", default=200, show_default=True, help="How often it is killed.")
@click.option("--seed", default=1, show_default=True, help="Chooses what is asked, and when.")
def command(rounds: int, seed: int) -> None:
    """Kill the server with SIGKILL at random moments of traffic.

    Customers open sessions, write notes on them and end them; a webhook handler that fails one
    time in five is told of it.  After each start what was acknowledged must be there: of the
    newest sessions and of a sample of the others, in the end of all.  Then the handler must have
    been told every event of the store, in the order of its session, and none that is not there.
    """
    found = terminal.run(kept_its_word(Console(), rounds, seed))
    if found.faults:
        raise click.ClickException(f"{len(found.faults)} promises were broken")


@attrs.define
class Verdict:
    """What was found; `faults` are in words."""

    acknowledged: int = 0
    unanswered: int = 0
    sessions: int = 0
    events: int = 0
    told: int = 0
    repeated: int = 0
    failures: int = 0
    slowest_start: float = 0.0
    faults: list[str] = attrs.field(factory=list)


async def kept_its_word(console: Console, rounds: int, seed: int) -> Verdict:
    """Kill it so many times, and return what was found."""
    chance, found = random.Random(seed), Verdict()
    customers: list[Customer] = []
    with tempfile.TemporaryDirectory(prefix="kallglot-bench-") as folder:
        async with receiving(Receiver(chance=random.Random(seed))) as receiver:
            key = ""
            for number in range(rounds):
                with console.status(f"round {number + 1} of {rounds}: {found.acknowledged} told"):
                    key = await _round(Path(folder), key, customers, receiver, chance, found)
            await _last_round(Path(folder), key, customers, receiver, found)
        _compare(Path(folder), customers, receiver, found)
    _show(console, found, rounds)
    return found


async def _round(
    folder: Path,
    key: str,
    customers: list[Customer],
    receiver: Receiver,
    chance: random.Random,
    found: Verdict,
) -> str:
    """Start the server, look at what it kept, ask for more, kill it; returns the API key."""
    async with _server(folder, found) as (server, serving):
        key = serving.key or key
        async with _client(serving.url, key) as client:
            if not receiver.secret:
                receiver.secret = await _register(client, receiver.url)
            await _look_back(client, customers, found, SAMPLE)
            if not customers:
                customers += [
                    Customer(client, random.Random(chance.random())) for _ in range(TOGETHER)
                ]
            acting = [asyncio.create_task(one.act_until_killed()) for one in customers]
            await asyncio.sleep(chance.uniform(0.02, 0.8))
            os.kill(server.pid, signal.SIGKILL)
            await asyncio.gather(*acting)
    found.acknowledged = sum(one.acknowledged for one in customers)
    return key


async def _last_round(
    folder: Path, key: str, customers: Sequence[Customer], receiver: Receiver, found: Verdict
) -> None:
    """Let the server finish what it has to tell."""
    async with _server(folder, found) as (_, serving), _client(serving.url, key) as client:
        await _look_back(client, customers, found)
        deadline = time.monotonic() + SETTLING
        while time.monotonic() < deadline and receiver.count < _events(folder):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)


async def _look_back(
    client: aiohttp.ClientSession,
    customers: Sequence[Customer],
    found: Verdict,
    sample: int | None = None,
) -> None:
    for customer in customers:
        customer.client = client
        found.unanswered += len(customer.unanswered)
        await customer.repeat()
        found.faults += await broken_promises(customer, sample)
        # What has ended stays so; it is looked at once more in the end.
        for known in [one for one in customer.sessions.values() if one.is_ending]:
            if not known.has_ended:
                known.is_ending = False


def _compare(
    folder: Path, customers: Sequence[Customer], receiver: Receiver, found: Verdict
) -> None:
    """Hold what was told and what was opened against the store."""
    with contextlib.closing(sqlite3.connect(folder / "kallglot.db")) as store:
        rows = store.execute("SELECT session_id, id FROM events ORDER BY position").fetchall()
        opened = store.execute(
            "SELECT json_extract(metadata, '$.key'), count(*) FROM sessions GROUP BY 1"
        ).fetchall()
    found.faults += [f"the key {key} opened {count} sessions" for key, count in opened if count > 1]
    known = {session for one in customers for session in one.sessions}
    found.sessions = len(known)
    kept: dict[str, list[str]] = {}
    for session_id, event_id in rows:
        kept.setdefault(session_id, []).append(event_id)
    for session_id, told in receiver.told.items():
        if invented := set(told) - set(kept.get(session_id, ())):
            found.faults.append(f"{session_id}: {len(invented)} events are not in the store")
    for session_id, events in kept.items():
        if receiver.told.get(session_id, []) != events:
            found.faults.append(f"{session_id}: events were lost, or told in another order")
    if receiver.forged:
        found.faults.append(f"{receiver.forged} signatures were wrong")
    found.events, found.told = len(rows), receiver.count
    found.repeated, found.failures = receiver.repeated, receiver.failures


def _events(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / "kallglot.db")) as store:
        (count,) = store.execute("SELECT count(*) FROM events").fetchone()
        return int(count)


async def _register(client: aiohttp.ClientSession, url: str) -> str:
    body = {"url": url, "events": ["*"]}
    async with client.post("/v1/webhook_endpoints", json=body) as answer:
        answer.raise_for_status()
        return str((await answer.json())["secret"])


@asynccontextmanager
async def _server(folder: Path, found: Verdict) -> AsyncIterator[tuple[Worker, Serving]]:
    cores = rig.Cores.of_this_machine()
    arguments = ("kallglot.bench.server", str(folder), "nothing", "insist")
    began = time.monotonic()
    async with Worker(*arguments, core=cores.media) as server:
        serving = await server.listen(Serving)
        found.slowest_start = max(found.slowest_start, time.monotonic() - began)
        yield server, serving


def _client(url: str, key: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        url,
        headers={"Authorization": f"Bearer {key}"},
        timeout=aiohttp.ClientTimeout(total=PATIENCE),
    )


def _show(console: Console, found: Verdict, rounds: int) -> None:
    console.print(
        f"{rounds} kills: {found.acknowledged} requests acknowledged,"
        f" {found.unanswered} cut off and repeated; {found.sessions} sessions;"
        f" slowest start {found.slowest_start:.1f} s"
    )
    console.print(
        f"{found.events} events in the store, {found.told} told;"
        f" the handler failed {found.failures} times, and was told {found.repeated} again"
    )
    for fault in found.faults[:20]:
        console.print(f"[red]{fault}[/]", highlight=False)
    verdict = "[red]broken[/]" if found.faults else "[green]kept[/]"
    console.print(f"nothing acknowledged is lost, nothing is told that is not so: {verdict}")
    report.show_machine(console, rig.machine())
