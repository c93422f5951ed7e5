"""Engines in this very process, as a `SpeechService` on a loop whose time jumps.

Any engines: those of the demonstration, so that a test sees what a call makes of a sound, or those
of `tests.fakes.engines`, which follow a turn for next to nothing.  Thinking takes no time but the
`delay` of a `FakeSpeech`.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections.abc import Callable, Sequence

from kallglot.errors import EngineError
from kallglot.speech.careful import Careful
from kallglot.speech.catalogue import DEMO, Mind
from kallglot.speech.engines import (
    Feed,
    Hypothesis,
    Opening,
    StreamingRecogniser,
    VoiceActivity,
)
from kallglot.speech.silero import FRAME
from kallglot.speech.streaming import load_recogniser
from tests.fakes.engines import ModemSynthesiser
from tests.fakes.speech import FakeSpeech

__all__ = ["ResidentSpeech", "demonstration"]

_FRAME_BYTES = 2 * FRAME
_streams = itertools.count(1)


@functools.cache
def demonstration() -> Mind:
    """Load the models of the demonstration, once; what they say is said in tones."""
    from kallglot.speech.transformers_translator import MarianTranslator  # noqa: PLC0415

    return Mind(
        load_recogniser(str(DEMO / "recogniser")),
        Careful(MarianTranslator.load(str(DEMO / "translator"))),
        ModemSynthesiser(),
    )


class _Ear:
    """Judges each frame as soon as it is whole."""

    def __init__(self, activity: VoiceActivity, judged: Callable[[Sequence[float]], None]) -> None:
        self._activity = activity
        self._judged = judged
        self._stream = next(_streams)
        self._waiting = bytearray()
        self.is_open = True

    def hear(self, pcm: bytes) -> None:
        if not self.is_open:
            return
        self._waiting += pcm
        whole = len(self._waiting) // _FRAME_BYTES * _FRAME_BYTES
        probabilities = [
            self._activity.step([(self._stream, bytes(self._waiting[at : at + _FRAME_BYTES]))])[0]
            for at in range(0, whole, _FRAME_BYTES)
        ]
        del self._waiting[:whole]
        if probabilities:
            self._judged(probabilities)

    def close(self) -> None:
        self.is_open = False
        self._activity.close(self._stream)


class _Transcription:
    """A turn that is followed as it is fed."""

    def __init__(
        self,
        transcriber: StreamingRecogniser,
        opening: Opening,
        heard: Callable[[Hypothesis], None],
        delay: float,
    ) -> None:
        self._transcriber = transcriber
        self._heard = heard
        self._delay = delay
        self._stream = next(_streams)
        self._is_open = True
        transcriber.open(self._stream, opening)

    def feed(self, pcm: bytes, *, is_pause: bool = False) -> None:
        self._step(Feed(self._stream, pcm, is_pause))

    def finish(self, pcm: bytes = b"") -> None:
        self._step(Feed(self._stream, pcm, is_pause=True, is_last=True))

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._transcriber.close(self._stream)

    def _step(self, feed: Feed) -> None:
        (hypothesis,) = self._transcriber.step([feed])
        asyncio.get_running_loop().call_later(self._delay, self._tell, hypothesis)

    def _tell(self, hypothesis: Hypothesis) -> None:
        if self._is_open:
            self._heard(hypothesis)


class ResidentSpeech(FakeSpeech):
    """`understood` is what the transcriber has committed to, and how sure it was."""

    def __init__(self, mind: Mind, activity: VoiceActivity) -> None:
        super().__init__()
        self._recogniser = mind.recogniser
        self._phrases = mind.translator
        self._synthesiser = mind.synthesiser
        self._transcriber = mind.transcriber
        self._activity = activity
        self.understood: list[tuple[str, bool]] = []

    def listen(self, judged: Callable[[Sequence[float]], None]) -> _Ear:
        return _Ear(self._activity, judged)

    def transcribe(
        self, opening: Opening, heard: Callable[[Hypothesis | EngineError], None]
    ) -> _Transcription:
        def note(hypothesis: Hypothesis) -> None:
            if hypothesis.committed:
                self.understood.append((hypothesis.committed, hypothesis.is_sure))
            heard(hypothesis)

        self.openings.append(opening)
        return _Transcription(self._transcriber, opening, note, self.delay["recognise"])
