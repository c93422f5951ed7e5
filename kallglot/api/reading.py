"""From a body to a frozen class, field by field.

The first fault becomes an `InvalidRequest` whose `param` is the path to it, such as
`participants.0.language`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar, get_origin

import cattrs
from cattrs.cols import is_sequence, list_structure_factory
from cattrs.errors import AttributeValidationNote, ForbiddenExtraKeysError, IterableValidationNote

from kallglot.api.values import VALUES, literal, unfit
from kallglot.errors import InvalidRequest

__all__ = ["read"]

T = TypeVar("T")


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    for kind, value in VALUES.items():
        converter.register_structure_hook(kind, value.hook)
    converter.register_structure_hook_factory(is_sequence, _list_hook)
    converter.register_structure_hook_func(_is_literal, literal)
    return converter


def _list_hook(kind: Any, converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    """Return the hook for a list; without it an empty string would be one."""
    structure = list_structure_factory(kind, converter)

    def hook(value: Any, kind: Any) -> Any:
        if not isinstance(value, list):
            raise unfit("must be a list")
        return structure(value, kind)

    return hook


def _is_literal(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


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
        case _:  # each value and list says what it must be; left are the classes
            return unfit(f"{path} must be an object", path)
