"""The demonstration's call on a real server, with engines that speak and understand modem."""

from __future__ import annotations

import socket

import attrs
import pytest

from kallglot.commands.api import connected
from kallglot.config import Settings
from kallglot.demo import evidence as evidences
from kallglot.demo import judgement, picture, report, second_ear
from kallglot.demo.conversation import Conversation, Exchange, Happening, Held, Pace
from kallglot.demo.judgement import Course, Evidence
from kallglot.demo.story import LANGUAGES, Line
from kallglot.phones.handset import Handset
from kallglot.phones.native import NativePhone
from kallglot.phones.tape import Span
from kallglot.server import running
from tests.fakes import modem
from tests.fakes.speech import FakeSpeech

pytestmark = pytest.mark.real_time

STORY = (
    Line("customer", "Guten Tag", "Good day"),
    Line("agent", "Wait a bit", "Warten Sie", is_missed=True),
)
PACE = Pace(pause=0.3, least=0.8, patience=3.0, away=0.8)


@attrs.frozen
class After:
    """What is known after a call."""

    held: Held
    evidence: list[Evidence]
    course: Course
    told: list


async def call(speech: FakeSpeech, story, folder) -> After:
    for line in story:
        speech.knows({(line.language, LANGUAGES[line.listener]): {line.text: line.translation}})
    settings = Settings.default(data=str(folder / "data"), bind=f"127.0.0.1:{free_port()}")
    told: list = []
    async with (
        running(settings, speech) as server,
        connected(server.url, server.first_key or "") as api,
    ):
        sounds = {line.text: modem.speak(line.text, line.language) for line in story}
        held = await Conversation(api, told.append, PACE).hold(story, sounds)
        transcript = await report.save_call(api, held.session["id"], folder)
        turns = evidences.matched(held.exchanges, transcript["turns"])
        pronounce = await second_ear.pronunciations(speech, held.exchanges, turns)
        tracks = {who: folder / f"{who}_heard.wav" for who in LANGUAGES}
        evidence = evidences.evidence_of(held, turns, tracks, pronounce)
        course = evidences.course_of(held, turns, pronounce)
    return After(held, evidence, course, told)


async def test_a_line_that_is_passed_on_as_it_was_is_recognised_as_that(tmp_path):
    speech = FakeSpeech()
    speech.doubt_next("translate")
    after = await call(speech, STORY[:1], tmp_path)
    (evidence,) = after.evidence
    assert evidence.translated == ""
    assert evidence.as_said > 0.9
    assert after.course.noises == ()


async def test_a_call_is_held_saved_and_judged(tmp_path):
    after = await call(FakeSpeech(), STORY, tmp_path)
    held, evidence, course, told = after.held, after.evidence, after.course, after.told
    verdict = judgement.judge(evidence, course)
    assert verdict.failures == ()
    assert verdict.exact == 2
    assert 0 < verdict.median_lag < 1.5
    assert course.wait == pytest.approx(300, abs=5)
    assert held.exchanges[0].captions[0].translation == "Good day"
    assert [type(news) for news in told].count(Exchange) == 2
    whats = [news.what for news in told if isinstance(news, Happening)]
    assert whats.index("customer dropped, without a goodbye") < whats.index("session goes on")
    report.save_log(held, [], tmp_path)
    report.save_summary(tmp_path, verdict, evidence, {})
    saved = {path.name for path in tmp_path.iterdir()}
    wanted = {"call.mp3", "mixed.wav", "transcript.srt", "events.jsonl", "summary.json"}
    assert wanted <= saved


async def test_the_picture_is_drawn(tmp_path):
    @attrs.frozen
    class Deaf:
        handset: Handset

    phones = {who: Deaf(Handset(NativePhone("kst_x"))) for who in LANGUAGES}
    for count in range(150):
        for phone in phones.values():
            phone.handset.tick(count * 0.02)
    exchange = Exchange(STORY[0], Span(0.5, 1.0), (Span(1.5, 2.0),))
    held = Held({}, [exchange], [], phones, 0.0, 0.0, 300.0, Span(1.0, 1.4))
    evidence = [Evidence(STORY[0], "Guten Tag", "Good day", 1.0, 1.0, 1.0, 0.5)]
    picture.draw(held, evidence, tmp_path / "call.png")
    assert (tmp_path / "call.png").read_bytes().startswith(b"\x89PNG")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
