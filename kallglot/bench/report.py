"""The figures, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from kallglot.bench.figures import Bar, Machine, Measured, quantile, safe_calls, slope
from kallglot.bench.leak import Left

__all__ = [
    "show_bars",
    "show_interruptions",
    "show_leak",
    "show_live",
    "show_machine",
    "show_memory",
    "show_recording",
]

MIB = 2.0**20


def show_live(console: Console, rows: Sequence[Measured], seconds: float, runs: int) -> None:
    """Show what calls cost, and how many of them are safe."""
    table = Table(title=f"live two-leg calls, medians of {runs} runs of {seconds:g} s")
    columns = "calls|age p50 ms|p99|max|sent|missing|media ms/s|ear ms/s|core|lag p99 ms|gc ms"
    for name in f"{columns}|MiB/call|load late ms".split("|"):
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
            f"{row.pause * 1e3:.0f}",
            f"{row.rss / MIB:.2f}",
            f"{row.generator_late * 1e3:.0f}",
        )
    console.print(table)
    for row in rows:
        cost = (row.media_cpu + row.ear_cpu) * 1e3
        console.print(f"[bold]{row.calls} calls[/]")
        show_bars(
            console,
            [
                Bar("  processor per call, media process and ear", cost, 10.0, "ms a second"),
                Bar("  age of frames, p99", row.age_p99 * 1e3, 40.0, "ms"),
                Bar("  frames missing", row.missing, 0.0, ""),
            ],
        )
    console.print(f"[bold]this machine's safe number of calls: {safe_calls(rows)}[/]")


def show_recording(console: Console, without: Measured, recorded: Measured) -> None:
    """Show what it costs to record."""
    cpu = recorded.media_cpu - without.media_cpu
    memory = recorded.rss - without.rss
    show_bars(
        console,
        [
            Bar("processor to record 20 calls", cpu * 20 * 1e2, 1.0, "% of a core"),
            Bar("memory to record a call", memory / MIB, 1.0, "MiB"),
        ],
    )


def show_memory(console: Console, points: Sequence[tuple[float, float]]) -> None:
    """Show how much memory a call takes."""
    for calls, rss in points:
        console.print(f"{calls:.0f} calls: {rss / MIB:.1f} MiB")
    show_bars(console, [Bar("memory per live call", slope(points) / MIB, 1.0, "MiB")])


def show_leak(console: Console, left: Left) -> None:
    """Show what finished calls have left."""
    before, after = left.before.rss / MIB, left.after.rss / MIB
    console.print(f"{left.calls} calls: {before:.1f} MiB before, {after:.1f} after")
    for name, by in left.grown[:12]:
        console.print(f"  {by:+6d} {name}", highlight=False)
    for name, (then, now) in left.leftovers.items():
        console.print(f"[red]{name}: {then} before, {now} after[/]")
    if not left.leftovers:
        console.print("every file, thread, task, actor, timer, ear and voice is gone")
    if left.unclosed:
        console.print(f"[red]{left.unclosed} lines were not closed[/]")
    show_bars(console, [Bar("left per finished call", left.bytes_per_call / 1024, 2.0, "KiB")])


def show_interruptions(console: Console, delays: Sequence[float]) -> None:
    """Show how soon translations fell silent."""
    console.print(f"{len(delays)} interruptions; p50 {quantile(delays, 0.5) * 1e3:.1f} ms")
    show_bars(
        console,
        [
            Bar(f"interruption, {name}", quantile(delays, share) * 1e3, 40.0, "ms")
            for name, share in (("p90", 0.9), ("max", 1.0))
        ],
    )


def show_bars(console: Console, bars: Sequence[Bar]) -> None:
    """Show which bars are met."""
    for bar in bars:
        verdict = "[green]met[/]" if bar.is_met else "[red]missed[/]"
        console.print(f"{bar.name}: {bar.value:.3g} {bar.unit}, at most {bar.most:g}: {verdict}")


def show_machine(console: Console, machine: Machine) -> None:
    """Show where it was measured."""
    console.print(
        f"{machine.processor}, {machine.cores} cores, Python {machine.python};"
        f" {machine.versions}; load {machine.load:.1f},"
        f" measured {'before' if machine.is_undisturbed else 'beside'} everything else",
        highlight=False,
    )
