"""A telephone line of a simulated carrier: the person on it, and the streams of its call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import aiohttp
import attrs

from kallglot.phones.network import Faults, Network
from kallglot.phones.phone import Phone
from kallglot.phones.tape import Tape
from kallglot.phones.wire import PhoneWire
from kallglot.testing.journal import Journal
from kallglot.testing.people import Person
from kallglot.testing.verbs import Gather, Pause, Play, Prompt, Say

__all__ = ["Line", "Streamed", "Watcher"]

#: Seconds that a character takes to be said.
CHARACTER = 0.06


@attrs.frozen
class Streamed:
    """How a stream ended; `failure` if it never began."""

    failure: str = ""


class Watcher(Protocol):
    """Who is told of a stream's beginning and its end."""

    def started(self) -> None: ...

    def stopped(self) -> None: ...

    def failed(self, why: str) -> None: ...


class Line:
    """One person's telephone; `pace` is 1 at the speed of life, and 0 where prompts take no time.

    `keys` are the digits that the person presses when a document gathers some.
    """

    def __init__(
        self,
        client: aiohttp.ClientSession,
        person: Person,
        journal: Journal,
        call: str,
        *,
        pace: float = 0.0,
        faults: Faults | None = None,
        seed: int = 0,
    ) -> None:
        self._client = client
        self._journal = journal
        self._call = call
        self._pace = pace
        self._faults = faults
        self._seed = seed
        self._connected = asyncio.Event()
        self.person = person
        self.keys = ""
        self.phones: list[Phone] = []

    @property
    def heard(self) -> list[Tape]:
        """What was heard on each stream."""
        return [phone.handset.heard for phone in self.phones]

    @property
    def complaints(self) -> list[str]:
        return [why for phone in self.phones for why in phone.handset.complaints]

    async def streaming(self, count: int = 1, within: float = 10.0) -> Phone:
        """Wait for the `count`th stream, and return the telephone on it.

        Raises:
            TimeoutError: it does not come.
        """
        async with asyncio.timeout(within):
            while len(self.phones) < count:
                self._connected.clear()
                await self._connected.wait()
        return self.phones[count - 1]

    async def stream(
        self,
        url: str,
        wire: PhoneWire,
        watcher: Watcher,
        left: Callable[[], None],
        answered: asyncio.Event | None = None,
    ) -> Streamed:
        """Connect a stream and stay on it until either side ends it.

        `left` is called when the person hangs up.
        """
        network = Network(self._faults, self._seed + len(self.phones))
        phone = Phone(self._client, url, wire, network=network)
        try:
            await phone.connect(answered)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            why = str(error) or type(error).__name__
            self._journal.note(self._call, f"stream failed: {why}")
            watcher.failed(why)
            return Streamed(why)
        self._journal.note(self._call, "stream connected")
        self.phones.append(phone)
        self._connected.set()
        watcher.started()
        try:
            await self._talk(phone, left)
        finally:
            await phone.hang_up()
            self._said_goodbye(phone)
            watcher.stopped()
        return Streamed()

    async def _talk(self, phone: Phone, left: Callable[[], None]) -> None:
        talking = asyncio.ensure_future(self.person.talk(phone))
        try:
            await phone.until(talking.done)
            if talking.done():
                talking.result()
                if self.person.leaves and phone.is_connected:
                    left()
                    return
            await phone.until(lambda: False)
        finally:
            talking.cancel()
            with suppress(asyncio.CancelledError):
                await talking

    def _said_goodbye(self, phone: Phone) -> None:
        for complaint in dict.fromkeys(phone.handset.complaints):
            self._journal.note(self._call, f"complaint: {complaint}")
        ended = phone.hung_up
        if ended is not None:
            self._journal.note(self._call, f"stream closed: {ended.code} {ended.reason}".rstrip())

    async def perform(self, prompt: Prompt) -> None:
        """Let the person hear a prompt."""
        match prompt:
            case Say(text, language, _, loop):
                self._journal.note(self._call, "hears a prompt", text=text, language=language)
                await asyncio.sleep(self._pace * CHARACTER * len(text) * max(1, loop))
            case Play(url=url) if url:
                await self._play(url)
            case Play(digits=digits):
                self._journal.note(self._call, f"hears {len(digits)} keys")
            case Pause(length):
                await asyncio.sleep(self._pace * length)

    async def gather(self, gather: Gather) -> str:
        """Let the person hear the prompts, and return which keys they press."""
        for prompt in gather.prompts:
            await self.perform(prompt)
        if not self.keys:
            await asyncio.sleep(self._pace * gather.timeout)
            return ""
        wanted = self.keys if not gather.finish_on else self.keys.partition(gather.finish_on)[0]
        pressed = wanted if gather.most is None else wanted[: gather.most]
        self.keys = self.keys[len(pressed) :].removeprefix(gather.finish_on)
        self._journal.note(self._call, f"presses {len(pressed)} keys")
        return pressed

    async def _play(self, url: str) -> None:
        """Fetch a sound as the carrier would; how it sounds is not simulated."""
        try:
            async with asyncio.timeout(10), self._client.get(url) as answer:
                size, status = len(await answer.read()), answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self._journal.note(self._call, f"sound failed: {error or type(error).__name__}")
            return
        self._journal.note(self._call, f"hears a sound, {status}, {size} bytes", url=url)
