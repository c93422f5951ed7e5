"""How good the interpreter is and how far behind, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs
from rich.console import Console
from rich.table import Table

from kallglot.bench.figures import Bar
from kallglot.bench.speech_figures import Drift, Lags, Outcome, spread
from kallglot.bench.speech_quality import Quality
from kallglot.bench.speech_rig import Ages
from kallglot.bench.speech_throughput import Throughput

__all__ = ["bars", "show_drifts", "show_lags", "show_quality", "show_stages", "show_throughput"]

_SAYS: Mapping[str, str] = {
    "start_offset": "first word → first translated sound",
    "after_end": "end of speech → first translated sound",
    "tail": "end of speech → first sound of its last piece",
    "end_offset": "end of speech → last translated sound",
    "al": "AL",
    "laal": "LAAL",
    "yaal": "YAAL",
    "atd": "ATD",
    "laal_unaware": "LAAL, without computation",
}


def show_quality(console: Console, rows: Sequence[Quality], notice: str = "") -> None:
    """Show what was understood."""
    table = Table(title="what was understood, by the transcript")
    for name in ("passages", "direction"):
        table.add_column(name, no_wrap=True)
    for name in ("number", "WER", "exact", "words right", "unsure", "chrF", "BLEU"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            row.kind,
            row.direction,
            str(row.passages),
            f"{row.word_errors:.1%}",
            f"{row.exact:.0%}",
            f"{row.translated_words:.1%}",
            f"{row.unsure:.0%}",
            *("" if score is None else f"{score:.1f}" for score in (row.chrf, row.bleu)),
        )
    console.print(table)
    if notice:
        console.print(notice, style="yellow", markup=False)


def show_lags(console: Console, found: Sequence[Outcome]) -> None:
    """Show how far behind it was, at the telephone."""
    table = Table(title="how far behind, in seconds at the telephone: p50 / p95")
    table.add_column("figure", no_wrap=True)
    kinds = list(dict.fromkeys(one.passage.kind for one in found))
    for kind in kinds:
        table.add_column(kind, justify="right")
    for field in attrs.fields(Lags):
        cells = []
        for kind in kinds:
            known = spread(_figures(found, field.name, kind))
            cells.append("" if known is None else f"{known[0]:.2f} / {known[1]:.2f}")
        table.add_row(_SAYS[field.name], *cells)
    table.add_row("end of a piece → its first sound", *(_pieces(found, kind) for kind in kinds))
    table.add_row("dropped, compressed in all", *(_lost(found, kind) for kind in kinds))
    table.add_row("nothing translated", *(_nothing(found, kind) for kind in kinds))
    console.print(table)


def _pieces(found: Sequence[Outcome], kind: str) -> str:
    known = spread([lag for one in found if one.passage.kind == kind for lag in one.pieces])
    return "" if known is None else f"{known[0]:.2f} / {known[1]:.2f}"


def _lost(found: Sequence[Outcome], kind: str) -> str:
    own = [one for one in found if one.passage.kind == kind]
    return f"{sum(one.dropped for one in own):.1f}, {sum(one.compressed for one in own):.1f}"


def _nothing(found: Sequence[Outcome], kind: str) -> str:
    own = [one for one in found if one.passage.kind == kind]
    return f"{sum(one.lags.start_offset is None for one in own)} of {len(own)}"


def _figures(found: Sequence[Outcome], name: str, *kinds: str) -> list[float | None]:
    return [getattr(one.lags, name) for one in found if one.passage.kind in kinds]


def show_drifts(console: Console, rows: Sequence[Drift]) -> None:
    """Show whether monologues run away."""
    if not rows:
        return
    table = Table(title="monologues: from the end of what was said to the end of its translation")
    table.add_column("call", no_wrap=True)
    for name in ("minutes", "first minute s", "last minute s", "growth", "worst s"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            row.name,
            f"{row.minutes:.1f}",
            f"{row.early:.2f}",
            f"{row.late:.2f}",
            f"{row.growth:.2f}",
            f"{row.backlog:.2f}",
        )
    console.print(table)


def show_stages(console: Console, stages: Mapping[str, Sequence[float]]) -> None:
    """Show how long each stage took, from the question to the answer."""
    table = Table(title="stages, as the actors wait for them: ms")
    table.add_column("stage", no_wrap=True)
    for name in ("number", "p50", "p95", "max"):
        table.add_column(name, justify="right")
    for stage, times in sorted(stages.items()):
        known = spread(times)
        if known is None:
            continue
        cells = (f"{value * 1e3:.0f}" for value in (*known, max(times)))
        table.add_row(stage, str(len(times)), *cells)
    console.print(table)


def show_throughput(console: Console, rows: Sequence[Throughput]) -> None:
    """Show what batches gain."""
    if not rows:
        return
    table = Table(title="the same model, batched and one by one")
    for name in ("engine", "model"):
        table.add_column(name, no_wrap=True)
    for name in ("rows", "ms alone", "ms in a batch", "gain"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            row.role,
            row.model,
            str(row.rows),
            f"{row.alone * 1e3:.1f}",
            f"{row.together * 1e3:.1f}",
            f"{row.gain:.1f} times",
        )
    console.print(table)


def bars(
    found: Sequence[Outcome],
    drifted: Sequence[Drift],
    ages: Ages | None,
    gains: Sequence[Throughput],
) -> list[Bar]:
    """Return what is asked of the interpreter."""
    asked: list[Bar] = []
    # Where something was said early, only what was said last has waited for the end.
    after = spread(_figures(found, "tail", "sentence"))
    if after is not None:
        asked += [
            Bar("end of speech → first translated sound, p50", after[0] * 1e3, 500.0, "ms"),
            Bar("end of speech → first translated sound, p95", after[1] * 1e3, 900.0, "ms"),
        ]
    for name, what in (
        ("start_offset", "start offset of long sentences"),
        ("laal", "LAAL of them"),
    ):
        known = spread(_figures(found, name, "breath"))
        if known is not None:
            asked.append(Bar(f"{what}, p50", known[0], 2.5, "s"))
    if found:
        asked.append(_missed(found))
    if drifted:
        worst = max(one.growth for one in drifted)
        asked.append(
            Bar("lag at the end of a monologue by that of its first minute", worst, 1.2, "")
        )
    if ages is not None:
        asked += [
            Bar("age of frames while engines work, p99", ages.p99 * 1e3, 40.0, "ms"),
            Bar("frames missing", ages.missing, 0.0, ""),
        ]
    asked += _gains(gains)
    return asked


def _missed(found: Sequence[Outcome]) -> Bar:
    missed = sum(one.lags.start_offset is None for one in found)
    return Bar("passages of which nothing was heard", 100 * missed / max(1, len(found)), 10.0, "%")


def _gains(gains: Iterable[Throughput]) -> list[Bar]:
    """A bar is an upper one, so it is about what a row costs in a batch."""
    best: dict[str, Throughput] = {}
    for one in gains:
        if one.role not in best or one.gain > best[one.role].gain:
            best[one.role] = one
    return [
        Bar(f"a row in a batch by one alone, {role}", 1 / one.gain, 1 / 3, "")
        for role, one in best.items()
    ]
