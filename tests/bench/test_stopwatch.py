"""The stopwatch of the bench changes nothing of what a speech service says."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kallglot.bench.speech_server import Stopwatch
from kallglot.speech.engines import (
    Chunk,
    Hypothesis,
    Opening,
    SpeechRequest,
    TextRequest,
    Translation,
)


class Turn:
    """Answers each feed at once."""

    def __init__(self, heard):
        self._heard = heard
        self.is_closed = False

    def feed(self, pcm, *, is_pause=False):
        self._heard(Hypothesis("", "so far", 0.0, 1.0, "de"))

    def finish(self, pcm=b""):
        self._heard(Hypothesis("all", "", 1.0, 1.0, "de", is_final=True))

    def close(self):
        self.is_closed = True


class Speech:
    """A service that has an answer to everything."""

    window = 30.0

    def __init__(self):
        self.is_over = False

    def transcribe(self, opening, heard):
        return Turn(heard)

    async def translate(self, request, *, within):
        return Translation(request.text.upper(), 1.0)

    async def synthesise(self, request, *, within) -> AsyncIterator[Chunk]:
        try:
            yield Chunk(b"one")
            yield Chunk(b"two", is_last=True)
        finally:
            self.is_over = True


async def test_what_passes_is_timed_once_each():
    watch, answers = Stopwatch(Speech()), []
    turn = watch.transcribe(Opening(8000), answers.append)
    turn.feed(b"", is_pause=True)
    turn.feed(b"")
    turn.finish()
    turn.close()
    assert (await watch.translate(TextRequest("a", "de", "en"), within=1)).text == "A"
    spoken = [one.pcm async for one in watch.synthesise(SpeechRequest("a", "en", 8000), within=1)]
    assert spoken == [b"one", b"two"]
    assert [one.is_final for one in answers] == [False, False, True]
    counted = {stage: len(times) for stage, times in watch.read().items()}
    assert counted == {"follow": 2, "finish": 1, "translate": 1, "first sound": 1}
    assert watch.read() == {}


async def test_what_is_not_listened_to_any_more_is_cancelled_behind_it():
    speech = Speech()
    spoken = Stopwatch(speech).synthesise(SpeechRequest("a", "en", 8000), within=1)
    assert (await anext(spoken)).pcm == b"one"
    await spoken.aclose()
    assert speech.is_over


def test_everything_else_is_the_service_itself():
    assert Stopwatch(Speech()).window == pytest.approx(30.0)
