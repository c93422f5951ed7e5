"""What single values in bodies may be: a type for each kind, and a hook that reads it.

Each hook returns what it was given, or says what it must be.  `VALUES` is the table of both, with
the JSON Schema that says the same in the reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NewType, get_args

import attrs
import msgspec

from kallglot.api import telephony_values as telephony
from kallglot.api.languages import language_code
from kallglot.api.quantities import COUNT, DAYS, MOMENT, Count, Days, Moment, count, days, moment
from kallglot.errors import InvalidRequest
from kallglot.model.session import Mode
from kallglot.model.webhook import EVERYTHING
from kallglot.webhooks.events import NAMES

__all__ = [
    "VALUES",
    "Anything",
    "Carrier",
    "Channels",
    "Codecs",
    "Count",
    "Days",
    "Dialled",
    "Direction",
    "EventTypes",
    "JsonSchema",
    "KnowledgeBaseId",
    "Language",
    "LongText",
    "Metadata",
    "Moment",
    "Name",
    "Overlap",
    "PhoneNumber",
    "Reason",
    "RouteType",
    "Short",
    "Side",
    "Temperature",
    "ToolName",
    "Transport",
    "Value",
    "WebhookUrl",
    "Wording",
    "literal",
    "unfit",
]

Language = NewType("Language", str)
PhoneNumber = NewType("PhoneNumber", str)
Short = NewType("Short", str)
Name = NewType("Name", str)
Wording = NewType("Wording", str)
Reason = NewType("Reason", str)
Carrier = NewType("Carrier", str)
Side = NewType("Side", str)
Direction = NewType("Direction", str)
RouteType = NewType("RouteType", str)
Transport = NewType("Transport", str)
Channels = NewType("Channels", str)
Metadata = NewType("Metadata", dict[str, Any])
Anything = NewType("Anything", dict[str, Any])
Codecs = NewType("Codecs", list[str])
WebhookUrl = NewType("WebhookUrl", str)
EventTypes = NewType("EventTypes", tuple[str, ...])
Overlap = NewType("Overlap", int)
LongText = NewType("LongText", str)
Temperature = NewType("Temperature", float)
KnowledgeBaseId = NewType("KnowledgeBaseId", str)
ToolName = NewType("ToolName", str)
Dialled = NewType("Dialled", str)
JsonSchema = NewType("JsonSchema", dict[str, Any])


@attrs.frozen
class Value:
    """A kind of value: how it is read, what the reference says, and the code of its refusal."""

    hook: Callable[[Any, Any], Any]
    schema: Mapping[str, Any]
    code: str = "invalid_field_value"


LONGEST_METADATA = 16 * 1024
DEEPEST_METADATA = 8
MOST_METADATA = 50
LONGEST_SHORT = 256
LONGEST_REASON = 200
LONGEST_WORDING = 200
LONGEST_TEXT = 32 * 1024
LONGEST_SCHEMA = 16 * 1024
DEEPEST_SCHEMA = 16
KNOWLEDGE_BASE_ID = "kb_[A-Za-z0-9_-]{1,64}"
DIALLED = r"\+[1-9][0-9]{1,14}|sips?:[!-~]{1,64}@[A-Za-z0-9.:\[\]-]{1,255}"
TOOL_NAME = "[A-Za-z0-9_-]{1,64}"
LONGEST_URL = 2048
LONGEST_OVERLAP = 7 * 86_400


def unfit(message: str, param: str | None = None) -> InvalidRequest:
    return InvalidRequest(message, code="invalid_field_value", param=param)


def _string(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise unfit("must be a string")
    return value


def _long_text(value: Any, _: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        raise unfit(f"must be a string of 1 to {LONGEST_TEXT} characters")
    return value


def _temperature(value: Any, _: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 2:
        raise unfit("must be a number from 0 to 2")
    return float(value)


def _knowledge_base_id(value: Any, _: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(KNOWLEDGE_BASE_ID, value, re.ASCII):
        raise unfit("must be the id of a knowledge base, kb_…")
    return value


def _tool_name(value: Any, _: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(TOOL_NAME, value, re.ASCII):
        raise unfit("must be 1 to 64 letters, digits, _ or -")
    return value


def _json_schema(value: Any, _: Any) -> dict[str, Any]:
    """Return a schema of an object; whether all in it makes sense is for who uses it to see."""
    schema = _object(value, _)
    is_small = _is_within(schema, DEEPEST_SCHEMA)
    if not is_small or len(msgspec.json.encode(schema)) > LONGEST_SCHEMA:
        raise unfit(
            f"must be at most {LONGEST_SCHEMA} bytes of JSON and {DEEPEST_SCHEMA} levels deep"
        )
    required = schema.get("required", [])
    is_of_object = schema.get("type", "object") == "object"
    is_described = isinstance(schema.get("properties", {}), dict) and isinstance(required, list)
    if not is_of_object or not is_described or not all(isinstance(each, str) for each in required):
        raise unfit("must be a JSON Schema of an object: type, properties, required")
    return schema


def _flag(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise unfit("must be true or false")
    return value


def _at_most(longest: int, more: str = "") -> Callable[[Any, Any], str]:
    def text(value: Any, _: Any) -> str:
        is_fit = isinstance(value, str) and (not more or value.isprintable())
        if not is_fit or len(value) > longest:
            raise unfit(f"must be a string of at most {longest} characters{more}")
        return str(value)

    return text


def _wording(value: Any, _: Any) -> str:
    is_fit = isinstance(value, str) and value.isprintable() and value.strip()
    if not is_fit or len(value) > LONGEST_WORDING:
        raise unfit(f"must be 1 to {LONGEST_WORDING} characters, in one line")
    return " ".join(value.split())


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


def _dialled(value: Any, _: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(DIALLED, value, re.ASCII):
        raise unfit("must be a telephone number in E.164, or a SIP URI such as sip:200@pbx.example")
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


def _webhook_url(value: Any, _: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_URL:
        raise unfit(f"must be a URL of at most {LONGEST_URL} characters")
    return value


def _event_types(value: Any, _: Any) -> tuple[str, ...]:
    """Read which events are wanted: `*`, or a list; the order is that of the table of events."""
    known = tuple(NAMES.values())
    wanted = [value] if value == "*" else value
    is_list = isinstance(wanted, list) and all(isinstance(name, str) for name in wanted)
    if not is_list or not wanted or not {*wanted} <= {*known, *EVERYTHING}:
        raise unfit(f"must be * or a list of some of {', '.join(known)}")
    if {*EVERYTHING} <= {*wanted}:
        return EVERYTHING
    return tuple(name for name in known if name in wanted)


def _overlap(value: Any, _: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LONGEST_OVERLAP:
        raise unfit(f"must be a whole number of seconds from 0 to {LONGEST_OVERLAP}")
    return value


_CHOICES: dict[Any, tuple[str, ...]] = {
    Side: ("customer", "agent"),
    Direction: ("inbound", "outbound"),
    RouteType: ("sip",),
    Transport: ("udp", "tcp", "tls"),
    Channels: ("dual", "mono", "single", "mixed"),
}


def _choice(value: Any, kind: Any) -> str:
    if isinstance(value, str) and value in _CHOICES[kind]:
        return value
    raise unfit(f"must be one of {', '.join(_CHOICES[kind])}")


def literal(value: Any, kind: Any) -> str:
    """Return a value that is one of those of a `Literal`."""
    choices: tuple[str, ...] = get_args(kind)
    if isinstance(value, str) and value in choices:
        return value
    raise unfit(f"must be one of {', '.join(choices)}")


def _carrier(value: Any, _: Any) -> str:
    if isinstance(value, str) and value in {"twilio", "telnyx", "sip"}:
        return value
    raise InvalidRequest("must be one of twilio, telnyx, sip", code="invalid_provider")


VALUES: Final[Mapping[Any, Value]] = {
    str: Value(_string, {"type": "string"}),
    bool: Value(_flag, {"type": "boolean"}),
    Short: Value(_at_most(LONGEST_SHORT), {"type": "string", "maxLength": LONGEST_SHORT}),
    Name: Value(
        _at_most(LONGEST_SHORT, ", in one line"),
        {"type": "string", "maxLength": LONGEST_SHORT, "description": "In one line."},
    ),
    Wording: Value(
        _wording,
        {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_WORDING,
            "description": "In one line.",
        },
    ),
    Reason: Value(_at_most(LONGEST_REASON), {"type": "string", "maxLength": LONGEST_REASON}),
    Mode: Value(_mode, {"type": "string", "enum": [*Mode]}, "invalid_mode"),
    Language: Value(
        _language,
        {
            "type": "string",
            "description": "A language such as `de` or `de-DE`; `auto`: it is to be detected.",
            "examples": ["de"],
        },
        "invalid_language_code",
    ),
    PhoneNumber: Value(
        _phone_number,
        {"type": "string", "pattern": r"^\+[1-9][0-9]{1,14}$", "description": "In E.164."},
    ),
    Dialled: Value(
        _dialled,
        {"type": "string", "pattern": f"^({DIALLED})$", "description": "In E.164, or a SIP URI."},
    ),
    Carrier: Value(
        _carrier, {"type": "string", "enum": ["twilio", "telnyx", "sip"]}, "invalid_provider"
    ),
    Metadata: Value(
        _metadata,
        {
            "type": "object",
            "maxProperties": MOST_METADATA,
            "description": f"Yours; at most {LONGEST_METADATA} bytes of JSON and"
            f" {DEEPEST_METADATA} levels deep.",
        },
    ),
    Anything: Value(_object, {"type": "object"}),
    Codecs: Value(_codecs, {"type": "array", "items": {"type": "string"}}),
    WebhookUrl: Value(
        _webhook_url,
        {
            "type": "string",
            "format": "uri",
            "maxLength": LONGEST_URL,
            "description": "An `https` URL that anybody can reach.",
            "examples": ["https://example.com/webhooks/kallglot"],
        },
    ),
    EventTypes: Value(
        _event_types,
        {
            "description": "Which events; `*` is every event there is, or will be.",
            "oneOf": [
                {"type": "string", "const": "*"},
                {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "string", "enum": [*EVERYTHING, *NAMES.values()]},
                },
            ],
        },
    ),
    LongText: Value(_long_text, {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}),
    Temperature: Value(_temperature, {"type": "number", "minimum": 0, "maximum": 2}),
    KnowledgeBaseId: Value(
        _knowledge_base_id, {"type": "string", "pattern": f"^{KNOWLEDGE_BASE_ID}$"}
    ),
    ToolName: Value(_tool_name, {"type": "string", "pattern": f"^{TOOL_NAME}$"}),
    JsonSchema: Value(
        _json_schema,
        {
            "type": "object",
            "description": f"A JSON Schema of an object; at most {LONGEST_SCHEMA} bytes of JSON"
            f" and {DEEPEST_SCHEMA} levels deep.",
            "properties": {
                "type": {"const": "object"},
                "properties": {"type": "object"},
                "required": {"type": "array", "items": {"type": "string"}},
            },
        },
    ),
    telephony.CallUrl: Value(telephony.call_url, telephony.CALL_URL),
    telephony.Credentials: Value(telephony.credentials, telephony.CREDENTIALS),
    telephony.Greeting: Value(telephony.greeting, telephony.GREETING),
    Count: Value(count, COUNT),
    Days: Value(days, DAYS),
    Moment: Value(moment, MOMENT),
    Overlap: Value(_overlap, {"type": "integer", "minimum": 0, "maximum": LONGEST_OVERLAP}),
    **{
        kind: Value(_choice, {"type": "string", "enum": [*choices]})
        for kind, choices in _CHOICES.items()
    },
}
