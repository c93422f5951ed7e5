"""How `kallglot models` shows what it has to say: tables for people, plain data for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from rich import box
from rich.console import Console
from rich.table import Table

from kallglot.commands import terminal
from kallglot.speech.hub import human_size
from kallglot.speech.models import recommend as recommending
from kallglot.speech.models.engines import is_there
from kallglot.speech.models.entries import ANY, Catalogue, Entry, Role, three_letters
from kallglot.speech.models.machine import Device, Machine
from kallglot.speech.models.pull import Plan
from kallglot.speech.models.recommend import Recommendation, Wish
from kallglot.speech.models.shelf import Shelf, State
from kallglot.speech.models.timing import Timed

__all__ = [
    "Row",
    "advice",
    "advice_json",
    "as_json",
    "is_wanted",
    "plan_line",
    "plan_table",
    "rows",
    "show",
    "snippet",
    "timed",
]

#: More languages than this are counted and not named.
_MOST_NAMED = 6


@attrs.frozen
class Row:
    """A model of the list; `size` is exact where the lock knows it."""

    entry: Entry
    state: str
    size: int
    is_exact: bool
    revision: str = ""


def rows(catalogue: Catalogue, shelf: Shelf, pair: tuple[str, str] | None = None) -> Iterator[Row]:
    """Yield the catalogue, and what was pulled by its rules; with a pair, the rules' models."""
    locked = shelf.lock().models
    for entry in sorted(
        catalogue.models, key=lambda each: (list(Role).index(each.role), each.rank)
    ):
        own = [name for name in locked if entry.is_rule and entry.filled(name) is not None]
        if pair is not None and entry.is_rule:
            own = sorted({*own, *_names_for(entry, pair)})
        else:
            yield _row(entry, shelf)
        for name in own:
            filled = entry.filled(name)
            if filled is not None:
                yield _row(filled, shelf)


def _names_for(entry: Entry, pair: tuple[str, str]) -> Iterator[str]:
    """Yield what a rule's models for two languages are called."""
    if entry.role is Role.TRANSLATOR:
        for one, other in (pair, pair[::-1]):
            if entry.translates(one, other):
                yield entry.name.format(source=one, target=other)
        return
    for language in pair:
        if entry.knows(language):
            code = three_letters(language) if entry.role is Role.SYNTHESISER else language
            yield entry.name.format(language=code)


def _row(entry: Entry, shelf: Shelf) -> Row:
    if not entry.is_pulled:
        return Row(entry, "built in" if is_there(entry.engine) else "-", entry.stored, False)
    locked = shelf.lock().models.get(entry.name)
    state = State.ABSENT if entry.is_rule else shelf.state(entry.name)
    if locked is None:
        return Row(entry, state.value, entry.stored, False)
    return Row(entry, state.value, locked.size, True, locked.revision)


def is_wanted(
    entry: Entry, role: str | None, language: str | None, pair: tuple[str, str] | None
) -> bool:
    """Whether an entry passes the filters of `list`."""
    if role is not None and entry.role.value != role:
        return False
    if language is not None and not _serves(entry, language):
        return False
    if pair is None:
        return True
    if entry.role is Role.TRANSLATOR:
        return entry.translates(*pair) or entry.translates(*pair[::-1])
    if entry.role is Role.RECOGNISER and len(entry.languages) > 1:
        return all(map(entry.knows, pair))
    return any(map(entry.knows, pair))


def _serves(entry: Entry, language: str) -> bool:
    if entry.pairs:
        return any(language in known.split("-") for known in entry.pairs)
    return entry.knows(language)


def as_json(row: Row) -> dict[str, Any]:
    entry = row.entry
    return {
        "name": entry.name,
        "role": entry.role.value,
        "id": entry.id or None,
        "state": row.state,
        "revision": row.revision or None,
        "bytes": row.size,
        "bytes_are_exact": row.is_exact,
        "memory": entry.memory,
        "video_memory": entry.video_memory,
        "languages": list(entry.languages),
        "pairs": list(entry.pairs),
        "licence": entry.licence,
        "is_commercial": entry.is_commercial,
        "can_be_used": is_there(entry.engine),
        "quality": entry.quality,
        "quality_source": entry.quality_source,
        "needs": entry.needs,
    }


def show(shown: Sequence[Row], shelf: Shelf) -> None:
    """Draw the list."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for title in ("MODEL", "FOR", "HERE", "SIZE", "LANGUAGES", "LICENCE", "WHAT TO KNOW"):
        table.add_column(title, overflow="fold", no_wrap=title in {"FOR", "HERE", "SIZE"})
    for row in shown:
        entry = row.entry
        table.add_row(
            entry.name,
            entry.role.value,
            row.state,
            _size(row),
            _languages(entry),
            entry.licence if entry.is_commercial else f"[yellow]{entry.licence}[/]",
            entry.quality if is_there(entry.engine) else "[dim]no engine for it yet[/]",
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    console.print(table)
    console.print(
        f"Models are kept in {shelf.folder}.  Yellow licences forbid commercial use and must be"
        " accepted.",
        markup=False,
    )


def _size(row: Row) -> str:
    if not row.size:
        return "-"
    return human_size(row.size) if row.is_exact else f"up to {human_size(row.size)}"


def _languages(entry: Entry) -> str:
    if ANY in entry.languages:
        return f"{len(entry.pairs)} pairs known" if entry.pairs else "many"
    if len(entry.languages) > _MOST_NAMED:
        return f"{len(entry.languages)}, {' '.join(entry.languages[:3])} …"
    return " ".join(entry.languages)


def plan_line(plan: Plan, shelf: Shelf) -> str:
    """Return what pulling will do, in a line."""
    name, revision = plan.entry.name, plan.revision[:12]
    if plan.is_done:
        return f"{name} is here already, at {revision}"
    going_on = f", {human_size(sum(plan.here.values()))} of it here" if plan.here else ""
    return (
        f"{name} from {plan.entry.id} at {revision}: {human_size(plan.size)}{going_on},"
        f" to {shelf.place(name)}; licence {plan.entry.licence}"
    )


def plan_table(plans: Sequence[Plan]) -> str:
    return terminal.table(
        ("MODEL", "FILE", "BYTES", "HERE"),
        [
            (plan.entry.name, file.path, str(file.size), str(plan.here.get(file.path, 0)))
            for plan in plans
            for file in plan.files
        ],
    )


def timed(found: Timed) -> str:
    """Return what timing a model found out, as lines."""
    memory = "" if found.memory is None else f", {human_size(max(0, found.memory))} of memory"
    head = f"{found.name} on {found.device}: loaded in {found.load:.2f} s{memory}\n{found.piece}:"
    lines = []
    for each in found.timings:
        rows = each.rows
        speed = f", {each.fastest / each.speech:.3f} s per second" if each.speech else ""
        lines.append(
            f"  {rows} at a time: {1000 * each.fastest / rows:.1f} ms each at best,"
            f" {1000 * each.median / rows:.1f} ms in the middle of {each.runs}{speed}"
        )
    if len(found.timings) > 1:
        one, many = found.timings[0], found.timings[-1]
        gain = one.fastest * many.rows / many.fastest
        lines.append(f"  together {gain:.1f} times as many in the same time")
    return "\n".join([head, *lines])


def snippet(advice: Recommendation) -> str:
    """Return settings for `kallglot.toml`."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in advice.settings.items()]
    return "\n".join(["[speech]", *lines, ""])


def advice(found: Recommendation, machine: Machine, wish: Wish, reference: str) -> str:
    """Return the recommendation for people."""
    one, other = wish.languages
    place = "GPU" if found.device == "cuda" else "machine"
    lines = [f"This machine: {_machine(machine)}", ""]
    if machine.is_busy:
        busy = f"Something else was running (load {machine.load:g} a core), so that the machine is"
        lines += [f"{busy} better than it looks here: try again when nothing is.", ""]
    if not found.is_enough:
        slow = f"That is too slow for {wish.calls} at a time.  These models come closest; one call"
        lines += [f"{slow} takes {found.share:.0%} of what models may take of the machine.", ""]
    lines += [
        f"{entry.role.value:12} {entry.name}: {entry.quality} ({entry.quality_source})"
        for entry in found.models
    ]
    lines += [
        "",
        f"calls at a time between {one} and {other}: {found.calls}",
        f"memory on the {place}: {human_size(found.memory)}",
        f"from the end of a clause to the first translated sound: about {found.lag:.1f} s,"
        + (f" {found.busy_lag:.1f} s with {found.calls} calls" if found.calls else " if at all"),
        "",
    ]
    lines += [f"not {name}: {why}" for name, why in found.passed_over]
    lines += ["", recommending.RULE.format(reference=reference), "", "Do:"]
    names = [entry.name for entry in found.models if entry.is_pulled]
    if names:
        lines.append(f"  kallglot models pull {' '.join(names)}")
    lines += ["and in kallglot.toml:", "", snippet(found)]
    return "\n".join(lines)


def _machine(machine: Machine) -> str:
    def speeds(device: Device) -> str:
        return ", ".join(
            f"{name} {device.speeds.bulk[name]:.0f}/{device.speeds.steps.get(name, 0):.0f}"
            for name in device.speeds.bulk
        )

    flags = " ".join(sorted(machine.flags)) or "none that help"
    text = (
        f"{machine.processor.name}, {machine.cores} cores, "
        f"{human_size(machine.processor.memory)} of memory, {flags}"
        f" (bulk/steps a second: {speeds(machine.processor)})"
    )
    if machine.gpu is not None:
        text += f"; {machine.gpu.name}, {human_size(machine.gpu.memory)} ({speeds(machine.gpu)})"
    return text


def advice_json(found: Recommendation, machine: Machine, wish: Wish) -> dict[str, Any]:
    """Return the recommendation for programs, and what was measured."""
    return {
        "is_estimate": True,
        "languages": list(wish.languages),
        "is_enough": found.is_enough,
        "calls": found.calls,
        "lag": round(found.lag, 3),
        "busy_lag": round(found.busy_lag, 3),
        "memory": found.memory,
        "models": [entry.name for entry in found.models],
        "settings": {"speech": found.settings},
        "passed_over": dict(found.passed_over),
        "machine": attrs.asdict(machine, value_serializer=lambda _, __, value: _plain(value)),
    }


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value
