"""`scripts/bench engines`: how many calls engines carry, at true shapes with random weights."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from kallglot.bench import engines_figures as figures
from kallglot.bench import report, rig, shapes
from kallglot.bench.engines_figures import Profile, Timed
from kallglot.bench.engines_report import WIDTH, show_capacities, show_profile, show_timed
from kallglot.bench.figures import Machine, quantile
from kallglot.bench.shapes import Shape, Work

__all__ = ["command"]

#: How many calls are played, as shares of what the arithmetic says.
_SHARES = (0.5, 0.75, 1.0, 1.25)
#: So many a GPU should carry.
_BAR = 200


@attrs.frozen
class Wanted:
    """What is to be timed, where, and for how long."""

    shapes: tuple[Shape, ...]
    dtypes: tuple[str, ...]
    batches: tuple[int, ...]
    windows: tuple[str, ...]
    device: str
    seconds: float
    threads: int
    to: Path | None

    def dtypes_of(self, shape: Shape) -> tuple[str, ...]:
        """Return what the numbers of a model are to be; int8 is for the CPU alone."""
        if shape.always is not None:
            return (shape.always,)
        return tuple(one for one in self.dtypes if one != "int8" or self.device == "cpu")

    def works(self, shape: Shape) -> list[Work]:
        """Return what is asked of a shape: of its windows those that are wanted."""
        if not self.windows or shape.role != "recogniser" or len(shape.works) == 1:
            return list(shape.works)
        wanted = {f"window {window} s" for window in self.windows}
        return [work for work in shape.works if work.name in wanted]


def _numbers(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
    if value is None:
        return None
    try:
        numbers = tuple(int(one) for one in value.split(","))
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < 1:
        raise click.BadParameter("numbers with commas between them, such as 1,4,8")
    return numbers


@click.group("engines", invoke_without_command=True)
@click.option("--only", multiple=True, metavar="NAME", help="A shape; may be said again.  [all]")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or cuda:1")
@click.option("--dtype", "dtypes", multiple=True, type=click.Choice(["fp32", "bf16", "int8"]))
@click.option("--rows", callback=_numbers, help="Sizes of batches.  [1,4,8; on a GPU also 32,64]")
@click.option("--window", "windows", multiple=True, type=click.Choice(["5", "10", "30"]))
@click.option("--seconds", default=2.0, show_default=True, help="For so long each batch is timed.")
@click.option("--threads", default=os.cpu_count() or 1, show_default=True, help="On the CPU.")
@click.option(
    "--json", "to", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures."
)
@click.pass_context
def command(
    context: click.Context,
    only: tuple[str, ...],
    device: str,
    dtypes: tuple[str, ...],
    rows: tuple[int, ...] | None,
    windows: tuple[str, ...],
    seconds: float,
    threads: int,
    to: Path | None,
) -> None:
    """Time engines at the shapes of real models, with random weights.

    What a request costs does not depend on what a model has learned, as long as it writes as many
    words: so the weights are not needed to know how many calls a machine carries.
    """
    is_gpu = device.startswith("cuda")
    with _complaining():
        wanted = Wanted(
            shapes=tuple(shapes.chosen(only)),
            dtypes=dtypes or (("bf16",) if is_gpu else ("fp32", "bf16", "int8")),
            batches=tuple(sorted({1, *(rows or ((1, 4, 8, 32, 64) if is_gpu else (1, 4, 8)))})),
            windows=windows,
            device=device,
            seconds=seconds,
            threads=threads,
            to=to,
        )
    context.obj = wanted
    if context.invoked_subcommand is None:
        _run(wanted)


@command.command("list")
def names() -> None:
    """List the shapes."""
    for shape in shapes.SHAPES:
        works = ", ".join(work.name for work in shape.works)
        click.echo(f"{shape.name}: {shape.role}, {works}")


@command.command()
@click.option("--of", "models", default=",".join(shapes.PROFILE), show_default=True)
@click.option("--calls", callback=_numbers, help="Calls that are played.  [by the arithmetic]")
@click.pass_obj
def together(wanted: Wanted, models: str, calls: tuple[int, ...] | None) -> None:
    """Ask a recogniser, a translator and a synthesiser in real time, as so many calls would.

    Options such as --device go before this command's name.
    """
    with _complaining():
        wanted = attrs.evolve(
            wanted,
            shapes=tuple(shapes.chosen(models.split(","))),
            dtypes=wanted.dtypes[:1],
            windows=wanted.windows or ("5",),
        )
    _run(wanted, lambda timed, console: _profile(wanted, timed, calls, console))


@contextlib.contextmanager
def _complaining() -> Iterator[None]:
    """Say in a line what cannot be had."""
    try:
        yield
    except (LookupError, ImportError) as error:
        raise click.ClickException(str(error.args[0])) from error


def _run(wanted: Wanted, more: Callable[[Sequence[Timed], Console], Profile] | None = None) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    with _complaining():
        machine = _prepare(wanted.device, wanted.threads)
    timed = _time(wanted, console)
    show_timed(console, timed)
    found = figures.capacities(timed)
    show_capacities(console, found)
    profile = None if more is None else more(timed, console)
    report.show_machine(console, machine)
    if wanted.to is not None:
        _write(wanted.to, machine, timed, found, profile)


def _prepare(device: str, threads: int) -> Machine:
    from kallglot.bench import engines_timing  # noqa: PLC0415 - torch takes seconds, even for --help

    engines_timing.use_threads(threads)
    name = engines_timing.device_name(device)
    machine = rig.machine()
    return attrs.evolve(
        machine,
        processor=f"{machine.processor}, {name}",
        versions=engines_timing.versions(),
        is_undisturbed=False,
    )


def _time(wanted: Wanted, console: Console) -> list[Timed]:
    """Time everything that is wanted, and go on when a model cannot be had."""
    from kallglot.bench import engines_timing  # noqa: PLC0415

    timed: list[Timed] = []
    dtypes = [(shape, dtype) for shape in wanted.shapes for dtype in wanted.dtypes_of(shape)]
    total = sum(len(wanted.works(shape)) * len(wanted.batches) for shape, _ in dtypes)
    with _progress(console) as progress:
        bar = progress.add_task("starting", total=total)
        say = _sayer(progress, bar)
        for shape, dtype in dtypes:
            works = wanted.works(shape)
            before = len(timed)
            try:
                timed += engines_timing.time_shape(
                    shape, works, dtype, wanted.device, wanted.batches, wanted.seconds, say
                )
            except (LookupError, RuntimeError, NotImplementedError) as error:
                progress.console.print(f"{shape.name} {dtype}: {_short(error)}", style="yellow")
            progress.advance(bar, max(len(works) * len(wanted.batches), len(timed) - before))
    if not timed:
        raise click.ClickException("nothing could be timed; what was in the way is said above")
    return timed


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _progress(console: Console) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True)


def _sayer(progress: Progress, task: Any) -> Callable[[str], None]:
    def say(text: str) -> None:
        progress.update(task, description=text)

    return say


def _profile(
    wanted: Wanted, timed: Sequence[Timed], calls: tuple[int, ...] | None, console: Console
) -> Profile:
    """Work out what the engines carry together, and have that played."""
    from kallglot.bench import engines_playing  # noqa: PLC0415

    names = [shape.name for shape in wanted.shapes]
    profile = figures.profile(timed, names)
    engines = figures.stations(timed, names)
    every = wanted.shapes[0].works[0].every
    expectation = figures.expectation(engines, every)
    bar = _BAR if wanted.device.startswith("cuda") else None
    shares = {max(1, round(profile.batched * one)) for one in _SHARES}
    counts = calls or tuple(sorted(shares | ({bar} if bar else set())))
    with console.status("building the engines") as status:
        playing = engines_playing.load(
            wanted.shapes, wanted.batches, wanted.dtypes[0], wanted.device
        )
        played = []
        for count in counts:
            status.update(f"{count} calls in real time")
            expected = quantile(expectation(count), 0.95)
            played.append(playing.play(count, max(10.0, 5 * wanted.seconds), expected))
    profile = attrs.evolve(profile, played=tuple(played))
    show_profile(console, profile, bar)
    return profile


def _write(to: Path, machine: Machine, timed: object, found: object, profile: object) -> None:
    parts = {"machine": machine, "timed": timed, "capacities": found, "profile": profile}
    text = json.dumps(parts, default=attrs.asdict, indent=1)
    to.write_text(text + "\n", encoding="utf-8")
