"""AlignAtt: what was said before the last moments of the sound is believed at once.

A word is taken for said when the decoder looked, while writing it, at something older than
`frame_threshold` encoder frames before the end of the sound.  The recogniser is told what is
committed and goes on from there, so that each moment is decoded once.  It needs a recogniser that
tells when words were said, and that has learnt to go on with a text begun: Whisper has.
"""

from __future__ import annotations

from typing import Final

from kallglot.speech.engines import Recogniser
from kallglot.speech.streaming.agreement import Course, LocalAgreement
from kallglot.speech.streaming.votes import Policy

__all__ = ["AlignAtt"]

#: Seconds of a frame of Whisper's encoder.
_FRAME: Final = 0.02


class AlignAtt(LocalAgreement):
    """A `StreamingRecogniser` made from a `Recogniser` that knows when words were said."""

    def __init__(self, recogniser: Recogniser, frame_threshold: int = 25) -> None:
        policy = Policy(votes=1, margin=frame_threshold * _FRAME)
        super().__init__(recogniser, Course(policy, tells_beginning=True))
