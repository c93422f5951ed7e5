"""`scripts/bench`: measure this machine, and compare with what is asked of it.

Without a command the media path is measured; `engines` and `speech` measure what understands.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import attrs
import click
from rich.console import Console

from kallglot.bench import interrupt, leak, live, report
from kallglot.bench.figures import Measured, median
from kallglot.bench.rig import Shape, conversation, machine
from kallglot.commands import terminal

#: How many calls are tried, one after the other, until it is too much.
STEPS = (25, 50, 75, 100, 125, 150, 175, 200)

#: The least width at which the table can be read.
WIDTH = 110

F = TypeVar("F", bound=Callable[..., Any])

What: TypeAlias = Literal["live", "leak", "interrupt", "recording", "memory", "profile"]


def _instead(name: What, text: str) -> Callable[[F], F]:
    return click.option(f"--{name}", "what", flag_value=name, help=text)


class Benches(click.Group):
    """The commands, imported only when they are wanted: what they need is not always there."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["api", "crash", "engines", "speech", "webhooks"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        try:
            module = importlib.import_module(f"kallglot.bench.{cmd_name}_command")
        except ModuleNotFoundError as error:
            raise click.ClickException(
                f"{error.name} is not installed: `pip install 'kallglot[speech]'`"
            ) from error
        command: click.Command = module.command
        return command


@click.group(
    cls=Benches,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--calls", metavar="N[,N…]", help="How many live calls.  [default: more and more]")
@click.option("--seconds", default=10.0, show_default=True, help="How long a run is measured.")
@click.option("--runs", default=3, show_default=True, help="Medians of so many runs are shown.")
@click.option("--mixed", is_flag=True, help="One telephone of each call is a native client.")
@click.option("--no-recording", is_flag=True, help="Leave the recording out.")
@_instead("leak", "See what finished calls leave, 3000 of them unless --calls says otherwise.")
@_instead("interrupt", "See how soon a translation falls silent for who interrupts it.")
@_instead("recording", "See what recording costs: live calls with and without it.")
@_instead("memory", "See how much memory calls take that have gone on for a while.")
@_instead("profile", "See where the media process spends its time.")
@click.option(
    "--json", "to", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures."
)
@click.pass_context
def main(
    context: click.Context,
    calls: str | None,
    seconds: float,
    runs: int,
    what: What | None,
    to: Path | None,
    *,
    mixed: bool,
    no_recording: bool,
) -> None:
    """Measure the media path on this machine, without models; or what a command names."""
    if context.invoked_subcommand is not None:
        return
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    counts = None if calls is None else tuple(int(count) for count in calls.split(","))
    bench = Bench(console, Shape(not no_recording, mixed), seconds, runs)
    terminal.run(bench.run(what or "live", counts, to))


@attrs.frozen
class Bench:
    """What was asked for, and where it is shown."""

    console: Console
    shape: Shape
    seconds: float
    runs: int

    async def run(self, what: What, counts: tuple[int, ...] | None, to: Path | None) -> None:
        """Measure, and show what was found."""
        tape = await asyncio.to_thread(conversation)
        first = None if counts is None else counts[0]
        match what:
            case "live":
                rows = await self._step_up(tape, counts)
                report.show_live(self.console, rows, self.seconds, self.runs)
                if to is not None:
                    _write(rows, to)
            case "leak":
                with self.console.status("starting") as status:
                    left = await leak.leak(self.shape, tape, first or 3000, status.update)
                report.show_leak(self.console, left)
            case "interrupt":
                delays = await interrupt.interrupt(tape, first or 20)
                report.show_interruptions(self.console, delays)
            case "recording":
                await self._compare(tape, first or 40)
            case "memory":
                points = await live.memory(self.shape, tape, counts or (10, 30))
                report.show_memory(self.console, points)
            case "profile":
                text = await live.profile(self.shape, tape, first or 50, self.seconds)
                self.console.print(text, markup=False, highlight=False)
        report.show_machine(self.console, machine())

    async def _step_up(self, tape: str, counts: tuple[int, ...] | None) -> list[Measured]:
        rows: list[Measured] = []
        with self.console.status("starting") as status:
            for count in counts or STEPS:
                measured = await live.measure(
                    self.shape, tape, count, self.seconds, self.runs, status.update
                )
                rows.append(median(measured))
                if counts is None and not rows[-1].is_safe:
                    break
        return rows

    async def _compare(self, tape: str, calls: int) -> None:
        rows: list[Measured] = []
        with self.console.status("starting") as status:
            for is_recorded in (False, True):
                shape = attrs.evolve(self.shape, is_recorded=is_recorded)
                measured = await live.measure(
                    shape, tape, calls, self.seconds, self.runs, status.update
                )
                rows.append(median(measured))
        report.show_recording(self.console, *rows)


def _write(rows: Sequence[Measured], to: Path) -> None:
    to.write_text(json.dumps([attrs.asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
