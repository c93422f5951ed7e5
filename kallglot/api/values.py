"""What single values in bodies may be: a type for each kind, and a hook that reads it.

Each hook returns what it was given, or says what it must be.  `HOOKS` is the table of both.
"""

from __future__ import annotations

import re
from typing import Any, Final, NewType

import msgspec

from kallglot.api.languages import language_code
from kallglot.errors import InvalidRequest
from kallglot.model.session import Mode

__all__ = [
    "HOOKS",
    "Anything",
    "Carrier",
    "Channels",
    "Codecs",
    "Direction",
    "Language",
    "Metadata",
    "Original",
    "PhoneNumber",
    "Reason",
    "RouteType",
    "Short",
    "Side",
    "Transport",
    "Wording",
    "unfit",
]

Language = NewType("Language", str)
PhoneNumber = NewType("PhoneNumber", str)
Short = NewType("Short", str)
Wording = NewType("Wording", str)
Reason = NewType("Reason", str)
Carrier = NewType("Carrier", str)
Side = NewType("Side", str)
Direction = NewType("Direction", str)
RouteType = NewType("RouteType", str)
Transport = NewType("Transport", str)
Channels = NewType("Channels", str)
Original = NewType("Original", str)
Metadata = NewType("Metadata", dict[str, Any])
Anything = NewType("Anything", dict[str, Any])
Codecs = NewType("Codecs", list[str])

LONGEST_METADATA = 16 * 1024
DEEPEST_METADATA = 8
MOST_METADATA = 50
LONGEST_SHORT = 256
LONGEST_REASON = 200
LONGEST_WORDING = 200


def unfit(message: str, param: str | None = None) -> InvalidRequest:
    return InvalidRequest(message, code="invalid_field_value", param=param)


def _string(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise unfit("must be a string")
    return value


def _flag(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise unfit("must be true or false")
    return value


def _short(value: Any, _: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_SHORT:
        raise unfit(f"must be a string of at most {LONGEST_SHORT} characters")
    return value


def _wording(value: Any, _: Any) -> str:
    is_fit = isinstance(value, str) and value.isprintable() and value.strip()
    if not is_fit or len(value) > LONGEST_WORDING:
        raise unfit(f"must be 1 to {LONGEST_WORDING} characters, in one line")
    return " ".join(value.split())


def _reason(value: Any, _: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_REASON:
        raise unfit(f"must be a string of at most {LONGEST_REASON} characters")
    return value


def _mode(value: Any, _: Any) -> Mode:
    if value in list(Mode):
        return Mode(value)
    raise InvalidRequest(f"must be one of {', '.join(Mode)}", code="invalid_mode")


def _language(value: Any, _: Any) -> str | None:
    try:
        return language_code(_string(value, _))
    except ValueError:
        raise InvalidRequest(
            "must be a language such as de, or auto", code="invalid_language_code"
        ) from None


def _phone_number(value: Any, _: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\+[1-9][0-9]{1,14}", value, re.ASCII):
        raise unfit("must be a telephone number in E.164, such as +15550100")
    return value


def _object(value: Any, _: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise unfit("must be an object")
    return value


def _metadata(value: Any, _: Any) -> dict[str, Any]:
    metadata = _object(value, _)
    is_small = len(metadata) <= MOST_METADATA and _is_within(metadata, DEEPEST_METADATA)
    if not is_small or len(msgspec.json.encode(metadata)) > LONGEST_METADATA:
        raise unfit(
            f"must be at most {MOST_METADATA} keys, {LONGEST_METADATA} bytes of JSON"
            f" and {DEEPEST_METADATA} levels deep"
        )
    return metadata


def _is_within(value: object, levels: int) -> bool:
    match value:
        case dict():
            return levels > 0 and all(_is_within(item, levels - 1) for item in value.values())
        case list():
            return levels > 0 and all(_is_within(item, levels - 1) for item in value)
        case _:
            return True


def _codecs(value: Any, _: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(codec, str) for codec in value):
        raise unfit("must be a list of names")
    return value


_CHOICES: dict[Any, tuple[str, ...]] = {
    Side: ("customer", "agent"),
    Direction: ("inbound", "outbound"),
    RouteType: ("sip",),
    Transport: ("udp", "tcp", "tls"),
    Channels: ("dual", "mono", "single", "mixed"),
    Original: ("none", "ducked", "full"),
}


def _choice(value: Any, kind: Any) -> str:
    if isinstance(value, str) and value in _CHOICES[kind]:
        return value
    raise unfit(f"must be one of {', '.join(_CHOICES[kind])}")


def _carrier(value: Any, _: Any) -> str:
    if isinstance(value, str) and value in {"twilio", "telnyx", "sip"}:
        return value
    raise InvalidRequest("must be one of twilio, telnyx, sip", code="invalid_provider")


HOOKS: Final[dict[Any, Any]] = {
    str: _string,
    bool: _flag,
    Short: _short,
    Wording: _wording,
    Reason: _reason,
    Mode: _mode,
    Language: _language,
    PhoneNumber: _phone_number,
    Carrier: _carrier,
    Metadata: _metadata,
    Anything: _object,
    Codecs: _codecs,
    **dict.fromkeys(_CHOICES, _choice),
}
