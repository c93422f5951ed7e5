from __future__ import annotations

import wave

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.fakes import modem

pytestmark = pytest.mark.real_time

ANSWER = (
    '<Response><Connect><Stream url="{url}"><Parameter name="token" value="{token}"/>'
    "</Stream></Connect></Response>"
)


@pytest.fixture
def greeting(tmp_path):
    path = tmp_path / "greeting.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(modem.speak("Guten Tag", "de", 8000))
    return path


@pytest.fixture
async def application(running_server):
    """Somebody's application, which has the calls to their number translated."""
    server = running_server.server
    client = aiohttp.ClientSession(
        server.url, headers={"Authorization": f"Bearer {running_server.key}"}
    )

    async def voice(request):
        form = await request.post()
        body = {
            "mode": "bidirectional_translation",
            "source_language": "de",
            "target_language": "en",
            "provider": {"type": "twilio", "call_sid": form["CallSid"]},
        }
        async with client.post("/v1/sessions", json=body) as answer:
            stream = (await answer.json())["stream"]
        return web.Response(text=ANSWER.format(**stream))

    async def busy(request):
        return web.Response(text='<Response><Reject reason="busy"/></Response>')

    app = web.Application()
    app.add_routes([web.post("/voice", voice), web.post("/busy", busy)])
    async with client, TestServer(app) as hook:
        yield hook


@pytest.mark.parametrize(
    "words",
    [
        ("simulate", "carrier-pigeon"),
        ("simulate", "twilio", "--play", "missing.wav"),
        ("simulate", "twilio", "--calls", "0"),
        ("simulate", "twilio", "--loss", "101"),
    ],
)
def test_what_cannot_be_done_is_a_usage_error(kallglot, words):
    assert kallglot(*words).exit_code == 2


def test_a_server_that_is_not_there_is_a_failed_call(kallglot):
    result = kallglot("simulate", "twilio", "--server", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert "voice webhook failed" in result.stderr
    assert "1 of 1 calls failed" in result.stderr


async def test_a_call_is_told_step_by_step_and_what_was_heard_is_kept(
    running_server, application, greeting, tmp_path
):
    record = tmp_path / "heard.wav"
    result = await running_server.kallglot(
        "simulate",
        "twilio",
        *("--voice-url", str(application.make_url("/voice")), "--play", str(greeting)),
        *("--wait", "2", "--record", str(record)),
    )
    assert result.exit_code == 0, result.stderr
    for step in ("rings", "voice webhook answered 200", "stream connected", "is completed"):
        assert step in result.stderr
    assert "1 calls: 1 answered, 0 failed, 1 with a stream" in result.stderr
    assert record.stat().st_size > 8000


async def test_many_calls_end_in_a_summary(running_server, application):
    result = await running_server.kallglot(
        "simulate",
        "twilio",
        *("--voice-url", str(application.make_url("/busy")), "--calls", "5", "--per-second", "50"),
    )
    assert result.exit_code == 1
    assert "5 calls: 0 answered, 5 failed" in result.stderr
    assert "voice webhook: p50" in result.stderr
    assert "rings" not in result.stderr, "only one call is told step by step"


async def test_telnyx_says_which_key_it_signs_with(running_server, application):
    result = await running_server.kallglot(
        "simulate", "telnyx", "--voice-url", str(application.make_url("/busy"))
    )
    assert "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=" in result.stderr
    assert "is busy" in result.stderr


async def test_a_cable_is_cut_on_request(running_server, application):
    result = await running_server.kallglot(
        "simulate",
        "twilio",
        *("--voice-url", str(application.make_url("/voice")), "--wait", "5", "--cut-after", "0.3"),
    )
    assert "stream closed: 1006" in result.stderr
    assert "1 calls: 1 answered, 0 failed, 1 with a stream" in result.stderr
