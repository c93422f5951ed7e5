from __future__ import annotations

import aiohttp
import pytest
from click.testing import CliRunner

from kallglot.commands.connections import command

pytestmark = pytest.mark.real_time

SID = "AC" + "0123456789abcdef" * 2
TOKEN = "f00dfeed" * 4
ACCOUNT = ("--credential", f"account_sid={SID}", "--credential", f"auth_token={TOKEN}")
NUMBER = "+15550100"


@pytest.fixture
def organization(kallglot) -> None:
    kallglot("keys", "create")


def add(kallglot, *words) -> str:
    result = kallglot("connections", "add", "twilio", *ACCOUNT, "--no-verify", *words)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_a_connection_is_added_listed_changed_and_removed(kallglot, organization):
    first = add(kallglot, "--name", "Main", "--default")
    second = add(kallglot, "--secondary", first)
    listed = kallglot("connections", "list").stdout
    assert TOKEN not in listed
    for shown in (first, "Main", "active, default", SID, "…feed"):
        assert shown in listed
    assert kallglot("connections", "default", second).exit_code == 0
    assert kallglot("connections", "disable", first).exit_code == 0
    *_, one, other = kallglot("connections", "list").stdout.splitlines()
    assert "disabled" in one
    assert "active, default" in other
    refused = kallglot("connections", "default", first)
    assert "enable it first" in refused.stderr
    assert kallglot("connections", "enable", first).exit_code == 0
    for each in (first, second):
        assert kallglot("connections", "remove", each).exit_code == 0
    assert "there are no connections" in kallglot("connections", "list").stderr
    assert f"there is no connection {first}" in kallglot("connections", "remove", first).stderr


def test_what_is_not_said_is_asked_for_and_not_shown(kallglot, organization, tmp_path):
    words = ["add", "twilio", "--no-verify", "--credential", f"account_sid={SID}"]
    result = CliRunner().invoke(command, words, input=f"{TOKEN}\n")
    assert result.exit_code == 0, result.output
    assert TOKEN not in result.output
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    result = kallglot("connections", *words, "--credential", f"auth_token=@{tmp_path / 'token'}")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("add", "pigeon"), 2, "there is no account with pigeon"),
        (("add", "twilio", "--credential", "pin=1"), 2, "a credential of twilio is NAME=VALUE"),
        (("add", "twilio", *ACCOUNT, "--operator", "--organization", "org_x"), 2, "exclude"),
        (("add", "twilio", *ACCOUNT, "--no-verify", "--secondary", "pcon_x"), 1, "no connection"),
        (
            ("add", "twilio", "--credential", "account_sid=x", *ACCOUNT[2:], "--no-verify"),
            1,
            "account_sid is not well formed",
        ),
    ],
)
def test_what_cannot_be_connected(kallglot, organization, words, code, says):
    result = kallglot("connections", *words)
    assert result.exit_code == code
    assert says in result.stderr
    assert TOKEN not in result.output


def test_a_second_is_of_the_same_owner(kallglot, organization):
    operators = add(kallglot, "--operator")
    result = kallglot(
        "connections", "add", "twilio", *ACCOUNT, "--no-verify", "--secondary", operators
    )
    assert "somebody else's" in result.stderr


def test_a_route_is_tested_and_explained(kallglot, organization, monkeypatch):
    monkeypatch.setenv("KALLGLOT_NUMBERS", f"{NUMBER}=telnyx")
    found = kallglot("route-test", "--number", NUMBER)
    assert found.exit_code == 0
    assert [line.split()[0] for line in found.stdout.splitlines()] == [
        "RULE",
        "connection",
        "sip",
        "managed_number",
        "telnyx",
    ]
    assert "reached by its stream" in kallglot("route-test").stdout
    first = add(kallglot)
    main = add(kallglot, "--default", "--secondary", first)
    assert kallglot("route-test").stdout.splitlines()[-1] == f"twilio by {main}, then {first}"
    kallglot("connections", "disable", main)
    for words, code in (
        (("--connection", main), "connection_not_found"),
        (("--type", "sip"), "sip_not_enabled"),
        (("--number", "+1999"), "phone_number_not_found"),
    ):
        result = kallglot("route-test", *words)
        assert result.exit_code == 1
        assert f"Error: {code}: " in result.stderr
        assert "fails" in result.stdout
    assert "is disabled" in kallglot("route-test").stdout


def test_numbers_of_the_settings_are_listed_and_not_assigned(kallglot, organization, monkeypatch):
    assert "there are no numbers" in kallglot("numbers", "list").stderr
    monkeypatch.setenv("KALLGLOT_NUMBERS", f"{NUMBER}=telnyx")
    assert "in the settings" in kallglot("numbers", "list").stdout
    connection = add(kallglot)
    result = kallglot("numbers", "assign", NUMBER, "--connection", connection)
    assert "is in the settings file" in result.stderr
    assert kallglot("numbers", "assign", "555", "--connection", connection).exit_code == 2
    assert "is nobody's here" in kallglot("numbers", "unassign", "+15550199").stderr


async def test_what_is_connected_beside_a_server_is_routed_by_soon(running_server):
    data = ("--data", str(running_server.server.settings.data))
    headers = {"Authorization": f"Bearer {running_server.key}"}
    url = f"{running_server.server.url}/v1/routing/resolve"
    async with aiohttp.ClientSession(headers=headers) as client:

        async def rule() -> str:
            async with client.post(url, json={}) as response:
                return (await response.json())["rule"]

        assert await rule() == "stream_only"
        added = await running_server.kallglot(
            "connections", "add", "twilio", *ACCOUNT, "--no-verify", "--default", *data
        )
        assert added.exit_code == 0, added.output
        for _ in range(200):
            found = await rule()
            if found != "stream_only":
                break
            await running_server.kallglot("connections", "list", *data)
        assert found == "default_connection"
