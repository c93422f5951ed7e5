from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.carriers.settings import credentials_of, read_credentials
from kallglot.errors import InvalidRequest
from plugins.telnyx.settings import TelnyxSettings
from plugins.twilio.settings import TwilioSettings
from tests.plugins.webhooks import ACCOUNT, PUBLIC_KEY, TOKEN

GOOD = {"account_sid": ACCOUNT, "auth_token": TOKEN}

values = st.recursive(st.none() | st.integers() | st.text(max_size=8), st.lists, max_leaves=4)


def test_credentials_are_described_so_that_a_form_can_be_drawn_of_them():
    described = {each.name: each for each in credentials_of(TwilioSettings)}
    assert described["auth_token"].is_secret
    assert described["auth_token"].is_required
    assert not described["account_sid"].is_secret
    assert not described["api_key_sid"].is_required
    assert described["other_tokens"].is_list
    assert all(each.meaning for each in described.values())
    assert all(each.meaning for each in credentials_of(TelnyxSettings))


def test_credentials_become_settings():
    settings = read_credentials(TwilioSettings, GOOD | {"other_tokens": ["old"]}, "credentials")
    assert settings == TwilioSettings(ACCOUNT, TOKEN, other_tokens=("old",))
    assert settings.user == (ACCOUNT, TOKEN)
    assert settings.host == "api.twilio.com"


def test_an_api_key_is_for_the_rest_api_and_a_region_is_where_it_is():
    given_key = {"api_key_sid": "SK" + "0" * 32, "api_key_secret": "s", "region": "dublin.ie1"}
    settings = read_credentials(TwilioSettings, GOOD | given_key, "credentials")
    assert settings.user == ("SK" + "0" * 32, "s")
    assert settings.host == "api.dublin.ie1.twilio.com"


@pytest.mark.parametrize(
    ("given_", "param"),
    [
        ({}, "credentials.account_sid"),
        ({"account_sid": ACCOUNT}, "credentials.auth_token"),
        (GOOD | {"auth_tokn": "x"}, "credentials.auth_tokn"),
        (GOOD | {"auth_token": ""}, "credentials.auth_token"),
        (GOOD | {"auth_token": "a\nb"}, "credentials.auth_token"),
        (GOOD | {"auth_token": 3}, "credentials.auth_token"),
        (GOOD | {"auth_token": ["x"]}, "credentials.auth_token"),
        (GOOD | {"other_tokens": "x"}, "credentials.other_tokens"),
        (GOOD | {"account_sid": "AC1"}, "credentials.account_sid"),
        (GOOD | {"region": "evil.example/ie1"}, "credentials.region"),
    ],
)
def test_what_is_wrong_with_credentials_is_said_without_repeating_them(given_, param):
    with pytest.raises(InvalidRequest) as refused:
        read_credentials(TwilioSettings, given_, "credentials")
    assert refused.value.param == param
    assert TOKEN not in str(refused.value)


def test_a_public_key_is_one():
    with pytest.raises(InvalidRequest) as refused:
        read_credentials(TelnyxSettings, {"api_key": "K", "public_key": "short"}, "credentials")
    assert refused.value.param == "credentials.public_key"
    assert read_credentials(TelnyxSettings, {"api_key": "K", "public_key": PUBLIC_KEY}, "c")


def test_secrets_are_not_shown_by_a_log():
    shown = repr(read_credentials(TwilioSettings, GOOD, "c"))
    assert TOKEN not in shown
    assert ACCOUNT in shown
    assert "KEY1" not in repr(TelnyxSettings("KEY1", PUBLIC_KEY))


@given(
    st.sampled_from([TwilioSettings, TelnyxSettings]),
    st.dictionaries(
        st.sampled_from(["account_sid", "auth_token", "api_key", "public_key", "other_tokens"])
        | st.text(max_size=5),
        values,
    ),
)
def test_whatever_is_given_is_taken_or_refused(settings, given_):
    with contextlib.suppress(InvalidRequest):
        assert isinstance(read_credentials(settings, given_, "credentials"), settings)
