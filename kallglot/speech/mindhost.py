"""The mind: recognises, translates and speaks, with a thread and a queue for each."""

from __future__ import annotations

import itertools
import time
from typing import TypeAlias, TypeVar

from kallglot.errors import EngineError
from kallglot.speech import wire
from kallglot.speech.answering import Answering, Speaking
from kallglot.speech.catalogue import Mind
from kallglot.speech.desk import Desk, Engine, Errand, Send
from kallglot.speech.engines import SpeechRequest, TextRequest, VoiceRequest
from kallglot.speech.following import Following
from kallglot.speech.load import Load
from kallglot.speech.scheduler import Batching, Job, Lane, Scheduler, is_more_of
from kallglot.speech.wire import ToHost

__all__ = ["Guest", "MindHost"]

R = TypeVar("R")

Asked: TypeAlias = wire.Recognise | wire.Translate | wire.Synthesise

#: What may be a rate of sound, in Hz.
RATES = range(4000, 192_001)
#: Seconds for which a batch that is not full waits for company.
LINGER = 0.005
#: What is more than so many times as long does not go together.
LIKENESS = 2.0
#: Seconds of a turn that may wait beyond what the recogniser can look at.
MARGIN = 2.0
#: A sentence is about so many letters; shorter ones are alike.
SENTENCE = 40.0


def _is_more_of(newer: Errand[VoiceRequest], older: Errand[VoiceRequest]) -> bool:
    return is_more_of(newer.request, older.request)


class MindHost:
    """The engines and the desks before them, for any number of guests."""

    def __init__(self, mind: Mind, rows: int) -> None:
        self._mind = mind
        self._guests = itertools.count(1)
        voices = Batching(rows, LINGER, LIKENESS)
        # Both are often one model.
        ears = Engine()
        self.recogniser: Desk[Errand[VoiceRequest]] = Desk(
            "recogniser",
            Scheduler(voices, supersedes=_is_more_of),
            Answering(mind.recogniser.recognise, wire.Recognised),
            ears,
        )
        self.following = Following(mind.transcriber, voices, ears, mind.recogniser.window + MARGIN)
        self.translator: Desk[Errand[TextRequest]] = Desk(
            "translator",
            Scheduler(Batching(rows, LINGER, LIKENESS, SENTENCE)),
            Answering(mind.translator.translate, wire.Translated),
        )
        self.speaking = Speaking(mind.synthesiser)
        self.synthesiser: Desk[Errand[SpeechRequest]] = Desk(
            "synthesiser", Scheduler(Batching()), self.speaking
        )

    def start(self) -> None:
        self.following.start()
        for desk in (self.recogniser, self.translator, self.synthesiser):
            desk.start()

    def welcome(self, send: Send) -> Guest:
        """Return what takes the messages of somebody new, who is told that we are ready."""
        cards = {
            "recogniser": self._mind.recogniser.card,
            "translator": self._mind.translator.card,
            "synthesiser": self._mind.synthesiser.card,
        }
        send(wire.Ready(cards, self._mind.recogniser.window, self._mind.translator.pairs()))
        return Guest(self, next(self._guests), send)

    def loads(self) -> dict[str, Load]:
        desks = (self.recogniser, self.translator, self.synthesiser)
        loads = {desk.name: desk.load() for desk in desks}
        return {**loads, "transcriber": self.following.load()}


class Guest:
    """Somebody who asks, and whose numbers are their own."""

    def __init__(self, host: MindHost, number: int, send: Send) -> None:
        self._host = host
        self._number = number
        self._send = send

    def receive(self, message: ToHost) -> None:
        """Take a message.

        Raises:
            EngineError: nobody who means well sends such a thing.
        """
        host = self._host
        match message:
            case wire.Open(stream=stream, opening=opening):
                _check_rate(opening.rate_hz)
                host.following.open((self._number, stream), message, self._send)
            case wire.Listen(feed):
                host.following.feed((self._number, feed.stream), feed)
            case wire.Forget(stream):
                host.following.close((self._number, stream))
            case wire.Recognise(request=voice):
                _check_rate(voice.rate_hz)
                lane = Lane.LATER if voice.is_partial else Lane.FIRST
                seconds = len(voice.pcm) / 2 / voice.rate_hz
                host.recogniser.put(self._job(message, voice, seconds, lane))
            case wire.Translate(request=text):
                host.translator.put(self._job(message, text, len(text.text)))
            case wire.Synthesise(request=speech):
                _check_rate(speech.rate_hz)
                host.synthesiser.put(self._job(message, speech, len(speech.text)))
            case wire.Cancel(number):
                self._cancel(number)
            case wire.Ping():
                self._send(wire.Pong(host.loads()))
            case wire.Hear():
                pass

    def leave(self) -> None:
        """Nobody is there any more to be answered."""
        host = self._host
        host.following.leave(self._number)
        host.recogniser.dismiss(self._number)
        host.translator.dismiss(self._number)
        host.synthesiser.dismiss(self._number)
        host.speaking.leave(self._number)

    def _job(
        self, asked: Asked, request: R, size: float, lane: Lane = Lane.FIRST
    ) -> Job[Errand[R]]:
        now = time.monotonic()
        return Job(
            (self._number, asked.id),
            Errand(request, self._send),
            came=now,
            deadline=now + asked.within,
            lane=lane,
            size=size,
            is_alone=asked.is_suspect,
        )

    def _cancel(self, number: int) -> None:
        key = (self._number, number)
        host = self._host
        if not host.speaking.cancel(key):
            any(desk.withdraw(key) for desk in (host.recogniser, host.translator, host.synthesiser))


def _check_rate(rate_hz: int) -> None:
    if rate_hz not in RATES:
        raise EngineError(f"sound of {rate_hz} Hz")
