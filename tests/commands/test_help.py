from __future__ import annotations

import click
import pytest

from kallglot import __version__
from kallglot.cli import COMMANDS, main
from kallglot.errors import SettingsError


def every_command() -> list[tuple[str, ...]]:
    context = click.Context(main)
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command = main.get_command(context, name)
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, each) for each in command.commands]
    return found


def test_the_version(kallglot):
    assert kallglot("--version").output == f"kallglot, version {__version__}\n"


def test_help_names_every_command(kallglot):
    output = kallglot("--help").output
    for name in COMMANDS:
        assert f"\n  {name} " in output
    assert "Traceback" not in output


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_the_help_of_every_command_has_an_example(kallglot, words):
    result = kallglot(*words, "--help")
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"kallglot {words[0]}" in result.output.partition("Example")[2]


@pytest.mark.parametrize("words", [("dance",), ("keys", "dance"), ("serve", "--dance")])
def test_what_is_not_known_is_a_usage_error(kallglot, words):
    assert kallglot(*words).exit_code == 2


def test_an_error_of_ours_is_one_line(kallglot, monkeypatch):
    monkeypatch.setenv("KALLGLOT_MAX_SESSIONS", "many")
    result = kallglot("keys", "list")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "max_sessions from KALLGLOT_MAX_SESSIONS is 'many'" in result.stderr
    assert SettingsError.__name__ not in result.stderr
