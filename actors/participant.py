"""A person on the call, as an actor: legs come and go, a participant stays.

Turn state, language, mute and what is still to be heard live here, so that a leg that comes back
is one message and nothing is copied.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import attrs

from actors.colleagues import Colleagues
from actors.listening import Listening, Manners, PlayDue
from actors.runtime import AsyncioActor
from actors.services import Services
from actors.speaking import Overdue, Speaking, Understood, Wires
from kallglot.audio.echo import EchoGuard
from kallglot.messages import (
    Fact,
    Finish,
    ListenerJoined,
    ListenerLeft,
    MuteVoice,
    OriginalHeard,
    PartFinished,
    PauseTranscription,
    PlaybackReached,
    RouteVoice,
    SpeechMade,
    VoiceHeard,
)
from kallglot.model.session import Participant as Person
from kallglot.timeline import Timeline

__all__ = ["Participant"]


@attrs.frozen
class VoiceJudged(Fact):
    """Voice activity has come to a judgement about the next frames of the voice."""

    probabilities: tuple[float, ...]


class Participant(AsyncioActor):
    """One voice of a session, and one pair of ears."""

    def __init__(
        self, who: Person, services: Services, colleagues: Colleagues, timeline: Timeline
    ) -> None:
        super().__init__(who.key)
        self.mailbox.dropped = partial(services.metering.frames_dropped, "mailbox")
        self._alarm: asyncio.TimerHandle | None = None
        self._is_finishing = False
        self._session = colleagues.session
        self._key = who.key
        wires = Wires(self._judged, self._tell_myself, self.remind, guard := EchoGuard())
        manners = Manners(
            services.overlap, services.ceiling, services.notices, services.metering.backlog
        )
        self._speaking = Speaking(who, services, colleagues, wires)
        self._listening = Listening(
            who.key,
            timeline,
            colleagues.transcript,
            colleagues.recorder,
            manners,
            self._wake,
            guard,
        )

    quick = frozenset({VoiceHeard, OriginalHeard, VoiceJudged})

    def at_once(self, message: Any) -> bool:
        match message:
            case VoiceHeard():
                self._speaking.hear(message)
            case OriginalHeard():
                self._listening.overhear(message)
            case VoiceJudged(probabilities):
                turns = self._speaking.judge(probabilities)
                if turns:
                    self._listening.heed(turns, self._speaking.is_speaking)
            case _:
                return False
        return True

    async def on_receive(self, message: Any) -> Any:
        if self.at_once(message):
            return
        match message:
            case PlayDue():
                self._listening.send_due()
            case SpeechMade():
                self._listening.play(message)
            case PlaybackReached():
                self._listening.reached(message)
            case Understood():
                self._speaking.understand(message)
                if words := self._speaking.words:
                    self._listening.hear_words(words, self._speaking.language)
                self._report_if_finished()
            case Overdue():
                self._speaking.give_up(message)
                self._report_if_finished()
            case _:
                await self._obey_the_session(message)

    async def _obey_the_session(self, message: Any) -> None:
        match message:
            case RouteVoice():
                self._speaking.route(message)
            case ListenerJoined():
                self._listening.join(message)
            case ListenerLeft():
                self._listening.leave(message)
                self._speaking.pause()
            case MuteVoice(is_muted):
                self._speaking.mute(is_muted=is_muted)
                self._listening.heed((), self._speaking.is_speaking)
            case PauseTranscription(is_paused):
                self._speaking.write_down(is_wanted=not is_paused)
            case Finish():
                self._speaking.pause()
                self._is_finishing = True
                self._report_if_finished()
            case _:
                await super().on_receive(message)

    async def release(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._speaking.close()

    def _report_if_finished(self) -> None:
        if self._is_finishing and not self._speaking.is_busy:
            self._is_finishing = False
            self._session.tell(PartFinished(self._key))

    def _judged(self, probabilities: Sequence[float]) -> None:
        self._tell_myself(VoiceJudged(tuple(probabilities)))

    def _tell_myself(self, fact: Fact) -> None:
        if self.ref.is_alive():
            self.ref.tell(fact)

    def _wake(self, after: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self.remind(after, PlayDue())
