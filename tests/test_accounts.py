from __future__ import annotations

import pytest

from kallglot.accounts import Accounts, answerable
from kallglot.carriers.client import NumberSetup
from kallglot.errors import (
    CarrierDeclined,
    CarrierRefused,
    CarrierUnreachable,
    InvalidRequest,
    NotAvailable,
    WireError,
)
from kallglot.providers import discover
from tests.fakes.carriers import SID, TOKEN, FakeCarriers

URL = "https://calls.example.com"
TWILIO = {"account_sid": SID, "auth_token": TOKEN}
TELNYX = {"api_key": "KEY0123456789abcdef", "public_key": "A" * 43 + "="}
BY_DOCUMENTS = {**TELNYX, "texml_application_id": "1", "account_id": "2"}


@pytest.mark.parametrize(
    ("provider", "given", "voice"),
    [("twilio", TWILIO, "voice"), ("telnyx", TELNYX, "events"), ("telnyx", BY_DOCUMENTS, "voice")],
)
def test_a_number_asks_us_in_its_carriers_way(provider, given, voice):
    setup = Accounts(discover()).setup(provider, given, URL)
    assert setup == NumberSetup(
        voice_url=f"{URL}/providers/{provider}/{voice}",
        status_url=f"{URL}/providers/{provider}/status",
    )


def test_of_what_is_secret_only_the_end_is_shown():
    hints = FakeCarriers().accounts().hints("twilio", {**TWILIO, "other_tokens": ["short", TOKEN]})
    assert hints == {"account_sid": SID, "auth_token": "…feed", "other_tokens": "…, …feed"}


def test_a_connection_keeps_its_way_to_the_carrier_until_it_is_forgotten():
    made = []

    class Line:
        async def send(self, ask):
            raise NotImplementedError

    def line(name: str) -> Line:
        made.append(name)
        return Line()

    accounts = Accounts(FakeCarriers().accounts().providers, line)
    for _ in range(2):
        accounts.client("twilio", TWILIO, "pcon_1")
    assert made == ["pcon_1"]
    accounts.forget("pcon_1")
    accounts.client("twilio", TWILIO, "pcon_1")
    accounts.trial("twilio", TWILIO)
    assert made == ["pcon_1", "pcon_1", "a new account at twilio"]


def test_without_a_way_nobody_is_asked():
    accounts = Accounts(FakeCarriers().accounts().providers)
    with pytest.raises(NotAvailable):
        accounts.client("twilio", TWILIO, "pcon_1")
    with pytest.raises(InvalidRequest, match="no provider that takes connections"):
        Accounts().check("twilio", TWILIO)


@pytest.mark.parametrize(
    ("failure", "kind", "code", "says"),
    [
        (
            CarrierDeclined("Twilio answered 401", code="bad_credentials", status=401),
            InvalidRequest,
            "invalid_credentials",
            "does not take these credentials: Twilio answered 401",
        ),
        (
            CarrierDeclined("Telnyx answered 422", code="steps_too_long", status=422),
            CarrierRefused,
            "provider_error",
            "the carrier declined: Telnyx answered 422",
        ),
        (
            CarrierUnreachable("no answer within 10 s", was_sent=True),
            CarrierRefused,
            "provider_error",
            "cannot be reached: no answer within 10 s",
        ),
        (WireError("no sid"), CarrierRefused, "provider_error", "cannot be understood: no sid"),
    ],
)
def test_what_a_carrier_declines_can_be_answered_with(failure, kind, code, says):
    with pytest.raises(kind, match=says) as caught, answerable():
        raise failure
    assert caught.value.code == code
