"""What was said, and what it became."""

from __future__ import annotations

import attrs

__all__ = ["Rendering", "Utterance"]


@attrs.frozen
class Rendering:
    """An utterance in another language.

    `spoken_at` is when its first audio left for the listener, `spoken_until` when the last did,
    in seconds since the session started; both None if it was never spoken.
    """

    language: str
    text: str = attrs.field(repr=False)
    confidence: float = 1.0
    spoken_at: float | None = None
    spoken_until: float | None = None


@attrs.frozen
class Utterance:
    """What somebody said, from `start` to `end` in seconds since the session started.

    `is_sure` is False where the recogniser or the translator would not vouch for it; such an
    utterance is kept and shown, but was neither translated nor spoken.
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
