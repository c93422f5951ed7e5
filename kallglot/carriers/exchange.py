"""One request to a carrier's REST API, and its answer.  Pure.

`kallglot.carriers.line` sends them; a plugin's client makes them and reads what comes back, so it
can be tested without a network, and knows none.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias
from urllib.parse import urlencode

import attrs
import msgspec

__all__ = ["Answer", "Ask", "Line", "Repeat", "Silence", "Try", "form", "json_body"]


class Repeat(enum.Enum):
    """Whether a request may be sent again when nobody knows what became of it."""

    #: It has the same effect once as twice.
    FREELY = "freely"
    #: It may have been carried out: only when it certainly was not.
    IF_NOT_DONE = "if_not_done"


@attrs.frozen
class Ask:
    """A request; `timeout` is for each time it is sent."""

    method: str
    url: str = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    repeat: Repeat = Repeat.FREELY
    timeout: float = 10.0


@attrs.frozen
class Answer:
    """What the carrier answered; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the body, None if it is not JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (ValueError, RecursionError):
            return None


@attrs.frozen
class Silence:
    """Nothing was answered; `was_sent` unless it is certain that the request never went out."""

    why: str
    was_sent: bool = True


Try: TypeAlias = Answer | Silence


class Line(Protocol):
    """The way to a carrier."""

    async def send(self, ask: Ask) -> Answer:
        """Send a request, again if it may be, and return the last answer, good or bad.

        Raises:
            CarrierUnreachable: there was none, or the carrier is being left alone for now.
        """
        ...


def form(fields: Sequence[tuple[str, str | None]]) -> bytes:
    """Write a form, without what is None."""
    return urlencode([pair for pair in fields if pair[1] is not None]).encode()


def json_body(fields: Mapping[str, object]) -> bytes:
    """Write JSON, without what is None."""
    return msgspec.json.encode({name: value for name, value in fields.items() if value is not None})
