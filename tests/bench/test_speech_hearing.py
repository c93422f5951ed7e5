"""The far end of a bench's line: when what was sent is heard."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from kallglot.bench import speech_line
from kallglot.bench.line import Plan
from kallglot.bench.speech_hearing import Hearing
from kallglot.bench.speech_line import Telephone
from tests.bench.test_line import framed, unframed

LOUD, QUIET = b"\x90" * 160, b"\xff" * 160


def spans(hearing):
    return [(round(one.since, 3), round(one.until, 3)) for one in hearing.sounds]


def test_what_comes_early_waits_for_what_came_before():
    hearing = Hearing()
    for _ in range(5):
        hearing.hear(LOUD, 1.0)
    assert spans(hearing) == [(1.0, 1.1)]
    assert hearing.sounds[0].arrived == 1.0


def test_silence_is_no_sound_but_takes_its_time():
    hearing = Hearing()
    hearing.hear(QUIET * 10, 1.0)
    hearing.hear(LOUD, 1.0)
    assert spans(hearing) == [(1.2, 1.22)]


def test_a_pause_between_words_does_not_part_them_and_a_longer_one_does():
    hearing = Hearing()
    for at in (1.0, 1.2, 2.0):
        hearing.hear(LOUD, at)
    assert spans(hearing) == [(1.0, 1.22), (2.0, 2.02)]


def test_what_is_taken_back_is_never_heard():
    hearing = Hearing()
    for _ in range(50):
        hearing.hear(LOUD, 1.0)
    hearing.clear(1.3)
    assert spans(hearing) == [(1.0, 1.3)]
    assert hearing.taken_back == pytest.approx(0.7)
    hearing.hear(LOUD, 2.0)
    hearing.clear(2.0)
    assert spans(hearing) == [(1.0, 1.3)]


def test_a_mark_is_reached_when_all_before_it_was_heard():
    hearing = Hearing()
    hearing.hear(LOUD * 50, 1.0)
    hearing.mark("end", 1.0)
    assert hearing.reached(1.9) == []
    assert hearing.reached(2.0) == ["end"]
    assert hearing.reached(3.0) == []


def test_clearing_returns_every_mark():
    hearing = Hearing()
    hearing.hear(LOUD * 50, 1.0)
    hearing.mark("end", 1.0)
    hearing.clear(1.5)
    assert hearing.reached(1.5) == ["end"]


def telephone():
    plan = Plan("sess_1", "kst_1", "customer", "twilio", 0)
    phone = Telephone(plan, speech_line.blocks(LOUD + QUIET))
    phone.hear(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 0)
    return phone


def test_a_telephone_says_its_tape_once_and_then_nothing():
    phone = telephone()
    said = [json.loads(unframed(phone.speak(at))[0]) for at in (5, 20_005, 40_005)]
    payloads = [one["media"]["payload"] for one in said]
    assert payloads == [b64encode(block).decode() for block in (LOUD, QUIET, QUIET)]
    assert [one["media"]["timestamp"] for one in said] == ["20", "40", "60"]
    assert phone.began == 5


def test_a_telephone_returns_marks_when_they_are_reached():
    phone = telephone()
    media = {"event": "media", "media": {"payload": b64encode(LOUD * 5).decode()}}
    phone.hear(framed(json.dumps(media, separators=(",", ":")).encode()), 1_000_000)
    mark = {"event": "mark", "mark": {"name": "customer/utt_1"}}
    phone.hear(framed(json.dumps(mark).encode()), 1_000_000)
    assert len(unframed(phone.speak(1_050_000))) == 1
    _, returned = unframed(phone.speak(1_110_000))
    assert json.loads(returned)["mark"] == {"name": "customer/utt_1"}
    assert spans(phone.hearing) == [(1.0, 1.1)]


def test_an_agent_at_a_browser_is_shown_captions_and_hears_too():
    plan = Plan("sess_1", "kst_1", "agent", "native", 0)
    phone = Telephone(plan, speech_line.blocks(LOUD))
    phone.hear(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", 0)
    (said,) = unframed(phone.speak(0))
    assert json.loads(said)["audio"]["payload"] == b64encode(LOUD).decode()
    for kind, text in (("partial", "Guten"), ("final", "Guten Tag")):
        notice = {"type": f"transcript.{kind}", "speaker": "customer", "text": text}
        phone.hear(framed(json.dumps(notice).encode()), 1)
    shown = [(one.is_final, one.text) for one in phone.captions]
    assert shown == [(False, "Guten"), (True, "Guten Tag")]
    audio = {"type": "audio.output", "audio": {"payload": b64encode(LOUD * 5).decode()}}
    phone.hear(framed(json.dumps(audio, separators=(",", ":")).encode()), 1_000_000)
    phone.hear(framed(b'{"type":"audio.clear"}'), 1_060_000)
    assert spans(phone.hearing) == [(1.0, 1.06)]
