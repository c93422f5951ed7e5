"""The server is killed in the middle of a call, and started again."""

import asyncio
import signal
import socket
import sys
import wave
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest

from kallglot.audio.files import load
from kallglot.phones.native import NativePhone
from kallglot.phones.phone import Phone
from kallglot.phones.twilio import TwilioPhone
from tests.calls.conftest import Caller


@asynccontextmanager
async def serving(folder, port):
    """Run a server in a process; yields the process and its first key, if it made one."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.calls.serving",
        str(folder),
        str(port),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        key = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
        yield process, key
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_a_killed_server_loses_nothing_and_the_call_goes_on(tmp_path, port):
    body = {
        "mode": "bidirectional_translation",
        "source_language": "de",
        "target_language": "en",
        "recording": {"enabled": True},
    }
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(aiohttp.ClientSession(f"http://127.0.0.1:{port}"))
        async with serving(tmp_path, port) as (process, key):
            client.headers["Authorization"] = f"Bearer {key}"
            async with client.post("/v1/sessions", json=body) as response:
                session = await response.json()
            token, url = session["stream"]["token"], session["stream"]["url"]
            wires = TwilioPhone("CA1", {"token": token}), NativePhone(token, "agent")
            customer, agent = (
                Caller(Phone(client, url, wire), language)
                for wire, language in zip(wires, ("de", "en"), strict=True)
            )
            for caller in (customer, agent):
                await caller.phone.connect()
                stack.push_async_callback(caller.phone.hang_up)
            await customer.says("Guten Tag")
            assert await agent.hears("Good day")
            await asyncio.sleep(1.6)  # the recording is on disk a second later
            process.send_signal(signal.SIGKILL)
            await process.wait()

        folder = tmp_path / "recordings" / session["id"]
        with wave.open(str(folder / "customer.wav")) as track:
            before = track.getnframes() / track.getframerate()
        assert before > 1.5
        assert abs(load(folder / "agent_heard.wav", 8000)).max() > 1000

        async with serving(tmp_path, port) as (_, key):
            assert key == "-"
            view = await (await client.get(f"/v1/sessions/{session['id']}")).json()
            assert view["status"] == "active"
            assert view["reconnect_deadline"] is not None
            for caller in (agent, customer):
                await caller.phone.connect()
            await customer.says("Auf Wiederhören")
            assert await agent.hears("Goodbye")
            async with client.post(f"/v1/sessions/{session['id']}/end") as response:
                assert (await response.json())["status"] == "ended"
            path = f"/v1/sessions/{session['id']}/transcript"
            transcript = await (await client.get(path)).json()
            assert [turn["text"] for turn in transcript["turns"]] == [
                "Guten Tag",
                "Auf Wiederhören",
            ]
            assert [turn["sequence"] for turn in transcript["turns"]] == [1, 2]

        with wave.open(str(folder / "customer.wav")) as track:
            assert track.getnframes() / track.getframerate() > before + 1.0
