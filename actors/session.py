"""A conversation: the shell around `kallglot.lifecycle`, and the parent of everybody in it.

    Session
    ├── leg …                   never restarted: a lost leg opens the reconnect window
    ├── participant …           outlive their legs
    ├── translator of …         restarted; meanwhile utterances wait
    └── transcript, recorder    restarted; asked to finish when the session ends

Nothing is decided here.  Who sits where is `kallglot.seating`, who hears whom
`kallglot.hearing`, and what becomes of the session `kallglot.lifecycle`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any, assert_never

import attrs

from actors import records
from actors.announcer import Follow, Unfollow
from actors.archive import KeepLeg, KeepSession, Settle
from actors.boarding import Boarding
from actors.casting import Cast
from actors.leg import Leg
from actors.recorder import Recorder
from actors.runtime import ActorRef
from actors.services import Services
from actors.supervisor import ChildSpec, Restart, Supervisor
from actors.transcript import Transcript
from kallglot import lifecycle, log
from kallglot.calls import Arrival
from kallglot.errors import IllegalMove, NotFound
from kallglot.messages import (
    AudioHeard,
    DeadlinePassed,
    DigitHeard,
    EndSession,
    Fact,
    Finish,
    HangUpReason,
    LanguageDetected,
    LegConnected,
    LegLost,
    Notify,
    PartFinished,
    Question,
    Receiver,
    Request,
    SpeakerAppeared,
    SpeechUnavailable,
)
from kallglot.model.leg import Leg as LegRecord
from kallglot.model.session import Session as SessionRecord
from kallglot.pressure import Level
from kallglot.providers import Notice
from kallglot.state import dump
from kallglot.timeline import Timeline
from kallglot.webhooks.events import Happening, ProviderConnected, ProviderDisconnected

__all__ = [
    "AttachLeg",
    "DescribeLegs",
    "HangUpOn",
    "MetadataChanged",
    "PressureChanged",
    "Session",
    "Suspend",
]

logger = logging.getLogger(__name__)

#: Seconds between two looks whether translation is to be had again.
LOOK_AGAIN = 2.0


@attrs.frozen
class AttachLeg(Question[ActorRef[Leg]]):
    """Take a stream as a leg."""

    arrival: Arrival


@attrs.frozen
class DescribeLegs(Question[list[LegRecord]]):
    """Which legs are there and have there been?"""


@attrs.frozen
class HangUpOn(Question[list[ActorRef[Leg]]]):
    """Close one leg, those of a participant, or all; which were open?"""

    leg_id: str | None
    participant: str | None


@attrs.frozen
class MetadataChanged(Fact):
    """Somebody outside has changed what the session carries for them."""

    metadata: Mapping[str, Any] | None = attrs.field(repr=False)


@attrs.frozen
class Suspend(Request):
    """The server stops: close the legs, and leave the session to be resumed."""


@attrs.frozen
class PressureChanged(Fact):
    """The engines can do less for everybody than before, or more."""

    level: Level


@attrs.frozen
class Settled(Fact):
    """Everything about the session is in the store."""


@attrs.frozen
class LookForSpeech(Fact):
    """It is time to see whether translation is to be had again."""


class _Nobody:
    """Who records a session that is not recorded."""

    def tell(self, message: Any, /) -> None:
        pass


class Session(Supervisor):
    """One conversation, from its first call to its last word in the store."""

    def __init__(
        self,
        record: SessionRecord,
        state: lifecycle.State,
        services: Services,
        timeline: Timeline,
        past: Iterable[LegRecord] = (),
    ) -> None:
        super().__init__("session")
        self._record = record
        self._state = state
        services = attrs.evolve(services, glossary=record.glossary)
        self._services = services
        self._timeline = timeline
        self._archive = services.archive
        self._cast = Cast(record, services, self, timeline, lifecycle.detected(state))
        self._legs = Boarding(past, self, self._cast, timeline, services.metering.frames_dropped)
        self._recorder: Receiver = self.address("recorder") if record.is_recorded else _Nobody()
        self._alarm: asyncio.TimerHandle | None = None
        self._unfinished: set[str] = set()
        self._turns = 0
        self._is_suspended = False

    async def prepare(self) -> None:
        log.session.set(self._record.id)
        if self._record.started_at is not None:
            self._timeline.start(self._record.started_at)
        self._services.announcer.tell(Follow(self._record.id, self.here))
        match self._state:
            case lifecycle.Active():
                self._cast.start(self.address("transcript"), self._recorder)
                self._carry_out(lifecycle.StartParts())
            case lifecycle.Ending():  # what was to finish died with the server before this one
                self._cast.start(self.address("transcript"), self._recorder)
                self._carry_out(lifecycle.StartParts())
                self._carry_out(lifecycle.FinishParts())
            case _:
                pass  # thousands may wait for their first call, and cost next to nothing
        self._keep(())
        self._set_alarm()
        if not self._cast.is_translating:
            self.remind(LOOK_AGAIN, LookForSpeech())

    async def on_receive(self, message: Any) -> Any:
        match message:
            case AudioHeard() | DeadlinePassed() | EndSession():
                self._advance(message)
            case AttachLeg(arrival):
                return await self._attach(arrival)
            case SpeakerAppeared():
                await self._seat_speaker(message)
            case PartFinished(part, turns):
                self._part_finished(part, turns)
            case Notify():
                self._legs.show(message)
            case LanguageDetected():
                self._learn(message)
            case SpeechUnavailable(cause):
                self._lose_translation(cause)
            case PressureChanged(level):
                self._give_up_for(level)
            case LookForSpeech():
                self._look_for_speech()
            case DescribeLegs():
                return self._legs.records
            case HangUpOn(leg_id, participant):
                return self._hang_up(leg_id, participant)
            case MetadataChanged(metadata):
                kept = None if metadata is None else dict(metadata)
                self._record = attrs.evolve(self._record, metadata=kept)
            case DigitHeard(leg):
                logger.debug("a key was pressed on %s", leg)
            case Suspend():
                self._suspend()
            case Settled():
                self.stop()
            case _:
                return await super().on_receive(message)

    async def on_child_stopped(self, name: str, cause: BaseException | None) -> None:
        left = self._legs.leave(name)
        if left is None:
            return
        logger.info("%s lost", left.record.participant or "a leg nobody spoke on")
        gone = ProviderDisconnected(self._record, left.record)
        self._archive.tell(KeepLeg(left.record, (gone,)))
        self._services.metering.leg_lost(left.record.provider)
        self._advance(LegLost(name))
        if self._is_suspended and not self._legs:
            self.stop()

    async def on_child_restarted(self, name: str) -> None:
        self._cast.route()
        self._legs.let_all_hear()

    async def release(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._services.announcer.tell(Unfollow(self._record.id))
        await super().release()

    # The life of the session.

    def _advance(self, message: lifecycle.Message) -> None:
        before = self._state
        now = self._timeline.wall()
        self._state, effects = lifecycle.advance(before, message, now, self._services.limits)
        self._set_alarm()
        if type(before) is type(self._state) and not records.is_news(before, self._state):
            return
        self._record = records.updated(self._record, self._state, now)
        if before.status != self._state.status:
            logger.info("%s", records.in_words(self._state))
        self._keep(records.happenings(before, self._state, self._record, self._turns))
        for effect in effects:
            self._carry_out(effect)
        if isinstance(self._state, lifecycle.Ended):
            self._archive.tell(Settle(self.here, Settled()))

    def _carry_out(self, effect: lifecycle.Effect) -> None:
        match effect:
            case lifecycle.StartParts():
                self._start_parts()
            case lifecycle.HangUpLegs():
                reason = getattr(self._state, "reason", "session_ended")
                self._legs.hang_up(HangUpReason(1000, reason))
            case lifecycle.FinishParts():
                self._unfinished = self._cast.finish_voices()
            case _:
                assert_never(effect)

    def _start_parts(self) -> None:
        if self._record.started_at is not None:
            self._timeline.start(self._record.started_at)
        mine = (self._record, self._services, self.here)
        self.spawn(ChildSpec("transcript", Transcript, mine, Restart.ON_FAILURE))
        if self._record.is_recorded:
            args = (*mine, self._timeline)
            self.spawn(ChildSpec("recorder", Recorder, args, Restart.ON_FAILURE, stop_within=10.0))

    def _part_finished(self, part: str, turns: int | None) -> None:
        """First everybody has spoken, then all is translated, then it is put away."""
        self._turns = self._turns if turns is None else turns
        if part in ("transcript", "recorder"):
            self._advance(PartFinished(part))
            return
        self._unfinished.discard(part)
        if self._unfinished:
            return
        if not part.startswith("translator"):
            self._unfinished = self._cast.finish_translators()
            return
        self._advance(PartFinished("voices"))
        self.address("transcript").tell(Finish())
        self._recorder.tell(Finish())
        if not self._record.is_recorded:
            self._advance(PartFinished("recorder"))

    def _keep(self, happenings: tuple[Happening, ...]) -> None:
        self._archive.tell(KeepSession(self._record, dump(self._state), happenings))

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._state.deadline is not None:
            wait = max(0.0, self._state.deadline - self._timeline.wall())
            self._alarm = self.remind(wait, DeadlinePassed())

    def _suspend(self) -> None:
        self._is_suspended = True
        self._legs.hang_up(HangUpReason(1012, "server_restarting"))
        if not self._legs:
            self.stop()

    # Legs.

    async def _attach(self, arrival: Arrival) -> ActorRef[Leg]:
        if isinstance(self._state, lifecycle.Ending | lifecycle.Ended) or self._is_suspended:
            raise IllegalMove("the session has ended", code="session_ended")
        self._cast.start(self.address("transcript"), self._recorder)
        boarded = await self._legs.take(arrival, self._record.id)
        who = boarded.record.participant or "a stream"
        logger.info("%s connected over %s", who, arrival.provider)
        connected = ProviderConnected(self._record, boarded.record)
        self._archive.tell(KeepLeg(boarded.record, (connected,)))
        self._services.metering.leg_connected(boarded.record.provider)
        ready = {"session_id": self._record.id, "status": self._record.status.value}
        boarded.tell(Notify(Notice("session.ready", ready)))
        self._advance(LegConnected(boarded.record.id, tuple(boarded.participants)))
        return boarded.ref

    def _hang_up(self, leg_id: str | None, participant: str | None) -> list[ActorRef[Leg]]:
        known = {record.id for record in self._legs.records}
        if leg_id is not None and leg_id not in known:
            raise NotFound("the session has no such leg", code="leg_not_found", param="leg_id")
        return self._legs.hang_up(HangUpReason(1000, "hung_up"), leg_id, participant)

    async def _seat_speaker(self, appeared: SpeakerAppeared) -> None:
        boarded = await self._legs.seat_speaker(appeared)
        if boarded is not None:
            self._archive.tell(KeepLeg(boarded.record))
            self._advance(LegConnected(boarded.record.id, tuple(boarded.participants)))

    # Languages.

    def _learn(self, detected: LanguageDetected) -> None:
        self._cast.learn(detected.participant, detected.language)
        self._record = attrs.evolve(self._record, participants=self._cast.people)
        self._advance(detected)
        self._keep(())
        how = "speaks" if detected.before is None else f"has changed from {detected.before} to"
        logger.info("%s %s %s", detected.participant, how, detected.language)
        self._legs.show(Notify(_about_language(detected)))

    def _lose_translation(self, cause: str) -> None:
        if self._cast.translate(is_translating=False):
            logger.warning("translation is unavailable, voices pass as they are: %s", cause)
            self._cast.say("unavailable")
            self._legs.show(Notify(records.about_translation(is_available=False)))
            self.remind(LOOK_AGAIN, LookForSpeech())

    def _give_up_for(self, level: Level) -> None:
        """Do with less of the engines, or with all of them again."""
        if level is Level.BRIDGE:
            self._lose_translation("the engines have too much to do")
        is_speaking = level < Level.CAPTIONS_ONLY
        if self._cast.speak(is_speaking=is_speaking) and self._cast.is_translating:
            logger.warning("translations are %s", "spoken" if is_speaking else "only shown")
            if not is_speaking:
                self._cast.say("captions")
            self._legs.show(Notify(records.about_speaking(is_speaking=is_speaking)))

    def _look_for_speech(self) -> None:
        speech = self._services.speech
        if not speech.is_ready() or speech.pressure is Level.BRIDGE:
            self.remind(LOOK_AGAIN, LookForSpeech())
        elif self._cast.translate(is_translating=True):
            logger.info("translation is available")
            if isinstance(self._state, lifecycle.Active):
                self._cast.say("available")
                self._legs.show(Notify(records.about_translation(is_available=True)))


def _about_language(detected: LanguageDetected) -> Notice:
    fields: dict[str, Any] = {
        "speaker": detected.participant,
        "language": detected.language,
        "confidence": round(detected.confidence, 3),
        "alternatives": [
            {"language": language, "confidence": round(confidence, 3)}
            for language, confidence in detected.alternatives
        ],
    }
    if detected.before is not None:
        fields["previous"] = detected.before
    return Notice("language_detected", fields)
