"""`kallglot demo`: a whole translated call on this machine, judged by what was heard."""

from __future__ import annotations

import datetime as dt
import logging
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, assert_never

import attrs
import click
import msgspec
from rich.console import Console

from kallglot import log
from kallglot.commands import terminal
from kallglot.commands.api import Api, connected
from kallglot.commands.serve import cards, started
from kallglot.commands.terminal import examples
from kallglot.config import Settings
from kallglot.demo import evidence as evidences
from kallglot.demo import judgement, loudspeaker, report, second_ear, story, voices
from kallglot.demo.conversation import Conversation, Exchange, Happening, Held, News, Said
from kallglot.demo.judgement import Evidence, Verdict
from kallglot.demo.story import LANGUAGES
from kallglot.server import Server, running
from kallglot.speech.client import SpeechClient
from kallglot.speech.service import SpeechService
from kallglot.store.events import StoredEvent

__all__ = ["command"]

RATE = 8000

#: What stands for a translation that the models did not vouch for.
UNSURE = "(unsure, so the voice was passed on as it was)"

#: Seconds without a frame that are heard, and what is said of them.
STALL = 0.2
BUSY = "this machine was busy: for {:.1f} s the telephones had to wait, and that can be heard"

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
    epilog=examples(
        "kallglot demo", "kallglot demo --quick --to /tmp/call", "kallglot demo --listen"
    ),
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
@click.option("--quick", is_flag=True, help="Three lines instead of eight.")
@click.option("--seed", type=int, default=1, show_default=True, help="Chooses the two voices.")
@click.option("--listen", is_flag=True, help="Play the call on this machine's loudspeaker.")
def command(
    folder: Path | None, data: Path | None, seed: int, *, quick: bool, listen: bool
) -> None:
    """Hear a call being translated, on this machine alone.

    It takes a minute and a half, and needs no account.  A server is started, a German customer
    calls in as if through Twilio, an English agent answers in a browser, both simulated.  On the
    way the customer's line is cut, and he calls again.  What came out of each telephone is then
    compared with what should have: if it is not that, the exit code is 1 and the difference is
    said.
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
        settings = _settings(data)
        speech = await stack.enter_async_context(started(settings, console))
        assert speech is not None
        _introduce(speech, people, console)
        server = await stack.enter_async_context(running(settings, speech))
        key = server.first_key or await _another_key(server)
        api = await stack.enter_async_context(connected(server.url, key))
        with console.status("rehearsing the lines"), voices.Mouth() as mouth:
            sounds = {line.text: mouth.say(line.text, people[line.speaker], RATE) for line in lines}
        conversation = Conversation(api, _Teller(console).tell)
        async with AsyncExitStack() as call:
            if player is not None:
                await call.enter_async_context(loudspeaker.playing(player, conversation.phones))
            held = await conversation.hold(lines, sounds)
        with console.status("listening to what was heard"):
            events = await _announced(server, held.session["id"], held.began_at)
            about = {
                "session": held.session["id"],
                "seed": wanted.seed,
                "voices": {who: attrs.asdict(person) for who, person in people.items()},
                "models": cards(speech.cards),
                "notice": NOTICE,
            }
            report.save_log(held, events, wanted.folder)
            verdict = await _conclude(held, api, speech, wanted.folder, about, console)
        _say_verdict(verdict, wanted.folder, console)
        return verdict


async def _conclude(
    held: Held,
    api: Api,
    speech: SpeechService,
    folder: Path,
    about: Mapping[str, object],
    console: Console,
) -> Verdict:
    """Save what the call has left, and judge it."""
    transcript = await report.save_call(api, held.session["id"], folder)
    turns = evidences.matched(held.exchanges, transcript["turns"])
    pronounce = await second_ear.pronunciations(speech, held.exchanges, turns)
    tracks = {who: folder / f"{who}_heard.wav" for who in LANGUAGES}
    evidence = evidences.evidence_of(held, turns, tracks, pronounce)
    verdict = judgement.judge(evidence, evidences.course_of(held, turns, pronounce))
    again = await second_ear.recognised_again(speech, held)
    stall = round(max(phone.latest for phone in held.phones.values()), 3)
    more = {**about, "longest_stall_seconds": stall, "recognised_again": again}
    report.save_summary(folder, verdict, evidence, more)
    _draw(held, evidence, folder)
    if stall > STALL:
        console.print(BUSY.format(stall), style="yellow", markup=False)
    return verdict


def _settings(data: Path) -> Settings:
    """Return settings that depend on nothing around: a free port, the demonstration models."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return Settings.default(data=str(data), bind=f"127.0.0.1:{port}")


async def _another_key(server: Server) -> str:
    """Make a key for the demonstration in a data folder that has some already."""
    store = server.store
    (owner, *_) = await store.organizations.all()
    return (await store.keys.create(owner.id, time.time(), name="demonstration")).text


@contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """Keep the server's log in a file, and off the screen."""
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.addFilter(log.WhoFilter())
    handler.setFormatter(logging.Formatter(log.FORMAT))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()


async def _announced(server: Server, session_id: str, began: float) -> list[dict[str, Any]]:
    """Return what the server announced of the call, at the time that counts from `began`."""
    announced: list[StoredEvent] = []
    while page := await server.store.events.after(announced[-1].position if announced else 0):
        announced += page
    return [
        {
            "at": round(event.created_at - began, 3),
            "source": "server",
            "what": event.type,
            "body": msgspec.json.decode(event.body),
        }
        for event in announced
        if event.session_id == session_id
    ]


def _draw(held: Held, evidence: Sequence[Evidence], folder: Path) -> None:
    from kallglot.demo import picture  # noqa: PLC0415 - matplotlib takes a second, even for --help

    picture.draw(held, evidence, folder / "call.png")


def _introduce(speech: SpeechClient, people: Mapping[str, voices.Person], console: Console) -> None:
    console.print(NOTICE, style="bold yellow")
    for line in cards(speech.cards):
        console.print(line, style="dim", markup=False)
    for who, person in people.items():
        console.print(f"the {who} is played by {person.voice}", style="dim", markup=False)
    console.print("")


def _say_verdict(verdict: Verdict, folder: Path, console: Console) -> None:
    console.print("")
    for failure in verdict.failures:
        console.print(f"differs: {failure}", style="red", markup=False)
    for tolerated in verdict.tolerated:
        console.print(f"tolerated: {tolerated}", style="yellow", markup=False)
    lag = "" if verdict.median_lag is None else f", median lag {verdict.median_lag:.2f} s"
    click.echo(
        f"{verdict.exact} of {verdict.lines} lines translated exactly,"
        f" {verdict.translated_words:.0%} of the words{lag}"
    )
    click.echo(
        f"{verdict.early} of {verdict.lines} lines could be heard before they had been said,"
        f" up to {verdict.longest_ahead:.1f} s before"
    )
    click.echo(f"{folder}: listen to call.mp3, look at call.png, read transcript.txt")


class _Teller:
    """Prints the call as it is held: the transcript on standard output, the rest beside it."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def tell(self, news: News) -> None:
        match news:
            case Happening(at, what, fields):
                rest = ", ".join(f"{name} {value}" for name, value in fields.items())
                text = f"{at:6.1f}  {what}" + (f" ({rest})" if rest else "")
                self._console.print(text, style="dim", markup=False)
            case Said(line, span):
                click.echo(f"{span.since:6.1f}  {line.speaker:8}  {line.language}  {line.text}")
            case Exchange():
                self._exchange(news)
            case _:
                assert_never(news)

    def _exchange(self, exchange: Exchange) -> None:
        line, hearing = exchange.line, exchange.hearing
        understood = " ".join(caption.text for caption in exchange.captions)
        if judgement.words(understood) != judgement.words(line.text):
            click.echo(f"{'':16}  understood as: {understood or '(nothing)'}")
        heard = " ".join(caption.translation or UNSURE for caption in exchange.captions)
        language = LANGUAGES[line.listener]
        if hearing is None:
            click.echo(f"{'':6}  {line.listener:8}  {language}  (heard nothing)")
            return
        lag = _lag_in_words(exchange)
        click.echo(f"{hearing.since:6.1f}  {line.listener:8}  {language}  {heard}  [{lag}]")


def _lag_in_words(exchange: Exchange) -> str:
    """Say how long the listener waited, from the end of what was said or before it."""
    said = []
    if exchange.ahead:
        said.append(f"from {exchange.ahead:.2f} s before the end")
    if exchange.lag is not None:
        said.append(f"lag {exchange.lag:.2f} s")
    return ", ".join(said) or "after having called again"
