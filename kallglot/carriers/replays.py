"""Which deliveries have been seen before, in bounded memory.  Pure."""

from __future__ import annotations

from collections import OrderedDict

__all__ = ["Replays"]


class Replays:
    """Remembers keys for so many seconds, and at most so many of them.

    Carriers deliver the same thing twice when we are slow, and anybody who has listened in may
    send again what they have heard.  A signature with a time in it need be remembered no longer
    than it is believed.
    """

    def __init__(self, within: float = 600.0, most: int = 50_000) -> None:
        self._within = within
        self._most = most
        self._seen: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def is_new(self, key: str, now: float) -> bool:
        """Tell whether a key is seen for the first time, and remember it."""
        self._forget(now)
        if key in self._seen:
            return False
        self._seen[key] = now
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return True

    def withdraw(self, key: str) -> None:
        """Forget a key: what it stood for has not been done, and may come again."""
        self._seen.pop(key, None)

    def _forget(self, now: float) -> None:
        while self._seen:
            key, seen_at = next(iter(self._seen.items()))
            if now - seen_at < self._within:
                return
            del self._seen[key]
