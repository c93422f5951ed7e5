"""What one listener is played, told as it comes to the leg, the recorder and the transcript."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np
import pytest

from actors.listening import Listening, Manners
from actors.services import Spoken
from kallglot.audio.echo import EchoGuard
from kallglot.messages import (
    ClearPlayback,
    ListenerJoined,
    ListenerLeft,
    OriginalHeard,
    PlayAudio,
    PlaybackReached,
    RenderingSpoken,
    SpeechMade,
    TrackErased,
    TrackHeard,
)
from kallglot.overlap import OverlapRules
from kallglot.timeline import Timeline
from kallglot.turns import SpeechEnded, SpeechGoesOn, SpeechPaused, SpeechStarted, SpeechWithdrawn
from tests.audio.voices import pcm, speech

EPOCH = 1_790_000_000.0
STEP = 0.02


@attrs.define
class Desk:
    """Whatever is told to somebody, and when."""

    clock: Clock
    told: list = attrs.Factory(list)

    def tell(self, message: object) -> None:
        self.told.append((self.clock.now, message))

    def of(self, kind: type) -> list:
        return [message for _, message in self.told if isinstance(message, kind)]


@attrs.define
class Clock:
    now: float = 100.0


class Phone:
    """A far end that plays what it gets at the pace of sound, and returns marks."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sound: list[tuple[float, PlayAudio]] = []
        self.marks: list[tuple[float, str]] = []
        self.cleared: list[float] = []
        self._until = 0.0

    def tell(self, message: object) -> None:
        match message:
            case PlayAudio():
                at = max(self._until, self.clock.now)
                self._until = at + len(message.pcm) / 16000
                self.sound.append((at, message))
                if message.mark is not None:
                    self.marks.append((self._until, message.mark))
            case ClearPlayback():
                self.cleared.append(self.clock.now)
                self._until = self.clock.now
                self.marks = [(self.clock.now + 0.1, mark) for _, mark in self.marks]
                self.sound = [each for each in self.sound if each[0] < self.clock.now]

    def due(self) -> Iterator[PlaybackReached]:
        ready = [mark for at, mark in self.marks if at <= self.clock.now]
        self.marks = [each for each in self.marks if each[0] > self.clock.now]
        return map(PlaybackReached, ready)


class Scene:
    """One listener, with a telephone at their ear, in a session that began at 100 s."""

    def __init__(self, manners: Manners) -> None:
        self.clock = Clock()
        timeline = Timeline(lambda: self.clock.now, EPOCH + 100.0)
        timeline.start(EPOCH + 100.0)
        self.transcript, self.recorder = Desk(self.clock), Desk(self.clock)
        self.phone = Phone(self.clock)
        self.guard = EchoGuard()
        self._alarm: float | None = None
        self._look_at = 0.0
        self.listening = Listening(
            "agent", timeline, self.transcript, self.recorder, manners, self._wake, self.guard
        )
        self.listening.join(ListenerJoined(self.phone, "leg_1", 8000))

    def _wake(self, after: float) -> None:
        self._alarm = self.clock.now + after

    def passes(self, seconds: float, is_speaking: bool = False, echo: float = 0.0) -> None:
        """Let time pass; the listener may be speaking, or their loudspeaker."""
        for _ in range(round(seconds / STEP)):
            self.clock.now += STEP
            if self._alarm is not None and self._alarm <= self.clock.now:
                self._alarm = None
                self.listening.send_due()
            for reached in self.phone.due():
                self.listening.reached(reached)
            if echo:
                self._return(echo)
            if is_speaking and self.clock.now >= self._look_at:
                self._look_at += 0.32
                self.listening.heed([SpeechGoesOn(0.0, 1.0)], is_speaking=True)

    def _return(self, gain: float) -> None:
        """Have what was played 0.3 s ago heard from the listener."""
        now = self.clock.now - 0.3
        frame = np.zeros(160)
        for at, audio in self.phone.sound:
            samples = np.frombuffer(audio.pcm, np.int16)
            first = round((now - STEP - at) * 8000)
            part = samples[max(0, first) : max(0, first + 160)]
            frame[: len(part)] += part * gain
        self.guard.heard(pcm(frame), self.clock.now - STEP - 100.0)

    def is_told(self, name: str, seconds: float, seed: int = 0, is_last: bool = True) -> None:
        sound = pcm(speech(np.random.default_rng(seed), seconds))
        self.listening.play(SpeechMade(name, "customer", "en", sound, 8000, is_last))

    def overhears(self, level: int, seconds: float, gain: float) -> None:
        frame = np.full(160, level, np.int16).tobytes()
        for _ in range(round(seconds / STEP)):
            self.listening.overhear(OriginalHeard("customer", frame, 8000, gain))
            self.passes(STEP)

    def starts_speaking(self) -> None:
        self._look_at = self.clock.now + 0.32
        self.listening.heed([SpeechStarted(0.0, 0.0)], is_speaking=True)

    def falls_silent(self) -> None:
        self.listening.heed([SpeechEnded(0.0, 1.0, 0.0, 1.0)], is_speaking=False)

    @property
    def spoken(self) -> list[RenderingSpoken]:
        return self.transcript.of(RenderingSpoken)

    @property
    def heard(self) -> bytes:
        return b"".join(audio.pcm for _, audio in self.phone.sound)


@pytest.fixture
def manners() -> Manners:
    return Manners()


@pytest.fixture
def scene(manners) -> Scene:
    return Scene(manners)


def test_a_translation_is_heard_as_it_was_made_and_reported_when_it_was(scene):
    scene.is_told("utt_1", 1.0)
    scene.passes(2.0)
    (report,) = scene.spoken
    assert (report.utterance_id, report.listener, report.language) == ("utt_1", "agent", "en")
    assert report.since == pytest.approx(0.0)
    assert report.until == pytest.approx(1.0, abs=0.03)
    assert (report.dropped, report.compressed) == (0.0, 0.0)
    assert scene.heard == pcm(speech(np.random.default_rng(0), 1.0))


def test_who_is_far_behind_is_heard_faster_and_every_second_is_accounted_for(scene):
    for number in range(4):
        scene.is_told(f"utt_{number}", 2.5, number)
    scene.passes(12.0)
    assert len(scene.spoken) == 4
    assert sum(report.compressed for report in scene.spoken) > 1.0
    for report in scene.spoken:
        lasted = report.until - report.since
        assert lasted + report.compressed + report.dropped == pytest.approx(2.5, abs=0.05)


def test_what_is_recorded_is_what_was_played_and_when(scene):
    for number in range(3):
        scene.is_told(f"utt_{number}", 2.0, number)
    scene.passes(8.0)
    tracks = scene.recorder.of(TrackHeard)
    assert b"".join(track.pcm for track in tracks) == scene.heard
    for track, (at, _) in zip(tracks, scene.phone.sound, strict=True):
        assert track.at == pytest.approx(at - 100.0, abs=1e-6)


class TestLeavingOut:
    """More is said than there is time for."""

    @pytest.fixture
    def manners(self):
        notice = Spoken(np.full(8000, 3000, np.int16).tobytes(), 8000)
        return Manners(notices={("behind", "en"): notice})

    def test_the_oldest_is_left_out_and_that_is_said_once_and_reported(self, scene):
        for number in range(8):
            scene.is_told(f"utt_{number}", 4.0, number)
        scene.passes(60.0)
        lost = [report for report in scene.spoken if report.dropped]
        assert lost
        assert all(report.dropped == pytest.approx(4.0) for report in lost)
        assert all(report.since == report.until for report in lost)
        assert lost[0].utterance_id != "utt_0"
        assert scene.spoken[-1].utterance_id == "utt_7"
        assert {report.utterance_id for report in scene.spoken} == {f"utt_{n}" for n in range(8)}
        notices = [audio for _, audio in scene.phone.sound if audio.language is None]
        assert len(b"".join(audio.pcm for audio in notices)) == pytest.approx(16000, rel=0.3)
        order = list(dict.fromkeys(audio.utterance for _, audio in scene.phone.sound))
        assert order[-2:] == [notices[0].utterance, "utt_7"]

    def test_nothing_of_it_is_said_again_on_the_next_leg(self, scene):
        for number in range(8):
            scene.is_told(f"utt_{number}", 4.0, number)
        scene.passes(60.0)
        scene.listening.leave(ListenerLeft("leg_1"))
        before = len(scene.phone.sound)
        scene.listening.join(ListenerJoined(scene.phone, "leg_2", 8000))
        scene.passes(5.0)
        assert len(scene.phone.sound) == before


class TestInterrupting:
    """The listener speaks while they are spoken to."""

    def interrupt(self, scene, seconds):
        scene.is_told("utt_1", 4.0)
        scene.passes(1.0)
        scene.starts_speaking()
        scene.passes(seconds, is_speaking=True)

    def test_who_insists_is_met_with_silence_at_once(self, scene):
        self.interrupt(scene, 0.7)
        assert scene.phone.cleared == [pytest.approx(101.64, abs=0.021)]
        assert scene.recorder.of(TrackErased)[0].since == pytest.approx(1.64, abs=0.021)
        sent = len(scene.phone.sound)
        scene.passes(1.0, is_speaking=True)
        assert len(scene.phone.sound) == sent

    def test_the_pause_after_a_word_is_not_insistence(self, scene):
        self.interrupt(scene, 0.5)
        scene.listening.heed([SpeechPaused(0.5, 0.7)], is_speaking=True)
        scene.passes(0.3)
        scene.listening.heed([SpeechWithdrawn()], is_speaking=False)
        scene.passes(4.0)
        assert scene.phone.cleared == []

    def test_a_short_interruption_is_followed_by_the_rest(self, scene):
        self.interrupt(scene, 1.0)
        scene.falls_silent()
        scene.passes(5.0)
        (report,) = scene.spoken
        assert report.dropped == 0.0
        assert report.until == pytest.approx(4.4, abs=0.05)

    def test_after_a_long_one_the_rest_is_dropped_and_reported(self, scene):
        self.interrupt(scene, 3.0)
        scene.is_told("utt_2", 0.5, 1)
        scene.passes(0.5, is_speaking=True)
        (report,) = scene.spoken
        assert report.until == pytest.approx(1.64, abs=0.05)
        assert report.dropped == pytest.approx(2.36, abs=0.05)
        scene.falls_silent()
        scene.passes(1.0)
        assert scene.spoken[1].utterance_id == "utt_2"

    def test_words_of_assent_do_not_keep_it_back(self, scene):
        self.interrupt(scene, 0.8)
        scene.listening.hear_words("Ja, genau", "de")
        scene.passes(5.0)
        assert scene.spoken[0].dropped == 0.0
        assert scene.spoken[0].until == pytest.approx(4.2, abs=0.06)

    def test_who_was_speaking_when_it_began_hears_it(self, scene):
        scene.starts_speaking()
        scene.passes(1.0, is_speaking=True)
        scene.is_told("utt_1", 1.0)
        scene.passes(2.0, is_speaking=True)
        assert scene.phone.cleared == []

    def test_a_turn_that_is_cut_for_its_length_is_no_new_start(self, scene):
        scene.starts_speaking()
        scene.is_told("utt_1", 3.0)
        cut = [SpeechEnded(0.0, 7.5, 0.0, 7.5), SpeechStarted(7.5, 7.5)]
        scene.listening.heed(cut, is_speaking=True)
        scene.passes(0.5, is_speaking=True)
        assert scene.phone.cleared == []

    def test_the_loudspeaker_does_not_interrupt_itself(self, scene):
        scene.is_told("utt_1", 3.0)
        scene.passes(0.5, echo=0.2)
        scene.starts_speaking()
        scene.passes(2.5, is_speaking=True, echo=0.2)
        assert scene.phone.cleared == []

    def test_a_listener_of_whom_nothing_more_is_heard_is_spoken_to_again(self, scene):
        self.interrupt(scene, 0.7)
        scene.passes(20.0)
        assert scene.spoken[0].utterance_id == "utt_1"

    def test_marks_that_were_cleared_do_not_end_what_is_heard_later(self, scene):
        scene.is_told("utt_1", 1.7)
        self.interrupt_at(scene, 1.0)
        scene.passes(0.3)
        assert scene.spoken == []
        scene.falls_silent()
        scene.passes(1.0)
        assert [report.utterance_id for report in scene.spoken] == ["utt_1"]

    def interrupt_at(self, scene, seconds):
        scene.passes(seconds)
        scene.starts_speaking()
        scene.passes(0.68, is_speaking=True)
        assert len(scene.phone.cleared) == 1

    @pytest.mark.parametrize("manners", [Manners(OverlapRules("at_once"))])
    def test_between_the_first_word_and_the_silence_no_time_passes(self, scene):
        scene.is_told("utt_1", 2.0)
        scene.passes(0.5)
        scene.starts_speaking()
        assert scene.phone.cleared == [pytest.approx(100.5)]


class TestOriginals:
    """Somebody's own voice, alone and under its translation."""

    def levels(self, scene) -> np.ndarray:
        return np.frombuffer(scene.heard, np.int16).astype(int)

    def test_it_steps_back_under_the_translation_and_comes_forward_again(self, scene):
        scene.overhears(8000, 0.5, gain=1.0)
        silence = bytes(16000)
        scene.listening.play(SpeechMade("utt_1", "customer", "en", silence, 8000, is_last=True))
        scene.overhears(8000, 2.0, gain=1.0)
        levels = self.levels(scene)
        assert set(levels[:4000]) == {8000}
        assert levels[6500:7900] == pytest.approx(1440, abs=1)
        assert set(levels[-4000:]) == {8000}
        assert np.diff(levels[8200:]).max() < 100

    def test_between_two_translations_it_is_heard_as_loud_as_it_is_to_be(self, scene):
        scene.is_told("utt_1", 0.5, is_last=False)
        scene.passes(1.0)
        sent = len(scene.phone.sound)
        scene.overhears(10000, 0.5, gain=0.18)
        assert len(scene.phone.sound) > sent
        assert set(self.levels(scene)[-1600:]) == {1800}

    def test_one_who_is_not_translated_is_not_ducked(self, scene):
        scene.listening.play(SpeechMade("u", "somebody", "en", bytes(32000), 8000, is_last=True))
        scene.overhears(8000, 1.0, gain=1.0)
        assert 8000 in self.levels(scene)[:6000]
        assert 1440 not in self.levels(scene)
