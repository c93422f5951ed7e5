"""The child process that runs engines: `python -m kallglot.speech.host ear|mind FD`.

The *ear* judges voices and does nothing else, so that nothing delays it.  The *mind* recognises,
translates and speaks, with a thread and a queue for each.  Both talk over the socket they were
given to `kallglot.speech.client`, end with it, and never write down what was said.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import logging
import os
import signal
import socket
import sys
import threading
import time
import traceback
from array import array
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np

from kallglot import log
from kallglot.errors import EngineError, ModelMissing, SettingsError
from kallglot.speech import wire
from kallglot.speech.catalogue import Mind, SpeechSettings, load_ear, load_mind
from kallglot.speech.ears import FRAME_BYTES
from kallglot.speech.engines import SpeechRequest, VoiceActivity
from kallglot.speech.pipe import HostPipe
from kallglot.speech.scheduler import Job, Scheduler, is_more_of
from kallglot.speech.wire import FromHost, ToHost

__all__ = ["main"]

logger = logging.getLogger("kallglot.speech.host")

R = TypeVar("R")
A = TypeVar("A")

#: After so many unexpected errors in a row the process is more likely ill than the requests.
ERRORS_IN_A_ROW = 5
_PR_SET_PDEATHSIG = 1
#: The mind computes behind the media process and the ear, never before them.
_NICENESS = 5


class EarHost:
    """Judges frames as they come, in one thread."""

    def __init__(self, voice_activity: VoiceActivity, send: Callable[[FromHost], None]) -> None:
        self._voice_activity = voice_activity
        self._send = send

    def start(self) -> None:
        self._send(wire.Ready({}, 0.0, frozenset()))

    def receive(self, message: ToHost) -> None:
        match message:
            case wire.Hear():
                self._send(wire.Judged(message.batch, self._judge(message)))
            case wire.Forget(stream):
                self._voice_activity.close(stream)
            case wire.Ping():
                self._send(wire.Pong(0.0, 0.0, 0))
            case wire.Recognise(id=number) | wire.Translate(id=number) | wire.Synthesise(id=number):
                self._send(wire.FailedBecause(number, "an ear only hears", is_busy=False))
            case wire.Cancel():
                pass

    def _judge(self, message: wire.Hear) -> bytes:
        """Return the probabilities in order; a call's second frame needs another round."""
        streams = array("I", message.streams)
        rounds: list[list[tuple[int, int]]] = []
        place = 0
        for stream, frames in zip(streams[::2], streams[1::2], strict=True):
            for nth in range(frames):
                if nth == len(rounds):
                    rounds.append([])
                rounds[nth].append((stream, place))
                place += 1
        probabilities = np.empty(place, np.float32)
        pcm = message.pcm
        for places in rounds:
            probabilities[[at for _, at in places]] = self._voice_activity.step(
                [(stream, pcm[at * FRAME_BYTES : (at + 1) * FRAME_BYTES]) for stream, at in places]
            )
        return probabilities.tobytes()


class Desk(Generic[R]):
    """An engine, the queue before it, and the thread that works it off."""

    def __init__(
        self,
        name: str,
        scheduler: Scheduler[R],
        work: Callable[[Sequence[Job[R]]], None],
        send: Callable[[FromHost], None],
    ) -> None:
        self._name = name
        self._scheduler = scheduler
        self._work = work
        self._send = send
        self._changed = threading.Condition()
        self._busy_since: float | None = None
        self._errors = 0

    def start(self) -> None:
        threading.Thread(target=self._work_off, name=self._name, daemon=True).start()

    def put(self, number: int, within: float, request: R, *, is_partial: bool = False) -> None:
        now = time.monotonic()
        with self._changed:
            dropped = self._scheduler.add(Job(number, request, now, now + within, is_partial))
            self._changed.notify()
        for job in dropped:
            self._fail(job, "superseded, or too many are waiting", is_busy=True)

    def withdraw(self, number: int) -> bool:
        with self._changed:
            return self._scheduler.withdraw(number)

    def load(self) -> tuple[float, float, int]:
        """Return for how long it has worked, the longest wait, and how many wait."""
        now = time.monotonic()
        with self._changed:
            busy = 0.0 if self._busy_since is None else now - self._busy_since
            return busy, self._scheduler.age(now), len(self._scheduler)

    def _work_off(self) -> None:
        while True:
            with self._changed:
                self._busy_since = None
                while not len(self._scheduler):
                    self._changed.wait()
                self._busy_since = time.monotonic()
                turn = self._scheduler.take(self._busy_since)
            for job in turn.expired:
                self._fail(job, "it waited too long", is_busy=True)
            if turn.batch:
                self._answer(turn.batch)

    def _answer(self, batch: Sequence[Job[R]]) -> None:
        """Answer all; one bad request must not spoil the answers to others."""
        try:
            self._work(batch)
            self._errors = 0
        except Exception as error:  # noqa: BLE001 - as in actors.runtime: one request, not the rest
            if len(batch) > 1:
                for job in batch:
                    self._answer([job])
            else:
                self._complain(error)
                self._fail(batch[0], _reason(error), is_busy=False)

    def _complain(self, error: Exception) -> None:
        """Log without the error's text, which may quote somebody."""
        if isinstance(error, EngineError):
            return
        where = traceback.extract_tb(error.__traceback__)[-1]
        logger.error(
            "%s failed: %s in %s:%s", self._name, type(error).__name__, where.filename, where.lineno
        )
        self._errors += 1
        if self._errors >= ERRORS_IN_A_ROW:
            logger.error("%s failed %d times in a row, giving up", self._name, self._errors)
            os._exit(1)

    def _fail(self, job: Job[R], reason: str, *, is_busy: bool) -> None:
        self._send(wire.FailedBecause(job.id, reason, is_busy))


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, EngineError) else type(error).__name__


class MindHost:
    """Recognises, translates and speaks."""

    def __init__(self, mind: Mind, rows: int, send: Callable[[FromHost], None]) -> None:
        self._mind = mind
        self._send = send
        self._cancelled: set[int] = set()
        self._recogniser = Desk(
            "recogniser",
            Scheduler(rows, supersedes=is_more_of),
            _batches(mind.recogniser.recognise, wire.Recognised, send),
            send,
        )
        self._translator = Desk(
            "translator",
            Scheduler(rows),
            _batches(mind.translator.translate, wire.Translated, send),
            send,
        )
        self._synthesiser: Desk[SpeechRequest] = Desk(
            "synthesiser", Scheduler(rows=1), self._speak, send
        )
        self._desks: tuple[Desk[Any], ...] = (self._recogniser, self._translator, self._synthesiser)

    def start(self) -> None:
        for desk in self._desks:
            desk.start()
        cards = {
            "recogniser": self._mind.recogniser.card,
            "translator": self._mind.translator.card,
            "synthesiser": self._mind.synthesiser.card,
        }
        self._send(wire.Ready(cards, self._mind.recogniser.window, self._mind.translator.pairs()))

    def receive(self, message: ToHost) -> None:
        match message:
            case wire.Recognise(number, within, request):
                self._recogniser.put(number, within, request, is_partial=request.is_partial)
            case wire.Translate(number, within, text):
                self._translator.put(number, within, text)
            case wire.Synthesise(number, within, speech):
                self._synthesiser.put(number, within, speech)
            case wire.Cancel(number):
                self._cancel(number)
            case wire.Ping():
                busy, age, waiting = zip(*[desk.load() for desk in self._desks], strict=True)
                self._send(wire.Pong(max(busy), max(age), sum(waiting)))
            case wire.Hear() | wire.Forget():
                pass

    def _cancel(self, number: int) -> None:
        if not any(desk.withdraw(number) for desk in self._desks):
            self._cancelled.add(number)

    def _speak(self, batch: Sequence[Job[SpeechRequest]]) -> None:
        for job in batch:
            self._say(job.id, job.request)
        self._cancelled.clear()

    def _say(self, number: int, request: SpeechRequest) -> None:
        speech = self._mind.synthesiser.synthesise(request, lambda: number in self._cancelled)
        for chunk in speech:
            self._send(wire.Spoken(number, chunk))


def _batches(
    engine: Callable[[Sequence[R]], list[A]],
    answer: Callable[[int, A], FromHost],
    send: Callable[[FromHost], None],
) -> Callable[[Sequence[Job[R]]], None]:
    def work(batch: Sequence[Job[R]]) -> None:
        for job, result in zip(batch, engine([job.request for job in batch]), strict=True):
            send(answer(job.id, result))

    return work


def _die_with_parent() -> None:
    """End even when too busy to notice that the socket has closed; Linux only."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)


def _log(level: str) -> None:
    """Write where the parent writes, and as it does."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(log.FORMAT))
    handler.addFilter(log.WhoFilter())
    logging.basicConfig(level=level, handlers=[handler])
    logging.captureWarnings(capture=True)


def _factory(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    factory: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return factory


def _host(
    role: str, load: Callable[..., Any], settings: SpeechSettings, pipe: HostPipe
) -> EarHost | MindHost:
    def progress(text: str) -> None:
        pipe.send(wire.Progress(text))

    engines = load(settings, progress)
    if role == "ear":
        return EarHost(engines, pipe.send)
    return MindHost(engines, settings.rows, pipe.send)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="kallglot.speech.host")
    parser.add_argument("role", choices=["ear", "mind"])
    parser.add_argument("fd", type=int, help="the socket to serve")
    parser.add_argument("--settings", default="{}", help="SpeechSettings as JSON")
    parser.add_argument("--log-level", default="INFO")
    parser.add_argument("--engines", help="module:function to load engines by, for tests")
    chosen = parser.parse_args(arguments)
    _die_with_parent()
    # A terminal or a service manager signals us too; the server alone says when it is over.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _log(chosen.log_level)
    if chosen.role == "mind":
        os.nice(_NICENESS)
    pipe = HostPipe(socket.socket(fileno=chosen.fd))
    settings = msgspec.json.decode(chosen.settings, type=SpeechSettings)
    own = load_ear if chosen.role == "ear" else load_mind
    try:
        host = _host(
            chosen.role, _factory(chosen.engines) if chosen.engines else own, settings, pipe
        )
    except (EngineError, SettingsError) as error:
        pipe.send(wire.Broken(str(error), isinstance(error, ModelMissing)))
        return
    host.start()
    for message in pipe.messages():
        host.receive(message)
    # Threads may be deep inside a model; nobody waits for what they find.
    os._exit(0)


if __name__ == "__main__":
    main()
