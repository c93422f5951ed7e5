"""When what came out, as simulstream logs it: a JSON object per piece of a turn.

Before the pieces of a turn, in each target language, is a line that names its sound: simulstream's
reader and OmniSTEval want it so.  Times are seconds from the beginning of the turn.  Nothing is
ever deleted: what was spoken cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kallglot.lag.interpretation import Interpretation, interpretations
from kallglot.model.transcript import Utterance

__all__ = ["lines"]


def lines(utterances: Sequence[Utterance]) -> list[dict[str, Any]]:
    """Return the lines; a piece of which it is not known when it came out is left out."""
    return [line for turn in interpretations(utterances) for line in _lines(turn)]


def _lines(turn: Interpretation) -> Iterator[dict[str, Any]]:
    yield {"id": turn.name, "metadata": {"wav_name": f"{turn.name}.wav"}}
    for piece in turn.pieces:
        if piece.heard is not None:
            yield {
                "id": turn.name,
                "total_audio_processed": round(piece.heard, 4),
                "computation_time": round(piece.compute or 0.0, 4),
                "generated_tokens": list(piece.units),
                "deleted_tokens": [],
            }
