"""What a simulated carrier did and saw, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

__all__ = ["Entry", "Journal"]


@attrs.frozen
class Entry:
    """One step; `at` is on the loop's clock, `call` is empty where it is about none."""

    at: float
    call: str
    what: str
    fields: Mapping[str, object] = attrs.field(factory=dict, repr=False)


class Journal:
    """Entries in their order; `show` is told of each as it comes."""

    def __init__(
        self, now: Callable[[], float], show: Callable[[Entry], None] | None = None
    ) -> None:
        self._now = now
        self._show = show
        self.entries: list[Entry] = []

    def note(self, call: str, what: str, **fields: object) -> None:
        entry = Entry(self._now(), call, what, fields)
        self.entries.append(entry)
        if self._show is not None:
            self._show(entry)

    def of(self, call: str) -> list[str]:
        """Return what happened to a call, in words."""
        return [entry.what for entry in self.entries if entry.call == call]
