"""A whole server on a free port, with speech in tones, and telephones that call it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import attrs
import pytest

from kallglot.config import Settings
from kallglot.phones.phone import Phone
from kallglot.phones.telnyx import TelnyxPhone
from kallglot.phones.twilio import TwilioPhone
from kallglot.phones.wire import PhoneWire
from kallglot.server import Server, running
from tests.fakes.speech import FakeSpeech, heard, says
from tests.streamreference import DescribedPhone

PHRASES = {
    ("de", "en"): {"Guten Tag": "Good day", "Auf Wiederhören": "Goodbye"},
    ("en", "de"): {"How are you": "Wie geht es Ihnen", "Bye": "Tschüss"},
}


@attrs.define
class Caller:
    """Somebody on a telephone, who speaks in tones."""

    phone: Phone
    language: str

    async def says(self, text: str) -> None:
        await self.phone.say(says(text, self.language, self.phone.rate_hz))

    async def hears(self, text: str, within: float = 5.0) -> bool:
        """Tell whether they come to hear that."""
        return await self.phone.until(lambda: text in self.heard, within)

    @property
    def heard(self) -> str:
        tape = self.phone.handset.heard
        return " ".join(heard(tape.between(span), tape.rate_hz) for span in tape.audible())


@attrs.define
class World:
    """The server, an API client with a key, and how to make telephones."""

    server: Server
    client: aiohttp.ClientSession
    speech: FakeSpeech
    _stack: AsyncExitStack

    async def post(self, path: str, body: object = None) -> dict:
        async with self.client.post(path, json=body) as response:
            return await response.json()

    async def get(self, path: str) -> dict:
        async with self.client.get(path) as response:
            return await response.json()

    async def create(self, **fields: object) -> dict:
        body = {
            "mode": "bidirectional_translation",
            "source_language": "de",
            "target_language": "en",
            "recording": {"enabled": True},
        }
        return await self.post("/v1/sessions", body | fields)

    async def call(self, session: dict, wire: PhoneWire, language: str) -> Caller:
        phone = Phone(self.client, session["stream"]["url"], wire)
        return Caller(await self._stack.enter_async_context(phone), language)

    async def customer(self, session: dict, call_sid: str = "CA1") -> Caller:
        parameters = {"token": session["stream"]["token"], "session_id": session["id"]}
        return await self.call(session, TwilioPhone(call_sid, parameters), "de")

    async def agent(self, session: dict) -> Caller:
        return await self.call(session, DescribedPhone(session["stream"]["token"], "agent"), "en")

    async def telnyx_customer(self, session: dict, token: str | None = None) -> Caller:
        return await self.call(session, TelnyxPhone("v3:1", token=token), "de")


@asynccontextmanager
async def world_in(folder: Path, speech: FakeSpeech, **settings: object) -> AsyncIterator[World]:
    """Run a server on what is in `folder`, or will be."""
    chosen = Settings.default(bind="127.0.0.1:0", data=str(folder), **settings)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running(chosen, speech))
        client = await stack.enter_async_context(
            aiohttp.ClientSession(
                server.url, headers={"Authorization": f"Bearer {server.first_key}"}
            )
        )
        calls = await stack.enter_async_context(AsyncExitStack())
        yield World(server, client, speech, calls)


@pytest.fixture
async def speech() -> FakeSpeech:
    speech = FakeSpeech()
    speech.knows(PHRASES)
    return speech


@pytest.fixture
async def world(tmp_path: Path, speech: FakeSpeech) -> AsyncIterator[World]:
    async with world_in(tmp_path, speech) as world:
        yield world
