"""What fields of public objects have in common."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec

__all__ = ["Language", "Time", "says"]


def says(meaning: str, **schema: Any) -> msgspec.Meta:
    """Say what a field means where its name does not; `schema` goes into its JSON Schema."""
    return msgspec.Meta(description=meaning, extra_json_schema=schema or None)


#: ISO 8601 in UTC, to the second.
Time: TypeAlias = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
Language: TypeAlias = Annotated[str, says("A two- or three-letter language code, such as `de`.")]
