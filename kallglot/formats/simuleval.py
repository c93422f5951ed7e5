"""When each word came out, as SimulEval logs it: a JSON object per turn and target language.

SimulEval's and OmniSTEval's scorers read it.  Times are milliseconds from the beginning of the
turn; `elapsed` is the delay and what was computed for the word itself, so that it must not be
"fixed" as SimulEval's own.  Beyond what those tools know, `spoken` is when the sound of the
word's piece began: a scorer that is given this name for `elapsed` tells what the listener felt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kallglot.lag.interpretation import Clock, Interpretation, interpretations
from kallglot.lag.units import are_signs
from kallglot.model.transcript import Utterance

__all__ = ["lines"]


def lines(utterances: Sequence[Utterance]) -> list[dict[str, Any]]:
    """Return a line per turn and language; times that are not known of every word are not in it."""
    return [_line(*each) for each in enumerate(interpretations(utterances))]


def _line(index: int, turn: Interpretation) -> dict[str, Any]:
    units = turn.units
    line: dict[str, Any] = {
        "index": index,
        "source": f"{turn.name}.wav",
        "source_text": turn.source,
        "source_length": _ms(turn.duration),
        "speaker": turn.speaker,
        "language": turn.language,
        "prediction": ("" if are_signs(turn.language) else " ").join(units),
        "prediction_length": len(units),
    }
    times = {
        "delays": turn.delays(Clock.UNAWARE),
        "elapsed": turn.delays(Clock.AWARE),
        "spoken": turn.delays(Clock.SPOKEN),
    }
    return line | {name: [*map(_ms, known)] for name, known in times.items() if known is not None}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
