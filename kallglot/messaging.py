"""What kinds of messages actors send, and where to.

See `kallglot.messages` for the messages themselves.
"""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

__all__ = ["Fact", "Media", "Question", "Receiver", "Request"]

R = TypeVar("R")


class Request:
    """Base class of messages that ask for something to be done."""

    __slots__ = ()


class Fact:
    """Base class of messages that report what has happened."""

    __slots__ = ()


class Question(Request, Generic[R]):
    """Base class of requests that are answered with an `R`."""

    __slots__ = ()


class Media:
    """Base class of messages that go stale: under pressure the oldest is dropped.

    Nobody changes them, but they are not frozen: making a frozen one takes three times as long.
    """

    __slots__ = ()


class Receiver(Protocol):
    """Where a message can be sent."""

    def tell(self, message: Any, /) -> None: ...
