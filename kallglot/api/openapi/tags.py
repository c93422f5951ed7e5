"""What the reference is about: the chapters, and which resources are in which."""

from __future__ import annotations

import inspect
from typing import Final

import attrs

from kallglot.api.endpoint import Endpoint

__all__ = ["TAGS", "Tag", "resource_of", "tag_of"]


@attrs.frozen
class Tag:
    """A chapter; `resources` are modules of `kallglot.api`."""

    name: str
    description: str
    resources: tuple[str, ...]


TAGS: Final = (
    Tag(
        "Sessions",
        "A session is one conversation, whatever calls carry it. Create it, connect calls to it,"
        " and end it; a call that is lost may come back.",
        ("sessions", "session_verbs"),
    ),
    Tag(
        "Streams",
        "The audio of a session comes and goes over a WebSocket, for browsers and for carriers.",
        ("stream",),
    ),
    Tag(
        "Transcripts",
        "What was said and what it became, while it is being said and afterwards.",
        ("transcripts",),
    ),
    Tag(
        "Recordings",
        "The sound of a session, a track for each participant, one for what each was played, and"
        " one of everybody.",
        ("recordings",),
    ),
    Tag("Exports", "Everything that is kept of a session, in one archive.", ("export",)),
    Tag(
        "Analyses",
        "What can be told from a conversation when it is over.",
        ("analyses",),
    ),
    Tag(
        "Telephony",
        "Your accounts with carriers, the numbers on them, and which way a session takes.",
        ("connections", "phone_numbers", "number_market", "routes"),
    ),
    Tag("AI agents", "Who takes part in a conversation without being a person.", ("agents",)),
    Tag("Glossaries", "What an organization calls things in other languages.", ("glossaries",)),
    Tag(
        "Events",
        "What happens, told over a connection that is held open: for those without a public URL.",
        ("eventstream",),
    ),
    Tag(
        "Webhooks",
        "What happens, told to a URL: at least once, in order within a session, and signed. What is"
        " not taken is tried again.",
        ("webhooks", "deliveries"),
    ),
    Tag("Usage", "How long sessions were active, and how much was translated.", ("usage",)),
    Tag(
        "API keys",
        "Who may ask, and for what. What was done with them is in the audit log.",
        ("api_keys", "audit_log"),
    ),
    Tag("Erasing", "Deleting for good what is kept of a session or a person.", ("erasures",)),
    Tag(
        "Organizations",
        "Who owns everything else. Only a key of the server's operator sees to them.",
        ("organizations",),
    ),
    Tag("Server", "Whether the server is well; no key needed.", ("health", "metrics")),
    Tag("Reference", "This reference; no key needed.", ("reference",)),
)

_BY_RESOURCE: Final = {resource: tag for tag in TAGS for resource in tag.resources}


def tag_of(endpoint: Endpoint) -> Tag:
    """Return the chapter that an endpoint is in.

    Raises:
        KeyError: its module is in none.
    """
    return _BY_RESOURCE[_module(endpoint)]


def resource_of(endpoint: Endpoint) -> str:
    """Return what an endpoint's operation is named after: `sessions` of `sessions.create`."""
    module = _module(endpoint)
    return "sessions" if module == "session_verbs" else module


def _module(endpoint: Endpoint) -> str:
    module = inspect.getmodule(endpoint.handle)
    assert module is not None
    return module.__name__.rpartition(".")[2]
