"""Which models suit a machine and a pair of languages, how many calls, and what lag.  Pure.

The rule: what a model costs was measured on one machine, the reference; here it costs as much
more as this machine does the same kind of work more slowly.  In a call somebody speaks four
fifths of the time, and never both; models may take seven tenths of the machine, for beyond that
what waits before them soon grows without end.  It is an estimate, and says so.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import attrs

from kallglot.errors import ModelMissing
from kallglot.speech.models.engines import ENGINES, is_there
from kallglot.speech.models.entries import (
    Catalogue,
    Cost,
    Entry,
    Reference,
    Role,
    Work,
    three_letters,
)
from kallglot.speech.models.machine import Device, Machine

__all__ = ["RULE", "Recommendation", "Wish", "recommend"]

#: What share of a call somebody speaks, and what share of a machine models may take.
SPOKEN: Final = 0.8
BUSIEST: Final = 0.7
#: Seconds of silence after which a clause is taken for finished, and what is not models' work.
PAUSE: Final = 0.2
OURS: Final = 0.15
#: How much longer work takes with what waits before it, at `BUSIEST`, by M/D/1.
QUEUED: Final = 1.0 + BUSIEST / (2 * (1.0 - BUSIEST))
#: Bytes that Python, torch and the server take, and the share of memory that may be used.
BASE: Final = 1 << 30
ROOM: Final = 0.8
PIVOT: Final = "en"

RULE: Final = (
    "An estimate: the models' costs were measured on {reference}, and are taken to be as much"
    " larger or smaller here as this machine is slower or faster at matrix products in bulk and"
    " in small steps, which is good to about a third. Somebody speaks 80 % of a call, and models"
    " may take 70 % of the machine."
    " Try it with `kallglot models bench NAME` once the models are here."
)


@attrs.frozen
class Wish:
    """What is wanted: conversations between two languages, so many at a time."""

    languages: tuple[str, str]
    calls: int = 1
    accepted: frozenset[str] = frozenset()


@attrs.frozen
class Recommendation:
    """What is advised.

    `share` is how much of the machine one call takes, where 1 is all that models may take.
    `lag` is from the end of a clause to the first sound of its translation, in seconds, with one
    call, and `busy_lag` with `calls`.  `passed_over` are models that are better, and why not.
    """

    recogniser: Entry
    translators: tuple[Entry, ...]
    synthesisers: tuple[Entry, ...]
    device: str
    rows: int
    calls: int
    lag: float
    busy_lag: float
    memory: int
    share: float
    is_enough: bool
    passed_over: tuple[tuple[str, str], ...] = ()

    @property
    def models(self) -> tuple[Entry, ...]:
        return (self.recogniser, *self.translators, *self.synthesisers)

    @property
    def settings(self) -> dict[str, str | int]:
        """Settings below `speech`."""
        return {
            "recogniser": self.recogniser.name,
            "translator": ",".join(entry.name for entry in self.translators),
            "synthesiser": ",".join(entry.name for entry in self.synthesisers),
            "device": self.device,
            "rows": self.rows,
        }


@attrs.frozen
class _Option:
    """One or several models that together do what a role asks for; `hops` of them in a row."""

    entries: tuple[Entry, ...]
    hops: int = 1


@attrs.frozen
class _Load:
    """What an option costs: a share of its device, and seconds until its first answer."""

    device: str
    share: float
    delay: float


def recommend(
    machine: Machine,
    catalogue: Catalogue,
    wish: Wish,
    runs: Callable[[str], bool] = is_there,
) -> Recommendation:
    """Return the best models that carry the calls, or those that take the least.

    Raises:
        ModelMissing: no model that can be used here serves the languages.
    """
    passed: dict[str, str] = {}

    def usable(role: Role) -> list[_Option]:
        return _usable(catalogue, role, wish, runs, passed)

    options = [usable(role) for role in (Role.RECOGNISER, Role.TRANSLATOR, Role.SYNTHESISER)]
    best: Recommendation | None = None
    for device in _devices(machine):
        for chosen in itertools.product(*options):
            found = _judge(machine, catalogue.reference, device, chosen, wish, passed)
            if found is not None and (best is None or found.share < best.share):
                best = found
            if best is not None and best.is_enough:
                return _with_reasons(best, passed)
    if best is None:
        raise ModelMissing("no models for these languages fit this machine: " + _listed(passed))
    return _with_reasons(best, passed)


def _with_reasons(best: Recommendation, passed: Mapping[str, str]) -> Recommendation:
    chosen = {entry.name for entry in best.models}
    reasons = tuple((name, why) for name, why in passed.items() if name not in chosen)
    return attrs.evolve(best, passed_over=reasons)


def _devices(machine: Machine) -> tuple[str, ...]:
    return ("cpu",) if machine.gpu is None else ("cuda", "cpu")


# Which models could do it at all.


def _usable(
    catalogue: Catalogue,
    role: Role,
    wish: Wish,
    runs: Callable[[str], bool],
    passed: dict[str, str],
) -> list[_Option]:
    found = []
    for entry in catalogue.of(role):
        option = None if entry.is_demo else _option(entry, catalogue, wish.languages)
        if option is None:
            continue
        if not runs(entry.engine):
            passed[entry.name] = "this version of Kallglot has no engine for it"
        elif not entry.is_commercial and entry.licence not in wish.accepted:
            passed[entry.name] = f"its licence, {entry.licence}, is not for commercial use"
        else:
            found.append(option)
    if not found:
        one, other = wish.languages
        raise ModelMissing(
            f"no {role.value} for {one} and {other} can be used here: "
            + (_listed(passed) or "the catalogue has none; see `kallglot models list`")
        )
    return found


def _option(entry: Entry, catalogue: Catalogue, languages: tuple[str, str]) -> _Option | None:
    """Return how an entry serves both languages, if it does."""
    if entry.role is Role.TRANSLATOR:
        return _translation(entry, catalogue, languages)
    if not all(map(entry.knows, languages)):
        return None
    if not entry.is_rule:
        return _Option((entry,))
    if entry.role is Role.RECOGNISER:
        return None  # a call is recognised by one model, and these know one language
    named = (
        entry.filled(entry.name.replace("{language}", three_letters(language)))
        for language in languages
    )
    return _Option(tuple(each for each in named if each is not None))


def _translation(entry: Entry, catalogue: Catalogue, languages: tuple[str, str]) -> _Option | None:
    ways = (languages, languages[::-1])
    if not entry.is_rule:
        return _Option((entry,)) if all(entry.translates(*way) for way in ways) else None

    def along(hops: Iterable[tuple[str, str]]) -> tuple[Entry, ...] | None:
        names = [f"{source}-{target}" for source, target in hops]
        if not all(name in entry.pairs for name in names):
            return None
        stem = entry.name.replace("{source}-{target}", "")
        return tuple(catalogue.find(stem + name) for name in names)

    direct = along(ways)
    if direct is not None:
        return _Option(direct)
    if PIVOT in languages:
        return None
    around = along(hop for a, b in ways for hop in ((a, PIVOT), (PIVOT, b)))
    return None if around is None else _Option(around, hops=2)


def _listed(passed: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in passed.items())


# What they would do here.


def _judge(
    machine: Machine,
    reference: Reference,
    device: str,
    chosen: Sequence[_Option],
    wish: Wish,
    passed: dict[str, str],
) -> Recommendation | None:
    loads = []
    for option in chosen:
        load = _load(machine, reference, device, option)
        if load is None:
            passed.setdefault(option.entries[0].name, "what it costs was not measured")
            return None
        loads.append(load)
    used = {
        name: sum(load.share for load in loads if load.device == name) for name in ("cpu", "cuda")
    }
    busiest = max(used.values())
    calls = math.floor(BUSIEST / (SPOKEN * busiest)) if busiest else wish.calls
    entries = [entry for option in chosen for entry in option.entries]
    memory = _memory(machine, device, entries)
    first = chosen[0].entries[0].name
    if memory is None:
        passed.setdefault(first, "there is not enough memory for it and what goes with it")
        return None
    if calls < wish.calls:
        passed.setdefault(first, f"this machine would carry {calls} of {wish.calls} calls with it")
    delay = sum(load.delay for load in loads)
    return Recommendation(
        recogniser=chosen[0].entries[0],
        translators=chosen[1].entries,
        synthesisers=chosen[2].entries,
        device=device,
        rows=32 if device == "cuda" else 8,
        calls=calls,
        lag=PAUSE + OURS + delay,
        busy_lag=PAUSE + OURS + delay * QUEUED,
        memory=memory,
        share=SPOKEN * busiest / BUSIEST,
        is_enough=calls >= wish.calls,
    )


def _load(machine: Machine, reference: Reference, device: str, option: _Option) -> _Load | None:
    entry = option.entries[0]
    engine = ENGINES.get(entry.engine)
    own = device if engine is None or engine.runs_on_gpu else "cpu"
    on = machine.processor if own == "cpu" or machine.gpu is None else machine.gpu
    share = delay = 0.0
    groups = _priced(entry, on, own, reference, engine.cpu if engine else "float32")
    if not groups:
        return None
    for costs, slowness in groups:
        share += slowness * min(_share(cost, reference.cores) for cost in costs)
        alone = [cost.ms for cost in costs if cost.rows == 1] or [cost.ms for cost in costs]
        delay += slowness * min(alone) / 1000
    return _Load(own, share * option.hops, delay * option.hops)


def _share(cost: Cost, cores: int) -> float:
    """Return what share of the reference machine a second of speech takes."""
    return cost.ms / 1000 / cost.rows / cost.every * min(cost.threads, cores) / cores


def _priced(
    entry: Entry, on: Device, device: str, reference: Reference, cpu_dtype: str
) -> list[tuple[list[Cost], float]]:
    """Return the costs of each kind of work, and how many times slower this device does it."""
    for dtype in (cpu_dtype,) if device == "cpu" else ("bfloat16", "float32"):
        groups = [
            (costs, slowness)
            for work in Work
            if (costs := [c for c in entry.costs if c.dtype == dtype and c.work is work])
            and (slowness := _slowness(work, dtype, on, device, reference)) is not None
        ]
        if groups:
            return groups
    return []


def _slowness(
    work: Work, dtype: str, on: Device, device: str, reference: Reference
) -> float | None:
    there = (reference.bulk if work is Work.BULK else reference.steps).get(dtype)
    here = on.speeds.of(work, dtype if device == "cpu" else "float16")
    return None if there is None or not here else there / here


def _memory(machine: Machine, device: str, entries: Iterable[Entry]) -> int | None:
    """Return the bytes that the models take where they run, None if they do not fit."""
    entries = list(entries)
    if device == "cuda" and machine.gpu is not None:
        needed = sum(entry.video_memory for entry in entries)
        return needed if needed <= ROOM * machine.gpu.memory else None
    needed = BASE + sum(entry.memory for entry in entries)
    return needed if needed <= ROOM * machine.processor.memory else None
