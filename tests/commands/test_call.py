from __future__ import annotations

import json
import re
import wave
from pathlib import Path

import numpy as np
import pytest

from kallglot.audio import files
from kallglot.audio.resample import resample
from kallglot.commands.api import connected
from tests.fakes import modem
from tests.fakes.speech import heard

pytestmark = pytest.mark.real_time


@pytest.fixture
def greeting(tmp_path: Path) -> Path:
    """`Guten Tag` in German, at the rate of a compact disc."""
    pcm = np.frombuffer(modem.speak("Guten Tag", "de", 8000), np.int16)
    path = tmp_path / "greeting.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 44100, 0, "NONE", ""))
        file.writeframes(resample(pcm, 8000, 44100).tobytes())
    return path


@pytest.mark.parametrize(
    "words",
    [
        ("call",),
        ("call", "--session", "sess_1"),
        ("call", "--api-key", "k", "--session", "sess_1", "--from", "de"),
        ("call", "--api-key", "k", "--as", "pigeon"),
        ("call", "--api-key", "k", "--play", "missing.wav"),
        ("export", "sess_1"),
    ],
)
def test_what_is_missing_is_a_usage_error(kallglot, words):
    result = kallglot(*words)
    assert result.exit_code == 2


def test_sound_that_cannot_be_read_is_told_before_anybody_is_called(kallglot, tmp_path):
    (tmp_path / "noise.wav").write_text("no sound")
    words = ("call", "--api-key", "k", "--url", "http://127.0.0.1:9", "--play", "noise.wav")
    result = kallglot(*words)
    assert result.exit_code == 2
    assert "noise.wav is no sound" in result.stderr


def test_no_server_is_explained(kallglot):
    result = kallglot("call", "--api-key", "k", "--url", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: no server answers at http://127.0.0.1:9: start one with `kallglot serve`,"
        " or name another with --url\n"
    )


def test_a_url_that_is_none_is_explained(kallglot):
    result = kallglot("call", "--api-key", "k", "--url", "localhost")
    assert result.exit_code == 1
    assert "is not the URL of a server" in result.stderr


async def test_a_wrong_key_is_explained(running_server):
    url = running_server.server.url
    result = await running_server.kallglot("call", "--api-key", "sk_live_x", "--url", url)
    assert result.exit_code == 1
    assert "(invalid_api_key): make a key with `kallglot keys create`" in result.stderr


async def test_a_wrong_token_is_explained(running_server):
    url = running_server.server.url
    words = ("call", "--session", "sess_x", "--token", "kst_live_x", "--url", url)
    result = await running_server.kallglot(*words)
    assert result.exit_code == 1
    assert "the server hung up: 1008 session_not_found" in result.stderr


@pytest.mark.parametrize("dialect", ["native", "twilio", "telnyx"])
async def test_a_call_and_its_export(running_server, greeting, tmp_path, dialect):
    words = ("--url", running_server.server.url, "--api-key", running_server.key)
    result = await running_server.kallglot(
        *("call", *words, "--as", dialect, "--play", str(greeting), "--participant", "customer"),
        *("--from", "de", "--to", "en", "--wait", "1.6", "--record", str(tmp_path / "heard.wav")),
    )
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "customer  de: Guten Tag  →  en: Good day\n"
    assert "complains" not in result.stderr
    sound, rate_hz = files.read_wave(tmp_path / "heard.wav")
    assert rate_hz == 8000
    assert len(sound) > 2 * 8000 * 2
    assert heard(sound) == ""
    session = re.search(r"sess_\w+", result.stderr)[0]
    exported = await running_server.kallglot("export", session, *words, "--to", str(tmp_path / "x"))
    assert exported.exit_code == 0, exported.stderr
    transcript = json.loads((tmp_path / "x" / "transcript.json").read_text())
    assert transcript["turns"][0]["text"] == "Guten Tag"
    assert transcript["status"] == "completed"
    assert "Good day" in (tmp_path / "x" / "transcript.srt").read_text()


async def test_exporting_recordings(running_server, tmp_path):
    server = running_server.server
    async with connected(server.url, running_server.key) as api:
        session = await api.create_session(
            {"mode": "bidirectional_translation", "recording": {"enabled": True}}
        )
    words = ("--url", server.url, "--api-key", running_server.key)
    stream = session["stream"]
    called = await running_server.kallglot(
        *("call", "--session", session["id"], "--token", stream["token"], "--wait", "0.5"),
        *("--url", server.url),
    )
    assert called.exit_code == 0, called.stderr
    async with connected(server.url, running_server.key) as api:
        await api.end_session(session["id"], "done")
    result = await running_server.kallglot(
        "export", session["id"], *words, "--format", "wav", "--to", str(tmp_path / "x")
    )
    assert result.exit_code == 0, result.stderr
    saved = {Path(line).name for line in result.stdout.split()}
    assert {"transcript.json", "transcript.vtt", "customer.wav", "mixed.wav"} <= saved
    assert files.read_wave(tmp_path / "x" / "customer.wav")[1] == 8000
