"""What a carrier's REST API can be asked to do, in words that are nobody's.  Pure.

A plugin's `client` makes a `CarrierClient` of its settings and a `Line`.  Every method raises
`CarrierDeclined` when the carrier says no, `CarrierUnreachable` when it says nothing, and
`NotAvailable` for what this carrier cannot do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import attrs

from kallglot.carriers.facts import CallFact
from kallglot.carriers.steps import Step, Target

__all__ = [
    "Account",
    "CallOrder",
    "CarrierClient",
    "Detection",
    "NumberKind",
    "NumberSearch",
    "NumberSetup",
    "OfferedNumber",
    "OwnedNumber",
    "PlacedCall",
]

#: `None` does not look; `answer` says quickly who it is; `greeting` waits until one may speak.
Detection = Literal["answer", "greeting"] | None

NumberKind = Literal["local", "mobile", "toll_free", "national"]


@attrs.frozen
class Account:
    """Whose credentials these are."""

    id: str | None
    name: str | None = None
    is_active: bool = True


@attrs.frozen
class CallOrder:
    """A call to be placed.

    `steps` are done when it is answered; a carrier that takes commands ignores them, and they are
    carried out on `CallAnswered`.  Where there is none, `steps_url` is asked.  `status_url` is told
    how the call gets on.  `tag` is repeated in what the carrier says about it.  `key` names the
    order: the same order has the same key, however often it is sent.
    """

    target: Target
    caller: str = attrs.field(repr=False)
    key: str
    steps: tuple[Step, ...] = attrs.field(default=(), repr=False)
    steps_url: str | None = attrs.field(default=None, repr=False)
    status_url: str | None = attrs.field(default=None, repr=False)
    machine_url: str | None = attrs.field(default=None, repr=False)
    detection: Detection = None
    timeout: int = 30
    longest: int | None = None
    tag: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class PlacedCall:
    """A call that the carrier has accepted; `leg` is its second name, where it has one.

    `call_id` is None where the carrier says it in its webhooks only.
    """

    call_id: str | None
    leg: str | None = None


@attrs.frozen
class NumberSearch:
    """Which numbers are looked for."""

    country: str
    kind: NumberKind = "local"
    area: str | None = None
    contains: str | None = None
    limit: int = 20


@attrs.frozen
class OfferedNumber:
    """A number that may be bought; prices are in the carrier's words, None where it names none."""

    number: str = attrs.field(repr=False)
    locality: str | None = None
    region: str | None = None
    monthly_cost: str | None = None
    currency: str | None = None


@attrs.frozen
class NumberSetup:
    """Where a number's calls are announced, and their ends.

    `application` is the carrier's name for what bears the URLs, where they are not the number's.
    """

    voice_url: str | None = attrs.field(default=None, repr=False)
    fallback_url: str | None = attrs.field(default=None, repr=False)
    status_url: str | None = attrs.field(default=None, repr=False)
    application: str | None = None


@attrs.frozen
class OwnedNumber:
    """A number of the account's; `is_ready` once calls reach it, and there may be no id before."""

    id: str | None
    number: str = attrs.field(repr=False)
    voice_url: str | None = attrs.field(default=None, repr=False)
    application: str | None = None
    is_ready: bool = True


class CarrierClient(Protocol):
    """One account at one carrier."""

    async def verify(self) -> Account:
        """Try the credentials."""
        ...

    async def place(self, order: CallOrder) -> PlacedCall:
        """Place a call; what comes of it is told by webhooks.

        `CarrierUnreachable` with `was_sent`, and `CarrierDeclined` of `carrier_failed`, leave open
        whether it was placed: after those it must not be placed anywhere else.
        """
        ...

    async def look_up(self, call_id: str) -> tuple[CallFact, ...]:
        """Return what the carrier knows of a call now, for calls whose end was never announced.

        A call that the carrier does not know has ended.
        """
        ...

    async def carry_out(self, call_id: str, steps: Sequence[Step]) -> Sequence[Step]:
        """Give a call new steps in place of those it is at; return what is left of them.

        A carrier that takes commands can be told only so much at a time.  What is left is carried
        out when the call reports `CallAnswered` after `PickUp`, `PromptEnded` after `Speak` or
        `PlayAudio`, `StreamStopped` after `ConnectStream`, and `TransferFinished` after `Dial`.
        When `Wait` comes first, the waiting is ours.
        """
        ...

    async def hang_up(self, call_id: str) -> None:
        """End a call; one that is over already is as it should be."""
        ...

    async def mute(self, call_id: str, conference: str, is_muted: bool) -> None:
        """Let a conference not hear a call, or hear it again."""
        ...

    async def drop(self, call_id: str, conference: str) -> None:
        """Take a call out of a conference."""
        ...

    async def search_numbers(self, search: NumberSearch) -> tuple[OfferedNumber, ...]:
        """Return numbers that may be bought."""
        ...

    async def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Buy a number; it may take a while until it is ready."""
        ...

    async def numbers(self, number: str | None = None) -> tuple[OwnedNumber, ...]:
        """Return the account's numbers, or the one that is asked about."""
        ...

    async def configure_number(self, number_id: str, setup: NumberSetup) -> OwnedNumber:
        """Say where a number's calls are announced; what is None stays as it is."""
        ...

    async def release_number(self, number_id: str) -> None:
        """Give a number back; one that is gone already is as it should be."""
        ...
