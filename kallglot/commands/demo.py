"""`kallglot demo`: a whole translated call on this machine, judged by what was heard."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import attrs
import click
import msgspec
from rich.console import Console

from kallglot.commands import terminal
from kallglot.commands.api import Api, connected
from kallglot.commands.serve import cards, started
from kallglot.commands.terminal import examples
from kallglot.config import Settings
from kallglot.demo import evidence as evidences
from kallglot.demo import judgement, loudspeaker, report, story, voices
from kallglot.demo.conversation import Conversation, Exchange, Happening, Held
from kallglot.demo.judgement import Evidence, Verdict
from kallglot.demo.story import LANGUAGES, Line
from kallglot.errors import EngineError
from kallglot.server import Server, running
from kallglot.speech.client import SpeechClient
from kallglot.speech.engines import SpeechRequest, VoiceRequest

__all__ = ["command"]

RATE = 8000

NOTICE = (
    "The models are a demonstration that knows one phrase domain, a support call, and synthetic"
    " voices.  They show how Kallglot works, not how well a large model translates."
)


@attrs.frozen
class Wanted:
    """What the command was asked to do."""

    folder: Path
    data: Path | None
    is_quick: bool
    seed: int
    is_heard: bool


@click.command(
    "demo",
    epilog=examples("kallglot demo", "kallglot demo --quick --to /tmp/call", "kallglot demo --listen"),
)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for what the call leaves.  [default: kallglot-demo/DATE-TIME]",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data folder of the server.  [default: a temporary one]",
)
@click.option("--quick", is_flag=True, help="Three lines instead of ten.")
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the two voices.")
@click.option("--listen", is_flag=True, help="Play the call on this machine's loudspeaker.")
def command(
    folder: Path | None, data: Path | None, seed: int, *, quick: bool, listen: bool
) -> None:
    """Hear a call being translated; takes about a minute and a half, and needs no account.

    A server is started, a German customer calls in as if through Twilio, an English agent answers
    in a browser, both simulated.  Half-way the customer's line is cut, and he calls again.  What
    came out of each telephone is then compared with what should have: if it is not that, the
    exit code is 1 and the difference is said.
    """
    now = dt.datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    wanted = Wanted(folder or Path("kallglot-demo") / now, data, quick, seed, listen)
    console = terminal.notes()
    verdict = terminal.run(_demonstrate(wanted, console))
    if not verdict.is_passed:
        raise click.ClickException(
            f"what was heard is not what should have been heard: {len(verdict.failures)}"
            f" differences, listed above and in {wanted.folder / 'summary.json'}"
        )


async def _demonstrate(wanted: Wanted, console: Console) -> Verdict:
    player = loudspeaker.find_player() if wanted.is_heard else None
    lines = story.shortened() if wanted.is_quick else story.STORY
    people = voices.choose(wanted.seed)
    wanted.folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        stack.enter_context(_logging_to(wanted.folder / "server.log"))
        data = wanted.data or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="kallglot-demo-"))
        )
        speech = await stack.enter_async_context(started(_settings(data), console))
        assert speech is not None
        _introduce(speech, people, console)
        server = await stack.enter_async_context(running(_settings(data), speech))
        key = server.first_key or await _another_key(server)
        api = await stack.enter_async_context(connected(server.url, key))
        with console.status("rehearsing the lines"), voices.Mouth() as mouth:
            sounds = {
                line.text: mouth.say(line.text, people[line.speaker], RATE) for line in lines
            }
        conversation = Conversation(api, _Teller(console).tell)
        async with AsyncExitStack() as call:
            if player is not None:
                await call.enter_async_context(loudspeaker.playing(player, conversation.phones))
            held = await conversation.hold(lines, sounds)
        with console.status("listening to what was heard"):
            return await _conclude(held, api, server, wanted, people, console)


async def _conclude(
    held: Held,
    api: Api,
    server: Server,
    wanted: Wanted,
    people: dict[str, voices.Person],
    console: Console,
) -> Verdict:
    folder, speech = wanted.folder, server.speech
    assert isinstance(speech, SpeechClient)
    transcript = await report.save_call(api, held.session["id"], folder)
    turns = evidences.matched(held.exchanges, transcript["turns"])
    spoken = await _pronounced(speech, held, turns)
    tracks = {who: folder / f"{who}_heard.wav" for who in LANGUAGES}

    def pronounce(text: str, language: str) -> bytes:
        return spoken[text, language]

    evidence = evidences.evidence_of(held, turns, tracks, pronounce)
    verdict = judgement.judge(evidence, evidences.course_of(held, turns, pronounce))
    report.save_log(held, await _announced(server, held), folder)
    about = {
        "session": held.session["id"],
        "seed": wanted.seed,
        "voices": {who: attrs.asdict(person) for who, person in people.items()},
        "models": cards(speech.cards),
        "notice": NOTICE,
        "heard_again": await _heard_again(speech, held),
    }
    report.save_summary(folder, verdict, evidence, about)
    _draw(held, evidence, folder)
    _say_verdict(verdict, folder, console)
    return verdict


def _settings(data: Path) -> Settings:
    """Return settings that depend on nothing around: a free port, and the demonstration models."""
    if not hasattr(_settings, "port"):
        pass
    return Settings.default(data=str(data), bind=f"127.0.0.1:{_free_port()}")
