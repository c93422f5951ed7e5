from __future__ import annotations

import tomllib

from rich.console import Console

from kallglot.commands import serve
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


async def test_what_is_announced(running_server, capsys):
    serve.announce(running_server.server, Console(stderr=True, soft_wrap=True))
    said = capsys.readouterr().err
    assert running_server.server.url in said
    assert running_server.key in said
    assert f'"Authorization: Bearer {running_server.key}"' in said
    assert "Speaks in tones." in said
