"""The reading end of Server-Sent Events, as bytes in and events out.  Pure.

After https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation,
except that a byte order mark and lone carriage returns, which our server never sends, are not
looked for.
"""

from __future__ import annotations

import attrs

from kallglot.errors import KallglotError

__all__ = ["EventSource", "Received", "TooLong"]

#: Bytes of an event that are taken.
LONGEST = 4 * 1024 * 1024


class TooLong(KallglotError):
    """An event goes on and on: what is read there are no events."""


@attrs.frozen
class Received:
    """An event as it came; `id` is empty where it had none."""

    id: str
    type: str
    data: str = attrs.field(repr=False)


class EventSource:
    """Puts events together; `last_id` and `retry` are what to come back with, and after how long.

    `retry` is in seconds.
    """

    def __init__(self, last_id: str = "", retry: float = 2.0) -> None:
        self.last_id = last_id
        self.retry = retry
        self._rest = b""
        self._type = ""
        self._data: list[str] = []
        self._size = 0

    def receive(self, data: bytes) -> list[Received]:
        """Take bytes as they come, return the events that they complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        events = [event for line in lines if (event := self._take(line)) is not None]
        if self._size + len(self._rest) > LONGEST:
            raise TooLong("what comes is no stream of events")
        return events

    def reconnect(self) -> None:
        """Forget the half of an event that came before the connection broke."""
        self._rest, self._type, self._data, self._size = b"", "", [], 0

    def _take(self, raw: bytes) -> Received | None:
        line = raw.removesuffix(b"\r").decode("utf-8", "replace")
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
                self._size += len(raw)
            case "event":
                self._type = value
            case "id" if "\0" not in value:
                self.last_id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry = int(value) / 1000
            case _:
                pass  # a comment, or something newer than we are
        return None

    def _dispatch(self) -> Received | None:
        data, kind = self._data, self._type
        self._type, self._data, self._size = "", [], 0
        return Received(self.last_id, kind or "message", "\n".join(data)) if data else None
