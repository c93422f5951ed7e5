"""`kallglot simulate`: a carrier on this machine, which calls a server or is called by it."""

from __future__ import annotations

import asyncio
import contextlib
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias

import click
from rich.console import Console

from kallglot.commands import terminal
from kallglot.commands.simulated import NUMBER, RATE, Wanted, options
from kallglot.commands.terminal import examples
from kallglot.phones.tape import Span, Tape
from kallglot.testing import (
    ControlledCall,
    Entry,
    LiveCall,
    TelnyxAccount,
    TelnyxCarrier,
    TwilioAccount,
    TwilioCarrier,
    TwilioKey,
)
from kallglot.testing.load import Fate, Summary, summarised

__all__ = ["command"]

Call: TypeAlias = LiveCall | ControlledCall
Kind: TypeAlias = Literal["twilio", "telnyx"]


@click.group(
    "simulate",
    epilog=examples(
        "kallglot simulate twilio --play question.wav --record heard.wav",
        "kallglot simulate telnyx --call-control --play question.wav",
        "kallglot simulate twilio --api-port 9100",
        "kallglot simulate twilio --calls 200 --per-second 5",
    ),
)
def command() -> None:
    """Be a carrier, so that no account with one is needed.

    It calls a number that the server answers, or with --api-port is called by the server.  It is
    made from the carriers' documentation: what it cannot do, it says.
    """


@command.command(epilog=examples("kallglot simulate twilio --number +15550100 --play file.wav"))
@options
def twilio(**given: object) -> None:
    """Be Twilio: signed webhooks, TwiML, media streams and the REST API."""
    _run("twilio", Wanted(**given))  # type: ignore[arg-type]  # click has checked


@command.command(epilog=examples("kallglot simulate telnyx --number +15550100 --play file.wav"))
@options
@click.option("--call-control", is_flag=True, help="Send events and take commands; not TeXML.")
def telnyx(**given: object) -> None:
    """Be Telnyx: TeXML or Call Control, signed webhooks, media streams and the API."""
    _run("telnyx", Wanted(**given))  # type: ignore[arg-type]  # click has checked


def _run(kind: Kind, wanted: Wanted) -> None:
    console = terminal.notes()
    summary = terminal.run(_simulate(kind, wanted, console))
    if summary is not None and summary.failed:
        raise click.ClickException(f"{summary.failed} of {summary.calls} calls failed")


async def _simulate(kind: Kind, wanted: Wanted, console: Console) -> Summary | None:
    shows = wanted.calls == 1
    began = asyncio.get_running_loop().time()

    def show(entry: Entry) -> None:
        if shows:
            console.print(f"{entry.at - began:8.3f}  {entry.what}", markup=False)

    match kind:
        case "twilio":
            return await _be_twilio(wanted, console, show)
        case "telnyx":
            return await _be_telnyx(wanted, console, show)


async def _be_twilio(
    wanted: Wanted, console: Console, show: Callable[[Entry], None]
) -> Summary | None:
    account = TwilioAccount(wanted.account, TwilioKey(wanted.auth_token))
    carrier = TwilioCarrier(account, wanted.manner(), port=wanted.api_port or 0, show=show)
    async with carrier:
        number, person = wanted.number or NUMBER, wanted.person()
        carrier.anybody = person
        carrier.own(
            number,
            wanted.voice_url or f"{wanted.server.rstrip('/')}/providers/twilio/voice",
            status_callback=wanted.status_callback or "",
        )
        if wanted.api_port is not None:
            console.print(f"the API is at {carrier.api_url}, the account is {account.sid}")
        return await _go_on(
            wanted, console, lambda: carrier.ring(number, person, wanted.caller), carrier
        )


async def _be_telnyx(
    wanted: Wanted, console: Console, show: Callable[[Entry], None]
) -> Summary | None:
    account = TelnyxAccount(wanted.auth_token)
    carrier = TelnyxCarrier(account, wanted.manner(), port=wanted.api_port or 0, show=show)
    root = f"{wanted.server.rstrip('/')}/providers/telnyx"
    async with carrier:
        number, person = wanted.number or NUMBER, wanted.person()
        carrier.anybody = person
        if wanted.call_control:
            owned = carrier.own(number, events_url=wanted.voice_url or f"{root}/events")
        else:
            voice, told = wanted.voice_url or f"{root}/voice", wanted.status_callback or ""
            owned = carrier.own(number, voice_url=voice, status_callback=told)
        console.print(f"webhooks are signed for the public key {account.key.public}")
        if wanted.api_port is not None or wanted.call_control:
            connection = owned.settings["connection_id"]
            console.print(f"the API is at {carrier.api_url}, the connection is {connection}")

        def ring() -> Call:
            if wanted.call_control:
                return carrier.ring(number, person, wanted.caller)
            return carrier.ring_texml(number, person, wanted.caller)

        return await _go_on(wanted, console, ring, carrier)


async def _go_on(
    wanted: Wanted,
    console: Console,
    ring: Callable[[], Call],
    carrier: TwilioCarrier | TelnyxCarrier,
) -> Summary | None:
    """Call as often as asked; then, with an API, serve until interrupted."""
    summary = None
    if wanted.rings:
        fates = await asyncio.gather(
            *(_call(ring, wanted, number, console) for number in range(wanted.calls))
        )
        await carrier.settled()
        summary = summarised(fates, carrier.voice_webhooks)
        for line in summary.lines():
            console.print(line, markup=False)
    if wanted.api_port is not None:
        console.print("serving until interrupted")
        await asyncio.Event().wait()
    return summary


async def _call(ring: Callable[[], Call], wanted: Wanted, number: int, console: Console) -> Fate:
    await asyncio.sleep(number / wanted.per_second)
    call = ring()
    is_over = True
    cutting = asyncio.create_task(_cut(call, wanted))
    try:
        await call.ended(within=30 + (1 + len(wanted.play)) * (wanted.wait + 30))
    except TimeoutError:
        is_over = False
    finally:
        cutting.cancel()
    if wanted.record is not None and number == 0:
        _keep(call.line.heard, wanted.record, console)
    return Fate(call.was_answered, len(call.line.phones), is_over)


async def _cut(call: Call, wanted: Wanted) -> None:
    """Cut the cable of the first stream, if that was asked for."""
    if wanted.cut_after is None:
        return
    with contextlib.suppress(TimeoutError):
        await call.line.streaming()
        await asyncio.sleep(wanted.cut_after)
        await call.drop()


def _keep(tapes: list[Tape], path: Path, console: Console) -> None:
    if not tapes:
        console.print("nothing was heard: no stream was connected", style="yellow")
        return
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        for tape in tapes:
            file.writeframes(tape.between(Span(tape.began, tape.until)))
    console.print(f"what was heard is in {path}", markup=False)
