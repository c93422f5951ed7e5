"""`scripts/bench speech`: how good the interpreter is, and how far behind the speaker."""

from __future__ import annotations

import asyncio
import functools
import itertools
import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import click
from rich.console import Console

from kallglot.bench import report, rig, speech_scores, speech_sound
from kallglot.bench.figures import Bar
from kallglot.bench.speech_figures import Drift, Outcome, drifts, erasure, outcomes
from kallglot.bench.speech_quality import Quality, quality
from kallglot.bench.speech_report import (
    bars,
    show_drifts,
    show_lags,
    show_quality,
    show_stages,
    show_throughput,
)
from kallglot.bench.speech_rig import Ages, Held, SpeechRig, speech_rig
from kallglot.bench.speech_script import Scene, conversation, monologue
from kallglot.bench.speech_throughput import Throughput, throughput
from kallglot.commands import settings as options
from kallglot.commands import terminal
from kallglot.config import Settings
from kallglot.errors import KallglotError
from kallglot.speech.training.voices import Espeak

__all__ = ["command"]

#: The least width at which the tables can be read.
WIDTH = 110
#: Calls begin one after the other within so many seconds.
_SPREAD = 8.0
#: A telephone that is later than this, in seconds, has not measured well.
_LATE = 0.1


@attrs.frozen
class Wanted:
    """What is to be measured."""

    calls: int
    passages: int
    minutes: tuple[float, ...]
    batches: tuple[int, ...]
    seed: int

    @property
    def conversations(self) -> list[Scene]:
        seeds = range(self.seed * 1000, self.seed * 1000 + self.calls)
        return [conversation(seed, self.passages) for seed in seeds if self.passages]

    @property
    def monologues(self) -> list[Scene]:
        who = itertools.cycle(("customer", "agent"))
        return [
            monologue(self.seed * 1000 + number, minutes, next(who))
            for number, minutes in enumerate(self.minutes)
        ]


@attrs.define
class Found:
    """What was found."""

    models: tuple[str, ...] = ()
    outcomes: list[Outcome] = attrs.field(factory=list)
    drifts: list[Drift] = attrs.field(factory=list)
    ages: Ages | None = None
    stages: dict[str, list[float]] = attrs.field(factory=dict)
    gains: list[Throughput] = attrs.field(factory=list)
    late: float = 0.0
    erasures: list[float] = attrs.field(factory=list)


@click.command("speech")
@click.option("--calls", default=1, show_default=True, help="Two-way calls at the same time.")
@click.option("--passages", default=9, show_default=True, help="Turns in a call.")
@click.option(
    "--monologue",
    "minutes",
    multiple=True,
    type=float,
    help="Minutes of somebody who does not stop; may be said again.  [1; 0 for none]",
)
@click.option("--batch", "batches", multiple=True, type=int, help="Rows of a batch.  [16; 0: none]")
@click.option("--seed", default=1, show_default=True, help="Chooses sentences, voices and lines.")
@click.option(
    "--json", "to", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures."
)
def command(
    calls: int,
    passages: int,
    minutes: tuple[float, ...],
    batches: tuple[int, ...],
    seed: int,
    to: Path | None,
) -> None:
    """Hold calls with the models of the settings, and see what was understood and how late.

    Telephones speak sentences that the demonstration models were never trained with, in voices
    they never heard, to a server in a process of its own, in real time.  Choose other models as
    for `kallglot serve`, such as with KALLGLOT_SPEECH_RECOGNISER.
    """
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    wanted = Wanted(
        calls,
        passages,
        tuple(one for one in minutes or (1.0,) if one > 0),
        tuple(one for one in batches or (16,) if one > 0),
        seed,
    )
    try:
        found = terminal.run(_measure(wanted, console))
    except KallglotError as error:
        raise click.ClickException(str(error)) from error
    _show(found, console, to)


async def _measure(wanted: Wanted, console: Console) -> Found:
    found = Found()
    with console.status("loading the models") as status:
        if wanted.conversations or wanted.monologues:
            await _call(wanted, found, status.update)
        if wanted.batches:
            settings = options.speech_of(Settings.load())
            found.gains = await asyncio.to_thread(
                lambda: throughput(settings, wanted.batches, _espeak(), status.update)
            )
    return found


async def _call(wanted: Wanted, found: Found, say: Callable[[str], None]) -> None:
    async with speech_rig() as bench:
        found.models = bench.models
        if wanted.conversations:
            held, found.ages, found.stages = await _hold(bench, wanted.conversations, say)
            _judge(held, found)
        if wanted.monologues:
            held, ages, stages = await _hold(bench, wanted.monologues, say)
            found.ages, found.stages = found.ages or ages, found.stages or stages
            _judge(held, found)


async def _hold(
    bench: SpeechRig, scenes: Sequence[Scene], say: Callable[[str], None]
) -> tuple[list[Held], Ages, dict[str, list[float]]]:
    say("having the lines spoken")

    def speak() -> list[speech_sound.Sounding]:
        espeak = _espeak()
        return [
            speech_sound.sounding(scene, espeak, first=1.0 + _SPREAD * number / len(scenes))
            for number, scene in enumerate(scenes)
        ]

    return await bench.hold(await asyncio.to_thread(speak), say)


@functools.cache
def _espeak() -> Espeak:
    """Return the library, which keeps its state in globals: once per process."""
    return Espeak()


def _judge(held: Sequence[Held], found: Found) -> None:
    for one in held:
        became = outcomes(one.sounding.said, one.reports, one.transcript)
        found.outcomes += became
        found.drifts += drifts(one.sounding.scene.name, became, one.transcript)
        erased = erasure(one.reports["agent"].captions)
        found.erasures += [] if erased is None else [erased]
        found.late = max(found.late, *(report.late for report in one.reports.values()))


def _show(found: Found, console: Console, to: Path | None) -> None:
    for line in found.models:
        console.print(line, style="dim", markup=False)
    is_scored = speech_scores.is_there()
    rows = quality(found.outcomes, speech_scores.chrf_and_bleu if is_scored else None)
    if found.outcomes:
        show_quality(console, rows, "" if is_scored else speech_scores.MISSING)
        show_lags(console, found.outcomes)
        show_drifts(console, found.drifts)
        show_stages(console, found.stages)
    if found.erasures:
        mean = statistics.fmean(found.erasures)
        console.print(f"captions: {mean:.2f} words taken back for each that stands")
    show_throughput(console, found.gains)
    asked = bars(found.outcomes, found.drifts, found.ages, found.gains)
    report.show_bars(console, asked)
    if found.late > _LATE:
        console.print(f"the telephones themselves were late, by {found.late:.2f} s at worst")
    machine = attrs.evolve(rig.machine(), is_undisturbed=False)
    report.show_machine(console, machine)
    if to is not None:
        _write(to, found, rows, asked, attrs.asdict(machine))


def _write(
    to: Path, found: Found, rows: Sequence[Quality], asked: Sequence[Bar], machine: object
) -> None:
    """Write the figures: never what was said."""
    passages = [
        {
            "kind": one.passage.kind,
            "language": one.passage.language,
            "seconds": one.span.length,
            "utterances": len(one.utterances),
            "is_exact": one.is_exact,
            "lags": attrs.asdict(one.lags),
            "pieces": one.pieces,
            "dropped": one.dropped,
            "compressed": one.compressed,
        }
        for one in found.outcomes
    ]
    parts = {
        "machine": machine,
        "models": found.models,
        "quality": [attrs.asdict(row) for row in rows],
        "passages": passages,
        "monologues": [attrs.asdict(one) for one in found.drifts],
        "ages": None if found.ages is None else attrs.asdict(found.ages),
        "erasure": found.erasures,
        "stages": found.stages,
        "throughput": [attrs.asdict(one) for one in found.gains],
        "bars": [attrs.asdict(bar) | {"is_met": bar.is_met} for bar in asked],
    }
    to.write_text(json.dumps(parts, indent=1) + "\n", encoding="utf-8")
