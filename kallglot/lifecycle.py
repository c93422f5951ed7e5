"""The life of a session, as a pure function.

    created --> connecting --> active --> ending --> ended

`advance` takes a state, a message and the time, and answers with the next state and the effects
somebody has to carry out.  It does no I/O, reads no clock and knows no actor; `actors.session` is
the shell around it.

A call that drops stays *active*: the session waits until `Active.deadline` for whom it carried,
and only then ends.  The clock runs while somebody is missing and fewer than two are left to talk;
three people who lose one of them go on as they were.  A deadline is part of the state, not a timer
somewhere else, so there is nothing to cancel, and a session read back from the store still knows
when it expires.  Hence times are wall-clock seconds.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, assert_never

import attrs

from kallglot.messages import (
    AudioHeard,
    DeadlinePassed,
    EndSession,
    LanguageDetected,
    LegConnected,
    LegLost,
    PartFinished,
)

__all__ = [
    "EDGES",
    "PARTS",
    "Active",
    "Connecting",
    "Created",
    "Effect",
    "Ended",
    "Ending",
    "FinishParts",
    "HangUpLegs",
    "Limits",
    "Message",
    "Seat",
    "StartParts",
    "State",
    "Step",
    "advance",
    "detected",
    "reconnect_deadline",
    "restored",
]

PARTS = frozenset({"voices", "recorder", "transcript"})


@attrs.frozen
class Limits:
    """How long a session waits, in seconds."""

    connect_within: float = 3600.0
    reconnect_within: float = 300.0
    silent_for: float = 1800.0
    finish_within: float = 30.0


@attrs.frozen(order=True)
class Seat:
    """A participant on a leg; a leg that has not said yet for whom it speaks has seat `""`."""

    leg: str
    participant: str


# States.  Each carries what is true in that state and nothing else.


@attrs.frozen
class Created:
    """Nobody has called yet."""

    deadline: float
    status = "created"


@attrs.frozen
class Connecting:
    """A leg has connected, and no audio has been heard."""

    seats: frozenset[Seat]
    deadline: float
    status = "connecting"


@attrs.frozen
class Active:
    """Audio has been heard; time is being billed from `since`.

    `missing` were connected and are not any more.  At `deadline` the session ends: because
    nobody came back if `is_waiting`, else because nothing has been heard for so long.  What the
    `detected` speak was not given but heard, and may change.
    """

    seats: frozenset[Seat]
    missing: frozenset[str]
    since: float
    deadline: float
    is_waiting: bool = False
    detected: frozenset[str] = frozenset()
    status = "active"


@attrs.frozen
class Ending:
    """The call is over, and `waiting_for` still have work to put in the store."""

    waiting_for: frozenset[str]
    reason: str
    deadline: float
    status = "ending"


@attrs.frozen
class Ended:
    """Everything about the call is in the store."""

    reason: str
    deadline = None
    status = "ended"


State: TypeAlias = Created | Connecting | Active | Ending | Ended

#: Which states can follow which.  The diagram in the documentation is drawn from this table, and
#: a test walks the machine to see that it is true.
EDGES: dict[type[State], frozenset[type[State]]] = {
    Created: frozenset({Connecting, Ended}),
    Connecting: frozenset({Created, Active, Ended}),
    Active: frozenset({Ending}),
    Ending: frozenset({Ended}),
    Ended: frozenset(),
}


# Effects.  What the shell is asked to do, in order.


@attrs.frozen
class StartParts:
    """Start the recorder and the transcript."""


@attrs.frozen
class HangUpLegs:
    """Close every leg that is still open."""


@attrs.frozen
class FinishParts:
    """Have the parts write out what they hold."""


Effect: TypeAlias = StartParts | HangUpLegs | FinishParts
Message: TypeAlias = (
    LegConnected
    | AudioHeard
    | LanguageDetected
    | LegLost
    | PartFinished
    | DeadlinePassed
    | EndSession
)


class Step(NamedTuple):
    """One move of the machine."""

    state: State
    effects: tuple[Effect, ...] = ()


def advance(state: State, message: Message, now: float, limits: Limits = Limits()) -> Step:
    """Return what becomes of `state` when `message` arrives at `now`.

    Facts that come too late to matter leave the state as it is, and so does ending what is
    ending already.
    """
    if isinstance(message, DeadlinePassed) and (state.deadline is None or now < state.deadline):
        return Step(state)
    match state:
        case Created():
            return _created(state, message)
        case Connecting():
            return _connecting(state, message, now, limits)
        case Active():
            return _active(state, message, now, limits)
        case Ending():
            return _ending(state, message)
        case Ended():
            return Step(state)
        case _:
            assert_never(state)


def reconnect_deadline(state: State) -> float | None:
    """Return when the session ends unless somebody comes back, or None if nobody is awaited."""
    return state.deadline if isinstance(state, Active) and state.is_waiting else None


def detected(state: State) -> frozenset[str]:
    """Return whose language was not given but heard."""
    return state.detected if isinstance(state, Active) else frozenset()


def restored(state: State, now: float, limits: Limits = Limits()) -> State:
    """Return what a state that was stored by a server that has died means at `now`.

    Its legs died with it, so whoever was connected is missing; a window that was open already
    does not open anew.
    """
    match state:
        case Connecting():
            return Created(deadline=state.deadline)
        case Active(is_waiting=False):
            gone = state.missing | _people(state.seats)
            deadline = now + limits.reconnect_within
            return attrs.evolve(
                state, seats=frozenset(), missing=gone, deadline=deadline, is_waiting=True
            )
        case Active():
            gone = state.missing | _people(state.seats)
            return attrs.evolve(state, seats=frozenset(), missing=gone)
        case _:
            return state


def _created(state: Created, message: Message) -> Step:
    match message:
        case LegConnected():
            return Step(Connecting(seats=_seats(message), deadline=state.deadline))
        case EndSession(reason):
            return Step(Ended(reason))
        case DeadlinePassed():
            return Step(Ended("never_connected"))
        case _:
            return Step(state)


def _connecting(state: Connecting, message: Message, now: float, limits: Limits) -> Step:
    match message:
        case LegConnected():
            return Step(attrs.evolve(state, seats=state.seats | _seats(message)))
        case AudioHeard():
            active = Active(state.seats, frozenset(), now, now + limits.silent_for)
            return Step(active, (StartParts(),))
        case LegLost(leg) if seats := _without(state.seats, leg):
            return Step(attrs.evolve(state, seats=seats))
        case LegLost():
            return Step(Created(deadline=state.deadline))
        case EndSession(reason):
            return Step(Ended(reason), (HangUpLegs(),))
        case DeadlinePassed():
            return Step(Ended("never_connected"), (HangUpLegs(),))
        case _:
            return Step(state)


def _active(state: Active, message: Message, now: float, limits: Limits) -> Step:
    match message:
        case LegConnected():
            seats = state.seats | _seats(message)
            return Step(_attended(state, seats, state.missing, now, limits))
        case AudioHeard() if not state.is_waiting:
            return Step(attrs.evolve(state, deadline=now + limits.silent_for))
        case LegLost(leg) if (seats := _without(state.seats, leg)) != state.seats:
            gone = _people(state.seats - seats)
            return Step(_attended(state, seats, state.missing | gone, now, limits))
        case LanguageDetected(participant):
            return Step(attrs.evolve(state, detected=state.detected | {participant}))
        case EndSession(reason):
            return _wind_down(reason, now, limits)
        case DeadlinePassed():
            reason = "not_reconnected" if state.is_waiting else "inactivity"
            return _wind_down(reason, now, limits)
        case _:
            return Step(state)


def _attended(
    state: Active, seats: frozenset[Seat], missing: frozenset[str], now: float, limits: Limits
) -> Active:
    """Return `state` with these seats taken, and the clock that now runs.

    A window that is open stays open until its first deadline, whoever else drops meanwhile.
    """
    present = _people(seats)
    missing -= present
    is_waiting = bool(missing) and len(present) < 2
    if is_waiting and state.is_waiting:
        deadline = state.deadline
    else:
        deadline = now + (limits.reconnect_within if is_waiting else limits.silent_for)
    return attrs.evolve(
        state, seats=seats, missing=missing, deadline=deadline, is_waiting=is_waiting
    )


def _wind_down(reason: str, now: float, limits: Limits) -> Step:
    return Step(
        Ending(waiting_for=PARTS, reason=reason, deadline=now + limits.finish_within),
        (HangUpLegs(), FinishParts()),
    )


def _ending(state: Ending, message: Message) -> Step:
    match message:
        case PartFinished(part) if state.waiting_for - {part}:
            return Step(attrs.evolve(state, waiting_for=state.waiting_for - {part}))
        case PartFinished() | DeadlinePassed():
            return Step(Ended(state.reason))
        case _:
            return Step(state)


def _seats(message: LegConnected) -> frozenset[Seat]:
    return frozenset(Seat(message.leg, key) for key in message.participants or ("",))


def _people(seats: frozenset[Seat]) -> frozenset[str]:
    return frozenset(seat.participant for seat in seats if seat.participant)


def _without(seats: frozenset[Seat], leg: str) -> frozenset[Seat]:
    return frozenset(seat for seat in seats if seat.leg != leg)
