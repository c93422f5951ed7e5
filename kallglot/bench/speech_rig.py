"""A server with real engines, and telephones that speak to it in real time."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from binascii import b2a_base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import attrs
import numpy as np
from yarl import URL

from kallglot.audio import g711
from kallglot.bench.figures import percentile
from kallglot.bench.line import Plan
from kallglot.bench.load import RESOLUTION, Call, Called, HangUp, Heard, HungUp, Listen, Recall
from kallglot.bench.speech_load import Connect, Report, Speak
from kallglot.bench.speech_server import Ready, Stages, Told, Transcript, Transcripts
from kallglot.bench.speech_sound import Sounding
from kallglot.bench.worker import Worker
from kallglot.errors import KallglotError

__all__ = ["Ages", "Held", "NotReady", "SpeechRig", "speech_rig"]

#: Seconds in which a server must have loaded its models.
LOADING = 300.0
#: Calls between people of one language, whose frames tell how long the media path takes.
PROBES = 2


class NotReady(KallglotError):
    """The server does not start; the message is the server's, and says what to do."""


class _Free(Worker):
    """A worker that may run anywhere, the telephones before everybody else if that is allowed."""

    def __init__(self, module: str, *arguments: str, is_first: bool = False) -> None:
        super().__init__(module, *arguments, core=0)
        self._is_first = is_first

    def _settle(self) -> None:
        if self._is_first:
            with suppress(PermissionError):
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(2))


@attrs.frozen
class Ages:
    """How old the frames of untranslated calls became on their way, in seconds."""

    frames: int
    missing: int
    p50: float
    p99: float
    most: float


@attrs.frozen
class Held:
    """A call that is over: what was said on its tapes, heard, and understood."""

    sounding: Sounding
    reports: dict[str, Report]
    transcript: Transcript


@attrs.frozen
class SpeechRig:
    """What a measurement works with."""

    server: Worker
    load: Worker
    probe: Worker
    client: aiohttp.ClientSession
    folder: Path
    models: tuple[str, ...]

    async def hold(
        self, soundings: Sequence[Sounding], say: Callable[[str], None]
    ) -> tuple[list[Held], Ages, dict[str, list[float]]]:
        """Hold calls at the same time; return them, the ages of frames, and the stages' times."""
        plans = [await self._create(sounding) for sounding in soundings]
        await self._connect(plans, soundings)
        await self.server.ask(Stages(), Told)
        seconds = max(sounding.seconds for sounding in soundings)
        ages = asyncio.create_task(self._probe(seconds))
        await self.load.ask(Speak(), Called)
        await _wait(seconds, say)
        reports = await self.load.ask(Recall(), list[Report])
        stages = await self.server.ask(Stages(), Told)
        sessions = [pair[0].session_id for pair in plans]
        await asyncio.gather(*(self._end(session) for session in sessions))
        transcripts = await self.server.ask(Transcripts(sessions), list[Transcript])
        await self.load.ask(HangUp(within=2.0), HungUp)
        held = [
            Held(
                sounding,
                {one.plan.participant: one for one in reports if one.plan.session_id == session},
                transcript,
            )
            for sounding, session, transcript in zip(soundings, sessions, transcripts, strict=True)
        ]
        return held, await ages, stages.seconds

    async def _create(self, sounding: Sounding) -> tuple[Plan, Plan]:
        body: dict[str, object] = {
            "mode": "bidirectional_translation",
            "source_language": "de",
            "target_language": "en",
            "recording": {"enabled": False},
        }
        session_id, token = await self._session(body)
        return (
            Plan(session_id, token, "customer", "twilio", 0),
            # Only who has a screen is shown captions.
            Plan(session_id, token, "agent", "native", 0),
        )

    async def _session(self, body: dict[str, object]) -> tuple[str, str]:
        async with self.client.post("/v1/sessions", json=body) as response:
            if response.status >= 400:
                raise NotReady(f"the server takes no more calls: {await response.text()}")
            session = await response.json()
        return session["id"], session["stream"]["token"]

    async def _connect(
        self, plans: Sequence[tuple[Plan, Plan]], soundings: Sequence[Sounding]
    ) -> None:
        lines: list[Plan] = []
        tapes: list[str] = []
        for pair, sounding in zip(plans, soundings, strict=True):
            for plan in pair:
                file = self.folder / f"{plan.session_id}-{plan.participant}.ulaw"
                file.write_bytes(sounding.tapes[plan.participant])
                lines.append(plan)
                tapes.append(str(file))
        called = await self.load.ask(Connect(lines, tapes), Called)
        if called.lines != len(lines):
            raise NotReady(f"{called.lines} of {len(lines)} lines: {called.refusals[:3]}")

    async def _probe(self, seconds: float) -> Ages:
        """Let calls without translation go on beside all this, and see how old frames become."""
        body: dict[str, object] = {
            "mode": "bidirectional_translation",
            "source_language": "en",
            "target_language": "en",
            "recording": {"enabled": False},
        }
        lines: list[Plan] = []
        for number in range(PROBES):
            session_id, token = await self._session(body)
            lines += [
                Plan(session_id, token, who, "twilio", number * 17) for who in ("customer", "agent")
            ]
        await self.probe.ask(Call(lines, _hiss()), Called)
        await asyncio.sleep(1.0)
        heard = await self.probe.ask(Listen(seconds), Heard, seconds + 60)
        await self.probe.ask(HangUp(), HungUp)
        await asyncio.gather(*(self._end(one) for one in {plan.session_id for plan in lines}))
        return Ages(
            heard.received,
            heard.sent - heard.received,
            percentile(heard.ages, 0.5, RESOLUTION * 1e-6),
            percentile(heard.ages, 0.99, RESOLUTION * 1e-6),
            heard.oldest * 1e-6,
        )

    async def _end(self, session_id: str) -> None:
        async with self.client.post(f"/v1/sessions/{session_id}/end") as response:
            response.raise_for_status()


def _hiss() -> str:
    """Return a tape of people who say nothing: it shall cost the engines nothing."""
    hiss = np.random.default_rng(1).normal(0, 12, 8000).astype(np.int16)
    return b2a_base64(g711.encode_mulaw(hiss.tobytes()), newline=False).decode()


async def _wait(seconds: float, say: Callable[[str], None]) -> None:
    end = time.monotonic() + seconds + 0.5
    while (left := end - time.monotonic()) > 0:
        say(f"calls go on, for another {left:.0f} s")
        await asyncio.sleep(min(1.0, left))


@asynccontextmanager
async def speech_rig() -> AsyncIterator[SpeechRig]:
    """Start a server with the models of the settings, and the telephones.

    Raises:
        NotReady: the server does not start.
    """
    async with AsyncExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="kallglot-bench-"))
        module = "kallglot.bench.speech_server"
        server = await stack.enter_async_context(_Free(module, name))
        ready = await server.listen(Ready, within=LOADING)
        if ready.failure:
            raise NotReady(ready.failure)
        url = URL(ready.url)
        where = (str(url.host), str(url.port))
        load, probe = [
            await stack.enter_async_context(_Free(module, *where, is_first=True))
            for module in ("kallglot.bench.speech_load", "kallglot.bench.load")
        ]
        headers = {"Authorization": f"Bearer {ready.key}"}
        client = await stack.enter_async_context(aiohttp.ClientSession(url, headers=headers))
        yield SpeechRig(server, load, probe, client, Path(name), tuple(ready.models))
