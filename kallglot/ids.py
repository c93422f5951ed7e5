"""Identifiers: a prefix that says what it names, and 26 characters that sort by time.

The characters are a ULID (https://github.com/ulid/spec): 48 bits of milliseconds and 80 random
bits in Crockford's base 32.  Those that a process makes only grow, within a millisecond too and
when the clock is put back, so what happened later is listed later.
"""

from __future__ import annotations

import secrets
import time

__all__ = ["is_id", "new_id", "new_secret"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26
_STEP_BITS = 40


class _Numbers:
    """Numbers that only grow, and that nobody can guess from those before."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
        if number <= self._last:
            number = self._last + 1 + secrets.randbits(_STEP_BITS)
        self._last = number
        return number


_NUMBERS = _Numbers()


def new_id(prefix: str) -> str:
    """Return a fresh identifier such as `sess_01JD…`."""
    number = _NUMBERS.next()
    digits = [_ALPHABET[(number >> shift) & 31] for shift in range(5 * (_LENGTH - 1), -1, -5)]
    return f"{prefix}_{''.join(digits)}"


def is_id(text: str, prefix: str) -> bool:
    """Tell whether `text` has the shape of an identifier with that prefix."""
    head, _, tail = text.rpartition("_")
    return head == prefix and len(tail) == _LENGTH and set(tail) <= set(_ALPHABET)


def new_secret(prefix: str) -> str:
    """Return a secret of 192 random bits, such as `kst_live_…` or `sk_live_…`."""
    return f"{prefix}_{secrets.token_urlsafe(24)}"
