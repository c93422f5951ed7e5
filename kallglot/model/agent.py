"""An AI agent that an organization keeps: what it is told, how it sounds, what it can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import attrs

__all__ = ["Agent", "AgentVoice", "Profile", "Tool"]

AgentVoice: TypeAlias = Literal["alloy", "echo", "fable", "onyx", "nova", "shimmer"]


@attrs.frozen
class Tool:
    """Something an agent can have done; `parameters` is a JSON Schema of an object."""

    name: str
    description: str = attrs.field(repr=False)
    parameters: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


@attrs.frozen
class Profile:
    """What an agent is.  Without `languages` it speaks what the caller speaks."""

    name: str
    system_prompt: str = attrs.field(repr=False)
    voice: AgentVoice
    languages: tuple[str, ...]
    temperature: float
    knowledge_base_id: str | None = None
    tools: tuple[Tool, ...] = ()
    metadata: dict[str, Any] | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Agent:
    """An agent that is kept, for the live or the test keys of an organization."""

    id: str
    organization_id: str
    environment: str
    profile: Profile
    created_at: float
    updated_at: float
