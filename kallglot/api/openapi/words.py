"""A JSON Schema in words, with links to the schemas it refers to.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, TypeAlias

__all__ = ["in_words", "properties"]

Schema: TypeAlias = Mapping[str, Any]

_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "maxProperties": "at most {} keys",
    "pattern": "as <code>{}</code>",
    "default": "default <code>{}</code>",
}


def in_words(schema: Schema) -> str:
    """Return what a value of this schema is, as HTML."""
    return ", ".join([_kind(schema), *_limits(schema)])


def properties(schema: Schema) -> Iterator[tuple[str, Schema, bool]]:
    """Yield the fields of an object: the name, the schema, and whether it is always there."""
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        yield name, inner, name in required


def _kind(schema: Schema) -> str:
    match schema:
        case {"$ref": str(reference)}:
            name = escape(reference.rpartition("/")[2])
            return f'<a href="#schema-{name}">{name}</a>'
        case {"anyOf": list(choices)} | {"oneOf": list(choices)}:
            return " or ".join(_kind(choice) for choice in choices)
        case {"allOf": [first, *_]}:
            return _kind(first)
        case {"enum": list(values)}:
            return " | ".join(f"<code>{escape(str(value))}</code>" for value in values)
        case {"const": value}:
            return f"<code>{escape(str(value))}</code>"
        case {"type": "array", "items": dict(items)}:
            return f"list of {_kind(items)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"object of {_kind(values)}"
        case {"type": list(kinds)}:
            return " or ".join(kinds)
        case {"type": str(kind)}:
            form = schema.get("format")
            return f"{kind} ({escape(form)})" if form else kind
        case _:
            return "anything"


def _limits(schema: Schema) -> Iterator[str]:
    for name, words in _LIMITS.items():
        if name in schema:
            value = schema[name]
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            yield words.format(escape(shown))
