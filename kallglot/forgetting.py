"""What of a session is one person's, and what is left without it.  Pure.

What others said stays, also where they talk about this person: it is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from kallglot.model.erasure import Person
from kallglot.model.leg import Leg
from kallglot.model.recording import Recording
from kallglot.model.session import Participant, Session

__all__ = ["Trace", "event_without", "is_heard_in", "leg_without", "session_without", "trace"]

Json: TypeAlias = Any

#: Under what names providers call a call in our objects.
_CALL_IDS = frozenset({"call_sid", "call_control_id", "sip_call_id", "call_id"})

#: What is left of an analysis in an event: that there was one.
_OF_AN_ANALYSIS = frozenset(
    {"id", "object", "session_id", "status", "profile", "created_at", "completed_at"}
)


@attrs.frozen
class Trace:
    """How a person can be found in one session: what they are called there, and what names them.

    `keys` are the participants they are, `texts` what identifies them wherever it stands, and
    `entries` what of the metadata is about them.
    """

    keys: frozenset[str]
    texts: frozenset[str] = attrs.field(repr=False)
    entries: frozenset[str] = attrs.field(repr=False)


def trace(session: Session, person: Person) -> Trace | None:
    """Return the trace of a person in a session; None if they took no part in it."""
    if person.name is not None:
        return _by_name(session, person.name)
    if person.phone_number is not None:
        return _by_number(session, person.phone_number, person.participant)
    metadata = session.metadata or {}
    if any(_written(metadata.get(name)) != value for name, value in person.metadata.items()):
        return None
    return Trace(
        _keys(session, person.participant),
        frozenset(person.metadata.values()),
        frozenset(person.metadata),
    )


def _by_name(session: Session, name: str) -> Trace | None:
    found = [each for each in session.participants if each.name and _same(each.name, name)]
    if not found:
        return None
    names = frozenset(each.name for each in found if each.name)
    entries = {
        entry
        for entry, value in (session.metadata or {}).items()
        if any(_same(text, name) for text in _texts(value))
    }
    return Trace(frozenset(each.key for each in found), names, frozenset(entries))


def _by_number(session: Session, number: str, participant: str) -> Trace | None:
    """Look where numbers of callers stand: our own number says nothing about who called it."""
    entries = frozenset(
        entry
        for entry, value in (session.metadata or {}).items()
        if any(_is_number(text, number) for text in _texts(value))
    )
    named = [each.key for each in session.participants if _is_number(each.name or "", number)]
    uri = session.routing.sip_uri
    is_dialled = uri is not None and _is_number(_user_of(uri), number)
    if not (entries or named or is_dialled):
        return None
    keys = frozenset(named) or _keys(session, participant)
    return Trace(keys, frozenset({number}), entries)


def _keys(session: Session, participant: str) -> frozenset[str]:
    return frozenset(
        each.key for each in session.participants if participant in {each.key, each.type}
    )


def session_without(session: Session, found: Trace) -> Session:
    """Return a session in which nothing names the person any more."""
    uri = session.routing.sip_uri
    names_them = uri is not None and any(_is_number(_user_of(uri), text) for text in found.texts)
    return attrs.evolve(
        session,
        participants=tuple(_participant(each, found) for each in session.participants),
        metadata=_metadata(session.metadata, found),
        routing=attrs.evolve(session.routing, sip_uri=None) if names_them else session.routing,
    )


def _participant(each: Participant, found: Trace) -> Participant:
    return attrs.evolve(each, name=None) if each.key in found.keys else each


def leg_without(leg: Leg, found: Trace) -> Leg:
    """Return a leg; by the provider's name for the call its number could be looked up."""
    return attrs.evolve(leg, call_id=None) if leg.participant in found.keys else leg


def is_heard_in(recording: Recording, found: Trace) -> bool:
    """Tell whether the person is heard on a track, themselves or translated.

    They are not on what they themselves were played.
    """
    channel = recording.channel
    if channel.endswith("_heard"):
        return channel.removesuffix("_heard") not in found.keys
    return channel == "mixed" or channel in found.keys


def event_without(kind: str, body: Mapping[str, Json], found: Trace) -> dict[str, Json]:
    """Return what is left of an event's body."""
    left: dict[str, Json] = _scrubbed(body, found)
    data = left.get("data")
    if not isinstance(data, dict):
        return left
    if kind == "transcript.segment" and data.get("speaker") in found.keys:
        spared = {name: data[name] for name in data if name not in {"translation", "translations"}}
        left["data"] = {**spared, "text": "", "lag": None}
    elif kind.startswith("analysis."):
        left["data"] = {name: data[name] for name in data if name in _OF_AN_ANALYSIS}
    elif data.get("participant") in found.keys and isinstance(left.get("provider"), dict):
        left["provider"] = _without_call(left["provider"])
    return left


def _scrubbed(value: Json, found: Trace) -> Json:
    match value:
        case dict():
            return {
                name: _metadata(item, found)
                if name == "metadata" and isinstance(item, dict)
                else _scrubbed(item, found)
                for name, item in _unnamed(value, found).items()
            }
        case list():
            return [_scrubbed(item, found) for item in value]
        case _:
            return value


def _unnamed(value: dict[str, Json], found: Trace) -> dict[str, Json]:
    """Return an object without what names the person: a participant's name, a call of a leg."""
    if value.get("key") in found.keys and "name" in value:
        return {**value, "name": None}
    if value.get("object") == "leg" and value.get("participant") in found.keys:
        return _without_call(value)
    return value


def _without_call(value: dict[str, Json]) -> dict[str, Json]:
    return {name: item for name, item in value.items() if name not in _CALL_IDS}


def _metadata(metadata: dict[str, Json] | None, found: Trace) -> dict[str, Json] | None:
    if metadata is None:
        return None
    return {name: value for name, value in metadata.items() if name not in found.entries}


def _texts(value: Json) -> Iterator[str]:
    """Yield what is written anywhere in a value."""
    match value:
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
        case None:
            pass
        case _:
            yield _written(value)


def _written(value: Json) -> str:
    """Return a value as the filter of a list would have it."""
    match value:
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _is_number(text: str, number: str) -> bool:
    """Tell whether a text is a telephone number, however it is written."""
    return _digits(text) == _digits(number) != ""


def _digits(text: str) -> str:
    """Return the digits of a number in international form; nothing if it is no number."""
    bare = re.sub(r"[\s()./-]", "", text)
    bare = f"+{bare[2:]}" if bare.startswith("00") else bare
    return bare if re.fullmatch(r"\+?[0-9]{4,15}", bare, re.ASCII) else ""


def _user_of(uri: str) -> str:
    """Return who is called by a SIP URI, or the number of a `tel:`."""
    _, _, rest = uri.partition(":")
    return re.split(r"[@;?]", rest or uri, maxsplit=1)[0]
