from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from kallglot.errors import EngineError
from kallglot.metering import Metering
from kallglot.speech.engines import Hypothesis, Opening, SpeechRequest, TextRequest, VoiceRequest
from kallglot.speech.metered import MeteredSpeech
from tests.fakes.speech import FakeSpeech, says

GREETING = {("de", "en"): {"Guten Tag": "Good day"}}


@pytest.fixture
def fake() -> FakeSpeech:
    fake = FakeSpeech()
    fake.knows(GREETING)
    return fake


@pytest.fixture
async def metering() -> Metering:
    return Metering(asyncio.get_running_loop().time)


@pytest.fixture
def speech(fake, metering) -> MeteredSpeech:
    return MeteredSpeech(fake, metering)


def counted(metering: Metering) -> dict[tuple[str, str], float]:
    (family,) = (
        each for each in metering.registry.collect() if each.name == "kallglot_engine_requests"
    )
    return {
        (sample.labels["engine"], sample.labels["outcome"]): sample.value
        for sample in family.samples
        if sample.name.endswith("_total") and sample.value
    }


def took(metering: Metering, engine: str) -> float | None:
    labels = {"engine": engine}
    return metering.registry.get_sample_value("kallglot_engine_request_seconds_sum", labels)


async def test_requests_are_passed_on_and_counted(speech, fake, metering):
    fake.delay["translate"] = 0.3
    answer = await speech.translate(TextRequest("Guten Tag", "de", "en"), within=1)
    heard = await speech.recognise(VoiceRequest(says("Guten Tag", "de"), 8000), within=1)
    assert (answer.text, heard.text) == ("Good day", "Guten Tag")
    assert counted(metering) == {("translator", "answered"): 1, ("recogniser", "answered"): 1}
    assert took(metering, "translator") == pytest.approx(0.3)


async def test_a_request_that_fails_is_counted_and_still_fails(speech, fake, metering):
    fake.fail_next("translate")
    with pytest.raises(EngineError):
        await speech.translate(TextRequest("Guten Tag", "de", "en"), within=1)
    assert counted(metering) == {("translator", "failed"): 1}


async def test_speech_is_counted_once_however_many_pieces_it_comes_in(speech, metering):
    request = SpeechRequest("Good day", "en", 8000)
    chunks = [chunk async for chunk in speech.synthesise(request, within=1)]
    assert len(chunks) > 1
    assert chunks[-1].is_last
    assert counted(metering) == {("synthesiser", "answered"): 1}


async def test_speech_that_nobody_wants_any_more_is_cancelled(speech, metering):
    async with aclosing(speech.synthesise(SpeechRequest("Good day", "en", 8000), within=1)) as said:
        await anext(said)
    assert counted(metering) == {("synthesiser", "cancelled"): 1}


async def test_a_turn_is_counted_when_it_has_been_understood(speech, metering):
    understood: asyncio.Queue[Hypothesis | EngineError] = asyncio.Queue()
    turn = speech.transcribe(Opening(8000, "de"), understood.put_nowait)
    turn.feed(says("Guten Tag", "de"))
    turn.finish()
    answer = await understood.get()
    while not answer.is_final:
        answer = await understood.get()
    turn.close()
    assert counted(metering) == {("transcriber", "answered"): 1}


async def test_a_turn_that_is_given_up_is_cancelled(speech, metering):
    turn = speech.transcribe(Opening(8000, "de"), lambda answer: None)
    turn.close()
    assert counted(metering) == {("transcriber", "cancelled"): 1}
    assert took(metering, "transcriber") == 0


async def test_what_is_no_request_is_passed_on(speech, fake):
    assert speech.cards is fake.cards
    assert speech.window == fake.window
    assert speech.is_ready() == fake.is_ready()
    assert speech.can_translate("de", "en")
    judged: list[float] = []
    ear = speech.listen(judged.extend)
    ear.hear(bytes(1024))
    ear.close()
    assert judged == [pytest.approx(judged[0])] * 2
