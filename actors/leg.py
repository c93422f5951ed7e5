"""A leg: one socket, the wire that speaks its protocol, and the people on it.

Its reader takes frames from the socket as they come and hands what was heard straight to the
participants; it waits for nothing else, because a carrier drops audio when we read too slowly.
A leg is never restarted: when its socket is gone it ends, and the session is told.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, assert_never

import attrs

from actors.runtime import AsyncioActor
from kallglot.audio.voice import Intake
from kallglot.calls import Arrival
from kallglot.errors import ProviderError
from kallglot.messages import (
    AudioHeard,
    ClearPlayback,
    DigitHeard,
    EndSession,
    Fact,
    HangUp,
    MuteVoice,
    Notify,
    PauseTranscription,
    PlayAudio,
    PlaybackReached,
    Question,
    Receiver,
    SeatSpeaker,
    SpeakerAppeared,
    TurnAwaySpeaker,
    VoiceHeard,
)
from kallglot.providers import (
    Closed,
    DigitPressed,
    EndRequested,
    Frame,
    Heard,
    MuteRequested,
    Notice,
    Opened,
    Played,
    Problem,
    Reply,
    TranscriptionPaused,
    WireEvent,
)
from kallglot.timeline import Timeline

__all__ = ["HowQuiet", "Leg", "LegLeft"]

logger = logging.getLogger(__name__)

#: Seconds between two reports to the session that a leg still delivers audio.
REPORT_EVERY = 30.0


@attrs.frozen
class HowQuiet(Question[float]):
    """For how many seconds has the far end sent nothing?"""


@attrs.frozen
class LegLeft(Fact):
    """The far end has closed the stream."""


@attrs.define
class _Seat:
    """A participant on the leg, and how fast their audio may come."""

    key: str
    address: Receiver
    intake: Intake


class Leg(AsyncioActor):
    """One connection of a session.

    Whom it carries it learns from the session, by `SeatSpeaker`.  A stream that carries one
    voice names no speaker; its participant sits in the seat called None.
    """

    def __init__(
        self, leg_id: str, arrival: Arrival, session: Receiver, timeline: Timeline
    ) -> None:
        super().__init__(f"leg {leg_id[-4:]}")
        self.id = leg_id
        self._link = arrival.link
        self._wire = arrival.wire
        self._early = arrival.early
        self._seats: dict[str | None, _Seat] = {}
        self._turned_away: set[str | None] = set()
        self._session = session
        self._timeline = timeline
        self._last_frame = timeline.now()
        self._next_report = 0.0
        self._problems = 0

    quick = frozenset({PlayAudio})

    async def prepare(self) -> None:
        self.later(self._read(), failed=_broken)

    def at_once(self, message: Any) -> bool:
        if not self._link.keeps_up:
            return False
        try:
            for frame in self._encoded(message):
                self._link.send_now(frame)
        except ConnectionError:
            self.stop()
        return True

    async def on_receive(self, message: Any) -> Any:
        match message:
            case PlayAudio():
                await self._send(self._encoded(message))
            case ClearPlayback(listener):
                await self._send(self._wire.clear(listener))
            case Notify(notice):
                await self._send(self._wire.notify(notice))
            case SeatSpeaker(speaker, participant, address):
                self._seats[speaker] = _Seat(participant, address, Intake())
            case TurnAwaySpeaker():
                await self._turn_away(message)
            case HowQuiet():
                return self._timeline.now() - self._last_frame
            case HangUp(why):
                await self._send(self._farewell(why.reason))
                await self._link.close(why.code, why.reason)
                self.stop()
            case LegLeft():
                self.stop()
            case _:
                return await super().on_receive(message)

    async def release(self) -> None:
        await self._link.close(1000, "")

    # Out.

    def _encoded(self, audio: PlayAudio) -> list[Frame]:
        frames = self._wire.play(
            audio.pcm, audio.listener, audio.speaker, audio.utterance, audio.language
        )
        if audio.mark is not None:
            if self._wire.has_marks:
                frames += self._wire.mark(audio.mark)
            else:
                self._reached(audio.mark)
        return frames

    async def _send(self, frames: list[Frame]) -> None:
        try:
            for frame in frames:
                await self._link.send(frame)
        except ConnectionError:
            self.stop()

    def _farewell(self, reason: str) -> list[Frame]:
        return self._wire.notify(Notice("session.ended", {"reason": reason}))

    # In.

    async def _read(self) -> LegLeft:
        await self._handle_events(list(self._early))
        is_over = False
        while not is_over:
            holds_back = self._wire.deadline is not None
            frame = await (self._next_frame() if holds_back else self._link.receive())
            if frame is None:
                break
            self._last_frame = self._timeline.now()
            events = self._wire.receive(frame, self._last_frame)
            if len(events) == 1 and isinstance(events[0], Heard):  # 49 times out of 50
                self._hear(events[0])
            else:
                is_over = await self._handle_events(events)
        return LegLeft()

    async def _next_frame(self) -> Frame | None:
        """Return the next frame; meanwhile let out what waited for frames before it."""
        receiving = asyncio.ensure_future(self._link.receive())
        try:
            while not receiving.done() and self._wire.deadline is not None:
                within = max(0.0, self._wire.deadline - self._timeline.now())
                await asyncio.wait({receiving}, timeout=within)
                if not receiving.done():
                    await self._handle_events(self._wire.due(self._timeline.now()))
            return await receiving
        finally:
            receiving.cancel()

    async def _handle_events(self, events: list[WireEvent]) -> bool:
        """Handle what a frame has brought; tell whether it was the last."""
        for event in events:
            if isinstance(event, Heard):  # fifty times a second; the rest is rare
                self._hear(event)
            elif await self._handle_rare(event):
                return True
        return False

    def _hear(self, heard: Heard) -> None:
        now = self._last_frame
        seat = self._seats.get(heard.speaker)
        if seat is None:
            self._ask_who_that_is(heard.speaker)
            return
        if not seat.intake.admits(len(heard.pcm) / (2 * heard.rate_hz), now):
            self._note_problem("audio arrives faster than anybody speaks; dropped")
            return
        if now >= self._next_report:
            self._next_report = now + REPORT_EVERY
            self._session.tell(AudioHeard(self.id))
        seat.address.tell(VoiceHeard(heard.pcm, heard.rate_hz, self._timeline.session_time(now)))

    def _ask_who_that_is(self, speaker: str | None) -> None:
        """Have a new voice seated; what it says until then is lost, a few milliseconds."""
        if speaker not in self._turned_away:
            self._turned_away.add(speaker)  # asked once; `SeatSpeaker` makes it welcome
            self._session.tell(SpeakerAppeared(self.id, speaker))

    async def _turn_away(self, away: TurnAwaySpeaker) -> None:
        self._note_problem(f"{away.code}: {away.message}")
        fields = {"code": away.code, "message": away.message, "speaker": away.speaker}
        await self._send(self._wire.notify(Notice("session.error", fields)))

    async def _handle_rare(self, event: WireEvent) -> bool:
        match event:
            case Played(name):
                self._reached(name)
            case Reply(frame):
                await self._send([frame])
            case Problem(code, message, reply):
                self._note_problem(f"{code}: {message}")
                await self._send([] if reply is None else [reply])
            case DigitPressed(digit):
                self._session.tell(DigitHeard(self.id, digit))
            case MuteRequested(is_muted):
                self._tell_everybody(MuteVoice(is_muted))
            case TranscriptionPaused(is_paused):
                self._tell_everybody(PauseTranscription(is_paused))
            case EndRequested(reason):
                self._session.tell(EndSession(reason))
            case Closed():
                return True
            case Opened() | Heard():
                pass
            case _:
                assert_never(event)
        return False

    def _reached(self, mark: str) -> None:
        self._tell_everybody(PlaybackReached(mark))

    def _tell_everybody(self, message: Any) -> None:
        for seat in self._seats.values():
            seat.address.tell(message)

    def _note_problem(self, what: str) -> None:
        """Log the first few problems of a leg, and then only every thousandth."""
        self._problems += 1
        if self._problems <= 5 or self._problems % 1000 == 0:
            logger.warning("problem %d on this leg: %s", self._problems, what)


def _broken(error: Exception) -> LegLeft:
    """A socket that breaks is a leg that is lost, not a fault of ours."""
    if not isinstance(error, ConnectionError | ProviderError):
        logger.error("the reader failed", exc_info=error)
    return LegLeft()
