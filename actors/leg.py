"""A leg: one socket, the wire that speaks its protocol, and the people on it.

A frame is handled while it comes in, and what was heard goes straight on to the participant.  If
the leg is busy then, one frame waits in its mailbox and the link brings no more until that has been
handled.  A leg is never restarted: when its socket is gone it ends, and the session is told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, assert_never

import attrs

from actors.runtime import AsyncioActor
from kallglot.audio.voice import Intake
from kallglot.calls import Arrival
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
    Request,
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

__all__ = ["HowQuiet", "Leg"]

logger = logging.getLogger(__name__)

#: Seconds between two reports to the session that a leg still delivers audio.
REPORT_EVERY = 30.0

#: The finest step of the event loop's clock: uvloop's.
CLOCK_STEP = 0.001


@attrs.frozen
class HowQuiet(Question[float]):
    """For how many seconds has the far end sent nothing?"""


@attrs.frozen
class _Seatable(Fact):
    """Who sits on the leg from the start has been told to it; now it can hear."""


@attrs.define(eq=False)
class _FrameCame(Fact):
    """The far end has sent something."""

    frame: Frame = attrs.field(repr=False)


@attrs.frozen
class _WaitedEnough(Fact):
    """What the wire holds back need not wait any longer."""


@attrs.frozen
class _Answer(Request):
    """Send this as soon as there is room."""

    frame: Frame = attrs.field(repr=False)


@attrs.define
class _Seat:
    """A participant on the leg, and how fast their audio may come."""

    key: str
    address: Receiver
    intake: Intake


class Leg(AsyncioActor):
    """One connection of a session.

    Whom it carries it learns from the session, by `SeatSpeaker`.  A stream that carries one
    voice names no speaker; its participant sits in the seat called None.  With each frame that
    goes nowhere `dropped` is called with the kind of place where it got lost.
    """

    def __init__(
        self,
        leg_id: str,
        arrival: Arrival,
        session: Receiver,
        timeline: Timeline,
        dropped: Callable[[str], None],
    ) -> None:
        super().__init__(f"leg {leg_id[-4:]}")
        self.mailbox.dropped = partial(dropped, "mailbox")
        self._dropped = dropped
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
        self._alarm: asyncio.TimerHandle | None = None

    quick = frozenset({PlayAudio, _FrameCame, _WaitedEnough})

    async def prepare(self) -> None:
        self.ref.tell(_Seatable())

    def at_once(self, message: Any) -> bool:
        if isinstance(message, _FrameCame):  # by how often they come
            self._read(message.frame)
        elif isinstance(message, PlayAudio):
            if not self._link.keeps_up:
                return False
            self._play(message)
        else:
            self._let_out()
        return True

    async def on_receive(self, message: Any) -> Any:
        match message:
            case _FrameCame(frame):
                self._read(frame)
                self._link.go_on()
            case _WaitedEnough():
                self._let_out()
            case _Seatable():
                self._handle_events(self._early)
                self._link.listen(self._take)
            case _Answer(frame):
                await self._send([frame])
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
            case _:
                return await super().on_receive(message)

    async def release(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        await self._link.close(1000, "")

    # Out.

    def _play(self, audio: PlayAudio) -> None:
        try:
            for frame in self._encoded(audio):
                self._link.send_now(frame)
        except ConnectionError:
            self.stop()

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

    def _take(self, frame: Frame | None) -> bool:
        """Take what the link brings, at once or in its turn; tell whether it may bring more."""
        if frame is None:
            if self.ref.is_alive():
                self.stop()
            return False
        message = _FrameCame(frame)
        if self.take_at_once(message):
            return True
        if self.ref.is_alive():
            self.ref.tell(message)
        return False

    def _read(self, frame: Frame) -> None:
        now = self._last_frame = self._timeline.now()
        self._handle_events(self._wire.receive(frame, now))
        if self._wire.deadline is not None:
            self._set_alarm(self._wire.deadline)

    def _set_alarm(self, deadline: float) -> None:
        """Look again when what the wire holds back has waited long enough.

        The alarm may be set for an earlier deadline that was met since; then it finds nothing.
        """
        if self._alarm is None:
            wait = max(CLOCK_STEP, deadline - self._timeline.now())
            self._alarm = self.remind(wait, _WaitedEnough())

    def _let_out(self) -> None:
        self._alarm = None
        self._handle_events(self._wire.due(self._timeline.now()))
        if self._wire.deadline is not None:
            self._set_alarm(self._wire.deadline)

    def _handle_events(self, events: Iterable[WireEvent]) -> None:
        for event in events:
            if isinstance(event, Heard):  # fifty times a second; the rest is rare
                self._hear(event)
            else:
                self._handle_rare(event)

    def _hear(self, heard: Heard) -> None:
        now = self._last_frame
        seat = self._seats.get(heard.speaker)
        if seat is None:
            self._ask_who_that_is(heard.speaker)
            return
        if not seat.intake.admits(len(heard.pcm) / (2 * heard.rate_hz), now):
            self._dropped("leg")
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

    def _handle_rare(self, event: WireEvent) -> None:
        match event:
            case Played(name):
                self._reached(name)
            case Reply(frame):
                self._answer(frame)
            case Problem(code, message, reply):
                self._note_problem(f"{code}: {message}")
                if reply is not None:
                    self._answer(reply)
            case DigitPressed(digit):
                self._session.tell(DigitHeard(self.id, digit))
            case MuteRequested(is_muted):
                self._tell_everybody(MuteVoice(is_muted))
            case TranscriptionPaused(is_paused):
                self._tell_everybody(PauseTranscription(is_paused))
            case EndRequested(reason):
                self._session.tell(EndSession(reason))
            case Closed():
                self.stop()
            case Opened() | Heard():
                pass
            case _:
                assert_never(event)

    def _answer(self, frame: Frame) -> None:
        """Send an answer; without room for it no further frame is taken until there is."""
        if not self._link.keeps_up:
            self.ref.tell(_Answer(frame))
            return
        try:
            self._link.send_now(frame)
        except ConnectionError:
            self.stop()

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
