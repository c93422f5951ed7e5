"""Carriers whose accounts are in memory, behind the interface that plugins bring."""

from __future__ import annotations

import attrs

from kallglot.accounts import Accounts
from kallglot.carriers.client import (
    Account,
    NumberSearch,
    NumberSetup,
    OfferedNumber,
    OwnedNumber,
)
from kallglot.carriers.settings import plain, secret
from kallglot.carriers.webhook import Webhook
from kallglot.errors import CarrierDeclined, CarrierUnreachable
from kallglot.providers import INTERFACE, Provider

__all__ = ["OWNED", "SID", "TOKEN", "FakeCarrier", "FakeCarriers"]

SID = "AC" + "0123456789abcdef" * 2
TOKEN = "f00dfeed" * 4
#: The numbers that each account has at first.
OWNED = ("+493012345600", "+493012345610")


@attrs.frozen
class FakeSettings:
    account_sid: str = plain("Account", validator=attrs.validators.matches_re("AC[0-9a-f]{32}"))
    auth_token: str = secret("Token")
    other_tokens: tuple[str, ...] = secret("Other tokens", default=())


class FakeCarrier:
    """One carrier, with one account that is open to who has its token."""

    def __init__(self) -> None:
        self.token = TOKEN
        self.is_active = True
        self.is_down = False
        self.owned = {number: NumberSetup() for number in OWNED}
        self.sold = ["+493012345601", "+493012345602"]
        self.searched: list[NumberSearch] = []

    def client(self, settings: FakeSettings, line: object) -> FakeClient:
        return FakeClient(self, settings)


class FakeClient:
    def __init__(self, carrier: FakeCarrier, settings: FakeSettings) -> None:
        self._carrier = carrier
        self._settings = settings

    async def verify(self) -> Account:
        self._open()
        return Account(self._settings.account_sid, "Example GmbH", self._carrier.is_active)

    async def search_numbers(self, search: NumberSearch) -> tuple[OfferedNumber, ...]:
        self._open()
        self._carrier.searched.append(search)
        return tuple(
            OfferedNumber(number, "Berlin", None, "1.00", "USD") for number in self._carrier.sold
        )

    async def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        self._open()
        if number not in self._carrier.sold:
            raise CarrierDeclined(
                "Twilio answered 400, code 21422", code="invalid_number", status=400
            )
        self._carrier.sold.remove(number)
        self._carrier.owned[number] = setup
        return OwnedNumber(f"PN{number[1:]}", number)

    async def numbers(self, number: str | None = None) -> tuple[OwnedNumber, ...]:
        self._open()
        return tuple(
            OwnedNumber(f"PN{each[1:]}", each)
            for each in self._carrier.owned
            if number in {None, each}
        )

    async def configure_number(self, number_id: str, setup: NumberSetup) -> OwnedNumber:
        self._open()
        number = f"+{number_id.removeprefix('PN')}"
        self._carrier.owned[number] = setup
        return OwnedNumber(number_id, number)

    async def release_number(self, number_id: str) -> None:
        self._open()
        self._carrier.owned.pop(f"+{number_id.removeprefix('PN')}", None)

    def _open(self) -> None:
        if self._carrier.is_down:
            raise CarrierUnreachable("no connection", was_sent=False)
        if self._settings.auth_token != self._carrier.token:
            raise CarrierDeclined(
                "Twilio answered 401, code 20003",
                code="bad_credentials",
                status=401,
                carrier_code="20003",
            )


class NoLine:
    """A way to nowhere, as the fakes need none."""

    async def send(self, ask: object) -> object:
        raise NotImplementedError


class FakeCarriers:
    """Twilio and Telnyx, and the accounts that a server may have with them."""

    def __init__(self) -> None:
        self.twilio = FakeCarrier()
        self.telnyx = FakeCarrier()

    def accounts(self) -> Accounts:
        return Accounts(
            {"twilio": provider("twilio", self.twilio), "telnyx": provider("telnyx", self.telnyx)},
            lambda name: NoLine(),
        )


def provider(name: str, carrier: FakeCarrier) -> Provider:
    def unread(request: object) -> None:
        raise NotImplementedError

    return Provider(
        name=name,
        interface=INTERFACE,
        recognises=lambda frame: False,
        wire=unread,
        settings=FakeSettings,
        webhooks=(Webhook("voice", unread), Webhook("status", unread)),
        client=carrier.client,
    )
