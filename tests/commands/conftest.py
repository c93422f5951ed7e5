from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from kallglot.cli import main
from kallglot.config import Settings
from kallglot.server import Server, running
from tests.fakes.speech import FakeSpeech

PHRASES = {("de", "en"): {"Guten Tag": "Good day"}, ("en", "de"): {"Good day": "Guten Tag"}}

Kallglot = Callable[..., Result]


@pytest.fixture
def kallglot(monkeypatch, tmp_path) -> Kallglot:
    """Run a command in an empty folder, with nothing of ours in the environment."""
    for name in ("KALLGLOT_API_KEY", "KALLGLOT_URL", "KALLGLOT_CONFIG", "KALLGLOT_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    return run


@attrs.frozen
class Running:
    """A server that recognises and speaks modem, and the commands to use it with."""

    server: Server
    key: str
    kallglot: Callable[..., Awaitable[Result]]


@pytest.fixture
async def running_server(kallglot: Kallglot, tmp_path: Path) -> AsyncIterator[Running]:
    speech = FakeSpeech()
    speech.knows(PHRASES)
    settings = Settings.default(data=str(tmp_path / "data"), bind="127.0.0.1:0")

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(kallglot, *words)

    async with running(settings, speech) as server:
        assert server.first_key is not None
        yield Running(server, server.first_key, run)
