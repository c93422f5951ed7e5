"""The client and real child processes, with engines that speak modem."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from pathlib import Path

import attrs
import pytest

from kallglot.errors import EngineBusy, EngineError, ModelMissing
from kallglot.pressure import Level, PressurePolicy, Step
from kallglot.speech.catalogue import SpeechSettings
from kallglot.speech.child import Command, Patience
from kallglot.speech.client import Hosts, SpeechClient
from kallglot.speech.engines import Opening, SpeechRequest, TextRequest, VoiceRequest
from tests.fakes.speech import heard, says

pytestmark = pytest.mark.real_time

SETTINGS = SpeechSettings()
EAR = Command("ear", SETTINGS, "tests.fakes.engines:ear")
MIND = Command("mind", SETTINGS, "tests.fakes.engines:mind")
IMPATIENT = Patience(ping=0.1, silence=0.4, work=0.4, restarts=(0.05,))


@pytest.fixture
async def speech():
    speech = SpeechClient(Hosts(EAR, MIND, IMPATIENT, IMPATIENT))
    await speech.start()
    yield speech
    await speech.stop()


def ask(speech, text, within=2.0):
    return asyncio.create_task(speech.translate(TextRequest(text, "de", "en"), within=within))


async def until(is_so):
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)


def pid(role):
    """Return the process that plays a role, for violence."""
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_text().split("\0")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and words[2:4] == ["kallglot.speech.host", role]:
                return int(folder.name)
    return None


async def test_a_sentence_goes_all_the_way(speech):
    said = await speech.recognise(VoiceRequest(says("Guten Tag", "de"), 8000), within=1.0)
    assert said.text == "Guten Tag"
    meant = await ask(speech, said.text)
    assert meant.text == "Tag Guten (1)"
    wanted = SpeechRequest("Good day", "en", 8000)
    pieces = [chunk async for chunk in speech.synthesise(wanted, within=1.0)]
    assert len(pieces) > 2
    assert heard(b"".join(piece.pcm for piece in pieces)) == "Good day"


async def test_it_knows_its_models(speech):
    assert speech.is_ready()
    assert set(speech.cards) == {"recogniser", "translator", "synthesiser"}
    assert speech.window == 30.0
    assert speech.can_translate("de", "en")
    assert not speech.can_translate("de", "tlh")


async def test_requests_that_come_while_the_engine_works_are_worked_on_together(speech):
    first = ask(speech, "sleep 0.1")
    await asyncio.sleep(0.03)
    others = [ask(speech, word) for word in ("eins", "zwei", "drei")]
    assert (await first).text.endswith("(1)")
    assert [(await other).text for other in others] == ["eins (3)", "zwei (3)", "drei (3)"]


async def test_one_bad_sentence_does_not_spoil_the_others(speech, capfd):
    first = ask(speech, "sleep 0.1")
    await asyncio.sleep(0.03)
    bad, good = ask(speech, "raise Geheimnis"), ask(speech, "eins")
    await first
    with pytest.raises(EngineError, match="ValueError"):
        await bad
    assert (await good).text == "eins (1)"
    assert "Geheimnis" not in capfd.readouterr().err


async def test_who_cannot_wait_is_told_so_and_costs_nothing(speech):
    first = ask(speech, "sleep 0.2")
    await asyncio.sleep(0.03)
    with pytest.raises(EngineBusy):
        await ask(speech, "crash", within=0.05)
    await first
    assert (await ask(speech, "eins")).text == "eins (1)"


async def test_who_gives_up_costs_nothing(speech):
    first = ask(speech, "sleep 0.2")
    await asyncio.sleep(0.03)
    abandoned = ask(speech, "crash")
    await asyncio.sleep(0.03)
    abandoned.cancel()
    await first
    assert (await ask(speech, "eins")).text == "eins (1)"


async def test_speech_nobody_wants_to_hear_makes_room_for_other_speech(speech):
    long = speech.synthesise(SpeechRequest("blah " * 500, "en", 8000), within=1.0)
    await anext(long)
    await long.aclose()
    other = speech.synthesise(SpeechRequest("Good day", "en", 8000), within=0.3)
    assert heard(b"".join([chunk.pcm async for chunk in other])) == "Good day"


async def test_a_crash_is_told_at_once_and_mended(speech):
    waiting = ask(speech, "crash", within=60.0)
    with pytest.raises(EngineError, match="away"):
        await waiting
    assert not speech.is_ready()
    with pytest.raises(EngineError, match="away"):
        await ask(speech, "eins")
    await until(speech.is_ready)
    assert (await ask(speech, "eins")).text == "eins (1)"


async def test_what_was_asked_before_a_crash_is_answered_after_it(speech):
    first = ask(speech, "sleep 0.1")
    await asyncio.sleep(0.03)
    others = [ask(speech, text, within=9.0) for text in ("crash", "eins", "zwei")]
    await first
    await until(lambda: not speech.is_ready())
    async with asyncio.timeout(10):
        with pytest.raises(EngineError, match="away"):  # it kills whoever hears it
            await others[0]
        assert [(await other).text for other in others[1:]] == ["eins (1)", "zwei (1)"]


async def test_who_is_killed_is_asked_no_more_of_than_there_is_time_for(speech):
    patient, hurried = ask(speech, "sleep 0.2", within=9.0), ask(speech, "sleep 0.2", within=0.25)
    await asyncio.sleep(0.1)
    os.kill(pid("mind"), signal.SIGKILL)
    with pytest.raises(EngineBusy):
        await hurried
    async with asyncio.timeout(10):
        assert (await patient).text == "0.2 sleep (1)"


async def test_a_sentence_is_spoken_to_its_end_whoever_is_killed_meanwhile(speech):
    wanted = SpeechRequest("one two three four five six seven", "en", 8000)
    whole = b"".join([chunk.pcm async for chunk in speech.synthesise(wanted, within=1.0)])
    pieces = []
    async for chunk in speech.synthesise(wanted, within=9.0):
        pieces.append(chunk.pcm)
        if len(pieces) == 3:
            os.kill(pid("mind"), signal.SIGKILL)
    assert b"".join(pieces) == whole


async def test_pressure_is_felt_told_and_relieved():
    step = {"rise": 0.2, "calm": 0.2}
    policy = PressurePolicy(Step(0.1, **step), Step(60.0, **step), Step(60.0, **step))
    speech = SpeechClient(Hosts(EAR, MIND, IMPATIENT, attrs.evolve(IMPATIENT, work=9.0)), policy)
    levels = []
    speech.on_pressure(levels.append)
    await speech.start()
    assert speech.pressure is Level.NORMAL
    first = ask(speech, "sleep 0.8", within=9.0)
    await asyncio.sleep(0.03)
    second = ask(speech, "eins", within=9.0)
    await until(lambda: levels == [Level.REFUSE])
    assert speech.load.age > 0.1
    await asyncio.gather(first, second)
    await until(lambda: levels == [Level.REFUSE, Level.NORMAL])
    assert speech.pressure is Level.NORMAL
    await speech.stop()


async def test_a_process_that_fails_at_everything_is_replaced(speech):
    first = pid("mind")
    for _ in range(5):
        with pytest.raises(EngineError):
            await ask(speech, "raise something")
    await until(speech.is_ready)
    assert pid("mind") != first


async def test_a_model_that_never_ends_is_ended(speech):
    with pytest.raises(EngineError, match="away"):
        await ask(speech, "hang", within=60.0)
    await until(speech.is_ready)


async def test_every_frame_is_judged_whether_or_not_the_ear_is_there(speech):
    judged = []
    ear = speech.listen(judged.extend)
    pcm = says("Guten Tag, wie geht es Ihnen?", "de")
    silence = bytes(320)
    for at in range(0, len(pcm), 320):
        ear.hear(pcm[at : at + 320])
        await asyncio.sleep(0.001)
        if at == 320 * 15:
            await until(lambda: speech.frames[1] == 0 and speech.frames[0] > 5)
            os.kill(pid("ear"), signal.SIGSTOP)
    ear.hear(silence * 8)
    frames = (len(pcm) + 8 * 320) // 512
    await until(lambda: len(judged) == frames)
    assert [probability > 0.5 for probability in judged].count(True) == pytest.approx(
        len(pcm) // 512, abs=1
    )
    assert judged[-1] < 0.5
    assert speech.frames[1] > 0
    await until(lambda: not speech._ear.is_ready)
    await until(lambda: speech._ear.is_ready)
    guessed = speech.frames[1]
    ear.hear(pcm[:5120])
    await until(lambda: len(judged) > frames + 5)
    assert speech.frames[1] == guessed


async def test_who_listens_badly_does_so_alone(speech):
    failures = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, what: failures.append(what))

    def stumble(probabilities):
        raise ZeroDivisionError

    judged = []
    speech.listen(stumble).hear(bytes(512))
    speech.listen(judged.extend).hear(bytes(512))
    await until(lambda: judged)
    assert len(failures) == 1


async def test_a_missing_model_is_said_at_the_start_with_its_remedy():
    missing = Command("mind", SETTINGS, "tests.fakes.engines:missing")
    speech = SpeechClient(Hosts(EAR, missing, IMPATIENT, IMPATIENT))
    with pytest.raises(ModelMissing, match="do this and that"):
        await speech.start()


async def test_without_an_ear_it_guesses(caplog):
    deaf = Command("ear", SETTINGS, "tests.fakes.engines:missing")
    speech = SpeechClient(Hosts(deaf, MIND, IMPATIENT, IMPATIENT))
    with caplog.at_level(logging.WARNING):
        await speech.start()
    assert "guessed from loudness" in caplog.text
    judged = []
    speech.listen(judged.extend).hear(says("a", "de")[:1024])
    await until(lambda: len(judged) == 2)
    await speech.stop()


async def test_the_children_end_with_their_parent(speech):
    children = [pid("ear"), pid("mind")]
    await speech.stop()
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


class Turn:
    """Somebody who speaks, and what is understood."""

    def __init__(self, speech):
        self.heard = []
        self.speech = speech.transcribe(Opening(8000, "de"), self.heard.append)

    def says(self, text):
        """Say it in pieces of 0.3 s, the last of which is followed by a pause."""
        pcm = says(text, "de")
        for at in range(0, len(pcm), 4800):
            self.speech.feed(pcm[at : at + 4800], is_pause=at + 4800 >= len(pcm))

    @property
    def text(self):
        return " ".join(each.committed for each in self.answers if each.committed)

    @property
    def answers(self):
        return [each for each in self.heard if not isinstance(each, EngineError)]

    @property
    def is_over(self):
        last = self.heard[-1] if self.heard else None
        return isinstance(last, EngineError) or (last is not None and last.is_final)


async def test_a_turn_is_understood_while_it_goes_on(speech):
    turn = Turn(speech)
    turn.says("Guten Tag.")
    await until(lambda: turn.text == "Guten Tag.")
    assert not turn.is_over
    turn.says("Wie geht es?")
    turn.speech.finish()
    await until(lambda: turn.is_over)
    assert turn.text == "Guten Tag. Wie geht es?"
    times = [(each.until, each.heard) for each in turn.answers]
    assert times == sorted(times)


@pytest.mark.parametrize("mishap", ["die", "hang"])
async def test_a_turn_survives_the_process_that_follows_it(speech, tmp_path, mishap):
    turn, other = Turn(speech), Turn(speech)
    for each in (turn, other):
        each.says("Guten Tag.")
        await until(lambda each=each: each.text == "Guten Tag.")
    other.says("Und dann")
    turn.says(f"{mishap} {tmp_path / 'once'}")
    await until(lambda: not speech.is_ready())
    turn.says("Ende.")
    turn.speech.finish()
    other.speech.finish()
    await until(lambda: turn.is_over and other.is_over)
    assert turn.text == f"Guten Tag. {mishap} {tmp_path / 'once'} Ende."
    assert other.text == "Guten Tag. Und dann"
    times = [(each.until, each.heard) for each in turn.answers]
    assert times == sorted(times)
