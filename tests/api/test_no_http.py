"""What is no HTTP, or hardly: refused like everything else, and without saying what runs here."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from kallglot.api.app import create_app
from kallglot.api.runner import ApiRunner

pytestmark = pytest.mark.real_time


@pytest.fixture
async def port(store, calls, settings, clock) -> AsyncIterator[int]:
    runner = ApiRunner(create_app(store, calls, settings, clock=clock), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def answer_to(port: int, sent: bytes) -> tuple[str, bytes]:
    """Return the head and the body of what is answered to bytes, once the far end has closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(10):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return head.decode(), body


def post(*headers: str, body: bytes = b"{}") -> bytes:
    lines = ("POST /v1/sessions HTTP/1.1", "Host: localhost", "Connection: close", *headers)
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()


STRANGE: dict[str, bytes] = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 secret\r\n\r\n",
    "a header without a colon": post("no colon here"),
    "a header with a line break": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
    "a method that is none": b"G@T /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "two lengths": post("Content-Length: 2", "Content-Length: 3"),
    "a length that is none": post("Content-Length: two"),
    "a length and chunks": post("Content-Length: 2", "Transfer-Encoding: chunked"),
    "a header that is too long": post("X-Long: " + "x" * 20_000),
    "a packing that nobody knows": post("Content-Encoding: shrunk", "Content-Length: 2"),
    "a body that is not packed as it says": post("Content-Encoding: br", "Content-Length: 2"),
    "a chunk without a length": post("Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n0\r\n\r\n"),
    "a path that is none": b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("name", STRANGE)
async def test_what_is_strange_is_refused_in_our_words(port, name, caplog):
    head, body = await answer_to(port, STRANGE[name])
    status = int(head.split()[1])
    assert status in {400, 401}, head
    error = json.loads(body)["error"]
    assert error["type"] in {"validation_error", "authentication_error"}
    assert f"X-Request-ID: {error['request_id']}" in head
    assert re.fullmatch(r"req_\w{26}", error["request_id"])
    assert "Content-Type: application/json" in head
    assert "Server: Kallglot\r\n" in f"{head}\r\n"
    assert not re.search(r"aiohttp|python|secret|shrunk", head + body.decode(), re.IGNORECASE)
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_packing_that_is_not_known_is_told_from_what_is_no_http(port):
    _, body = await answer_to(port, STRANGE["a body that is not packed as it says"])
    assert "gzip or deflate" in json.loads(body)["error"]["message"]


async def test_a_connection_that_was_refused_is_closed_and_others_are_served(port):
    await answer_to(port, STRANGE["no HTTP"] + post("Content-Length: 2"))
    head, _ = await answer_to(port, get("/healthz"))
    assert head.startswith("HTTP/1.1 200")
