from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.errors import InvalidRequest, NoRoute, NotFound, Refused
from kallglot.model.session import Routing
from kallglot.routing import (
    Connection,
    Directory,
    ManagedNumber,
    ProviderAsked,
    RoutingAsked,
    Step,
    explain,
    explain_older,
    merged,
    resolve,
    resolve_older,
)

EMPTY = Directory()
NUMBER = "+15550100"
RULES = ["connection", "sip", "managed_number", "default_connection"]
FULL = Directory(
    numbers={"+15550100": ManagedNumber("telnyx")},
    connections=(Connection("pcon_a", "telnyx"), Connection("pcon_b", "twilio", True)),
    is_sip_enabled=True,
)


@pytest.mark.parametrize(
    ("asked", "directory", "routing"),
    [
        (None, EMPTY, Routing()),
        (None, FULL, Routing("twilio", connection_id="pcon_b")),
        (
            RoutingAsked(connection_id="pcon_a", direction="inbound"),
            FULL,
            Routing("telnyx", connection_id="pcon_a", direction="inbound"),
        ),
        (
            RoutingAsked(connection_id="pcon_a", type="sip", phone_number="+15550100"),
            FULL,
            Routing("telnyx", "+15550100", "pcon_a"),
        ),
        (RoutingAsked(type="sip", phone_number="+15550100"), FULL, Routing("sip")),
        (RoutingAsked(phone_number="+15550100"), FULL, Routing("telnyx", "+15550100")),
        (
            RoutingAsked(direction="outbound"),
            FULL,
            Routing("twilio", connection_id="pcon_b", direction="outbound"),
        ),
    ],
)
def test_the_first_way_that_is_given_is_taken(asked, directory, routing):
    assert resolve(asked, directory) == routing


@pytest.mark.parametrize(
    ("asked", "directory", "error", "code"),
    [
        (RoutingAsked(), EMPTY, NoRoute, "no_default_provider"),
        (RoutingAsked(connection_id="pcon_x"), FULL, NotFound, "connection_not_found"),
        (RoutingAsked(type="sip"), EMPTY, NoRoute, "sip_not_enabled"),
        (RoutingAsked(phone_number="+1999"), FULL, NotFound, "phone_number_not_found"),
    ],
)
def test_a_way_that_does_not_exist_is_refused_by_its_own_name(asked, directory, error, code):
    with pytest.raises(error) as caught:
        resolve(asked, directory)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("asked", "routing"),
    [
        (
            ProviderAsked("twilio", call_sid="CA1"),
            Routing("twilio", call_id="CA1", direction="inbound"),
        ),
        (
            ProviderAsked("telnyx", call_control_id="v3:1"),
            Routing("telnyx", call_id="v3:1", direction="inbound"),
        ),
        (ProviderAsked("twilio", phone_number="+14155551234"), Routing("twilio", "+14155551234")),
        (ProviderAsked("telnyx", phone_number="+15550100"), Routing("telnyx", "+15550100")),
        (ProviderAsked("twilio"), Routing("twilio")),
        (
            ProviderAsked("telnyx", sip_uri="sip:a@b"),
            Routing("sip", sip_uri="sip:a@b", direction="outbound"),
        ),
        (ProviderAsked("sip"), Routing("sip")),
    ],
)
def test_the_older_object_says_itself_whom_it_means(asked, routing):
    assert resolve_older(asked, FULL) == routing


@pytest.mark.parametrize(
    ("asked", "directory", "error", "code"),
    [
        (ProviderAsked("morse"), FULL, InvalidRequest, "invalid_provider"),
        (ProviderAsked("telnyx", call_sid="CA1"), FULL, InvalidRequest, "invalid_request"),
        (ProviderAsked("twilio", "+15550100"), FULL, InvalidRequest, "invalid_provider"),
        (ProviderAsked("sip", sip_uri="sip:a@b"), EMPTY, NoRoute, "sip_not_enabled"),
    ],
)
def test_an_older_object_that_contradicts_itself_is_refused(asked, directory, error, code):
    with pytest.raises(error) as caught:
        resolve_older(asked, directory)
    assert caught.value.code == code


DISABLED = Directory(
    numbers={NUMBER: ManagedNumber("telnyx", is_active=False)},
    connections=(
        Connection("pcon_a", "telnyx", is_active=False),
        Connection("pcon_b", "twilio", is_default=True, is_active=False),
        Connection("pcon_c", "twilio"),
    ),
)


@pytest.mark.parametrize(
    ("asked", "code", "says"),
    [
        (RoutingAsked(connection_id="pcon_a"), "connection_not_found", "disabled"),
        (RoutingAsked(phone_number=NUMBER), "phone_number_not_found", "not active"),
        (RoutingAsked(), "no_default_provider", "no route"),
    ],
)
def test_what_is_disabled_is_not_there_and_nothing_else_is_taken_instead(asked, code, says):
    found = explain(asked, DISABLED)
    assert found.rule is None
    with pytest.raises(Refused, match=says) as caught:
        found.routing()
    assert caught.value.code == code


def test_a_session_that_asks_for_nothing_goes_by_its_stream_when_the_default_is_disabled():
    found = explain(None, DISABLED)
    assert found.rule == "stream_only"
    assert found.routing() == Routing()
    assert found.steps[-2] == Step("default_connection", "does_not_apply", "pcon_b is disabled")


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        (RoutingAsked(connection_id="pcon_a", type="sip", phone_number=NUMBER), "connection"),
        (RoutingAsked(type="sip", phone_number=NUMBER), "sip"),
        (RoutingAsked(phone_number=NUMBER), "managed_number"),
        (RoutingAsked(), "default_connection"),
    ],
)
def test_a_resolution_says_which_rule_won_and_why_each_before_did_not(asked, rule):
    found = explain(asked, FULL)
    assert found.rule == rule
    assert [step.rule for step in found.steps] == RULES[: RULES.index(rule) + 1]
    assert [step.outcome for step in found.steps[:-1]] == ["does_not_apply"] * (
        len(found.steps) - 1
    )
    assert all(step.reason for step in found.steps)


def test_a_rule_that_is_asked_for_and_fails_decides():
    found = explain(RoutingAsked(type="sip"), attrs.evolve(FULL, is_sip_enabled=False))
    assert found.rule is None
    assert [step.outcome for step in found.steps] == ["does_not_apply", "failed"]
    assert found.steps[-1].reason == "SIP is not enabled on this server"


def test_the_older_object_is_a_rule_of_its_own():
    found = explain_older(ProviderAsked("twilio", call_sid="CA1"), FULL)
    assert (found.rule, len(found.steps)) == ("provider", 1)
    refused = explain_older(ProviderAsked("morse"), FULL)
    assert (refused.rule, refused.steps[0].outcome) == (None, "failed")


SHARED = Directory(
    numbers={NUMBER: ManagedNumber("twilio"), "+15550101": ManagedNumber("twilio")},
    connections=(Connection("pcon_s", "twilio", is_default=True), Connection("pcon_t", "telnyx")),
    is_sip_enabled=True,
)


def test_who_has_nothing_goes_by_the_settings():
    assert merged(SHARED, Directory()) is SHARED


def test_what_an_organization_has_of_its_own_wins_over_the_settings():
    own = Directory(
        numbers={NUMBER: ManagedNumber("telnyx", ("pcon_o",))},
        connections=(Connection("pcon_t", "twilio"), Connection("pcon_o", "telnyx", True)),
    )
    both = merged(SHARED, own)
    assert resolve(RoutingAsked(phone_number=NUMBER), both).provider == "telnyx"
    assert resolve(RoutingAsked(phone_number="+15550101"), both).provider == "twilio"
    assert resolve(RoutingAsked(connection_id="pcon_t"), both).provider == "twilio"
    assert resolve(RoutingAsked(connection_id="pcon_s"), both).provider == "twilio"
    assert resolve(None, both).connection_id == "pcon_o"
    assert resolve(RoutingAsked(type="sip"), both).provider == "sip"


def test_without_a_default_of_its_own_an_organization_takes_that_of_the_settings():
    both = merged(SHARED, Directory(connections=(Connection("pcon_o", "telnyx"),)))
    assert resolve(None, both).connection_id == "pcon_s"


def test_a_default_of_its_own_that_is_disabled_is_not_replaced_by_that_of_the_settings():
    own = Directory(connections=(Connection("pcon_o", "telnyx", True, is_active=False),))
    assert resolve(None, merged(SHARED, own)) == Routing()
    with pytest.raises(NoRoute):
        resolve(RoutingAsked(), merged(SHARED, own))


BACKED = Directory(
    numbers={NUMBER: ManagedNumber("telnyx", ("pcon_x", "pcon_y"))},
    connections=(
        Connection("pcon_1", "twilio", secondary_id="pcon_2"),
        Connection("pcon_2", "twilio", is_default=True, secondary_id="pcon_3"),
        Connection("pcon_3", "telnyx", is_active=False),
        Connection("pcon_4", "telnyx", secondary_id="pcon_1"),
    ),
)


@pytest.mark.parametrize(
    ("route", "accounts"),
    [
        (Routing("twilio", connection_id="pcon_1"), ("pcon_1", "pcon_2")),
        (Routing("twilio", connection_id="pcon_2"), ("pcon_2",)),
        (Routing("telnyx", connection_id="pcon_3"), ()),
        (Routing("telnyx", phone_number=NUMBER), ("pcon_x", "pcon_y")),
        (Routing("twilio", phone_number=NUMBER), ("pcon_2",)),
        (Routing("twilio"), ("pcon_2",)),
        (Routing("telnyx"), ("pcon_4", "pcon_1")),
        (Routing("sip"), ()),
        (Routing(), ()),
    ],
)
def test_a_call_goes_over_an_account_and_over_its_second_when_that_fails(route, accounts):
    assert BACKED.accounts_of(route) == accounts


IDS = st.sampled_from(["pcon_a", "pcon_b", "pcon_c"])
DIRECTORIES = st.builds(
    Directory,
    numbers=st.dictionaries(
        st.sampled_from([NUMBER, "+15550101"]),
        st.builds(ManagedNumber, st.sampled_from(["twilio", "telnyx"]), is_active=st.booleans()),
    ),
    connections=st.lists(
        st.builds(
            Connection,
            IDS,
            st.sampled_from(["twilio", "telnyx"]),
            is_active=st.booleans(),
            secondary_id=st.none() | IDS,
        ),
        unique_by=lambda each: each.id,
    ).flatmap(
        lambda found: st.integers(-1, len(found) - 1).map(
            lambda at: [attrs.evolve(each, is_default=at == i) for i, each in enumerate(found)]
        )
    ),
    is_sip_enabled=st.booleans(),
)
ASKED = st.none() | st.builds(
    RoutingAsked,
    phone_number=st.none() | st.sampled_from([NUMBER, "+15550101", "+1999"]),
    type=st.sampled_from([None, "sip"]),
    connection_id=st.none() | IDS,
)


@given(ASKED, DIRECTORIES, DIRECTORIES)
def test_whatever_there_is_one_rule_decides_and_only_what_is_active_is_used(asked, shared, own):
    directory = merged(shared, own)
    assert sum(each.is_default for each in directory.connections) <= 1
    found = explain(asked, directory)
    assert [step.outcome for step in found.steps].count("won") == (found.rule is not None)
    assert (found.rule is None) == isinstance(found.outcome, Refused)
    active = {each.id for each in directory.connections if each.is_active}
    if isinstance(found.outcome, Routing):
        assert found.outcome.connection_id in {None, *active}
        accounts = directory.accounts_of(found.outcome)
        assert set(accounts) <= active
        assert len(accounts) <= 2
