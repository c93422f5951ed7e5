"""Whole media streams, and frames that go wrong, as they would cross the wire.

The records are synthetic: the shapes are the documented ones, the ids are made up.  `t_ms` is when
a frame comes, `dir` says whether it comes `in` or goes `out`.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from kallglot.providers import StreamOffer, Wire, WireEvent

FIXTURES = Path(__file__).parent / "fixtures"

OFFER = StreamOffer(session_id="sess_1", query={}, headers={})


def records(name: str) -> list[dict[str, Any]]:
    text = (FIXTURES / f"{name}.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def incoming(name: str) -> list[tuple[float, str]]:
    """Return when each frame comes, and the frame."""
    return [
        (record["t_ms"] / 1000, json.dumps(record["frame"]))
        for record in records(name)
        if record["ch"] == "ws" and record["dir"] == "in"
    ]


def outgoing(name: str) -> list[dict[str, Any]]:
    return [
        record["frame"]
        for record in records(name)
        if record["ch"] == "ws" and record["dir"] == "out"
    ]


def edge(name: str, why: str) -> str:
    """Return the frame whose reason to exist begins with `why`."""
    found = [record for record in records(name) if record["why"].startswith(why)]
    return json.dumps(found[0]["frame"])


def played_through(wire: Wire, name: str) -> list[WireEvent]:
    """Let a wire receive a whole stream, and return all that it reported."""
    return [event for now, frame in incoming(name) for event in wire.receive(frame, now)]


def payload(frame: object) -> bytes:
    """Return the audio of a carrier's media frame."""
    return base64.b64decode(json.loads(str(frame))["media"]["payload"])
