from __future__ import annotations

import pytest

from kallglot.errors import InvalidRequest, NoRoute, NotFound
from kallglot.model.session import Routing
from kallglot.routing import (
    Connection,
    Directory,
    ProviderAsked,
    RoutingAsked,
    resolve,
    resolve_older,
)

EMPTY = Directory()
FULL = Directory(
    numbers={"+15550100": "telnyx"},
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
