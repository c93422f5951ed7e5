"""A lifecycle state as JSON values and back, for the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cattrs

from kallglot import lifecycle

__all__ = ["dump", "load"]

_converter = cattrs.Converter(unstruct_collection_overrides={frozenset: list})
_CLASSES = {cls.status: cls for cls in lifecycle.EDGES}


def dump(state: lifecycle.State) -> dict[str, Any]:
    """Return `state` as JSON values."""
    return {"status": state.status, **_converter.unstructure(state)}


def load(values: Mapping[str, Any]) -> lifecycle.State:
    """Return the state that `dump` made these values from."""
    fields = dict(values)
    state: lifecycle.State = _converter.structure(fields, _CLASSES[fields.pop("status")])
    return state
