"""What was said, and what it became."""

from __future__ import annotations

import attrs

__all__ = ["Rendering", "Utterance"]


@attrs.frozen
class Rendering:
    """An utterance in another language.

    `spoken_at` is when its first audio left for the listener, `spoken_until` when the last did,
    in seconds since the session started; both None if it was never spoken.  `compute` is how many
    seconds the engines took to recognise it, to translate it and to make the first sound; 0 where
    nobody took the time.  `dropped` is how many seconds of the translation were never heard,
    `compressed` how many were won by playing it faster.
    """

    language: str
    text: str = attrs.field(repr=False)
    confidence: float = 1.0
    spoken_at: float | None = None
    spoken_until: float | None = None
    compute: float = 0.0
    dropped: float = 0.0
    compressed: float = 0.0


@attrs.frozen
class Utterance:
    """What somebody said, from `start` to `end` in seconds since the session started.

    `is_sure` is False where the recogniser or the translator would not vouch for it; such an
    utterance is kept and shown, but was neither translated nor spoken.

    `turn` is the id of the first utterance of the same turn; empty means that it is the first
    itself.  `heard_at` is up to which second of the session had been heard when the words were
    certain.  `erased` is how many words of its captions were taken back before.
    """

    id: str
    session_id: str
    sequence: int
    speaker: str
    language: str | None
    text: str = attrs.field(repr=False)
    start: float
    end: float
    confidence: float
    is_sure: bool = True
    renderings: tuple[Rendering, ...] = ()
    turn: str = ""
    heard_at: float | None = None
    erased: int = 0
