from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.real_time


def test_create_prints_the_key_alone(kallglot):
    result = kallglot("keys", "create", "--name", "call centre")
    assert re.fullmatch(r"sk_live_[\w-]{32}\n", result.stdout)
    assert "not shown again" in result.stderr


def test_a_key_is_listed_without_its_secret_and_revoked(kallglot):
    key = kallglot("keys", "create", "--test", "--days", "30", "--scope", "sessions:read").stdout
    listed = kallglot("keys", "list").stdout
    assert "sk_test_" in listed
    assert "sessions:read" in listed
    assert "good until" in listed
    assert key.strip() not in listed
    key_id = re.search(r"key_\w+", listed)[0]
    assert kallglot("keys", "revoke", key_id).exit_code == 0
    assert "revoked" in kallglot("keys", "list").stdout
    again = kallglot("keys", "revoke", key_id)
    assert again.exit_code == 1
    assert again.stderr.startswith(f"Error: there is no key {key_id} in use")


def test_no_keys(kallglot):
    kallglot("organizations", "create", "Acme")
    result = kallglot("keys", "list")
    assert result.stdout == ""
    assert "kallglot keys create" in result.stderr


@pytest.mark.parametrize("what", ["keys", "webhooks", "organizations"])
def test_who_only_looks_makes_no_folder(kallglot, tmp_path, what):
    mistyped = tmp_path / "dta"
    result = kallglot(what, "list", "--data", str(mistyped))
    assert result.exit_code == 1
    assert str(mistyped) in result.stderr
    assert "--data" in result.stderr
    assert not mistyped.exists()


def test_a_folder_that_cannot_be_used(kallglot, tmp_path):
    (tmp_path / "file").write_text("")
    result = kallglot("keys", "list", "--data", str(tmp_path / "file" / "below"))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1


async def test_a_key_made_beside_a_running_server_is_good_there(running_server):
    data = str(running_server.server.settings.data)
    made = await running_server.kallglot("keys", "create", "--data", data)
    key = made.stdout.strip()
    url = running_server.server.url
    result = await running_server.kallglot("export", "sess_x", "--url", url, "--api-key", key)
    assert "session_not_found" in result.stderr


def test_a_key_does_not_outlive_the_calendar(kallglot):
    assert kallglot("keys", "create", "--days", "99999999").exit_code == 2
    assert kallglot("keys", "create", "--days", "36500").exit_code == 0
    assert "good until" in kallglot("keys", "list").stdout
