"""One model as both kinds of recogniser: of whole utterances, and of turns while they go on."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import attrs

from kallglot.speech.engines import (
    Feed,
    Hypothesis,
    Opening,
    Recogniser,
    Recognition,
    StreamingRecogniser,
    VoiceRequest,
)
from kallglot.speech.streaming import (
    follows_by_itself,
    listening,
    load_recogniser,
    load_streaming,
)

__all__ = ["Ears", "Wholes", "load_ears"]


@attrs.frozen
class Ears:
    """What recognises; both are one model, for one thread at a time."""

    recogniser: Recogniser
    transcriber: StreamingRecogniser


def load_ears(path: str, revision: str | None, device: str) -> Ears:
    """Load the recogniser in a directory."""
    if follows_by_itself(path, revision):
        transcriber = load_streaming(path, revision, device)
        return Ears(Wholes(transcriber), transcriber)
    recogniser = load_recogniser(path, revision, device)
    return Ears(recogniser, listening(recogniser))


class Wholes:
    """A `Recogniser` made from a `StreamingRecogniser`, which it shares with those who follow.

    The caller sees to it that only one of them uses it at a time.
    """

    #: There is no end to what it can listen to, but to what anybody waits for.
    window = 30.0

    def __init__(self, transcriber: StreamingRecogniser) -> None:
        self.card = transcriber.card
        self._transcriber = transcriber
        # The streams of those who follow have the numbers above zero.
        self._numbers = itertools.count(-1, -1)

    def recognise(self, batch: Sequence[VoiceRequest]) -> list[Recognition]:
        streams = [next(self._numbers) for _ in batch]
        begun = []
        try:
            for stream, one in zip(streams, batch, strict=True):
                self._transcriber.open(
                    stream, Opening(one.rate_hz, one.language, one.candidates, one.hints)
                )
                begun.append(stream)
            feeds = [
                Feed(stream, one.pcm, is_pause=True, is_last=True)
                for stream, one in zip(streams, batch, strict=True)
            ]
            return [_recognition(hypothesis) for hypothesis in self._transcriber.step(feeds)]
        finally:
            for stream in begun:
                self._transcriber.close(stream)


def _recognition(heard: Hypothesis) -> Recognition:
    return Recognition(
        text=heard.committed,
        language=heard.language,
        confidence=heard.confidence,
        language_confidence=heard.language_confidence,
        is_sure=heard.is_sure,
        alternatives=heard.alternatives,
    )
