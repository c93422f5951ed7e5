"""The fakes are used by everybody's tests, so they are tested, too."""

from __future__ import annotations

import asyncio

import pytest

from kallglot.errors import EngineBusy, EngineError
from kallglot.speech.engines import SpeechRequest, TextRequest, VoiceRequest
from kallglot.speech.service import SpeechService
from tests.fakes.speech import FakeSpeech, heard, says


@pytest.fixture
def speech():
    return FakeSpeech()


async def speak(speech, text, language):
    request = SpeechRequest(text, language, 8000)
    return b"".join([chunk.pcm async for chunk in speech.synthesise(request, within=1.0)])


async def test_a_sentence_goes_all_the_way(speech: FakeSpeech):
    service: SpeechService = speech
    speech.knows({("de", "en"): {"Guten Tag": "Good day"}})
    said = await service.recognise(VoiceRequest(says("Guten Tag", "de"), 8000), within=1.0)
    assert (said.text, said.language) == ("Guten Tag", "de")
    meant = await service.translate(TextRequest(said.text, "de", "en"), within=1.0)
    assert heard(await speak(speech, meant.text, "en")) == "Good day"


async def test_what_was_not_taught_is_said_backwards(speech):
    meant = await speech.translate(TextRequest("eins zwei drei", "de", "en"), within=1.0)
    assert meant.text == "drei zwei eins"


async def test_part_of_a_sentence_is_part_of_a_text(speech):
    pcm = says("Guten Tag, wie geht es Ihnen?", "de")
    half = VoiceRequest(pcm[: len(pcm) // 2], 8000, is_partial=True)
    said = await speech.recognise(half, within=1.0)
    assert "Guten Tag".startswith(said.text[:9])


async def test_the_slow_are_busy(speech):
    speech.delay["translate"] = 0.02
    await speech.translate(TextRequest("a", "de", "en"), within=0.05)
    with pytest.raises(EngineBusy):
        await speech.translate(TextRequest("a", "de", "en"), within=0.01)


async def test_one_failure_is_not_two(speech):
    speech.fail_next("translate")
    with pytest.raises(EngineError):
        await speech.translate(TextRequest("a", "de", "en"), within=1.0)
    await speech.translate(TextRequest("a", "de", "en"), within=1.0)


async def test_doubts_pass(speech):
    speech.doubt_next("recognise")
    request = VoiceRequest(says("Hallo", "de"), 8000)
    assert not (await speech.recognise(request, within=1.0)).is_sure
    assert (await speech.recognise(request, within=1.0)).is_sure


async def test_a_crash_fails_what_is_being_done(speech):
    speech.delay["translate"] = 5.0
    question = asyncio.create_task(speech.translate(TextRequest("a", "de", "en"), within=9.0))
    await asyncio.sleep(0)
    speech.goes_down()
    with pytest.raises(EngineError):
        await question
    assert not speech.is_ready()
    speech.comes_back()
    speech.delay["translate"] = 0.0
    await speech.translate(TextRequest("a", "de", "en"), within=1.0)


async def test_a_crash_can_be_arranged(speech):
    speech.crash_after("translate", 2)
    for _ in range(2):
        await speech.translate(TextRequest("a", "de", "en"), within=1.0)
    assert not speech.is_ready()


async def test_an_interrupted_voice_is_noticed(speech):
    voice = speech.synthesise(SpeechRequest("Good day to you", "en", 8000), within=1.0)
    await anext(voice)
    await voice.aclose()
    assert speech.cancelled == ["Good day to you"]
    await speak(speech, "Good day", "en")
    assert speech.cancelled == ["Good day to you"]
    assert speech.spoken == ["Good day to you", "Good day"]


def test_an_ear_judges_at_once(speech):
    judged = []
    ear = speech.listen(judged.extend)
    ear.hear(bytes(300))
    assert judged == []
    ear.hear(bytes(212) + says("a", "de")[:512])
    assert [probability > 0.5 for probability in judged] == [False, True]
    ear.close()
    ear.hear(bytes(512))
    assert len(judged) == 2
