"""From a body to a frozen class, field by field.

The first fault becomes an `InvalidRequest` whose `param` is the path to it, such as
`participants.0.language`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import cattrs
from cattrs.errors import AttributeValidationNote, ForbiddenExtraKeysError, IterableValidationNote

from kallglot.api.values import HOOKS, unfit
from kallglot.errors import InvalidRequest

__all__ = ["read"]

T = TypeVar("T")


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    for kind, hook in HOOKS.items():
        converter.register_structure_hook(kind, hook)
    return converter


_CONVERTER = _converter()


def read(body: Mapping[str, Any], kind: type[T]) -> T:
    """Return a body as what it should be.

    Raises:
        InvalidRequest: says what is wrong, and where.
    """
    try:
        return _CONVERTER.structure(body, kind)
    except cattrs.BaseValidationError as error:
        path, fault = next(_faults(error, ()))
        raise _refusal(".".join(path), fault) from error


def _faults(error: BaseException, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what is wrong with a body, and where."""
    for note in getattr(error, "__notes__", ()):
        match note:
            case AttributeValidationNote():
                path = (*path, note.name)
            case IterableValidationNote():
                path = (*path, str(note.index))
    match error:
        case cattrs.BaseValidationError():
            for inner in error.exceptions:
                yield from _faults(inner, path)
        case ForbiddenExtraKeysError():
            yield (*path, min(error.extra_fields)), error
        case _:
            yield path, error


def _refusal(path: str, fault: BaseException) -> InvalidRequest:
    match fault:
        case InvalidRequest():
            return InvalidRequest(f"{path} {fault}", code=fault.code, param=path)
        case ForbiddenExtraKeysError():
            return InvalidRequest(f"there is no field {path}", param=path)
        case KeyError():
            return InvalidRequest(f"{path} is missing", code="missing_required_field", param=path)
        case _:
            return unfit(f"{path} has the wrong type", path)
