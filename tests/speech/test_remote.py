"""Engines on another machine, which for the tests is this one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import subprocess
import sys
import threading

import pytest

from kallglot.errors import EngineBusy, EngineError, SettingsError
from kallglot.speech import wire
from kallglot.speech.catalogue import SpeechSettings
from kallglot.speech.child import Command, Patience
from kallglot.speech.client import Hosts, SpeechClient
from kallglot.speech.engines import Opening, SpeechRequest, TextRequest
from kallglot.speech.handshake import GREETING_BYTES, VERDICT_BYTES, Caller
from kallglot.speech.mindhost import MindHost
from kallglot.speech.reception import Reception
from kallglot.speech.remote import Address
from kallglot.speech.secret import VARIABLE, read_secret
from tests.fakes import engines
from tests.fakes.speech import heard, says

pytestmark = pytest.mark.real_time

SECRET = b"what both of them know"
SETTINGS = SpeechSettings()
EAR = Command("ear", SETTINGS, "tests.fakes.engines:ear")
PATIENT = Patience(ping=0.1, silence=0.5, restarts=(0.05,))


class Machine:
    """Another machine with engines, whose cable can be pulled."""

    def __init__(self):
        self.mind = MindHost(engines.mind(SETTINGS, lambda text: None), rows=8)
        self.mind.start()
        self.port = 0
        self.is_cut = False
        self.connections = []
        self.opens()

    def opens(self, secret=SECRET):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        reception = Reception(self.listener, secret, "mind", self._welcome)
        self.thread = threading.Thread(target=reception.serve, daemon=True)
        self.thread.start()

    def closes(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(2)

    def _welcome(self, send):
        def deliver(message):
            if not self.is_cut:
                send(message)

        return self.mind.welcome(deliver)


@pytest.fixture
def machine():
    machine = Machine()
    yield machine
    machine.closes()


@pytest.fixture
async def speech(machine):
    speech = SpeechClient(
        Hosts(EAR, Address("mind", "127.0.0.1", machine.port, SECRET), PATIENT, PATIENT)
    )
    await speech.start()
    yield speech
    await speech.stop()


async def until(is_so):
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)


async def translated(speech, text, within=2.0):
    return (await speech.translate(TextRequest(text, "de", "en"), within=within)).text


def knock(port, secret=SECRET):
    """Return a connection that has been let in."""
    end = socket.create_connection(("127.0.0.1", port))
    caller = Caller(secret, "mind")
    end.sendall(caller.answer(end.recv(GREETING_BYTES, socket.MSG_WAITALL)))
    caller.check(end.recv(VERDICT_BYTES, socket.MSG_WAITALL))
    return end


async def test_everything_works_over_a_network(speech):
    news = []
    turn = speech.transcribe(Opening(8000, "de"), news.append)
    turn.feed(says("Guten Tag", "de"), is_pause=True)
    await until(lambda: news)
    assert await translated(speech, news[0].committed) == "Tag Guten (1)"
    wanted = SpeechRequest("Good day", "en", 8000)
    pieces = [chunk.pcm async for chunk in speech.synthesise(wanted, within=1.0)]
    assert heard(b"".join(pieces)) == "Good day"
    turn.close()


async def test_two_media_processes_share_the_engines_and_not_their_numbers(machine, speech):
    other = SpeechClient(
        Hosts(EAR, Address("mind", "127.0.0.1", machine.port, SECRET), PATIENT, PATIENT)
    )
    await other.start()
    asked = [(each, f"{number}") for number in range(5) for each in (speech, other)]
    said = await asyncio.gather(*[translated(each, text) for each, text in asked])
    assert [text.split()[0] for text in said] == [text for _, text in asked]
    assert max(text.split()[1] for text in said) > "(5)"
    await other.stop()


async def test_a_connection_that_is_cut_is_made_again_and_the_turn_goes_on(machine, speech):
    news = []
    turn = speech.transcribe(Opening(8000, "de"), news.append)
    turn.feed(says("Guten Tag.", "de"))
    await until(lambda: news)
    machine.is_cut = True
    waiting = asyncio.create_task(translated(speech, "eins"))
    turn.feed(says("Wie geht es?", "de"))
    await until(lambda: not speech.is_ready())
    machine.is_cut = False
    await until(speech.is_ready)
    turn.finish()
    await until(lambda: news[-1].is_final)
    assert " ".join(each.committed for each in news if each.committed) == "Guten Tag. Wie geht es?"
    assert (await waiting).startswith("eins")


async def test_who_is_away_for_too_long_is_not_waited_for(machine, speech):
    machine.is_cut = True
    with pytest.raises(EngineBusy):
        await translated(speech, "eins", within=0.3)
    machine.closes()
    await until(lambda: not speech.is_ready())
    with pytest.raises(EngineError, match="away"):
        await translated(speech, "eins")
    machine.is_cut = False
    machine.opens()
    await until(speech.is_ready)
    assert await translated(speech, "eins") == "eins (1)"


async def test_without_the_secret_nobody_is_served(machine, caplog):
    stranger = SpeechClient(
        Hosts(EAR, Address("mind", "127.0.0.1", machine.port, b"guessed"), PATIENT, PATIENT)
    )
    with caplog.at_level(logging.WARNING):
        starting = asyncio.create_task(stranger.start())
        await until(lambda: "does not accept our secret" in caplog.text)
    assert "does not know the secret" in caplog.text
    starting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await starting
    await stranger.stop()


@pytest.mark.parametrize(
    "garbage",
    [
        struct.pack(">I", 4) + b"\xc1\xc1\xc1\xc1",
        struct.pack(">I", 0xFFFFFFFF),
        wire.encode(wire.Judged(1, b"")),
        wire.encode(wire.Listen(engines.Feed(99, b"odd"))),
        wire.encode(wire.Open(1, Opening(0))) + wire.encode(wire.Listen(engines.Feed(1, b"12"))),
    ],
    ids=["no message", "endless", "ours", "unknown stream", "no rate"],
)
async def test_garbage_costs_whoever_sends_it_the_connection_and_nobody_else_anything(
    machine, speech, garbage
):
    with knock(machine.port) as end:
        end.sendall(garbage)
        end.shutdown(socket.SHUT_WR)
        while end.recv(65536):
            pass
    assert await translated(speech, "eins") == "eins (1)"


async def test_noise_at_the_door_disturbs_nobody(machine, speech):
    with socket.create_connection(("127.0.0.1", machine.port)) as end:
        end.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 10)
        with contextlib.suppress(ConnectionResetError):
            while end.recv(65536):
                pass
    assert await translated(speech, "eins") == "eins (1)"


async def test_a_host_of_its_own_is_killed_and_replaced(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET + b"\n")
    port = free_port()
    speech = SpeechClient(Hosts(EAR, Address("mind", "127.0.0.1", port, SECRET), PATIENT, PATIENT))
    host = serve(port, secret)
    try:
        async with asyncio.timeout(20):
            await speech.start()
            host.kill()
            host.wait()
            news = []
            turn = speech.transcribe(Opening(8000, "de"), news.append)
            turn.finish(says("Guten Tag.", "de"))
            host = serve(port, secret)
            while not news:
                await asyncio.sleep(0.02)
        assert news[0].committed == "Guten Tag."
    finally:
        host.kill()
        host.wait()
        await speech.stop()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def serve(port, secret):
    arguments = ["--listen", f"127.0.0.1:{port}", "--secret", str(secret)]
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "kallglot.speech.host", "mind", *arguments),
            *("--engines", "tests.fakes.engines:mind"),
        ]
    )


def test_a_secret_is_in_a_file_or_in_the_environment(tmp_path, monkeypatch):
    file = tmp_path / "secret"
    file.write_bytes(b"sixteen letters!\n")
    assert read_secret(file) == b"sixteen letters!"
    monkeypatch.setenv(VARIABLE, "others of sixteen")
    assert read_secret(None) == b"others of sixteen"
    file.write_bytes(b"short\n")
    with pytest.raises(SettingsError, match="16 characters"):
        read_secret(file)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_secret(tmp_path / "nowhere")


def test_a_host_without_a_secret_does_not_listen():
    ended = subprocess.run(
        [sys.executable, "-m", "kallglot.speech.host", "mind", "--listen", "127.0.0.1:0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "needs a secret" in ended.stderr
