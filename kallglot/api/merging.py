"""How metadata are changed: key by key.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["merged"]


def merged(kept: Mapping[str, Any] | None, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata with these keys replaced as a whole; null takes a key away."""
    removed = {key for key, value in changes.items() if value is None}
    whole = {**(kept or {}), **changes}
    return {key: value for key, value in whole.items() if key not in removed}
