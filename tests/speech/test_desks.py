"""The desks of the mind: real threads before engines that say what they were asked."""

from __future__ import annotations

import queue
import threading
import time

import pytest

from kallglot.errors import EngineError
from kallglot.speech import wire
from kallglot.speech.catalogue import Mind, SpeechSettings
from kallglot.speech.engines import Chunk, Feed, Hypothesis, Opening, SpeechRequest, TextRequest
from kallglot.speech.mindhost import MindHost
from tests.fakes.engines import ModemRecogniser, ModemSynthesiser, PhraseBook

pytestmark = pytest.mark.real_time

OPENING = Opening(8000, "de")


class Gate:
    """Lets an engine work when it is told to."""

    def __init__(self):
        self.is_open = threading.Event()
        self.is_open.set()
        self.came = threading.Semaphore(0)

    def shut(self):
        self.is_open.clear()

    def opens(self):
        self.is_open.set()

    def pass_through(self):
        self.came.release()
        assert self.is_open.wait(2)

    def wait(self):
        """Return when the engine has begun to work."""
        assert self.came.acquire(timeout=2)


class Diary:
    """A transcriber that commits to the first sample of each feed, and writes down its steps."""

    card = ModemRecogniser.card

    def __init__(self):
        self.gate = Gate()
        self.steps = []
        self.heard = {}
        self.closed = []

    def open(self, stream, opening):
        self.heard[stream] = 0

    def step(self, feeds):
        self.gate.pass_through()
        self.steps.append(feeds)
        if any(feed.pcm == b"evil" for feed in feeds):
            raise ValueError("a secret")
        return [self._answer(feed) for feed in feeds]

    def close(self, stream):
        self.closed.append(stream)
        del self.heard[stream]

    def _answer(self, feed):
        self.heard[feed.stream] += len(feed.pcm) / 16000
        heard = self.heard[feed.stream]
        return Hypothesis(feed.pcm.decode(), "", heard, heard, "de")


class Reader(ModemSynthesiser):
    """Speaks a letter at a time, each of which lasts half a second."""

    def __init__(self):
        super().__init__()
        self.gate = Gate()
        self.closed = []

    def synthesise(self, request, is_cancelled):
        try:
            for at, letter in enumerate(request.text):
                self.gate.pass_through()
                if is_cancelled():
                    return
                is_last = at == len(request.text) - 1
                yield Chunk(letter.encode() * request.rate_hz, is_last)
        finally:
            self.closed.append(request.text)


class Asker:
    """Somebody who asks the mind, and what they are told."""

    def __init__(self, host):
        self.told = queue.Queue()
        self.guest = host.welcome(self.told.put)
        assert isinstance(self.next(), wire.Ready)

    def asks(self, *messages):
        for message in messages:
            self.guest.receive(message)

    def feeds(self, stream, pcm, **flags):
        self.asks(wire.Listen(Feed(stream, pcm, **flags)))

    def next(self):
        return self.told.get(timeout=2)

    def letters(self, number):
        """Return who says what, in the order in which they say it."""
        chunks = [self.next() for _ in range(number)]
        return [(each.id, each.chunk.pcm[:1].decode()) for each in chunks]


@pytest.fixture
def diary():
    return Diary()


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def host(diary, reader):
    host = MindHost(Mind(ModemRecogniser(), PhraseBook(), reader, diary), SpeechSettings().rows)
    host.start()
    return host


@pytest.fixture
def asker(host):
    return Asker(host)


def wait_for(is_so):
    end = time.monotonic() + 2
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_what_comes_while_the_engine_works_is_one_step_and_those_of_others_go_with_it(asker, diary):
    diary.gate.shut()
    asker.asks(*[wire.Open(stream, OPENING) for stream in (1, 2, 3)])
    asker.feeds(1, b"ab")
    diary.gate.wait()
    for piece in (b"cd", b"ef", b"gh"):
        asker.feeds(1, piece)
        asker.feeds(2, piece)
    diary.gate.opens()
    said = [asker.next() for _ in range(3)]
    assert [(each.stream, each.hypothesis.committed) for each in said] == [
        (1, "ab"),
        (1, "cdefgh"),
        (2, "cdefgh"),
    ]
    assert [len(step) for step in diary.steps] == [1, 2]


def test_who_pauses_is_answered_before_those_who_go_on(asker, diary):
    diary.gate.shut()
    asker.asks(*[wire.Open(stream, OPENING) for stream in range(4)])
    asker.feeds(0, b"..")
    diary.gate.wait()
    asker.feeds(1, b"ab")
    asker.feeds(2, b"ab", is_pause=True)
    asker.feeds(3, b"ab", is_last=True)
    diary.gate.opens()
    said = [asker.next() for _ in range(4)]
    assert [each.stream for each in said] == [0, 2, 3, 1]
    assert [each.hypothesis.is_final for each in said] == [False, False, True, False]
    wait_for(lambda: len(diary.closed) == 1)


def test_a_turn_that_is_fed_for_ever_and_never_heard_costs_only_so_much(asker, diary):
    diary.gate.shut()
    asker.asks(wire.Open(1, OPENING))
    asker.feeds(1, b"..")
    diary.gate.wait()
    for _ in range(100):
        asker.feeds(1, b"ab" * 8000)
    diary.gate.opens()
    asker.next()
    late = asker.next().hypothesis
    assert len(diary.steps[1][0].pcm) == 32 * 16000
    assert late.heard == pytest.approx(100.0, abs=0.01)


def test_a_step_that_fails_is_the_loss_of_its_turns_and_of_no_others(asker, diary, caplog):
    diary.gate.shut()
    asker.asks(*[wire.Open(stream, OPENING) for stream in range(4)])
    asker.feeds(0, b"..")
    diary.gate.wait()
    asker.feeds(1, b"evil")
    asker.feeds(2, b"good")
    diary.gate.opens()
    asker.next()
    assert {asker.next(), asker.next()} == {wire.Lost(1, "ValueError"), wire.Lost(2, "ValueError")}
    asker.feeds(1, b"more")
    asker.feeds(0, b"fine")
    assert asker.next().hypothesis.committed == "fine"
    assert "secret" not in caplog.text


def test_a_suspect_is_worked_on_alone(asker, diary):
    diary.gate.shut()
    asker.asks(*[wire.Open(stream, OPENING, is_suspect=stream == 2) for stream in range(4)])
    asker.feeds(0, b"..")
    diary.gate.wait()
    for stream in (1, 2, 3):
        asker.feeds(stream, b"ab")
    diary.gate.opens()
    for _ in range(4):
        asker.next()
    assert sorted(len(step) for step in diary.steps) == [1, 1, 2]
    for _ in range(2):
        diary.gate.wait()
    diary.gate.shut()
    asker.feeds(0, b"..")
    diary.gate.wait()
    for stream in (1, 2, 3):
        asker.feeds(stream, b"ab")
    diary.gate.opens()
    for _ in range(4):
        asker.next()
    assert [len(step) for step in diary.steps[3:]] == [1, 3]  # it has been cleared


def test_turns_that_are_closed_and_guests_that_leave_are_forgotten(asker, diary, host):
    other = Asker(host)
    for each in (asker, other):
        each.asks(wire.Open(1, OPENING))
        each.feeds(1, b"ab")
        each.next()
    asker.asks(wire.Forget(1))
    wait_for(lambda: len(diary.closed) == 1)
    asker.feeds(1, b"cd")
    other.feeds(1, b"cd")
    assert other.next().hypothesis.committed == "cd"
    other.guest.leave()
    wait_for(lambda: len(diary.closed) == 2)
    assert diary.heard == {}


def test_the_first_sound_of_one_goes_before_the_rest_of_another(asker, reader):
    reader.gate.shut()
    asker.asks(wire.Synthesise(1, 9.0, SpeechRequest("abcdef", "de", 8000)))
    reader.gate.wait()
    asker.asks(wire.Synthesise(2, 9.0, SpeechRequest("uv", "de", 8000)))
    asker.asks(wire.Synthesise(3, 9.0, SpeechRequest("xyz", "de", 8000)))
    reader.gate.opens()
    order = asker.letters(11)
    assert order[:3] == [(1, "a"), (2, "u"), (3, "x")]
    assert order[3:] == [
        (1, "b"),
        (2, "v"),
        (3, "y"),
        (1, "c"),
        (3, "z"),
        (1, "d"),
        (1, "e"),
        (1, "f"),
    ]


def test_speech_is_cancelled_between_two_pieces(asker, reader):
    asker.asks(wire.Synthesise(1, 9.0, SpeechRequest("a", "de", 8000)))
    asker.letters(1)
    reader.gate.wait()
    reader.gate.shut()
    asker.asks(wire.Synthesise(2, 9.0, SpeechRequest("uvw", "de", 8000)))
    reader.gate.wait()
    asker.asks(wire.Synthesise(3, 9.0, SpeechRequest("x", "de", 8000)), wire.Cancel(2))
    reader.gate.opens()
    assert asker.letters(1) == [(3, "x")]
    wait_for(lambda: sorted(reader.closed) == ["a", "uvw", "x"])


def test_speech_that_waits_for_its_next_turn_is_ended_by_its_cancellation(asker, reader):
    reader.gate.shut()
    asker.asks(wire.Synthesise(1, 9.0, SpeechRequest("abcdefgh", "de", 8000)))
    reader.gate.wait()
    asker.asks(wire.Synthesise(2, 9.0, SpeechRequest("uv", "de", 8000)))
    asker.asks(wire.Synthesise(3, 9.0, SpeechRequest("xy", "de", 8000)))
    reader.gate.opens()
    assert asker.letters(1) == [(1, "a")]
    asker.asks(wire.Cancel(1))
    wait_for(lambda: len(reader.closed) == 3)
    assert "abcdefgh" in reader.closed
    asker.guest.leave()


def test_every_engine_tells_its_load(asker, diary):
    diary.gate.shut()
    asker.asks(wire.Translate(7, 1.0, TextRequest("Guten Tag", "de", "en")))
    asker.next()
    asker.asks(wire.Open(1, OPENING), wire.Open(2, OPENING))
    asker.feeds(1, b"ab")
    diary.gate.wait()
    asker.feeds(2, b"ab")
    time.sleep(0.03)
    asker.asks(wire.Ping())
    loads = asker.next().loads
    assert loads.keys() == {"recogniser", "transcriber", "translator", "synthesiser"}
    assert loads["transcriber"].busy > 0.02
    assert loads["transcriber"].age > 0.02
    assert loads["transcriber"].waiting == 1
    assert loads["translator"].rows == 1.0
    assert loads["translator"].rate > 0
    diary.gate.opens()


def test_nobody_who_means_well_has_sound_without_a_rate(asker):
    with pytest.raises(EngineError, match="0 Hz"):
        asker.asks(wire.Open(1, Opening(0)))
