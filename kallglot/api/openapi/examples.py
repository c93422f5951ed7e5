"""A request for each endpoint, and what it was answered; and an event of each type.

They are in `examples.json`, by method and path, and in `events.json`, by type.  The tests send
every request to a server and hold what it answers against what is written there; `scripts/test
tests/api/test_examples.py --record` writes it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from kallglot.api.endpoint import Endpoint

__all__ = ["EVENTS", "FILE", "Example", "Examples", "kept_events", "kept_examples", "put_into"]

FILE: Final = Path(__file__).parent / "examples.json"
EVENTS: Final = Path(__file__).parent / "events.json"


class Example(Struct, omit_defaults=True):
    """A request and its answer; `text` is the beginning of one that is not JSON."""

    url: str
    status: int
    body: Any = None
    headers: dict[str, str] = {}
    answer: Any = None
    text: str | None = None


#: Examples by method and path, such as `GET /v1/sessions/{id}`.
Examples = dict[str, Example]


def kept_examples() -> Examples:
    return msgspec.json.decode(FILE.read_bytes(), type=Examples)


def kept_events() -> dict[str, Any]:
    return msgspec.json.decode(EVENTS.read_bytes(), type=dict[str, Any])


def put_into(
    operation: dict[str, Any], endpoint: Endpoint, examples: Mapping[str, Example]
) -> None:
    """Put the example of an endpoint, if there is one, where OpenAPI has it."""
    example = examples.get(f"{endpoint.method} {endpoint.path}")
    if example is None:
        return
    if example.body is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = example.body
    content = operation["responses"][str(example.status)].get("content", {})
    if example.answer is not None:
        content["application/json"]["example"] = example.answer
