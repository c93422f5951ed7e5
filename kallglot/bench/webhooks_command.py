"""`scripts/bench webhooks`: thousands of deliveries to a handler that fails now and then."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import tempfile
import time
from pathlib import Path

import aiohttp
import attrs
import click
from rich.console import Console

from kallglot.bench import report, rig
from kallglot.bench.receiver import Receiver, receiving
from kallglot.bench.server import Serving
from kallglot.bench.worker import Worker
from kallglot.commands import terminal

__all__ = ["command"]

#: Requests at the same time.
TOGETHER = 16
#: Seconds after the last event within which everything must have been told.
SETTLING = 300.0


@click.command("webhooks")
@click.option("--deliveries", default=10_000, show_default=True, help="How many, at least.")
@click.option("--failing", default=0.2, show_default=True, help="Share of them that fail.")
def command(deliveries: int, failing: float) -> None:
    """Tell a handler of sessions that begin and end, as fast as it takes it.

    None may be lost, none told out of the order of its session, and each must be signed with the
    secret of its endpoint, which the handler checks.
    """
    faults = terminal.run(_measure(Console(), deliveries, failing))
    if faults:
        raise click.ClickException("; ".join(faults[:5]))


@attrs.frozen
class Figures:
    """What came of it; times in seconds, `most` until 95 in a hundred were told."""

    made: float
    most: float
    told: float
    events: int


async def _measure(console: Console, deliveries: int, failing: float) -> list[str]:
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="kallglot-bench-") as folder:
        arguments = ("kallglot.bench.server", folder, "nothing", "insist")
        cores = rig.Cores.of_this_machine()
        async with receiving(Receiver(failing=failing, chance=chance)) as receiver:
            async with Worker(*arguments, core=cores.media) as server:
                serving = await server.listen(Serving)
                headers = {"Authorization": f"Bearer {serving.key}"}
                async with aiohttp.ClientSession(serving.url, headers=headers) as client:
                    figures = await _run(console, client, receiver, Path(folder), deliveries)
            faults = _faults(Path(folder), receiver)
    console.print(
        f"{figures.events} events made in {figures.made:.1f} s; 95 % told after"
        f" {figures.most:.1f} s, all after {figures.told:.1f} s, with a minute's wait for a retry"
        f" cut to 0.12 s; {receiver.failures} failed and were sent again,"
        f" {receiver.repeated} came twice"
    )
    for fault in faults[:20]:
        console.print(f"[red]{fault}[/]", highlight=False)
    verdict = "[red]no[/]" if faults else "[green]yes[/]"
    console.print(f"none lost, none out of order in its session, all signed: {verdict}")
    report.show_machine(console, rig.machine())
    return faults


async def _run(
    console: Console,
    client: aiohttp.ClientSession,
    receiver: Receiver,
    folder: Path,
    deliveries: int,
) -> Figures:
    async with client.post(
        "/v1/webhook_endpoints", json={"url": receiver.url, "events": ["*"]}
    ) as answer:
        answer.raise_for_status()
        receiver.secret = (await answer.json())["secret"]
    began = time.monotonic()
    with console.status("sessions begin and end"):
        await _make(client, folder, deliveries)
    made = time.monotonic() - began
    events = _count(folder)
    most = 0.0
    with console.status("the rest is told"):
        while (told := receiver.count) < events:
            most = most or (told >= 0.95 * events) * (time.monotonic() - began)
            if time.monotonic() - began > made + SETTLING:
                break
            await asyncio.sleep(0.05)
    whole = time.monotonic() - began
    return Figures(made, most or whole, whole, events)


async def _make(client: aiohttp.ClientSession, folder: Path, deliveries: int) -> None:
    async def go_on() -> None:
        while not is_enough:
            body = {"mode": "bidirectional_translation"}
            async with client.post("/v1/sessions", json=body) as answer:
                session = (await answer.json())["id"]
            async with client.post(f"/v1/sessions/{session}/end") as answer:
                answer.raise_for_status()

    is_enough = False
    working = [asyncio.create_task(go_on()) for _ in range(TOGETHER)]
    while _count(folder) < deliveries:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.2)
    is_enough = True
    await asyncio.gather(*working)


def _faults(folder: Path, receiver: Receiver) -> list[str]:
    with contextlib.closing(sqlite3.connect(folder / "kallglot.db")) as store:
        rows = store.execute("SELECT session_id, id FROM events ORDER BY position").fetchall()
    kept: dict[str, list[str]] = {}
    for session_id, event_id in rows:
        kept.setdefault(session_id, []).append(event_id)
    faults = [
        f"{session_id}: lost, or out of order"
        for session_id, events in kept.items()
        if receiver.told.get(session_id, []) != events
    ]
    if receiver.forged:
        faults.append(f"{receiver.forged} signatures were wrong")
    return faults


def _count(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / "kallglot.db")) as store:
        (count,) = store.execute("SELECT count(*) FROM events").fetchone()
        return int(count)
