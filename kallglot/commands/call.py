"""`kallglot call`: a simulated telephone that calls into a session."""

from __future__ import annotations

import asyncio
import secrets
import wave
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal, TypeAlias

import aiohttp
import attrs
import av
import click
from rich.console import Console

from kallglot.audio import files
from kallglot.commands import terminal
from kallglot.commands.api import Api, ApiError, JsonObject, connected
from kallglot.commands.captions import Captions, follow
from kallglot.commands.terminal import examples
from kallglot.phones.native import NativePhone
from kallglot.phones.phone import Phone
from kallglot.phones.tape import Span, Tape
from kallglot.phones.telnyx import TelnyxPhone
from kallglot.phones.twilio import TwilioPhone
from kallglot.phones.wire import PhoneWire

__all__ = ["command"]

Dialect: TypeAlias = Literal["native", "twilio", "telnyx"]

#: Seconds of silence after which it is one's own turn again.
SILENCE = 1.5
#: At which rate sound is read to see whether it can be, before anybody is called.
CHECKED_HZ = 8000


@attrs.frozen
class Wanted:
    """What the command was asked to do; `wait` is in seconds."""

    dialect: Dialect
    url: str
    play: tuple[Path, ...]
    record: Path | None
    key: str | None = attrs.field(repr=False)
    session: str | None
    token: str | None = attrs.field(repr=False)
    participant: str | None
    source: str | None
    target: str | None
    wait: float
    keep: bool


@attrs.frozen
class Session:
    """Where to call; `is_ours` if we have created it."""

    id: str
    url: str
    token: str = attrs.field(repr=False)
    call_id: str
    is_ours: bool


@click.command(
    "call",
    epilog=examples(
        "kallglot call --play question.wav --from de --to en --participant customer",
        "kallglot call --as twilio --session sess_… --participant agent --record heard.wav",
    ),
)
@click.option(
    "--as",
    "dialect",
    type=click.Choice(["native", "twilio", "telnyx"]),
    default="native",
    show_default=True,
    help="Whose protocol to speak.",
)
@click.option(
    "--play",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Sound to say, of any rate; several are said one after the other, each after a silence.",
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Keep what is heard in this wave file.",
)
@click.option(
    "--url",
    envvar="KALLGLOT_URL",
    default="http://127.0.0.1:8080",
    show_default=True,
    help="The server; or KALLGLOT_URL.",
)
@click.option("--api-key", envvar="KALLGLOT_API_KEY", help="An API key; or KALLGLOT_API_KEY.")
@click.option("--session", metavar="ID", help="Call into this session, not into a new one.")
@click.option("--token", help="The session's stream token, where there is no API key.")
@click.option("--participant", metavar="WHO", help="Who calls: customer, agent or a name.")
@click.option("--from", "source", metavar="LANGUAGE", help="The customer's, in a new session.")
@click.option("--to", "target", metavar="LANGUAGE", help="The agent's, in a new session.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="Seconds to listen when all is said.",
)
@click.option("--keep", is_flag=True, help="Leave a session that was created here open.")
def command(url: str, api_key: str | None, **given: object) -> None:
    """Call into a session with a simulated telephone.

    With an API key a session is created, or one is joined by --session.  With --session and
    --token no key is needed.  What is said is printed as it is understood.
    """
    wanted = Wanted(url=url, key=api_key, **given)  # type: ignore[arg-type]  # click has checked
    if wanted.key is None and (wanted.session is None or wanted.token is None):
        raise click.UsageError(
            "give an API key, --api-key or KALLGLOT_API_KEY (`kallglot keys create` makes one),"
            " or both --session and --token"
        )
    if wanted.session is not None and (wanted.source or wanted.target):
        raise click.UsageError("--from and --to are for a new session, and --session is given")
    for path in wanted.play:
        _sound(path, CHECKED_HZ)
    terminal.run(_call(wanted, terminal.notes()))


async def _call(wanted: Wanted, console: Console) -> None:
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(connected(wanted.url, wanted.key or ""))
        session = await _session(api, wanted)
        if session.is_ours and not wanted.keep:
            stack.push_async_callback(api.end_session, session.id, "the caller has hung up")
        elif session.is_ours:
            console.print(f"join it: kallglot call --session {session.id}", markup=False)
        captions = Captions(console)
        phone = Phone(api.client, session.url, _wire(wanted, session), show=captions.show)
        if wanted.dialect != "native" and wanted.key is not None:
            following = asyncio.create_task(follow(api, session.id, captions))
            stack.callback(following.cancel)
        await _connect(phone, wanted)
        stack.push_async_callback(phone.hang_up)
        if wanted.record is not None:
            stack.callback(_record, phone.handset.heard, wanted.record, console)
        console.print(f"connected to {session.id} as a {wanted.dialect} phone", markup=False)
        for path in wanted.play:
            await _silence(phone, wanted.wait)
            console.print(f"saying {path.name}", style="dim", markup=False)
            await phone.say(_sound(path, phone.rate_hz))
        await phone.until(lambda: False, within=wanted.wait)
        _report(phone, console)


async def _session(api: Api, wanted: Wanted) -> Session:
    call_id = wanted.session or ""
    if wanted.session is not None and wanted.token is not None:
        url = f"ws{api.url.removeprefix('http')}/v1/sessions/{wanted.session}/connect"
        return Session(wanted.session, url, wanted.token, f"CA{secrets.token_hex(16)}", False)
    if wanted.session is not None:
        answer = await api.get(f"/v1/sessions/{wanted.session}")
        if "stream" not in answer:
            raise ApiError(f"the session {wanted.session} has ended; leave --session out")
    else:
        call_id = f"CA{secrets.token_hex(16)}"
        answer = await api.create_session(_asked_for(wanted, call_id))
    stream: JsonObject = answer["stream"]
    is_ours = wanted.session is None
    return Session(answer["id"], stream["url"], stream["token"], call_id, is_ours)


def _asked_for(wanted: Wanted, call_id: str) -> JsonObject:
    body: JsonObject = {
        "mode": "bidirectional_translation",
        "source_language": wanted.source,
        "target_language": wanted.target,
    }
    match wanted.dialect:
        case "twilio":
            return body | {"provider": {"type": "twilio", "call_sid": call_id}}
        case "telnyx":
            return body | {"provider": {"type": "telnyx", "call_control_id": call_id}}
        case "native":
            return body


def _wire(wanted: Wanted, session: Session) -> PhoneWire:
    parameters = {"token": session.token, "session_id": session.id}
    if wanted.participant is not None:
        parameters["participant"] = wanted.participant
    match wanted.dialect:
        case "twilio":
            return TwilioPhone(session.call_id, parameters)
        case "telnyx":
            return TelnyxPhone(session.call_id, parameters)
        case "native":
            return NativePhone(session.token, wanted.participant)


async def _connect(phone: Phone, wanted: Wanted) -> None:
    try:
        await phone.connect()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ApiError(
            f"the server does not take the call: {error or 'it does not answer'}; is"
            f" {wanted.url} how it is reached, and its public_url?"
        ) from error


async def _silence(phone: Phone, within: float) -> None:
    """Wait until nobody has said anything for a moment."""
    handset = phone.handset

    def is_silent() -> bool:
        since = handset.heard.until - SILENCE
        lately = Span(since, handset.heard.until)
        spoken = handset.spoken[-1].until if handset.spoken else 0.0
        return since >= spoken and not handset.is_playing and not handset.heard.audible(lately)

    if handset.spoken:
        await phone.until(is_silent, within=within)


def _sound(path: Path, rate_hz: int) -> bytes:
    try:
        return files.load(path, rate_hz).tobytes()
    except (av.error.FFmpegError, IndexError) as error:
        raise click.BadParameter(
            f"{path} is no sound that can be read", param_hint="--play"
        ) from error


def _record(tape: Tape, path: Path, console: Console) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(tape.rate_hz)
        file.writeframes(tape.between(Span(tape.began, tape.until)))
    console.print(f"what was heard is in {path}", markup=False)


def _report(phone: Phone, console: Console) -> None:
    for complaint in dict.fromkeys(phone.handset.complaints):
        console.print(f"the carrier complains: {complaint}", style="yellow", markup=False)
    hung_up = phone.hung_up
    if hung_up is not None and hung_up.code != 1000:
        raise ApiError(f"the server hung up: {hung_up.code} {hung_up.reason}".rstrip())
    if hung_up is not None:
        console.print(f"the server hung up: {hung_up.reason or 'goodbye'}", markup=False)
