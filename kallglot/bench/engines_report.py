"""What engines carry, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from kallglot.bench import report
from kallglot.bench.engines_figures import Capacity, Profile, Timed
from kallglot.bench.figures import Bar
from kallglot.bench.queueing import DEADLINE

__all__ = ["WIDTH", "show_capacities", "show_profile", "show_timed"]

#: The least width at which the tables can be read.
WIDTH = 128

MIB = 2.0**20


def show_timed(console: Console, rows: Sequence[Timed]) -> None:
    """Show what batches take."""
    table = Table(title="engines of true shapes with random weights, medians of several runs")
    for name in ("model", "request", "numbers"):
        table.add_column(name, no_wrap=True)
    for name in ("rows", "ms", "ms/row", "rows/s", "RTF", "weights MiB", "+ peak MiB", "runs"):
        table.add_column(name, justify="right")
    before: tuple[str, ...] = ()
    for row in rows:
        names = (row.model if row.is_engine else f"{row.model} *", row.work, row.dtype)
        is_new = (row.model, row.work, row.dtype) != before
        before = (row.model, row.work, row.dtype)
        table.add_row(
            *(names if is_new else ("", "", "")),
            str(row.rows),
            f"{row.seconds * 1e3:.1f}",
            f"{row.each * 1e3:.1f}",
            f"{row.throughput:.1f}",
            "" if row.rtf is None else f"{row.rtf:.3f}",
            f"{row.weights / MIB:.0f}",
            f"{row.peak / MIB:.0f}",
            str(row.runs),
        )
    console.print(table)
    if any(not row.is_engine for row in rows):
        console.print("* the model alone, without what an engine does around it")


def show_capacities(console: Console, found: Sequence[Capacity]) -> None:
    """Show how many calls each engine would serve with the machine to itself."""
    table = Table(
        title=f"two-way calls by the queue's arithmetic, p95 within {DEADLINE * 1e3:.0f} ms,"
        " each engine with the machine to itself"
    )
    for name in ("model", "request", "numbers"):
        table.add_column(name, no_wrap=True)
    for name in ("one by one", "batched", "throughput of the best batch"):
        table.add_column(name, justify="right")
    for one in found:
        table.add_row(
            one.model,
            one.work,
            one.dtype,
            str(one.one_by_one),
            str(one.batched),
            f"{one.gain:.1f} times",
        )
    console.print(table)


def show_profile(console: Console, profile: Profile, bar: int | None = None) -> None:
    """Show how many calls a whole set of engines serves on one device."""
    console.print(
        f"[bold]{' + '.join(profile.models)}[/], {profile.dtype} on {profile.device}, one working"
        f" at a time: {profile.one_by_one} two-way calls one by one, {profile.batched} batched,"
        f" p95 within {DEADLINE * 1e3:.0f} ms from a turn's end to sound"
    )
    if profile.played:
        _show_played(console, profile)
    most = max((one.calls for one in profile.played if one.is_in_time), default=0)
    if bar is not None and profile.played:
        # `Bar` asks for little, so what is missing is what must be little.
        missing = max(0, bar - most)
        report.show_bars(console, [Bar(f"calls missing of {bar}", missing, 0.0, "")])


def _show_played(console: Console, profile: Profile) -> None:
    table = Table(title="the same engines in threads, asked in real time")
    columns = "calls|turns|p50 ms|p95 ms|by arithmetic|chunk p95 ms|unfinished|in time"
    for name in columns.split("|"):
        table.add_column(name, justify="right")
    for one in profile.played:
        table.add_row(
            str(one.calls),
            str(one.turns),
            f"{one.p50 * 1e3:.0f}",
            f"{one.p95 * 1e3:.0f}",
            f"{one.expected * 1e3:.0f}",
            f"{one.chunk * 1e3:.0f}",
            f"{one.unfinished:.0%}",
            "[green]yes[/]" if one.is_in_time else "[red]no[/]",
        )
    console.print(table)
