"""The speaking half of a participant: their voice, their turns, and what they said.

It hears the voice in the order in which it was spoken and has each turn recognised while it goes
on.  Whatever is understood for good leaves as an utterance at once; those of a turn wait until all
that was said before them has left.
"""

from __future__ import annotations

import logging
from asyncio import TimerHandle
from collections import deque
from collections.abc import Callable, Sequence
from typing import assert_never

import attrs

from actors.colleagues import Colleagues
from actors.services import Services
from actors.turn import Turn
from actors.uttering import Uttering
from actors.voicing import Voicing
from kallglot.audio.echo import EchoGuard
from kallglot.errors import EngineBusy, EngineError
from kallglot.messages import (
    Fact,
    RouteVoice,
    VoiceHeard,
)
from kallglot.model.session import Participant
from kallglot.speech.engines import Hypothesis, Opening
from kallglot.turns import (
    SpeechEnded,
    SpeechGoesOn,
    SpeechPaused,
    SpeechStarted,
    SpeechWithdrawn,
    TurnEvent,
    Turns,
)

__all__ = ["Overdue", "Speaking", "Understood"]

logger = logging.getLogger(__name__)

#: Seconds after its end in which a turn must be understood; later it is of no use.
PATIENCE = 10.0

#: Seconds of a voice that are kept: enough for an utterance that must pass as it was said.
KEPT = 10.0

#: Seconds of a turn that are understood at a time where nobody waits for a translation.
LEISURE = 0.9

#: Turns that may wait to be understood; beyond that the oldest passes untranslated.
MOST_WAITING = 8


@attrs.frozen(eq=False)
class Understood(Fact):
    """More of a turn is understood, or nothing more will be."""

    turn: Turn = attrs.field(repr=False)
    answer: Hypothesis | EngineError


@attrs.frozen(eq=False)
class Overdue(Fact):
    """A turn ended `PATIENCE` seconds ago."""

    turn: Turn = attrs.field(repr=False)


@attrs.frozen
class Wires:
    """How the speaking half reaches its own actor: at once, and after some seconds.

    `guard` is told by the listening half what is played to the person.
    """

    judged: Callable[[Sequence[float]], None]
    tell: Callable[[Fact], None]
    remind: Callable[[float, Fact], TimerHandle]
    guard: EchoGuard = attrs.field(factory=EchoGuard)


class Speaking:
    """A participant as a speaker."""

    def __init__(
        self, who: Participant, services: Services, colleagues: Colleagues, wires: Wires
    ) -> None:
        self.is_muted = False
        self._is_paused = False
        self._speech = services.speech
        self._commits = services.commits
        self._metering = services.metering
        self._wires = wires
        self._machine = Turns(services.turns)
        self._voicing = Voicing(
            who.key, services.speech, colleagues.recorder, wires.judged, KEPT, wires.guard
        )
        self._uttering = Uttering(
            who.key, who.language, self._voicing, colleagues, services.glossary
        )
        #: The turns that are not over, in order; the last is going on unless it `has_ended`.
        self._turns: deque[Turn] = deque()
        #: What is understood of turns that must wait for one before them.
        self._early: list[Understood] = []
        #: Who listens from when what is being said is over.
        self._next_route: RouteVoice | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something was said that has not been understood yet."""
        return bool(self._turns)

    @property
    def language(self) -> str | None:
        """What they speak, as far as it is known."""
        return self._uttering.language

    @property
    def words(self) -> str:
        """What has been said in the turn that goes on, as far as it is known."""
        return self._turns[-1].words if self._turns and not self._turns[-1].has_ended else ""

    @property
    def is_speaking(self) -> bool:
        """Whether a turn is going on."""
        return self._machine.is_speaking

    def close(self) -> None:
        for turn in self._turns:
            turn.close()
        self._turns.clear()
        self._voicing.close()

    # The voice.

    def hear(self, heard: VoiceHeard) -> None:
        """Take a frame of the voice; a gap before it ends what was being said."""
        if not self.is_muted and self._voicing.hear(heard):
            self._act(self._machine.flush())

    def mute(self, *, is_muted: bool) -> None:
        """Stop listening to the voice, or start again."""
        if is_muted:
            self.pause()
        self.is_muted = is_muted

    def pause(self) -> None:
        """End what is being said: the leg is gone, or there is a gap in the voice."""
        self._act(self._machine.flush())
        self._voicing.hand_over()

    def write_down(self, *, is_wanted: bool) -> None:
        """Understand what is said from now on, or let it pass unheeded."""
        if not is_wanted:
            self._act(self._machine.flush())
        self._is_paused = not is_wanted

    def judge(self, probabilities: Sequence[float]) -> list[TurnEvent]:
        """Take probabilities of speech; returns what they mean, for the listening half."""
        events: list[TurnEvent] = []
        for probability in probabilities:
            events += self._machine.judge(probability)
        self._act(events)
        return events

    def route(self, route: RouteVoice) -> None:
        """Learn who listens; if that may wait, not in the middle of what is interpreted."""
        if route.may_wait and self._turns and self._uttering.is_cut_off_by(route):
            self._next_route = route
        else:
            self._next_route = None
            self._uttering.route(route, self._turns[-1].fed if self._turns else 0.0)

    # The turns.

    def _act(self, events: Sequence[TurnEvent]) -> None:
        for event in events:
            turn = self._turns[-1] if self._turns and not self._turns[-1].has_ended else None
            match event:
                case SpeechStarted(start, onset):
                    self._begin(start, onset)
                case SpeechGoesOn(_, end) if turn is not None:
                    turn.offset = None
                    if end - turn.fed < LEISURE and not self._uttering.is_awaited:
                        continue  # only captions wait for it
                    self._feed(turn, end, is_pause=False)
                case SpeechPaused(offset, end) if turn is not None:
                    turn.offset = offset
                    self._feed(turn, end, is_pause=True)
                case SpeechEnded(_, end, _, offset) if turn is not None and not (
                    turn.interpreted == turn.start and self._voicing.is_echo(turn.start, end)
                ):
                    turn.end(self._voicing.between(turn.fed, end), end, offset)
                    turn.alarm = self._wires.remind(PATIENCE, Overdue(turn))
                    self._dismiss_what_is_over()
                case SpeechEnded() if turn is not None:  # with nothing in it but an echo
                    self._metering.echo()
                    self._withdraw(turn)
                case SpeechWithdrawn() if turn is not None:
                    self._withdraw(turn)
                case SpeechGoesOn() | SpeechPaused() | SpeechEnded() | SpeechWithdrawn():
                    pass  # of a turn that was not written down from its start
                case _:
                    assert_never(event)

    def _begin(self, start: float, onset: float) -> None:
        if self._is_paused:
            return
        opening = Opening(
            rate_hz=self._voicing.rate_hz,
            language=self._uttering.told,
            candidates=self._uttering.candidates,
            hints=self._uttering.hints,
        )
        self._turns.append(
            Turn(self._speech, opening, self._commits, start, onset, self._has_heard)
        )
        if len(self._turns) > MOST_WAITING:
            logger.warning("recognition is far behind; a turn passes untranslated")
            self.misunderstand(self._turns[0], EngineBusy("too many turns are waiting"))

    def _feed(self, turn: Turn, until: float, *, is_pause: bool) -> None:
        pcm, until = self._voicing.own_between(turn.start, turn.fed, until)
        turn.feed(pcm, until, is_pause=is_pause)
        if turn.error is not None and turn is self._turns[0]:
            self._uttering.pass_untranslated(turn, is_last=False)

    def _withdraw(self, turn: Turn) -> None:
        """Forget the turn that goes on: nobody has said anything."""
        turn.close()
        self._turns.remove(turn)
        self._dismiss_what_is_over()

    def _has_heard(self, turn: Turn, answer: Hypothesis | EngineError) -> None:
        self._wires.tell(Understood(turn, answer))

    # What was said.

    def understand(self, understood: Understood) -> None:
        """Take what is understood of a turn, in its order."""
        turn, answer = understood.turn, understood.answer
        if turn not in self._turns:
            return
        if isinstance(answer, EngineError):
            self.misunderstand(turn, answer)
        elif turn is not self._turns[0]:
            self._early.append(understood)
        else:
            self._take(turn, answer)
        self._dismiss_what_is_over()

    def misunderstand(self, turn: Turn, error: EngineError) -> None:
        """Live without the rest of a turn: those who wait for it hear how it sounded."""
        if turn not in self._turns or turn.error is not None:
            return
        turn.fail(error)
        if turn is self._turns[0]:
            self._uttering.pass_untranslated(turn, is_last=False)
        self._dismiss_what_is_over()

    def give_up(self, overdue: Overdue) -> None:
        """Wait no longer for a turn."""
        self.misunderstand(overdue.turn, EngineBusy(f"no answer within {PATIENCE:g} s"))

    def _take(self, turn: Turn, hypothesis: Hypothesis) -> None:
        units = turn.understand(hypothesis)
        self._uttering.weigh(turn, hypothesis)
        for unit in units:
            self._uttering.direct(turn, unit)
        if turn.caption and not turn.is_over:
            self._uttering.show(turn, hypothesis.language)

    def _dismiss_what_is_over(self) -> None:
        """Let turns go that are over, and what waited for them come."""
        while self._turns and self._turns[0].is_over:
            turn = self._turns.popleft()
            turn.close()
            self._uttering.end_turn()
            if turn.error is not None:
                self._uttering.pass_untranslated(turn, is_last=True)
            if turn.error is not None and not isinstance(turn.error, EngineBusy):
                self._uttering.complain(turn)
            early, self._early = self._early, []
            for understood in early:
                if self._turns and understood.turn is self._turns[0]:
                    assert isinstance(understood.answer, Hypothesis)
                    self._take(understood.turn, understood.answer)
                elif understood.turn in self._turns:
                    self._early.append(understood)
        if self._next_route is not None and not self._turns:
            self.route(self._next_route)
