"""The reference can be had without a server."""

from __future__ import annotations

import json

from click.testing import CliRunner
from openapi_spec_validator import validate

from kallglot.cli import main


def test_the_reference_is_written_as_openapi():
    result = CliRunner().invoke(main, ["openapi", "--url", "https://calls.example.com/"])
    document = json.loads(result.output)
    validate(document)
    assert document["servers"] == [{"url": "https://calls.example.com"}]


def test_the_protocol_of_the_stream_is_written_as_asyncapi():
    result = CliRunner().invoke(main, ["openapi", "--stream"])
    document = json.loads(result.output)
    assert document["asyncapi"] == "3.0.0"
    server = document["servers"]["this"]
    assert (server["host"], server["protocol"]) == ("127.0.0.1:8080", "ws")
