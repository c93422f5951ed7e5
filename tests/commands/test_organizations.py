from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.real_time


def test_an_organization_is_made_changed_and_deleted(kallglot):
    made = kallglot("organizations", "create", "Acme").stdout.strip()
    assert re.fullmatch(r"org_\w{26}", made)
    change = ("organizations", "change", made)
    result = kallglot(*change, "--credits", "5", "--sessions", "2", "--name", "Renamed")
    assert result.exit_code == 0
    kallglot(*change, "--sessions", "none", "--status", "suspended")
    (row,) = kallglot("organizations", "list").stdout.splitlines()[1:]
    assert row.split()[:3] == [made, "Renamed", "suspended"]
    assert row.split()[-5:] == ["-", "-", "0", "of", "5"]
    assert kallglot("organizations", "delete", made, "--yes").exit_code == 0
    assert "there are no organizations" in kallglot("organizations", "list").stderr


def test_only_a_suspended_organization_is_deleted(kallglot):
    made = kallglot("organizations", "create", "Acme").stdout.strip()
    result = kallglot("organizations", "delete", made, "--yes")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: suspend the organization")


@pytest.mark.parametrize(
    "arguments",
    [
        ("organizations", "change", "org_x", "--name", "x"),
        ("organizations", "delete", "org_x", "--yes"),
        ("organizations", "delete", "org_x"),
        ("keys", "create", "--organization", "org_x"),
    ],
)
def test_an_organization_that_there_is_not(kallglot, arguments):
    result = kallglot(*arguments)
    assert result.exit_code == 1
    assert "there is no organization org_x; see kallglot organizations list" in result.stderr


@pytest.mark.parametrize("quota", ["-1", "many", "1.5", "10000000000"])
def test_a_quota_is_a_whole_number_or_none(kallglot, quota):
    assert kallglot("organizations", "change", "org_x", "--credits", quota).exit_code == 2


def test_a_key_is_made_for_an_organization_and_one_for_an_operator(kallglot):
    made = kallglot("organizations", "create", "Acme").stdout.strip()
    kallglot("keys", "create", "--organization", made, "--name", "theirs")
    kallglot("keys", "create", "--operator", "--name", "portal")
    theirs, portal = kallglot("keys", "list").stdout.splitlines()[1:]
    assert made in theirs
    assert theirs.endswith("everything but data:erase, keys:manage, telephony:manage")
    assert portal.split()[-3:] == ["keys:manage", "operator", "telephony:manage"]
    assert kallglot("keys", "create", "--operator", "--test").exit_code == 2


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "x" * 201])
def test_a_name_is_what_the_api_takes_as_one(kallglot, name):
    result = kallglot("organizations", "create", name)
    assert (result.exit_code, "1 to 200 characters" in result.stderr) == (2, True)
    assert kallglot("keys", "create", "--name", name).exit_code == 2
