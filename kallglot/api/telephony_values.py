"""What values about telephone numbers and carriers' accounts in bodies may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NewType
from urllib.parse import urlsplit

from kallglot.errors import InvalidRequest

__all__ = [
    "CALL_URL",
    "CREDENTIALS",
    "GREETING",
    "CallUrl",
    "Credentials",
    "Greeting",
    "call_url",
    "credentials",
    "greeting",
]

CallUrl = NewType("CallUrl", str)
Credentials = NewType("Credentials", dict[str, str | list[str]])
Greeting = NewType("Greeting", str)

MOST = 16
LONGEST = 512
LONGEST_GREETING = 1000
LONGEST_URL = 1024

CREDENTIALS: Final[Mapping[str, Any]] = {
    "type": "object",
    "maxProperties": MOST,
    "additionalProperties": {
        "oneOf": [
            {"type": "string", "maxLength": LONGEST},
            {
                "type": "array",
                "maxItems": MOST,
                "items": {"type": "string", "maxLength": LONGEST},
            },
        ]
    },
    "description": "What the carrier gives its customers: `account_sid` and `auth_token` of Twilio,"
    " `api_key` of Telnyx. Others may be there; see the provider.",
}
GREETING: Final[Mapping[str, Any]] = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_GREETING,
}
CALL_URL: Final[Mapping[str, Any]] = {
    "type": "string",
    "pattern": "^https?://",
    "maxLength": LONGEST_URL,
    "description": "Where a carrier asks; it is the carrier that must be able to reach it.",
}


def credentials(value: Any, _: Any) -> dict[str, str | list[str]]:
    if not isinstance(value, dict) or len(value) > MOST or not all(map(_is_fit, value.values())):
        raise _unfit(f"must be at most {MOST} texts of at most {LONGEST} characters, by name")
    return value


def _is_fit(value: object) -> bool:
    match value:
        case str():
            return len(value) <= LONGEST
        case list():
            return len(value) <= MOST and all(
                isinstance(each, str) and len(each) <= LONGEST for each in value
            )
        case _:
            return False


def greeting(value: Any, _: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_GREETING:
        raise _unfit(f"must be a text of 1 to {LONGEST_GREETING} characters")
    return value.strip()


def call_url(value: Any, _: Any) -> str:
    says = f"must be an http or https URL of at most {LONGEST_URL} characters"
    if not isinstance(value, str) or not re.fullmatch(r"https?://[!-~]+", value, re.ASCII):
        raise _unfit(says)
    try:
        is_fit = len(value) <= LONGEST_URL and bool(urlsplit(value).hostname)
    except ValueError:
        is_fit = False
    if not is_fit:
        raise _unfit(says)
    return value


def _unfit(message: str) -> InvalidRequest:
    return InvalidRequest(message, code="invalid_field_value")
