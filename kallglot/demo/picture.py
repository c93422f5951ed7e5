"""The call as a picture: who spoke when, and when the other heard it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from kallglot.demo.conversation import Exchange, Held
from kallglot.demo.judgement import Evidence
from kallglot.phones.tape import Span, Tape

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw"]

#: Whose lane it is, whether they say or hear, and its height.
_LANES = {
    ("customer", "says"): 0.0,
    ("agent", "hears"): -1.0,
    ("agent", "says"): -2.4,
    ("customer", "hears"): -3.4,
}
_COLOURS = {"customer": "#1b6ca8", "agent": "#b3541e"}
_LANGUAGE = {"customer": "Deutsch", "agent": "English"}
_INK = "#333333"
#: Of a lane's height: the sound above and below its middle, and where the text begins.
_SOUND, _TEXT = 0.2, 0.27


def draw(held: Held, evidence: Sequence[Evidence], path: Path) -> None:
    """Draw the call into a PNG file."""
    until = max(tape.until for tape in _tapes(held)) - held.began
    figure = Figure(figsize=(max(12.0, until * 0.3), 7.0), layout="constrained")
    axes = figure.subplots()
    for (who, does), middle in _LANES.items():
        handset = held.phones[who].handset
        tape = handset.said if does == "says" else handset.heard
        _draw_sound(axes, tape, held.began, middle, _COLOURS[who])
    for exchange, known in zip(held.exchanges, evidence, strict=True):
        _draw_exchange(axes, exchange, known)
    if held.away is not None:
        _draw_absence(axes, held.away)
    axes.set_xlim(-0.5, until + 0.5)
    axes.set_ylim(-4.1, 0.95)
    names = [f"{who} {does}\n({_LANGUAGE[who]})" for who, does in _LANES]
    axes.set_yticks(list(_LANES.values()), names)
    axes.set_xlabel("seconds since the first connection")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    figure.suptitle(_title(evidence), x=0.01, ha="left", color=_INK)
    figure.savefig(path, dpi=110)


def _title(evidence: Sequence[Evidence]) -> str:
    lags = sorted(each.lag for each in evidence if each.lag is not None)
    lag = f", median lag {lags[len(lags) // 2]:.2f} s" if lags else ""
    return (
        "A call translated by Kallglot with its demonstration models, as measured at the two"
        f" telephones{lag}"
    )


def _tapes(held: Held) -> list[Tape]:
    return [phone.handset.heard for phone in held.phones.values()]


def _draw_sound(axes: Axes, tape: Tape, began: float, middle: float, colour: str) -> None:
    pcm = np.frombuffer(tape.between(Span(tape.began, tape.until)), np.int16)
    width = tape.rate_hz // 50
    frames = np.abs(pcm[: len(pcm) // width * width].reshape(-1, width).astype(np.int32))
    peaks: npt.NDArray[Any] = frames.max(axis=1, initial=0) / 32768
    height = _SOUND * np.minimum(1.0, peaks * 1.6)
    times = tape.began - began + np.arange(len(peaks)) * 0.02
    axes.axhline(middle, color="#dddddd", linewidth=0.8, zorder=0)
    axes.fill_between(times, middle - height, middle + height, color=colour, linewidth=0)


def _draw_exchange(axes: Axes, exchange: Exchange, known: Evidence) -> None:
    line = exchange.line
    says, hears = _LANES[line.speaker, "says"], _LANES[line.listener, "hears"]
    _write(axes, exchange.said, says, line.text, _COLOURS[line.speaker], is_above=True)
    hearing = exchange.hearing
    if hearing is None:
        return
    colour = _COLOURS[line.listener] if known.is_exact else "#c00000"
    _write(axes, hearing, hears, known.translated or "(untranslated)", colour)
    end = (hearing.since, hears + _SOUND)
    start = (min(exchange.said.until, hearing.since), says - _SOUND)
    axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "#888888"})
    if exchange.ahead or exchange.lag is not None:
        axes.annotate(
            f"{-exchange.ahead:.2f} s" if exchange.ahead else f"{exchange.lag:.2f} s",
            (hearing.since, hears + _SOUND),
            xytext=(-3, 1),
            textcoords="offset points",
            ha="right",
            fontsize=7,
            color="#666666",
        )


def _write(
    axes: Axes, span: Span, lane: float, text: str, colour: str, *, is_above: bool = False
) -> None:
    wrapped = "\n".join(textwrap.wrap(text, max(14, round(span.length * 9))))
    height, align = (lane + _TEXT, "bottom") if is_above else (lane - _TEXT, "top")
    axes.text(span.since, height, wrapped, va=align, fontsize=7, color=colour)


def _draw_absence(axes: Axes, away: Span) -> None:
    axes.axvspan(away.since, away.until, color="#f3d9d9", zorder=0)
    for at, text, align in (
        (away.since, "the customer's line is cut ", "right"),
        (away.until, " the customer calls again", "left"),
    ):
        axes.axvline(at, color="#c00000", linewidth=1.0, linestyle="--")
        axes.text(at, 0.93, text, color="#c00000", fontsize=8, va="top", ha=align)
