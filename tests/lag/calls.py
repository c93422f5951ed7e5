"""Calls to measure."""

from __future__ import annotations

from kallglot.model.transcript import Rendering, Utterance

__all__ = ["MONOLOGUE", "said"]


def said(
    number: int,
    start: float,
    end: float,
    text: str = "eins zwei",
    *renderings: Rendering,
    turn: str = "",
    heard_at: float | None = None,
    speaker: str = "customer",
) -> Utterance:
    return Utterance(
        id=f"utt_{number}",
        session_id="sess_1",
        sequence=number,
        speaker=speaker,
        language="de",
        text=text,
        start=start,
        end=end,
        confidence=0.9,
        renderings=renderings,
        turn=turn,
        heard_at=heard_at,
    )


#: Two sentences in one go, interpreted in two pieces, of which the first begins while they last.
MONOLOGUE = [
    said(
        1,
        *(10.0, 12.0, "Guten Tag zusammen."),
        Rendering("en", "Good day everybody.", 0.9, 12.6, 14.0, compute=0.2),
        heard_at=12.4,
    ),
    said(
        2,
        *(12.0, 15.0, "Ich hätte gern ein Zimmer."),
        Rendering("en", "I would like a room.", 0.9, 15.7, 17.0, 0.3, compressed=0.2),
        turn="utt_1",
        heard_at=15.4,
    ),
]
