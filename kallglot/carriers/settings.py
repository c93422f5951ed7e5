"""A connection's credentials, as the plugin that needs them describes them.  Pure.

A plugin brings a frozen attrs class whose fields are strings, or tuples of strings.  Those made
with `secret` are sealed when they are kept, and never shown again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import attrs

from kallglot.errors import InvalidRequest

__all__ = ["LONGEST", "Credential", "credentials_of", "plain", "read_credentials", "secret"]

LONGEST: Final = 4096

_T = TypeVar("_T")


@attrs.frozen
class Credential:
    """One field, for whoever draws a form or checks one."""

    name: str
    meaning: str
    is_secret: bool
    is_required: bool
    is_list: bool


def secret(meaning: str, **options: Any) -> Any:
    """Return an attrs field that is kept sealed and shown nowhere."""
    return attrs.field(repr=False, metadata={"meaning": meaning, "is_secret": True}, **options)


def plain(meaning: str, **options: Any) -> Any:
    """Return an attrs field that may be shown to whoever may see the connection."""
    return attrs.field(metadata={"meaning": meaning, "is_secret": False}, **options)


def credentials_of(settings: type) -> tuple[Credential, ...]:
    """Return the fields of a plugin's settings."""
    return tuple(
        Credential(
            name=field.name,
            meaning=field.metadata.get("meaning", ""),
            is_secret=field.metadata.get("is_secret", True),
            is_required=field.default is attrs.NOTHING,
            is_list="tuple" in str(field.type),
        )
        for field in attrs.fields(settings)
    )


def read_credentials(settings: type[_T], given: Mapping[str, object], param: str) -> _T:
    """Return a plugin's settings made of what was given.

    Raises:
        InvalidRequest: something is missing, unknown or not as it must be; `param` says what.
    """
    known = {field.name: field for field in credentials_of(settings)}
    for name in given:
        if name not in known:
            raise InvalidRequest("there is no such credential", param=f"{param}.{name}"[:200])
    values: dict[str, object] = {}
    for name, field in known.items():
        value = given.get(name)
        if value is None:
            if field.is_required:
                raise InvalidRequest(f"{name} is missing", param=f"{param}.{name}")
            continue
        values[name] = _value(value, field, f"{param}.{name}")
    try:
        return settings(**values)
    except ValueError as error:  # of a validator, which names no value
        named = next((name for name in known if name in str(error)), None)
        at = param if named is None else f"{param}.{named}"
        raise InvalidRequest(f"{named or 'a credential'} is not well formed", param=at) from None


def _value(value: object, field: Credential, param: str) -> object:
    is_fit = all(
        isinstance(each, str) and 0 < len(each) <= LONGEST and each.isprintable()
        for each in (value if field.is_list and isinstance(value, list | tuple) else [value])
    )
    if not is_fit or field.is_list != isinstance(value, list | tuple):
        kind = "a list of strings" if field.is_list else "a string"
        raise InvalidRequest(f"{field.name} is {kind}", param=param)
    return tuple(value) if isinstance(value, list) else value
