from __future__ import annotations

import re
from contextlib import asynccontextmanager

import pytest

from tests.fakes.carriers import OWNED, SID, TOKEN, FakeCarriers

pytestmark = pytest.mark.real_time

SOLD = "+493012345601"
ACCOUNT = ("--credential", f"account_sid={SID}", "--credential", f"auth_token={TOKEN}")


@pytest.fixture
def carriers(kallglot, monkeypatch) -> FakeCarriers:
    """Carriers that are reached without a network."""
    carriers = FakeCarriers()

    @asynccontextmanager
    async def reaching(_providers):
        yield carriers.accounts()

    for command in ("connections", "numbers"):
        monkeypatch.setattr(f"kallglot.commands.{command}.reaching", reaching)
    kallglot("keys", "create")
    return carriers


@pytest.fixture
def connection(kallglot, carriers) -> str:
    return kallglot("connections", "add", "twilio", *ACCOUNT).stdout.strip()


def test_credentials_are_tried_before_they_are_kept(kallglot, carriers):
    added = kallglot("connections", "add", "twilio", *ACCOUNT)
    assert "twilio takes the credentials of Example GmbH" in added.stderr
    connection = added.stdout.strip()
    assert kallglot("connections", "verify", connection).exit_code == 0
    carriers.twilio.token = "0" * 32
    refused = kallglot("connections", "verify", connection)
    assert refused.exit_code == 1
    assert refused.stderr == (
        "Error: the carrier does not take these credentials: Twilio answered 401, code 20003\n"
    )
    assert kallglot("connections", "add", "twilio", *ACCOUNT).exit_code == 1
    assert len(kallglot("connections", "list").stdout.splitlines()) == 2


def test_a_number_is_found_bought_and_given_back(kallglot, carriers, connection):
    words = ("--connection", connection)
    found = kallglot("numbers", "search", "de", "--area", "30", *words)
    assert re.search(rf"\{SOLD} +Berlin +- +1.00 USD", found.stdout)
    assert carriers.twilio.searched[0].country == "DE"
    bought = kallglot("numbers", "buy", SOLD, "--yes", *words)
    assert bought.stdout.startswith("num_")
    assert "your application" in kallglot("numbers", "list").stdout
    assert kallglot("route-test", "--number", SOLD).stdout.endswith(f"twilio by {connection}\n")
    assert "there are numbers" in kallglot("connections", "remove", connection).stderr
    assert kallglot("numbers", "release", SOLD, "--yes").exit_code == 0
    assert SOLD not in carriers.twilio.owned
    assert "there are no numbers" in kallglot("numbers", "list").stderr


def test_nothing_is_bought_without_being_asked_for_twice(kallglot, carriers, connection):
    assert kallglot("numbers", "buy", SOLD, "--connection", connection).exit_code == 1
    assert SOLD not in carriers.twilio.owned


def test_a_number_of_the_account_is_assigned_once(kallglot, connection):
    words = ("--connection", connection)
    assert kallglot("numbers", "assign", OWNED[0], *words).exit_code == 0
    again = kallglot("numbers", "assign", OWNED[0], *words)
    assert "is assigned already" in again.stderr
    other = kallglot("numbers", "assign", "+15550999", *words)
    assert "has no such number" in other.stderr
    assert kallglot("numbers", "unassign", OWNED[0]).exit_code == 0
    assert kallglot("numbers", "assign", OWNED[0], *words).exit_code == 0


def test_a_number_of_the_operators_account_is_given_to_an_organization(kallglot, carriers):
    account = kallglot("connections", "add", "twilio", *ACCOUNT, "--operator").stdout.strip()
    other = kallglot("organizations", "create", "Acme").stdout.strip()
    words = ("--connection", account, "--organization", other)
    assert kallglot("numbers", "assign", OWNED[0], *words).exit_code == 0
    assert other in kallglot("numbers", "list").stdout
    tested = kallglot("route-test", "--number", OWNED[0], "--organization", other)
    assert tested.stdout.endswith(f"twilio by {account}\n")
    assert kallglot("route-test", "--number", OWNED[0]).exit_code == 1


def test_a_number_goes_to_whose_the_account_is(kallglot, connection):
    other = kallglot("organizations", "create", "Acme").stdout.strip()
    words = ("--connection", connection, "--organization", other)
    assert "is the account of" in kallglot("numbers", "assign", OWNED[0], *words).stderr
