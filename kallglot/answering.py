"""What a call to one of our numbers is answered with, and what its carrier's facts do.  Pure.

The server is told by the carrier that a call comes in, opens a session for it if it can, and has
the steps made here.  A stream that is over is followed by the question what comes next: while the
session lives the caller is connected again, without the customer's application knowing of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias
from urllib.parse import urlencode

import attrs

from kallglot.carriers.callstate import Call, Ended, learn
from kallglot.carriers.facts import CallFact, CallIncoming, ConferenceEnded
from kallglot.carriers.steps import ConnectStream, Dial, HangUp, Number, Speak, Step, TurnAway, Wait
from kallglot.model.phone_number import NumberProfile
from kallglot.model.session import Session, Status

__all__ = [
    "MOST_RETURNS",
    "CallBook",
    "Door",
    "Origin",
    "Whose",
    "connected",
    "given_up",
    "incoming",
    "instead",
    "is_awaited",
    "not_in_service",
    "reason_of",
    "return_of",
    "welcomed",
]

#: How often in a row a caller is connected again whose streams do not last.
MOST_RETURNS: Final = 5
#: Seconds after which a stream has lasted.
LASTS: Final = 20.0
#: Seconds between one stream that did not last and the next.
PAUSE: Final = 1

#: Refusals that mean that there is no room, and not that nothing can be translated.
_BUSY: Final = frozenset({"over_capacity", "rate_limit_exceeded"})

#: Whose call it is: the connections with whose credentials its webhooks are signed.
Whose: TypeAlias = frozenset[str]


@attrs.frozen
class Origin:
    """Which connection to a caller this is: the `attempt` in a row, begun at `at`."""

    attempt: int = 1
    at: float = 0.0

    def query(self) -> str:
        """Return it as a URL tells it; no two connections have the same."""
        return urlencode({"attempt": self.attempt, "at": f"{self.at:.3f}"})

    @classmethod
    def read(cls, attempt: str | None, at: str | None) -> Origin:
        """Return what a URL tells; one that has been tampered with has been tried enough."""
        if attempt is None or at is None or not (attempt.isascii() and attempt.isdigit()):
            return cls(MOST_RETURNS)
        whole, _, part = at.partition(".")
        if not (whole + part).isascii() or not (whole + part).isdigit() or len(at) > 20:
            return cls(MOST_RETURNS)
        return cls(min(int(attempt[:4]), MOST_RETURNS), float(at))


@attrs.frozen
class Door:
    """Where a caller comes into a session."""

    session_id: str
    participant: str
    stream_url: str = attrs.field(repr=False)
    token: str = attrs.field(repr=False)
    #: The URL that the carrier asks what comes next, and the one it tells about the stream.
    after_url: str = attrs.field(repr=False)
    status_url: str = attrs.field(repr=False)


def incoming(facts: Iterable[CallFact]) -> CallIncoming | None:
    """Return the call that comes in."""
    return next((fact for fact in facts if isinstance(fact, CallIncoming)), None)


def welcomed(profile: NumberProfile, door: Door, now: float) -> tuple[Step, ...]:
    """Return the steps of a caller for whom there is a session."""
    return (*_greeting(profile), *connected(door, Origin(1, now)))


def connected(door: Door, origin: Origin) -> tuple[Step, ...]:
    """Return the steps that bring a caller into the session, again after the first time."""
    parameters = {
        "token": door.token,
        "session_id": door.session_id,
        "participant": door.participant,
    }
    pause = (Wait(PAUSE),) if origin.attempt > 2 else ()
    stream = ConnectStream(
        door.stream_url,
        parameters,
        after_url=f"{door.after_url}?{origin.query()}",
        status_url=door.status_url,
        token=door.token,
    )
    return (*pause, stream)


def instead(profile: NumberProfile, code: str) -> tuple[Step, ...]:
    """Return the steps of a caller for whom there is no session, and that is why."""
    if code in _BUSY:
        return (TurnAway(),)
    if code == "organization_suspended":
        return not_in_service()
    return (TurnAway(),) if profile.fallback_number is None else given_up(profile)


def given_up(profile: NumberProfile | None) -> tuple[Step, ...]:
    """Return the steps of a caller whose streams do not last."""
    if profile is None or profile.fallback_number is None:
        return (HangUp(),)
    return (Dial(Number(profile.fallback_number)), HangUp())


def not_in_service() -> tuple[Step, ...]:
    """Return the steps of a call to a number that we do not answer.

    It is not answered: nobody pays, and the caller's own network says so in their language.
    """
    return (TurnAway(is_busy=False),)


def is_awaited(session: Session | None, call: Call) -> bool:
    """Tell whether a caller whose stream is over belongs back into the session."""
    if session is None or isinstance(call.progress, Ended):
        return False
    return session.status not in {Status.ENDING, Status.ENDED}


def return_of(origin: Origin, now: float) -> Origin | None:
    """Return the connection that follows one that is over; None if it is no use."""
    if now - origin.at >= LASTS:
        return Origin(2, now)
    return None if origin.attempt >= MOST_RETURNS else Origin(origin.attempt + 1, now)


def reason_of(before: Call, after: Call) -> str | None:
    """Return why the session of a call ends with what has just been learnt; None if it goes on."""
    if isinstance(before.progress, Ended) or not isinstance(after.progress, Ended):
        return None
    return after.progress.cause


def _greeting(profile: NumberProfile) -> tuple[Step, ...]:
    if not profile.greeting:
        return ()
    return (Speak(profile.greeting, profile.greeting_language or profile.source_language),)


class CallBook:
    """What is known of calls, of so many of the latest ones.

    A call is known by who signs for it as well: nobody can tell us of a call of somebody else's.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._calls: OrderedDict[tuple[Whose, str], Call] = OrderedDict()
        self._let_go: OrderedDict[str, Literal[True]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._calls)

    def call(self, whose: Whose, call_id: str) -> Call:
        return self._calls.get((whose, call_id), Call())

    def learn(self, whose: Whose, fact: CallFact) -> tuple[Call, Call]:
        """Learn a fact; return what was known of the call before, and is now."""
        call_id = fact.call_id
        if isinstance(fact, ConferenceEnded) or call_id is None:
            return Call(), Call()
        before = self.call(whose, call_id)
        after = learn(before, fact)
        self._calls[whose, call_id] = after
        self._calls.move_to_end((whose, call_id))
        if len(self._calls) > self._most:
            self._calls.popitem(last=False)
        return before, after

    def let_go(self, call_id: str) -> None:
        """Note that we hung up on a caller, who is not to be connected again."""
        self._let_go[call_id] = True
        if len(self._let_go) > self._most:
            self._let_go.popitem(last=False)

    def is_let_go(self, call_id: str) -> bool:
        return call_id in self._let_go
