"""A telephone without a network: a link and a wire whose frames are plain Python objects."""

from __future__ import annotations

import asyncio
from collections import deque

from kallglot.calls import Arrival
from kallglot.providers import Closed, Heard, Notice, Played
from tests.fakes.speech import heard, says

__all__ = ["PlainWire", "Telephone"]

FRAME = 320


class PlainWire:
    """A frame in is an event; a frame out is a tuple that says what it is."""

    rate_hz = 8000
    shortest = 0.02
    longest = 1.0
    deadline = None

    def __init__(self, has_marks: bool) -> None:
        self.has_marks = has_marks

    def receive(self, frame, now):
        return [frame]

    def due(self, now):
        return []

    def play(self, pcm, listener, speaker, utterance, language=None):
        return [("play", pcm, listener, speaker, utterance)]

    def mark(self, name):
        return [("mark", name)]

    def clear(self, listener):
        return [("clear", listener)]

    def notify(self, notice: Notice):
        return [("notice", notice)]


class Telephone:
    """Somebody with a telephone, who speaks `language` in tones.

    Sound is played when it has come; a mark comes back when all before it has been played.  They
    take `lingers` seconds to hang up, and take no more while `room` is not set.
    """

    def __init__(
        self, language="de", participant=None, call_id=None, names_speakers=False, has_marks=True
    ) -> None:
        self.language = language
        self.arrival = Arrival(
            provider="fake",
            link=self,
            wire=PlainWire(has_marks),
            participant=participant,
            call_id=call_id,
            names_speakers=names_speakers,
        )
        self.played: list[tuple[float, bytes]] = []
        self.cleared: list[float] = []
        self.notices: list[Notice] = []
        self.closed: tuple[int, str] | None = None
        self.answers: list[tuple] = []
        self.lingers = 0.0
        self.room = asyncio.Event()
        self.room.set()
        self._waiting: deque = deque()
        self._hear = None
        self._is_free = False
        self._until = 0.0

    # The link under the leg.

    def listen(self, hear) -> None:
        self._hear = hear
        self.go_on()

    def go_on(self) -> None:
        self._is_free = True
        while self._waiting and self._is_free:
            self._is_free = self._hear(self._waiting.popleft())

    @property
    def keeps_up(self) -> bool:
        return self.room.is_set()

    async def send(self, frame) -> None:
        await self.room.wait()
        self.send_now(frame)

    def send_now(self, frame) -> None:
        if self.closed is not None:
            raise ConnectionResetError
        now = asyncio.get_running_loop().time()
        match frame:
            case ("play", pcm, *_):
                at = max(now, self._until)
                self.played.append((at, pcm))
                self._until = at + len(pcm) / 16000
            case ("mark", name):
                asyncio.get_running_loop().call_at(self._until, self.sends, Played(name))
            case ("clear", _):
                self.cleared.append(now)
                self._until = now
            case ("notice", notice):
                self.notices.append(notice)
            case _:
                self.answers.append(frame)

    async def close(self, code, reason) -> None:
        if self.closed is None:
            self.closed = (code, reason)
        self._is_free = False
        self._waiting.clear()
        await asyncio.sleep(self.lingers)

    # What the person does.

    def sends(self, frame) -> None:
        """Send a frame; None when the connection breaks."""
        self._waiting.append(frame)
        if self._is_free:
            self.go_on()

    async def says(self, text: str, speaker: str | None = None, silence: float = 1.0) -> None:
        """Say something at the pace of speech, and be silent for a while."""
        pcm = bytes(1600) + says(text, self.language) + bytes(int(16000 * silence) // 2 * 2)
        await self.sounds(pcm, speaker)

    async def sounds(self, pcm: bytes, speaker: str | None = None) -> None:
        for at in range(0, len(pcm), FRAME):
            self.sends(Heard(pcm[at : at + FRAME], 8000, speaker))
            await asyncio.sleep(len(pcm[at : at + FRAME]) / 16000)

    async def is_silent(self, seconds: float) -> None:
        await self.sounds(bytes(int(16000 * seconds) // 2 * 2))

    async def hears(self, within: float = 5.0) -> str:
        """Return what has been said to them since they were last asked."""
        async with asyncio.timeout(within):
            while not (text := heard(self.sound)):
                await asyncio.sleep(0.1)
        while self._until > asyncio.get_running_loop().time():
            await asyncio.sleep(0.1)
        text = heard(self.sound)
        self.played.clear()
        return text

    @property
    def sound(self) -> bytes:
        return b"".join(pcm for _, pcm in self.played)

    def hangs_up(self) -> None:
        self.sends(Closed())

    def is_cut_off(self) -> None:
        self.closed = (1006, "")
        self.sends(None)
