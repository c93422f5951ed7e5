from __future__ import annotations

import pytest

from kallglot.errors import CarrierDeclined, CarrierUnreachable, NoRoute, ProviderError, WireError
from kallglot.failover import Candidate, candidates, first_that_can
from kallglot.model.connection import ProviderConnection
from kallglot.store import Store
from tests.fakes.carriers import SID, TOKEN, FakeCarriers
from tests.fakes.clock import START

NOBODY = object()
BOTH = [Candidate("pcon_1", "twilio", NOBODY), Candidate("pcon_2", "telnyx", NOBODY)]


def declined(code: str) -> CarrierDeclined:
    return CarrierDeclined("no", code=code, status=400)


class Asked:
    """Answers with what was prepared for each account, and knows who was asked."""

    def __init__(self, *answers: object) -> None:
        self._answers = list(answers)
        self.ids: list[str] = []

    async def __call__(self, account: Candidate) -> object:
        self.ids.append(account.connection_id)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_the_second_rests_while_the_first_does_its_work():
    ask = Asked("placed")
    assert await first_that_can(BOTH, ask) == (BOTH[0], "placed")
    assert ask.ids == ["pcon_1"]


@pytest.mark.parametrize(
    "failure",
    [
        CarrierUnreachable("no connection", was_sent=False),
        declined("bad_credentials"),
        declined("carrier_busy"),
        declined("rate_limited"),
    ],
)
async def test_the_second_is_asked_when_the_first_has_certainly_done_nothing(failure):
    ask = Asked(failure, "placed")
    assert await first_that_can(BOTH, ask) == (BOTH[1], "placed")


@pytest.mark.parametrize(
    "failure",
    [
        CarrierUnreachable("no answer", was_sent=True),
        declined("invalid_number"),
        declined("carrier_failed"),
        WireError("no sid"),
    ],
)
async def test_nobody_is_called_twice(failure):
    ask = Asked(failure)
    with pytest.raises(ProviderError) as caught:
        await first_that_can(BOTH, ask)
    assert caught.value is failure
    assert ask.ids == ["pcon_1"]


async def test_when_neither_can_it_is_told_what_the_first_said():
    first = declined("bad_credentials")
    with pytest.raises(CarrierDeclined) as caught:
        await first_that_can(BOTH, Asked(first, CarrierUnreachable("no", was_sent=False)))
    assert caught.value is first


async def test_without_an_account_there_is_no_route():
    with pytest.raises(NoRoute):
        await first_that_can([], Asked())


async def test_accounts_are_those_of_the_store_in_order_and_no_others():
    store = await Store.open(":memory:")
    organization = (await store.organizations.add("Example", START)).id
    given = {"account_sid": SID, "auth_token": TOKEN}
    for name, provider in (("pcon_1", "twilio"), ("pcon_2", "telnyx")):
        connection = ProviderConnection(name, organization, "live", provider, "", {}, 0.0, 0.0)
        await store.connections.add(connection, given)
    accounts = FakeCarriers().accounts()
    found = await candidates(store, accounts, ["pcon_2", "pcon_of_settings", "pcon_1"])
    assert [(each.connection_id, each.provider) for each in found] == [
        ("pcon_2", "telnyx"),
        ("pcon_1", "twilio"),
    ]
    _, account = await first_that_can(found, lambda each: each.client.verify())
    assert account.name == "Example GmbH"
    await store.close()
