"""A telephone without its cable: what it sends every 20 ms, and what it does with what comes."""

from __future__ import annotations

from collections import deque
from typing import assert_never

import attrs

from kallglot.phones.earpiece import Earpiece
from kallglot.phones.network import Network
from kallglot.phones.tape import Span, Tape
from kallglot.phones.wire import (
    FRAME,
    Clear,
    Complaint,
    Mark,
    Notice,
    PhoneEvent,
    PhoneWire,
    Sound,
)
from kallglot.providers import Frame

__all__ = ["Handset", "Received"]


@attrs.frozen
class Received:
    """A notice and when it came."""

    notice: Notice
    at: float


@attrs.define
class _Sentence:
    """What is being said, `at` of it already."""

    pcm: bytes
    since: float | None = None
    at: int = 0


class Handset:
    """A telephone, its network included.  No socket, no clock.

    `heard` is what came out of it and `said` what went in, each at the time when it was to be
    heard; `spoken` says when each sentence was said.
    """

    def __init__(self, wire: PhoneWire, network: Network | None = None) -> None:
        self._wire = wire
        self._network = network or Network()
        self._earpiece = Earpiece(wire.rate_hz)
        self._frame_size = 2 * round(FRAME * wire.rate_hz)
        self._sentences: deque[_Sentence] = deque()
        self.heard = Tape(wire.rate_hz)
        self.said = Tape(wire.rate_hz)
        self.spoken: list[Span] = []
        self.received: list[Received] = []
        self.complaints: list[str] = []

    @property
    def is_speaking(self) -> bool:
        return bool(self._sentences)

    @property
    def is_playing(self) -> bool:
        return self._earpiece.is_playing

    def say(self, pcm: bytes) -> None:
        """Say this, after what is being said."""
        self._sentences.append(_Sentence(pcm))

    def connect(self, now: float) -> list[Frame]:
        for frame in self._wire.connect():
            self._network.send(frame, now)
        return self._network.arrived(now)

    def disconnect(self, now: float) -> None:
        """Lose what is on its way, in both directions, and stop talking."""
        self._network.drop()
        self._earpiece.clear()
        while self._sentences:
            self._finish(now)

    def hang_up(self) -> list[Frame]:
        return self._wire.hang_up()

    def press(self, digit: str, now: float) -> None:
        for frame in self._wire.press(digit):
            self._network.send(frame, now)

    def tick(self, now: float) -> list[Frame]:
        """Speak and play 20 ms, and return what reaches the server meanwhile."""
        pcm = self._next_words(now)
        self.said.write(pcm, now - FRAME)  # it is sent when it is complete
        if self._network.is_lost():
            self._wire.lose()
        else:
            self._network.send(self._wire.speak(pcm), now, is_voice=True)
        played = self._earpiece.play()
        self.heard.write(played.pcm, now)
        self._return_marks(played.marks, now)
        return self._network.arrived(now)

    def receive(self, frame: Frame, now: float) -> list[Frame]:
        """Take a frame from the server, and return what is answered."""
        for event in self._wire.receive(frame):
            self._handle_event(event, now)
        return self._network.arrived(now)

    def _handle_event(self, event: PhoneEvent, now: float) -> None:
        match event:
            case Sound(pcm):
                self._earpiece.add(pcm)
            case Mark(name):
                self._return_marks(self._earpiece.mark(name), now)
            case Clear():
                self._return_marks(self._earpiece.clear(), now)
            case Notice():
                self.received.append(Received(event, now))
            case Complaint(why):
                self.complaints.append(why)
            case _:
                assert_never(event)

    def _return_marks(self, marks: tuple[str, ...], now: float) -> None:
        for mark in marks:
            for frame in self._wire.played(mark):
                self._network.send(frame, now)

    def _next_words(self, now: float) -> bytes:
        if not self._sentences:
            return bytes(self._frame_size)
        sentence = self._sentences[0]
        if sentence.since is None:
            sentence.since = now - FRAME
        pcm = sentence.pcm[sentence.at : sentence.at + self._frame_size]
        sentence.at += self._frame_size
        if sentence.at >= len(sentence.pcm):
            self._finish(now)
        return pcm.ljust(self._frame_size, b"\0")

    def _finish(self, now: float) -> None:
        sentence = self._sentences.popleft()
        self.spoken.append(Span(now if sentence.since is None else sentence.since, now))
