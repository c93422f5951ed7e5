"""`scripts/bench`: measures this machine, compares with the bars, and says how many calls it takes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import attrs
import click
from rich.console import Console

from kallglot.bench import live, report
from kallglot.bench.figures import Measured, median
from kallglot.bench.rig import Shape, conversation, machine
from kallglot.commands import terminal

STEPS = (25, 50, 75, 100, 125, 150, 175, 200)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--calls", metavar="N[,N…]", help="How many live calls.  [default: more and more]")
@click.option("--seconds", default=10.0, show_default=True, help="How long a run is measured.")
@click.option("--runs", default=3, show_default=True, help="Medians of so many runs are shown.")
@click.option("--mixed", is_flag=True, help="One telephone of each call is a native client.")
@click.option("--no-recording", is_flag=True, help="Leave the recording out.")
@click.option("--profile", is_flag=True, help="Show where the media process spends its time.")
@click.option("--memory", is_flag=True, help="Measure the memory of calls that have gone on.")
@click.option(
    "--json", "to", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures."
)
def main(
    calls: str | None,
    seconds: float,
    runs: int,
    *,
    mixed: bool,
    no_recording: bool,
    profile: bool,
    memory: bool,
    to: Path | None,
) -> None:
    """Measure the media path on this machine, without models."""
    shape = Shape(is_recorded=not no_recording, is_mixed=mixed)
    counts = STEPS if calls is None else tuple(int(count) for count in calls.split(","))
    console = Console()
    if profile:
        print(terminal.run(live.profile(shape, conversation(), counts[0], seconds)))
        return
    if memory:
        report.show_memory(console, terminal.run(live.memory(shape, conversation(), (10, 30))))
        return
    rows = terminal.run(_step_up(shape, counts, seconds, runs, console))
    report.show_live(console, machine(), rows, seconds, runs)
    if to is not None:
        to.write_text(json.dumps([attrs.asdict(row) for row in rows], indent=1) + "\n")


async def _step_up(
    shape: Shape, counts: tuple[int, ...], seconds: float, runs: int, console: Console
) -> list[Measured]:
    tape = await asyncio.to_thread(conversation)
    rows: list[Measured] = []
    with console.status("starting") as status:
        for count in counts:
            rows.append(
                median(await live.measure(shape, tape, count, seconds, runs, status.update))
            )
            if not rows[-1].is_safe and counts == STEPS:
                break
    return rows


if __name__ == "__main__":
    main()
