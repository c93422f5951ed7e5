"""From the classes that bodies are read as to JSON Schema.  Pure."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs
import msgspec

from kallglot.api.values import VALUES

__all__ = ["Components", "Schema", "codes_of", "needs_fields", "schema_of"]

Schema: TypeAlias = dict[str, Any]
#: The schemas that others refer to, by name.
Components: TypeAlias = dict[str, Schema]

_PLAIN: Final[Mapping[Any, Schema]] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
    Any: {},
}


def schema_of(kind: Any, components: Components) -> Schema:
    """Return the schema of a type; that of a class is put among the components.

    Raises:
        TypeError: the type has none.
    """
    if kind in VALUES:
        return dict(VALUES[kind].schema)
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    if attrs.has(kind):
        return _reference(kind, components)
    origin: Any = get_origin(kind)
    if origin is Annotated:
        return _annotated(kind, components)
    if origin in {Union, types.UnionType}:
        return {"anyOf": [schema_of(each, components) for each in get_args(kind)]}
    if origin is Literal:
        return {"type": "string", "enum": list(get_args(kind))}
    if origin in {list, tuple}:
        return {"type": "array", "items": schema_of(get_args(kind)[0], components)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(get_args(kind)[1], components)}
    raise TypeError(f"the reference cannot say what {kind} is")


def needs_fields(kind: type[Any]) -> bool:
    """Tell whether a body of this class must be sent."""
    return any(field.default is attrs.NOTHING for field in attrs.fields(kind))


def codes_of(kind: Any) -> frozenset[str]:
    """Return the codes with which a body of this class may be refused."""
    return frozenset(_codes(kind))


def _codes(kind: Any) -> Iterator[str]:
    if kind in VALUES:
        yield VALUES[kind].code
    elif attrs.has(kind):
        yield "invalid_field_value"
        hints = get_type_hints(kind)
        for field in attrs.fields(kind):
            if field.default is attrs.NOTHING:
                yield "missing_required_field"
            yield from _codes(hints[field.name])
    else:
        for each in get_args(kind):
            yield from _codes(each)


def _reference(kind: type[Any], components: Components) -> Schema:
    name = kind.__name__
    if name not in components:
        components[name] = {}  # a class may contain itself
        components[name] = _object(kind, components)
    return {"$ref": f"#/components/schemas/{name}"}


def _object(kind: type[Any], components: Components) -> Schema:
    hints = get_type_hints(kind, include_extras=True)
    fields = attrs.fields(kind)
    schema: Schema = {
        "type": "object",
        "properties": {
            field.name: _with_default(schema_of(hints[field.name], components), field.default)
            for field in fields
        },
        "additionalProperties": False,
    }
    required = [field.name for field in fields if field.default is attrs.NOTHING]
    if required:
        schema["required"] = required
    if kind.__doc__ and not kind.__doc__.startswith("Method generated"):
        schema["description"] = " ".join(kind.__doc__.split())
    return schema


def _with_default(schema: Schema, default: Any) -> Schema:
    if isinstance(default, bool | int | float | str):
        return {**schema, "default": default}
    return schema


def _annotated(kind: Any, components: Components) -> Schema:
    inner, *notes = get_args(kind)
    schema = schema_of(inner, components)
    for note in notes:
        if isinstance(note, msgspec.Meta):
            said = {} if note.description is None else {"description": note.description}
            schema |= said | (note.extra_json_schema or {})
    return schema
