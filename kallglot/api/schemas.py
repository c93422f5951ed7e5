"""Request bodies: what may be in them, and what to answer when something else is.

A body becomes a frozen class field by field; the first fault becomes an `InvalidRequest` whose
`param` is the path to it, such as `participants.0.language`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NewType, TypeVar

import attrs
import cattrs
import msgspec
from cattrs.errors import AttributeValidationNote, ForbiddenExtraKeysError, IterableValidationNote

from kallglot.api.languages import language_code
from kallglot.errors import InvalidRequest
from kallglot.model.session import Mode
from kallglot.routing import ProviderAsked, RoutingAsked

__all__ = [
    "EndAsked",
    "GlossaryAsked",
    "ParticipantAsked",
    "SessionAsked",
    "TermAsked",
    "read_end",
    "read_glossary",
    "read_session",
]

T = TypeVar("T")

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
MOST_PARTICIPANTS = 16
LONGEST_SHORT = 256
LONGEST_REASON = 200
LONGEST_WORDING = 200
MOST_TERMS = 1000


@attrs.frozen
class ParticipantAsked:
    type: Side
    language: Language | None = None
    name: Short | None = attrs.field(default=None, repr=False)
    voice: Short | None = None


@attrs.frozen
class SipBody:
    from_uri: Short | None = attrs.field(default=None, repr=False)
    headers: Anything | None = attrs.field(default=None, repr=False)


@attrs.frozen
class RoutingBody:
    phone_number: PhoneNumber | None = attrs.field(default=None, repr=False)
    type: RouteType | None = None
    connection_id: Short | None = None
    direction: Direction | None = None
    sip: SipBody | None = None

    def asked(self) -> RoutingAsked:
        if self.sip is not None and self.type != "sip":
            raise InvalidRequest("routing.sip goes with routing.type sip", param="routing.sip")
        return RoutingAsked(self.phone_number, self.type, self.connection_id, self.direction)


@attrs.frozen
class ProviderBody:
    """The older way to say how a call comes in."""

    type: Carrier
    phone_number: PhoneNumber | None = attrs.field(default=None, repr=False)
    call_sid: Short | None = None
    call_control_id: Short | None = None
    sip_uri: Short | None = attrs.field(default=None, repr=False)
    credentials: Anything | None = attrs.field(default=None, repr=False)
    transport: Transport | None = None
    codecs: Codecs | None = None

    def asked(self) -> ProviderAsked:
        return ProviderAsked(
            self.type, self.phone_number, self.call_sid, self.call_control_id, self.sip_uri
        )


@attrs.frozen
class RecordingBody:
    enabled: bool = False
    channels: Channels | None = None


@attrs.frozen
class HearingBody:
    original: Original | None = None


@attrs.frozen
class TermAsked:
    """A term; what is not said of its languages is as in the glossary around it."""

    source: Wording = attrs.field(repr=False)
    target: Wording | None = attrs.field(default=None, repr=False)
    source_language: Language | None = None
    target_language: Language | None = None
    case_sensitive: bool = False
    spoken_as: Wording | None = attrs.field(default=None, repr=False)
    do_not_translate: bool = False


@attrs.frozen
class GlossaryAsked:
    """The body of `POST` and `PUT /v1/glossaries`."""

    name: Wording
    source_language: Language | None = None
    target_language: Language | None = None
    inflection: bool = True
    terms: list[TermAsked] = attrs.field(factory=list, repr=False)


@attrs.frozen
class SessionGlossaryBody:
    """Terms for one session: those of a kept glossary, and more."""

    id: Short | None = None
    terms: list[TermAsked] | None = attrs.field(default=None, repr=False)


@attrs.frozen
class SessionAsked:
    """The body of `POST /v1/sessions`."""

    mode: Mode
    source_language: Language | None = None
    target_language: Language | None = None
    routing: RoutingBody | None = None
    provider: ProviderBody | None = None
    participants: list[ParticipantAsked] | None = None
    recording: RecordingBody | None = None
    hearing: HearingBody | None = None
    glossary: SessionGlossaryBody | None = None
    metadata: Metadata | None = attrs.field(default=None, repr=False)
    ai_agent: Anything | None = attrs.field(default=None, repr=False)


@attrs.frozen
class EndAsked:
    """The body of `POST /v1/sessions/{id}/end`."""

    reason: Reason | None = None


def read_session(body: Mapping[str, Any]) -> SessionAsked:
    """Return what a session is asked to be.

    Raises:
        InvalidRequest: says what is wrong, and where.
    """
    asked = _read(body, SessionAsked)
    if asked.routing is not None and asked.provider is not None:
        raise InvalidRequest("send routing or provider, not both", param="provider")
    if asked.ai_agent is not None and asked.mode not in {Mode.AI_AGENT, Mode.HELP_CHAT}:
        raise _unfit("ai_agent goes with the mode ai_agent", "ai_agent")
    if len(asked.participants or ()) > MOST_PARTICIPANTS:
        raise _unfit(f"at most {MOST_PARTICIPANTS} people take part", "participants")
    if asked.glossary is not None and len(asked.glossary.terms or ()) > MOST_TERMS:
        raise _unfit(f"a glossary has at most {MOST_TERMS} terms", "glossary.terms")
    return asked


def read_glossary(body: Mapping[str, Any]) -> GlossaryAsked:
    """Return what a glossary is asked to be.

    Raises:
        InvalidRequest: says what is wrong, and where.
    """
    asked = _read(body, GlossaryAsked)
    if len(asked.terms) > MOST_TERMS:
        raise _unfit(f"a glossary has at most {MOST_TERMS} terms", "terms")
    return asked


def read_end(body: Mapping[str, Any]) -> EndAsked:
    """Return how a session is asked to end.

    Raises:
        InvalidRequest: says what is wrong, and where.
    """
    return _read(body, EndAsked)


# Values.  Each returns what it was given, or says what it must be.


def _unfit(message: str, param: str | None = None) -> InvalidRequest:
    return InvalidRequest(message, code="invalid_field_value", param=param)


def _string(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise _unfit("must be a string")
    return value


def _flag(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise _unfit("must be true or false")
    return value


def _short(value: Any, _: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_SHORT:
        raise _unfit(f"must be a string of at most {LONGEST_SHORT} characters")
    return value


def _wording(value: Any, _: Any) -> str:
    is_fit = isinstance(value, str) and value.isprintable() and value.strip()
    if not is_fit or len(value) > LONGEST_WORDING:
        raise _unfit(f"must be 1 to {LONGEST_WORDING} characters, in one line")
    return " ".join(value.split())


def _reason(value: Any, _: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_REASON:
        raise _unfit(f"must be a string of at most {LONGEST_REASON} characters")
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
        raise _unfit("must be a telephone number in E.164, such as +15550100")
    return value


def _object(value: Any, _: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unfit("must be an object")
    return value


def _metadata(value: Any, _: Any) -> dict[str, Any]:
    metadata = _object(value, _)
    is_small = len(metadata) <= MOST_METADATA and _is_within(metadata, DEEPEST_METADATA)
    if not is_small or len(msgspec.json.encode(metadata)) > LONGEST_METADATA:
        raise _unfit(
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
        raise _unfit("must be a list of names")
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
    raise _unfit(f"must be one of {', '.join(_CHOICES[kind])}")


def _carrier(value: Any, _: Any) -> str:
    if isinstance(value, str) and value in {"twilio", "telnyx", "sip"}:
        return value
    raise InvalidRequest("must be one of twilio, telnyx, sip", code="invalid_provider")


# From a body to a class.


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    hooks: dict[Any, Any] = {
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
    for kind, hook in hooks.items():
        converter.register_structure_hook(kind, hook)
    return converter


_CONVERTER = _converter()


def _read(body: Mapping[str, Any], kind: type[T]) -> T:
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
            return _unfit(f"{path} has the wrong type", path)
