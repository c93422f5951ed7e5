"""`scripts/bench api`: how many requests the API answers, with the store on disk."""

from __future__ import annotations

import contextlib
import os
import tempfile

import aiohttp
import click
from rich.console import Console

from kallglot.bench import report, rig
from kallglot.bench.api_load import Asked, as_many_as_possible, steadily
from kallglot.bench.figures import quantile
from kallglot.bench.server import Census, Look, Serving
from kallglot.bench.worker import Worker
from kallglot.commands import terminal

__all__ = ["command"]

#: Sessions a second that a core must create, and how long one may take, 95 in a hundred.
RATE = 300
WITHIN_MS = 20.0


@click.command("api")
@click.option("--seconds", default=10.0, show_default=True, help="How long each run is measured.")
@click.option("--runs", default=3, show_default=True, help="Medians of so many runs are shown.")
@click.option("--rate", default=RATE, show_default=True, help="Sessions a second, when steady.")
def command(seconds: float, runs: int, rate: int) -> None:
    """Create sessions: as many as possible, and at a steady rate.

    The server has one core to itself, those who ask have another; the store is a file, and an
    answer comes when what it says is on the disk.
    """
    machine, cores = rig.machine(), rig.Cores.of_this_machine()
    os.sched_setaffinity(0, {cores.load})
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(2))
    console = Console()
    terminal.run(_measure(console, cores.media, seconds, runs, rate))
    report.show_machine(console, machine)


async def _measure(console: Console, core: int, seconds: float, runs: int, rate: int) -> None:
    fast, steady = [], []
    for run in range(runs):
        with console.status(f"run {run + 1} of {runs}"):
            one, other = await _run(core, seconds, rate)
        fast.append(one)
        steady.append(other)
    fastest = sorted(fast, key=lambda asked: asked.per_second)[runs // 2]
    calmest = sorted(steady, key=lambda asked: quantile(asked.took, 0.95))[runs // 2]
    console.print(
        f"as many as possible, 16 together: {fastest.per_second:.0f} sessions a second"
        f" (p95 {quantile(fastest.took, 0.95) * 1e3:.1f} ms, {fastest.failed} failed);"
        f" at least {RATE}: {_verdict(fastest.per_second >= RATE and not fastest.failed)}"
    )
    p50, p95, p99 = (quantile(calmest.took, share) * 1e3 for share in (0.5, 0.95, 0.99))
    console.print(
        f"{rate} a second: p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms,"
        f" {calmest.failed} failed; p95 at most {WITHIN_MS:g}:"
        f" {_verdict(p95 <= WITHIN_MS and not calmest.failed)}"
    )


async def _run(core: int, seconds: float, rate: int) -> tuple[Asked, Asked]:
    with tempfile.TemporaryDirectory(prefix="kallglot-bench-") as folder:
        arguments = ("kallglot.bench.server", folder, "nothing", "insist")
        async with Worker(*arguments, core=core) as server:
            serving = await server.listen(Serving)
            headers = {"Authorization": f"Bearer {serving.key}"}
            connector = aiohttp.TCPConnector(limit=64)
            async with aiohttp.ClientSession(
                serving.url, headers=headers, connector=connector
            ) as client:
                await as_many_as_possible(client, 1.0)  # what is made only once is made now
                steady = await steadily(client, seconds, rate)
                fast = await as_many_as_possible(client, seconds)
                await server.ask(Look(), Census)
            return fast, steady


def _verdict(is_met: bool) -> str:
    return "[green]met[/]" if is_met else "[red]missed[/]"
