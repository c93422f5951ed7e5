"""The figures, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from kallglot.bench.figures import Bar, Machine, Measured, safe_calls, slope

__all__ = ["show_bars", "show_live", "show_memory"]

MIB = 2.0**20


def show_live(
    console: Console, machine: Machine, rows: Sequence[Measured], seconds: float, runs: int
) -> None:
    """Show what calls cost, and how many of them are safe."""
    table = Table(title=f"live two-leg calls, medians of {runs} runs of {seconds:g} s")
    for name in (
        "calls",
        "age p50 ms",
        "p99",
        "max",
        "sent",
        "missing",
        "media ms/call-s",
        "ear",
        "media core",
        "loop lag p99 ms",
        "MiB/call",
        "guessed",
        "generator late ms",
    ):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            str(row.calls),
            f"{row.age_p50 * 1e3:.1f}",
            f"{row.age_p99 * 1e3:.1f}",
            f"{row.age_max * 1e3:.0f}",
            str(row.sent),
            str(row.missing),
            f"{row.media_cpu * 1e3:.2f}",
            f"{row.ear_cpu * 1e3:.2f}",
            f"{row.busy:.0%}",
            f"{row.lag_p99 * 1e3:.1f}",
            f"{row.rss / MIB:.2f}",
            f"{row.guessed:.1%}",
            f"{row.generator_late * 1e3:.0f}",
        )
    console.print(table)
    _show_machine(console, machine)
    most = rows[-1]
    cost = (most.media_cpu + most.ear_cpu) * 1e3
    show_bars(
        console,
        [
            Bar(f"processor per call, at {most.calls} calls", cost, 10.0, "ms a second"),
            *(
                Bar(f"age of frames, p99, at {row.calls} calls", row.age_p99 * 1e3, 40.0, "ms")
                for row in rows
            ),
        ],
    )
    console.print(f"[bold]this machine's safe number of calls: {safe_calls(rows)}[/]")


def show_memory(console: Console, points: Sequence[tuple[float, float]]) -> None:
    """Show how much memory a call takes."""
    for calls, rss in points:
        console.print(f"{calls:.0f} calls: {rss / MIB:.1f} MiB")
    show_bars(console, [Bar("memory per live call", slope(points) / MIB, 1.0, "MiB")])


def show_bars(console: Console, bars: Sequence[Bar]) -> None:
    """Show which bars are met."""
    for bar in bars:
        verdict = "[green]met[/]" if bar.is_met else "[red]missed[/]"
        console.print(f"{bar.name}: {bar.value:.3g} {bar.unit}, at most {bar.most:g}: {verdict}")


def _show_machine(console: Console, machine: Machine) -> None:
    console.print(
        f"{machine.processor}, {machine.cores} cores, Python {machine.python};"
        f" {machine.versions}; load {machine.load:.1f},"
        f" measured {'before' if machine.is_undisturbed else 'beside'} everything else",
        highlight=False,
    )
