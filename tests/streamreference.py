"""Whether what goes over a native stream is what its reference says."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from kallglot.api.asyncapi.document import document
from kallglot.api.stream import QUERY
from kallglot.phones.native import NativePhone

__all__ = ["DescribedPhone", "check_received", "check_sent"]


class DescribedPhone(NativePhone):
    """A native client that trusts nobody, itself included."""

    def speak(self, pcm: bytes) -> Any:
        frame = super().speak(pcm)
        check_received(frame)
        return frame

    def receive(self, frame: Any) -> Any:
        check_sent(frame)
        return super().receive(frame)


def check_sent(frame: str) -> None:
    """Raise `AssertionError` if a client may not be told that."""
    _check(frame, "send")


def check_received(frame: str) -> None:
    """Raise `AssertionError` if a client may not say that."""
    _check(frame, "receive")


def _check(frame: str, action: str) -> None:
    message = json.loads(frame)
    validator = _validators(action).get(message["type"])
    assert validator is not None, f"{message['type']} is not in the reference"
    faults = [fault.message for fault in validator.iter_errors(message)]
    assert not faults, f"{message['type']}: {faults}"


@cache
def _validators(action: str) -> dict[str, Draft202012Validator]:
    """Return what each frame must be, read strictly: it has no field that is not named."""
    made = document("https://calls.example.com", QUERY)
    schemas = made["components"]["schemas"]
    for schema in schemas.values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    names = [
        reference["$ref"].rpartition("/")[2] for reference in made["operations"][action]["messages"]
    ]
    messages = {name: made["components"]["messages"][name] for name in names}
    return {
        message["name"]: Draft202012Validator(
            {**message["payload"], "components": {"schemas": schemas}}
        )
        for message in messages.values()
    }
