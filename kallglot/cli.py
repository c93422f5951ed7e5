"""The command line: `kallglot COMMAND`.  What a command does is in `kallglot.commands`."""

from __future__ import annotations

import importlib
from typing import Any

import aiohttp
import click

from kallglot import __version__
from kallglot.errors import KallglotError

__all__ = ["main"]

#: In the order in which they are listed.  A command's module is loaded when it is used.
COMMANDS = (
    "demo",
    "serve",
    "check",
    "models",
    "keys",
    "organizations",
    "webhooks",
    "connections",
    "numbers",
    "route-test",
    "call",
    "simulate",
    "listen",
    "export",
    "usage",
    "openapi",
)

HELP = """Kallglot lets two people on the phone each speak their own language.

\b
Begin with:
  kallglot check     see whether this machine has what it takes
  kallglot demo      hear a call being translated; needs no account and no telephone
  kallglot serve     run the server
  kallglot models    choose models for real calls, and get them
"""


class Commands(click.Group):
    """Commands by name; whatever goes wrong on purpose is one line and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(_module(cmd_name)).command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KallglotError as error:
            raise click.ClickException(_on_one_line(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise click.ClickException(_on_one_line(error)) from error


def _module(command: str) -> str:
    return f"kallglot.commands.{command.replace('-', '_')}"


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@click.command(cls=Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kallglot")
def main() -> None:
    pass


if __name__ == "__main__":
    main()
