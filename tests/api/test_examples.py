"""Every example of the reference, asked of a server.

With `--record` what is answered is written into the reference.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from kallglot.api.openapi.examples import EVENTS, FILE, Example, kept_events, kept_examples
from tests.api.described import described
from tests.api.eventexamples import told
from tests.api.examples import REQUESTS, Request, Tidy, build

#: Text that is different each time, or too long to be shown.
UNTOLD = {"GET /metrics", "GET /openapi.json", "GET /asyncapi.json", "GET /docs"}
#: How many characters of text are shown.
SHOWN = 600


@pytest.fixture
async def world(owner, operator, store, settings, clock) -> dict[str, str]:
    return await build(owner, operator, store, settings, clock)


@pytest.mark.parametrize("name", REQUESTS)
async def test_an_example_is_answered_as_the_reference_says(name, owner, operator, world, request):
    asked = REQUESTS[name]
    example = await answered(name, asked, operator if asked.is_operator else owner, world)
    if request.config.getoption("--record"):
        write(name, example)
    kept = msgspec.to_builtins(kept_examples().get(name))
    assert msgspec.to_builtins(example) == kept, "run with --record, and look at what changed"


def test_an_event_is_as_the_reference_shows_it(request):
    bodies = msgspec.json.decode(msgspec.json.encode(told()))
    if request.config.getoption("--record"):
        EVENTS.write_bytes(msgspec.json.format(msgspec.json.encode(bodies), indent=1) + b"\n")
    assert bodies == kept_events(), "run with --record, and look at what changed"
    for body in bodies.values():
        described().check_event(body)


def test_no_example_is_of_something_else():
    assert kept_examples().keys() == REQUESTS.keys()


async def answered(name: str, asked: Request, api, world: dict[str, str]) -> Example:
    method = name.partition(" ")[0]
    headers = {**asked.headers, "Authorization": f"Bearer {api.text}"}
    tidy = Tidy()
    url = asked.url.format_map(world)
    body = filled(asked.body, world)
    response = await api.client.request(
        method, url, json=body, headers=headers, allow_redirects=False
    )
    assert response.status == asked.status, await response.text()
    example = Example(tidy.text(url), response.status, tidy.json(body), dict(asked.headers))
    if name in UNTOLD:
        return example
    match response.content_type:
        case "application/json":
            return msgspec.structs.replace(example, answer=tidy.json(await response.json()))
        case "text/event-stream":
            async with asyncio.timeout(5):
                text = await response.content.readuntil(b"\n\n")
                text += await response.content.readuntil(b"\n\n")
            response.close()
            return msgspec.structs.replace(example, text=shown(tidy.text(text.decode())))
        case media if media.startswith("text/"):
            return msgspec.structs.replace(example, text=shown(await response.text()))
        case _:
            return example


def filled(body: Any, world: dict[str, str]) -> Any:
    """Return a body with the ids of things in the world where it names them."""
    match body:
        case dict():
            return {name: filled(value, world) for name, value in body.items()}
        case str() if body.startswith("{"):
            return body.format_map(world)
        case _:
            return body


def shown(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def write(name: str, example: Example) -> None:
    kept = {**kept_examples(), name: example}
    chosen = {each: kept[each] for each in REQUESTS if each in kept}
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(chosen), indent=1) + b"\n")
