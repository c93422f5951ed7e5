"""`kallglot check`: what this machine has, lacks, and how to mend it."""

from __future__ import annotations

from pathlib import Path

import click

from kallglot.commands import machine, terminal
from kallglot.commands import settings as options
from kallglot.commands.machine import Finding, Grade
from kallglot.commands.terminal import examples

__all__ = ["command"]

_STYLES = {Grade.GOOD: "green", Grade.MEAGRE: "yellow", Grade.MISSING: "bold red"}


@click.command("check", epilog=examples("kallglot check", "kallglot check --config kallglot.toml"))
@options.data_option
@options.config_option
def command(data: str | None, config: Path | None) -> None:
    """See what this machine lacks, and how to mend it."""
    settings = options.load(config, data=data)
    console = terminal.notes()
    with console.status("looking at this machine"):
        findings = list(machine.findings(settings))
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        _show(finding, width)
    missing = [finding for finding in findings if finding.grade is Grade.MISSING]
    if missing:
        names = ", ".join(finding.what for finding in missing)
        raise click.ClickException(f"not ready: {names}")
    click.echo("ready; now try: kallglot demo")


def _show(finding: Finding, width: int) -> None:
    style = _STYLES[finding.grade].split()[-1]
    mark = click.style(f"{finding.grade.value:8}", fg=style)
    click.echo(f"{mark} {finding.what:{width}}  {finding.found}")
    if finding.remedy:
        click.echo(f"{'':8} {'':{width}}  → {finding.remedy}")
