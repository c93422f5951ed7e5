"""A server to be measured, the telephones that call it, and the clocks of its processes."""

from __future__ import annotations

import asyncio
import os
import platform
import tempfile
import time
from binascii import b2a_base64
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path

import aiohttp
import attrs
import numpy as np
from yarl import URL

from kallglot.audio import g711
from kallglot.bench.figures import Machine
from kallglot.bench.line import Dialect, Plan
from kallglot.bench.load import Call, Called
from kallglot.bench.server import Census, Look, Serving
from kallglot.bench.worker import Worker
from kallglot.speech.engines import SpeechRequest
from kallglot.speech.espeak import EspeakSynthesiser

__all__ = ["Cores", "Rig", "Shape", "conversation", "machine", "rig"]

#: Sessions that are created or ended at a time.
TOGETHER = 8

_SENTENCES = (
    "Good morning, my name is Sarah, and I am calling about the table that I have ordered.",
    "It should have come on Tuesday, between nine and twelve, but nobody was here.",
    "Could you please tell me when it is going to be delivered, and by whom?",
)


@attrs.frozen
class Shape:
    """What kind of calls are made."""

    is_recorded: bool = True
    is_mixed: bool = False
    is_translated: bool = False


@attrs.frozen
class Cores:
    """Which core does what: the media process has one to itself."""

    media: int
    load: int
    ear: int

    @classmethod
    def of_this_machine(cls) -> Cores:
        cores = sorted(os.sched_getaffinity(0))
        return cls(cores[0], cores[1 % len(cores)], cores[2] if len(cores) > 2 else cores[-1])


@attrs.frozen
class Rig:
    """What a scenario works with."""

    server: Worker
    load: Worker
    serving: Serving
    client: aiohttp.ClientSession
    ear: int
    tape: str
    shape: Shape

    async def open(self, calls: int) -> list[Plan]:
        """Create sessions and return two telephones for each."""
        gate = asyncio.Semaphore(TOGETHER)

        async def create(number: int) -> tuple[Plan, Plan]:
            async with gate:
                return await self._create(number)

        pairs = await asyncio.gather(*(create(number) for number in range(calls)))
        return [plan for pair in pairs for plan in pair]

    async def _create(self, number: int) -> tuple[Plan, Plan]:
        body = {
            "mode": "bidirectional_translation",
            "source_language": "de" if self.shape.is_translated else "en",
            "target_language": "en",
            "recording": {"enabled": self.shape.is_recorded},
        }
        async with self.client.post("/v1/sessions", json=body) as response:
            response.raise_for_status()
            session = await response.json()
        session_id, token = session["id"], session["stream"]["token"]
        blocks = len(self.tape) * 3 // 4 // 160
        begins = number * 37 % blocks  # not everybody begins to speak at the same moment
        then = (begins + blocks // 2) % blocks
        agent: Dialect = "native" if self.shape.is_mixed else "twilio"
        is_logged = self.shape.is_translated
        return (
            Plan(session_id, token, "customer", "twilio", begins, is_logged),
            Plan(session_id, token, "agent", agent, then, is_logged),
        )

    async def call(self, plans: list[Plan]) -> None:
        """Connect telephones, and let them speak.

        Raises:
            RuntimeError: the server did not take them all.
        """
        called = await self.load.ask(Call(plans, self.tape), Called)
        if called.lines != len(plans):
            raise RuntimeError(f"{called.lines} of {len(plans)} lines: {called.refusals[:3]}")

    async def end(self, plans: list[Plan]) -> None:
        """End the sessions."""
        gate = asyncio.Semaphore(TOGETHER)

        async def end(session_id: str) -> None:
            async with gate, self.client.post(f"/v1/sessions/{session_id}/end") as response:
                response.raise_for_status()

        await asyncio.gather(*(end(one) for one in {plan.session_id for plan in plans}))

    async def look(self, *, is_thorough: bool = False) -> Census:
        return await self.server.ask(Look(is_thorough), Census)

    def clocks(self) -> tuple[float, float]:
        """Return the processor's seconds of the media process and of the ear."""
        return _clock(self.server.pid), _clock(self.ear)


@asynccontextmanager
async def rig(
    shape: Shape, tape: str, engines: str = "nothing", interruption: str = "insist"
) -> AsyncIterator[Rig]:
    """Start a server and the load generator; both end with the context."""
    cores = Cores.of_this_machine()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="kallglot-bench-"))
        arguments = ("kallglot.bench.server", folder, engines, interruption)
        server = await stack.enter_async_context(Worker(*arguments, core=cores.media))
        serving = await server.listen(Serving)
        children = dict(_children(server.pid))
        for pid in children.values():
            os.sched_setaffinity(pid, {cores.ear})
        url = URL(serving.url)
        where = ("kallglot.bench.load", str(url.host), str(url.port))
        load = await stack.enter_async_context(Worker(*where, core=cores.load, priority=2))
        headers = {"Authorization": f"Bearer {serving.key}"}
        client = await stack.enter_async_context(aiohttp.ClientSession(url, headers=headers))
        yield Rig(server, load, serving, client, children["ear"], tape, shape)


def conversation() -> str:
    """Return a tape, mu-law in base64: somebody speaks, and then listens for as long."""
    synthesiser = EspeakSynthesiser.load()
    spoken = bytearray()
    for sentence in _SENTENCES:
        request = SpeechRequest(sentence, "en", 8000)
        for chunk in synthesiser.synthesise(request, lambda: False):
            spoken += chunk.pcm
        spoken += bytes(8000)
    spoken += bytes(-len(spoken) % 320)
    # A telephone is never quite silent.
    hiss = np.random.default_rng(1).normal(0, 12, len(spoken) // 2).astype(np.int16).tobytes()
    return b2a_base64(g711.encode_mulaw(bytes(spoken) + hiss), newline=False).decode()


def machine() -> Machine:
    """Describe this machine."""
    packages = ("aiohttp", "uvloop", "pykka", "msgspec", "numpy")
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        python=platform.python_version(),
        versions=", ".join(f"{name} {version(name)}" for name in packages),
        load=os.getloadavg()[0],
        is_undisturbed=os.geteuid() == 0,
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _clock(pid: int) -> float:
    """Return the processor's seconds of all threads of a process, as Linux counts them."""
    return time.clock_gettime((~pid << 3) | 2)


def _children(pid: int) -> Iterator[tuple[str, int]]:
    """Yield role and id of the speech processes of a server."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            words = (folder / "cmdline").read_text().split("\0")
        except OSError:
            continue
        if int(parent) == pid and "kallglot.speech.host" in words:
            yield words[words.index("kallglot.speech.host") + 1], int(folder.name)
