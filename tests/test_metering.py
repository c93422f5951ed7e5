from __future__ import annotations

import asyncio

import attrs
import pytest

from kallglot.errors import EngineBusy, EngineError
from kallglot.metering import Metering
from kallglot.model.transcript import Rendering, Utterance
from kallglot.pressure import Level
from kallglot.speech.load import Load
from tests.fakes.clock import FakeClock

ENGLISH = {"source": "de", "target": "en"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(0.0)


@pytest.fixture
def metering(clock) -> Metering:
    return Metering(clock)


def value(metering: Metering, name: str, **labels: str) -> float | None:
    return metering.registry.get_sample_value(f"kallglot_{name}", labels)


def said(start: float, end: float) -> Utterance:
    return Utterance("utt_1", "sess_1", 1, "customer", "de", "Ja", start, end, 0.9)


def requests(metering: Metering) -> dict[str, float]:
    outcomes = ("answered", "busy", "failed", "cancelled")
    counted = {
        each: value(metering, "engine_requests_total", engine="translator", outcome=each)
        for each in outcomes
    }
    return {outcome: count for outcome, count in counted.items() if count}


def test_the_lag_of_a_translation_is_counted_by_its_languages(metering):
    metering.spoken(said(1.0, 3.0), Rendering("en", "Yes", spoken_at=3.45))
    first_audio = "end_of_speech_to_first_audio_seconds"
    assert value(metering, f"{first_audio}_bucket", **ENGLISH, le="0.4") == 0
    assert value(metering, f"{first_audio}_bucket", **ENGLISH, le="0.5") == 1
    assert value(metering, "ear_voice_span_seconds_sum", **ENGLISH) == pytest.approx(2.45)


def test_a_translation_that_overtakes_its_speaker_has_no_lag(metering):
    metering.spoken(said(1.0, 3.0), Rendering("en", "Yes", spoken_at=2.5))
    assert value(metering, "end_of_speech_to_first_audio_seconds_sum", **ENGLISH) == 0.0


def test_a_translation_that_was_only_shown_has_none_at_all(metering):
    metering.spoken(said(1.0, 3.0), Rendering("en", "Yes"))
    assert value(metering, "ear_voice_span_seconds_count", **ENGLISH) is None


def test_a_request_is_counted_by_how_it_comes_out(metering, clock):
    with metering.asking("translator"):
        clock.now += 0.25
    for error in (EngineBusy("full"), EngineError("broken"), ZeroDivisionError()):
        with pytest.raises(type(error)), metering.asking("translator"):
            raise error
    with pytest.raises(asyncio.CancelledError), metering.asking("translator"):
        raise asyncio.CancelledError
    assert requests(metering) == {"answered": 1, "busy": 1, "failed": 2, "cancelled": 1}
    assert value(metering, "engine_request_seconds_sum", engine="translator") == 0.25


def test_legs_come_and_go(metering):
    for _ in range(3):
        metering.leg_connected("telnyx")
    metering.leg_lost("telnyx")
    assert value(metering, "legs", provider="telnyx") == 2
    assert value(metering, "legs_connected_total", provider="telnyx") == 3


def test_what_listeners_lost_is_added_up(metering):
    metering.dropped(1.5)
    metering.dropped(0.5)
    metering.compressed(0.25)
    metering.backlog(3.5)
    metering.frames_dropped("leg", 7)
    metering.echo()
    metering.captions(deleted=4, final=20)
    assert value(metering, "speech_dropped_seconds_total") == 2.0
    assert value(metering, "speech_compressed_seconds_total") == 0.25
    assert value(metering, "playback_backlog_seconds_sum") == 3.5
    assert value(metering, "frames_dropped_total", where="leg") == 7
    assert value(metering, "echoes_total") == 1
    assert value(metering, "caption_units_erased_total") == 4
    assert value(metering, "caption_units_final_total") == 20


@attrs.define
class Pressed:
    """Engines that have something to do."""

    loads: dict[str, Load]
    pressure: Level = Level.NORMAL

    def is_ready(self) -> bool:
        return bool(self.loads)


def test_the_engines_are_asked_when_somebody_looks(metering):
    engines = Pressed({"recogniser": Load(busy=0.1, age=0.7, waiting=3, rows=2.5, missed=0.2)})
    metering.watch(engines)
    assert value(metering, "engine_queue_age_seconds", engine="recogniser") is None
    metering.look()
    assert value(metering, "engine_queue_age_seconds", engine="recogniser") == 0.7
    assert value(metering, "engine_queue_depth", engine="recogniser") == 3
    assert value(metering, "engine_batch_rows", engine="recogniser") == 2.5
    assert value(metering, "engines_ready") == 1


def test_engines_that_are_away_have_no_queue(metering):
    engines = Pressed({"recogniser": Load(age=0.7)})
    metering.watch(engines)
    metering.look()
    engines.loads = {}
    metering.look()
    assert value(metering, "engine_queue_age_seconds", engine="recogniser") is None
    assert value(metering, "engines_ready") == 0


def test_there_is_one_level_of_pressure_at_a_time(metering):
    engines = Pressed({})
    metering.watch(engines)

    def levels() -> list[str]:
        metering.look()
        every = map(str, Level)
        return [each for each in every if value(metering, "pressure", kallglot_pressure=each)]

    assert levels() == ["normal"]
    engines.pressure = Level.CAPTIONS_ONLY
    assert levels() == ["captions_only"]


def test_of_an_answer_in_pieces_the_first_counts(metering, clock):
    with metering.asking("synthesiser") as asked:
        clock.now += 0.1
        asked.answers()
        clock.now += 2.0
        asked.answers()
    seconds = value(metering, "engine_request_seconds_sum", engine="synthesiser")
    assert seconds == pytest.approx(0.1)


def test_two_servers_in_one_process_count_for_themselves(metering):
    other = Metering()
    metering.dropped(1.0)
    assert value(other, "speech_dropped_seconds_total") == 0.0
