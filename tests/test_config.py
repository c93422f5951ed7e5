from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.config import SETTINGS, Settings
from kallglot.errors import SettingsError
from kallglot.routing import Connection, ManagedNumber


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str = "", **environment: str) -> Settings:
        path = tmp_path / "kallglot.toml"
        path.write_text(text, "utf-8")
        return Settings.load(path, environment)

    return load


def test_nothing_needs_to_be_set(load):
    assert load() == Settings.default()
    assert str(load().bind) == "127.0.0.1:8080"
    assert load().public_url == "http://127.0.0.1:8080"


def test_the_environment_wins_over_the_file(load):
    text = 'bind = "0.0.0.0:80"\n[speech]\ndevice = "cuda"\nthreads = 2'
    settings = load(text, KALLGLOT_SPEECH_DEVICE="cpu", KALLGLOT_MAX_SESSIONS="7")
    assert (settings.bind.host, settings.bind.port) == ("0.0.0.0", 80)
    assert settings.public_url == "http://localhost:80"
    assert (settings.speech.device, settings.speech.threads) == ("cpu", 2)
    assert settings.max_sessions == 7


def test_numbers_and_connections_make_a_directory(load):
    text = """
        sip.enabled = true
        [numbers]
        "+15550100" = "twilio"
        [[connections]]
        id = "pcon_a"
        provider = "telnyx"
        [[connections]]
        id = "pcon_b"
        provider = "twilio"
        default = true
    """
    directory = load(text).directory
    assert directory.numbers == {"+15550100": ManagedNumber("twilio")}
    assert directory.is_sip_enabled
    assert directory.connection("pcon_a") == Connection("pcon_a", "telnyx")
    assert directory.default() == Connection("pcon_b", "twilio", True)
    assert load(KALLGLOT_NUMBERS="+1234=twilio, +1235=telnyx").directory.numbers == {
        "+1234": ManagedNumber("twilio"),
        "+1235": ManagedNumber("telnyx"),
    }


@pytest.mark.parametrize(
    ("url", "stream"),
    [
        ("https://calls.example.com/", "wss://calls.example.com/v1/sessions/s/connect"),
        ("http://10.0.0.1:81/kallglot", "ws://10.0.0.1:81/kallglot/v1/sessions/s/connect"),
    ],
)
def test_streams_connect_where_the_outside_reaches_us(load, url, stream):
    assert load(KALLGLOT_PUBLIC_URL=url).stream_url("s") == stream


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bnid = 1", "unknown setting bnid; did you mean bind?"),
        ("[speech]\ndevise = 1", "unknown setting speech.devise; did you mean speech.device?"),
        ("[zzzzzz]\na = 1", "unknown setting zzzzzz; there are bind, data"),
        ("speech = 1", "speech in .* must be a section"),
        ('bind = "8080"', "bind from .*toml is '8080', and must be a host and a port"),
        ('bind = "host:99999"', "must be a host and a port"),
        ('bind = "[::x]:1"', "must be a host and a port"),
        ("max_sessions = true", "must be a whole number from 1 to"),
        ("max_sessions = 0", "must be a whole number from 1 to"),
        ("inactivity = nan", "must be a number of seconds"),
        ("inactivity = -1", "must be a number of seconds"),
        ("inactivity = 1" + "0" * 400, "must be a number of seconds"),
        ('log_level = "loud"', "must be one of debug, info"),
        ('public_url = "ftp://x"', "must be a URL"),
        ('public_url = "https://x/?a"', "must be a URL"),
        ('public_url = "https://[x"', "must be a URL"),
        ('data = ""', "must be a path"),
        ("recording.allow = 1", "must be true or false"),
        ('numbers = {"555" = "twilio"}', "'555' is not a number in E.164"),
        ('numbers = {"+1555" = "bell"}', "'bell' is not a carrier"),
        ("numbers = 5", "must be a table of numbers"),
        ('connections = [{id = "x", provider = "twilio"}]', "must be a list of tables"),
        ('connections = [{id = "pcon_a", provider = "bell"}]', "must be a list of tables"),
        ('connections = [{id = "pcon_a", provider = "twilio", x = 1}]', "must be a list of"),
        ('connections = ["pcon_a"]', "must be a list of tables"),
        ('[[connections]]\nid = "pcon_a"\nprovider = "twilio"\n' * 2, "an id is there twice"),
        (
            "".join(
                f'[[connections]]\nid = "pcon_{each}"\nprovider = "twilio"\ndefault = true\n'
                for each in "ab"
            ),
            "more than one is the default",
        ),
        ("bind =", "is not TOML"),
    ],
)
def test_a_mistake_is_named_with_what_it_should_be(load, text, says):
    with pytest.raises(SettingsError, match=says):
        load(text)


def test_a_misspelt_variable_is_not_overlooked(load):
    with pytest.raises(SettingsError, match="KALLGLOT_BNID; did you mean KALLGLOT_BIND"):
        load(KALLGLOT_BNID="x")
    with pytest.raises(SettingsError, match=r"sip\.enabled from KALLGLOT_SIP_ENABLED is 'maybe'"):
        load(KALLGLOT_SIP_ENABLED="maybe")


def test_a_file_that_is_named_must_be_there(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.load(environment={"KALLGLOT_CONFIG": str(tmp_path / "none.toml")})


def test_the_example_is_the_default_and_can_be_uncommented(load):
    example = Settings.example()
    assert load(example) == Settings.default()
    settled = re.sub(r"(?m)^# (?=\[|\"|[a-z_]+ = )", "", example)
    settings = load(settled)
    assert settings.public_url == "https://calls.example.com"
    assert settings.directory.default() == Connection("pcon_main", "twilio", True)
    assert max(map(len, example.splitlines())) <= 100


def test_every_setting_is_explained():
    reference = Settings.reference()
    assert len(reference) == len(SETTINGS)
    assert all(all(row) for row in reference)
    assert ("sip.enabled", "KALLGLOT_SIP_ENABLED") in {row[:2] for row in reference}


VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@given(setting=st.sampled_from(SETTINGS), value=VALUES)
def test_any_value_is_a_setting_or_a_mistake(setting, value):
    with contextlib.suppress(SettingsError):
        Settings.default(**{setting.name.replace(".", "__"): value})
