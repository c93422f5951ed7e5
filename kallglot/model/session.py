"""A session: one conversation, whatever calls carry it."""

from __future__ import annotations

import enum
from typing import Any, Literal, TypeAlias

import attrs

from kallglot.model.glossary import Glossary

__all__ = ["LIVE_MODES", "Mode", "Original", "Participant", "Routing", "Session", "Status"]

#: Whether the original voice lies under the translation.
Original: TypeAlias = Literal["none", "ducked", "full"]


class Mode(enum.StrEnum):
    """What Kallglot does in a conversation."""

    BIDIRECTIONAL = "bidirectional_translation"
    ASSISTIVE = "assistive_translation"
    AI_AGENT = "ai_agent"
    HELP_CHAT = "help_chat_voice"


#: The modes that can be held today.
LIVE_MODES = frozenset({Mode.BIDIRECTIONAL, Mode.ASSISTIVE})


class Status(enum.StrEnum):
    """Where a session is in its life."""

    CREATED = "created"
    CONNECTING = "connecting"
    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"


@attrs.frozen
class Participant:
    """A person in the conversation.

    `key` is unique in the session and is what streams, transcripts and recordings call them:
    `customer`, `agent`, or for a second of a type `agent_2`.  `language` is None until it is
    known.
    """

    key: str
    type: str
    language: str | None = None
    name: str | None = attrs.field(default=None, repr=False)
    voice: str | None = None


@attrs.frozen
class Routing:
    """How the telephone network reaches the session; `provider` is what was resolved.

    `call_id` is set when the session was created for a call that is already ringing: the stream
    whose `start` frame carries it belongs to this session.
    """

    provider: str | None = None
    phone_number: str | None = attrs.field(default=None, repr=False)
    connection_id: str | None = None
    call_id: str | None = None
    direction: str | None = None
    sip_uri: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Session:
    """What the store knows of a session.

    Times are seconds since the epoch.  `started_at` is when the first audio was heard; every
    time inside a transcript or a recording counts from there.  The glossary is known of sessions
    that live; it may be large, so others come without it.  `environment` is that of the key that
    opened it, `live` or `test`: keys of the other see nothing of it.
    """

    id: str
    organization_id: str
    mode: Mode
    participants: tuple[Participant, ...]
    created_at: float
    status: Status = Status.CREATED
    source_language: str | None = None
    target_language: str | None = None
    routing: Routing = Routing()
    is_recorded: bool = False
    hearing_original: Original = "none"
    metadata: dict[str, Any] | None = attrs.field(default=None, repr=False)
    started_at: float | None = None
    ended_at: float | None = None
    end_reason: str | None = None
    reconnect_deadline: float | None = None
    glossary: Glossary = attrs.field(factory=Glossary)
    environment: str = "live"
