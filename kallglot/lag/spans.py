"""The lag of one utterance, as somebody who waited for its translation felt it."""

from __future__ import annotations

import attrs

from kallglot.model.transcript import Rendering, Utterance

__all__ = ["Lag", "lag_of"]


@attrs.frozen
class Lag:
    """How far one translation was behind one utterance, in seconds; None where nobody knows.

    `start_offset` is how much of the utterance had been heard when its words were certain, which
    depends on the policy and not on the machine.  `end_of_speech_to_first_audio` is from the end
    of the utterance to the first sound of its translation, `ear_voice_span` from its beginning to
    there, `end_offset` from its end to the last sound.  `dropped` seconds were never heard,
    `compressed` seconds were won by playing faster.
    """

    start_offset: float | None = None
    end_of_speech_to_first_audio: float | None = None
    ear_voice_span: float | None = None
    end_offset: float | None = None
    dropped: float = 0.0
    compressed: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether there is anything to say."""
        return self != Lag()


def lag_of(utterance: Utterance, rendering: Rendering) -> Lag:
    """Return the lag of one of an utterance's renderings."""
    heard_at, first, last = utterance.heard_at, rendering.spoken_at, rendering.spoken_until
    return Lag(
        start_offset=None if heard_at is None else max(0.0, heard_at - utterance.start),
        end_of_speech_to_first_audio=None if first is None else first - utterance.end,
        ear_voice_span=None if first is None else first - utterance.start,
        end_offset=None if last is None else last - utterance.end,
        dropped=rendering.dropped,
        compressed=rendering.compressed,
    )
