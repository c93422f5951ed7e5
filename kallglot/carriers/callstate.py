"""One call, as far as its carrier's facts have told.  Pure.

Facts arrive in any order and more than once, so nothing here depends on which came last.  A `Call`
only ever knows more: how far it has got, why it ended, and of each stream the newest word.  Each
part has an order, and learning takes the greater of what was known and what is new.  So every
order of the same facts, with any of them repeated, ends in the same `Call`; and a fact that
returns the `Call` it was given has said nothing new, and must have no effects.

    assert learn(call, fact) is call        # a repetition, or too late to matter

Digits, prompts and requests for steps leave no trace in a call: `Delivery.key` and
`kallglot.carriers.replays` tell whether they have been seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, assert_never

import attrs

from kallglot.carriers.facts import (
    CallAnswered,
    CallBridged,
    CallEnded,
    CallFact,
    CallIncoming,
    CallPlaced,
    CallRinging,
    Cause,
    ConferenceEnded,
    ConferenceJoined,
    ConferenceLeft,
    DigitsPressed,
    MachineDetected,
    MachineKind,
    PromptEnded,
    StepsWanted,
    StreamFailed,
    StreamStarted,
    StreamStopped,
    TransferFinished,
)

__all__ = [
    "Announced",
    "Answered",
    "Call",
    "Ended",
    "Progress",
    "Ringing",
    "Stream",
    "Unheard",
    "learn",
]


# How far a call has got.


@attrs.frozen
class Unheard:
    """The carrier has said nothing of the call's course."""


@attrs.frozen
class Announced:
    """It comes in, or is on its way out."""


@attrs.frozen
class Ringing:
    """A telephone rings."""


@attrs.frozen
class Answered:
    """People can be heard."""


@attrs.frozen
class Ended:
    """It is over, and nothing brings it back."""

    cause: Cause
    was_answered: bool


Progress: TypeAlias = Unheard | Announced | Ringing | Answered | Ended

_Reached: TypeAlias = Literal[0, 1, 2, 3]
_STEPS: Final = (Unheard(), Announced(), Ringing(), Answered())

#: When two facts name different causes, the one that says more.
_TELLING: Final[Mapping[Cause, int]] = {
    "failed": 0,
    "canceled": 1,
    "no_answer": 2,
    "rejected": 3,
    "busy": 4,
    "completed": 5,
}
_CAUSES: Final[Mapping[int, Cause]] = {rank: cause for cause, rank in _TELLING.items()}

_SURE: Final[Mapping[MachineKind, int]] = {
    "unknown": 0,
    "human": 1,
    "fax": 2,
    "machine": 3,
    "greeting_over": 4,
}
_KINDS: Final[Mapping[int, MachineKind]] = {rank: kind for kind, rank in _SURE.items()}


@attrs.frozen(order=True)
class Stream:
    """The newest word on a stream; of two said at the same time, the later in its life."""

    at: float
    state: Literal[0, 1, 2]
    why: str = ""

    @property
    def is_open(self) -> bool:
        return self.state == 0

    @property
    def has_failed(self) -> bool:
        return self.state == 2


@attrs.frozen
class Call:
    """What is known; compare with `==`, look at `progress`, `machine` and `open_streams`."""

    reached: _Reached = 0
    ended: int | None = None
    machine_rank: int | None = None
    is_bridged: bool = False
    streams: Mapping[str, Stream] = attrs.field(factory=dict, repr=False)

    @property
    def progress(self) -> Progress:
        if self.ended is None:
            return _STEPS[self.reached]
        was_answered = self.reached == 3
        cause = _CAUSES[self.ended]
        # Whoever has been spoken with was reached, however the carrier says that it ended.
        return Ended("completed" if was_answered else cause, was_answered)

    @property
    def machine(self) -> MachineKind | None:
        return None if self.machine_rank is None else _KINDS[self.machine_rank]

    @property
    def open_streams(self) -> frozenset[str]:
        """The streams that are open, none once the call is over."""
        if self.ended is not None:
            return frozenset()
        return frozenset(name for name, stream in self.streams.items() if stream.is_open)


def learn(call: Call, fact: CallFact) -> Call:
    """Return what is known after a fact; the very same `Call` if that is nothing new."""
    match fact:
        case CallIncoming() | CallPlaced():
            return _reach(call, 1)
        case CallRinging():
            return _reach(call, 2)
        case CallAnswered():
            return _reach(call, 3)
        case CallBridged():
            return _reach(call if call.is_bridged else attrs.evolve(call, is_bridged=True), 3)
        case CallEnded(cause=cause):
            return _end(call, cause)
        case MachineDetected(kind=kind):
            return _detect(_reach(call, 3), kind)
        case StreamStarted(stream=name, at=at):
            return _stream(call, name, Stream(at or 0.0, 0))
        case StreamStopped(stream=name, at=at):
            return _stream(call, name, Stream(at or 0.0, 1))
        case StreamFailed(stream=name, at=at, why=why):
            return _stream(call, name, Stream(at or 0.0, 2, why))
        case DigitsPressed() | PromptEnded() | StepsWanted() | TransferFinished():
            return call
        case ConferenceJoined() | ConferenceLeft() | ConferenceEnded():
            return call
        case _:
            assert_never(fact)


def _reach(call: Call, reached: _Reached) -> Call:
    return call if reached <= call.reached else attrs.evolve(call, reached=reached)


def _end(call: Call, cause: Cause) -> Call:
    telling = _TELLING[cause]
    if call.ended is not None and telling <= call.ended:
        return call
    return attrs.evolve(call, ended=telling)


def _detect(call: Call, kind: MachineKind) -> Call:
    sure = _SURE[kind]
    if call.machine_rank is not None and sure <= call.machine_rank:
        return call
    return attrs.evolve(call, machine_rank=sure)


def _stream(call: Call, name: str, stream: Stream) -> Call:
    known = call.streams.get(name)
    if known is not None and stream <= known:
        return call
    return attrs.evolve(call, streams={**call.streams, name: stream})
