"""`kallglot serve`: the server, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import click
from rich.console import Console

from kallglot import __version__
from kallglot.commands import settings as options
from kallglot.commands import terminal
from kallglot.commands.terminal import examples
from kallglot.config import Settings
from kallglot.metering import Metering
from kallglot.server import Server, premises, running, settle
from kallglot.speech.client import SpeechClient
from kallglot.speech.engines import EngineCard

__all__ = ["command", "started"]

CURL = """\
  curl {url}/v1/sessions \\
    -H "Authorization: Bearer {key}" -H "Content-Type: application/json" \\
    -d '{{"mode": "bidirectional_translation",
          "source_language": "de", "target_language": "en"}}'"""


@click.command(
    "serve",
    epilog=examples(
        "kallglot serve",
        "kallglot serve --bind 0.0.0.0:8080 --data /var/lib/kallglot",
        "kallglot serve --example-settings > kallglot.toml",
    ),
)
@click.option("--bind", metavar="HOST:PORT", help="Where to listen.  [default: 127.0.0.1:8080]")
@options.data_option
@options.config_option
@click.option("--example-settings", is_flag=True, help="Print a settings file, and stop.")
def command(
    bind: str | None, data: str | None, config: Path | None, *, example_settings: bool
) -> None:
    """Run the server.

    The models are loaded, then calls are taken until Ctrl-C or SIGTERM.  Calls in progress are
    told to come back, and go on when the server does.
    """
    if example_settings:
        click.echo(Settings.example(), nl=False)
        return
    settings = options.load(config, data=data, bind=bind)
    terminal.log_to_stderr(settings.log_level)
    terminal.run(_serve(settings, terminal.notes()))


async def _serve(settings: Settings, console: Console) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(_until(stop, settings, console))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not serving.done() and not stop.is_set():
        serving.cancel()
    await serving


async def _until(stop: asyncio.Event, settings: Settings, console: Console) -> None:
    with premises(settings) as held:
        async with started(settings, console, stop) as speech:
            if speech is None:
                return
            metering = Metering()
            metering.watch(speech)
            async with running(settings, speech, metering=metering, held=held) as server:
                settle()
                announce(server, console)
                await stop.wait()
                console.print("stopping; calls in progress may come back when the server does")


@asynccontextmanager
async def started(
    settings: Settings, console: Console, stop: asyncio.Event | None = None
) -> AsyncIterator[SpeechClient | None]:
    """Load the models, showing what goes on; None if `stop` comes first."""
    speech = SpeechClient(options.hosts_of(settings))
    starting = asyncio.create_task(speech.start())
    stopping = asyncio.create_task((stop or asyncio.Event()).wait())
    try:
        with terminal.loading(console, "loading the models"):
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            yield speech
        else:
            yield None
    finally:
        stopping.cancel()
        starting.cancel()
        await asyncio.wait({starting, stopping})
        await speech.stop()


def announce(server: Server, console: Console) -> None:
    """Say where the server is and how it is used."""
    console.print(f"[bold]Kallglot {__version__}[/] listens on [bold]{server.url}[/]")
    console.print(f"data folder {server.settings.data.resolve()}")
    console.print(f"reference of the API {server.url}/docs")
    for line in cards(server.speech.cards):
        console.print(line, markup=False)
    for notice in dict.fromkeys(card.notice for card in server.speech.cards.values()):
        if notice:
            console.print(notice, style="bold yellow", markup=False)
    if server.first_key is not None:
        console.print("\nThis is your first API key; it is shown only now:\n")
        console.print(f"  [bold]{server.first_key}[/]\n")
        console.print("Create a session with it:\n")
        console.print(CURL.format(url=server.url, key=server.first_key), markup=False)
        console.print("")
    console.print("Ctrl-C stops the server.")


def cards(known: Mapping[str, EngineCard]) -> list[str]:
    """Return which models are used, a line for each."""
    return [
        f"{role}: {card.name} {card.revision} ({', '.join(card.languages[:4])}"
        f"{', …' if len(card.languages) > 4 else ''})"
        for role, card in known.items()
    ]
