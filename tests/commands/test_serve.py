from __future__ import annotations

import asyncio
import socket
import tomllib

import pytest
from rich.console import Console
from yarl import URL

from kallglot.commands import serve
from kallglot.commands.api import connected
from kallglot.config import Settings


def test_the_example_settings_are_toml(kallglot):
    result = kallglot("serve", "--example-settings")
    assert result.output == Settings.example()
    assert tomllib.loads(result.output.replace("# ", "#")) is not None


def test_a_bad_address_is_explained(kallglot):
    result = kallglot("serve", "--bind", "nowhere")
    assert result.exit_code == 1
    assert "must be a host and a port" in result.stderr


def test_a_model_that_is_not_there_is_explained(kallglot, monkeypatch):
    monkeypatch.setenv("KALLGLOT_SPEECH_RECOGNISER", "/nowhere")
    result = kallglot("serve", "--bind", "127.0.0.1:0")
    assert result.exit_code == 1
    assert "there is no model in /nowhere" in result.stderr


def test_an_address_that_is_taken_is_noticed_before_models_are_loaded(kallglot):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        result = kallglot("serve", "--bind", f"127.0.0.1:{other.getsockname()[1]}")
    assert result.exit_code == 1
    assert "choose another address" in result.stderr
    assert "loading" not in result.stderr


async def test_what_is_announced(running_server, capsys):
    serve.announce(running_server.server, Console(stderr=True, soft_wrap=True))
    said = capsys.readouterr().err
    assert running_server.server.url in said
    assert running_server.key in said
    assert f'"Authorization: Bearer {running_server.key}"' in said
    assert "Speaks in tones." in said


@pytest.mark.real_time
@pytest.mark.parametrize("line", ["Content-Length: 100", "Transfer-Encoding: chunked"])
async def test_who_hangs_up_before_their_body_is_whole_leaves_no_traceback(
    running_server, caplog, line
):
    caplog.set_level("DEBUG", "kallglot.api.errors")
    url = URL(running_server.server.url)
    _, writer = await asyncio.open_connection(url.host, url.port)
    lines = ("POST /v1/sessions HTTP/1.1", "Host: localhost", f"X-API-Key: {running_server.key}")
    writer.write("\r\n".join([*lines, line]).encode() + b"\r\n\r\n5\r\n{")
    async with connected(str(url), running_server.key) as api, asyncio.timeout(5):
        await api.get("/v1/sessions")  # by then the other request is being read too
        writer.close()
        while "broken off" not in caplog.text:
            await api.get("/v1/sessions")
    assert "ERROR" not in [record.levelname for record in caplog.records]
