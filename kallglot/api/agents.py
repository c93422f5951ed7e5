"""`/v1/agents`: the AI agents that organizations keep, and those that sessions ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypedDict

import attrs
from aiohttp import web

from kallglot.api import query, shapes
from kallglot.api.answers import json_answer, read_json
from kallglot.api.context import API_KEY, CLOCK, STORE
from kallglot.api.endpoint import PAGE, Answer, Endpoint
from kallglot.api.idempotency import keeping, once
from kallglot.api.merging import merged
from kallglot.api.objects import iso
from kallglot.api.reading import read
from kallglot.api.values import (
    JsonSchema,
    KnowledgeBaseId,
    Language,
    LongText,
    Metadata,
    Temperature,
    ToolName,
    Wording,
    unfit,
)
from kallglot.errors import NotFound
from kallglot.ids import new_id
from kallglot.model.agent import Agent, AgentVoice, Profile, Tool
from kallglot.store.keys import ApiKey

__all__ = ["ENDPOINTS", "AgentAsked", "AgentChanges", "demand_agent"]

MOST_TOOLS = 64
MOST_LANGUAGES = 32


@attrs.frozen
class ToolAsked:
    """Something an agent can have done."""

    name: ToolName
    description: LongText = attrs.field(repr=False)
    parameters: JsonSchema = attrs.field(factory=lambda: JsonSchema({}), repr=False)


@attrs.frozen
class AgentAsked:
    """The body of `POST /v1/agents`; an agent without languages speaks what the caller speaks."""

    name: Wording
    system_prompt: LongText = attrs.field(repr=False)
    voice: AgentVoice | None = None
    languages: list[Language] | None = None
    temperature: Temperature | None = None
    knowledge_base_id: KnowledgeBaseId | None = None
    tools: list[ToolAsked] | None = attrs.field(default=None, repr=False)
    metadata: Metadata | None = attrs.field(default=None, repr=False)


@attrs.frozen
class AgentChanges:
    """The body of `PATCH /v1/agents/{id}`: what is left out stays as it is."""

    name: Wording | None = None
    system_prompt: LongText | None = attrs.field(default=None, repr=False)
    voice: AgentVoice | None = None
    languages: list[Language] | None = None
    temperature: Temperature | None = None
    knowledge_base_id: KnowledgeBaseId | None = None
    tools: list[ToolAsked] | None = attrs.field(default=None, repr=False)
    metadata: Metadata | None = attrs.field(default=None, repr=False)


class ToolObject(TypedDict):
    """Something an agent can have done."""

    name: str
    description: str
    parameters: dict[str, Any]


class AgentObject(TypedDict):
    """An AI agent."""

    id: str
    object: Literal["agent"]
    name: str
    system_prompt: str
    voice: AgentVoice
    languages: list[shapes.Language]
    temperature: float
    knowledge_base_id: str | None
    tools: list[ToolObject]
    metadata: dict[str, Any] | None
    created_at: shapes.Time
    updated_at: shapes.Time


class AgentList(TypedDict):
    """A page of agents, the newest first."""

    object: Literal["list"]
    data: list[AgentObject]
    has_more: bool
    url: str


async def create(request: web.Request) -> web.Response:
    key = request[API_KEY]
    body = await read_json(request)

    async def work() -> web.Response:
        profile = _profile(read(body, AgentAsked))
        now = request.app[CLOCK]()
        agent = Agent(new_id("agt"), key.organization_id, key.environment, profile, now, now)
        response = json_answer(_object(agent), status=201)
        await request.app[STORE].agents.put(agent, also=keeping(request, response))
        return response

    return await once(request, key, body, work)


async def list_agents(request: web.Request) -> web.Response:
    key = request[API_KEY]
    page = query.page(request, "agt")
    found = await request.app[STORE].agents.page(key.organization_id, key.environment, page)
    agents: AgentList = {
        "object": "list",
        "data": [_object(agent) for agent in found.items],
        "has_more": found.has_more,
        "url": "/v1/agents",
    }
    return json_answer(agents)


async def retrieve(request: web.Request) -> web.Response:
    return json_answer(_object(await _find(request)))


async def change(request: web.Request) -> web.Response:
    """Change what is named, and leave the rest; null puts back what it was by default."""
    agent = await _find(request)
    body = await read_json(request)
    read(body, AgentChanges)
    kept = _asked(agent.profile)
    whole = {**kept, **{name: value for name, value in body.items() if name != "metadata"}}
    if body.get("metadata") is not None:
        whole["metadata"] = merged(agent.profile.metadata, body["metadata"])
    elif "metadata" in body:
        whole["metadata"] = None
    profile = _profile(read(whole, AgentAsked))
    changed = attrs.evolve(agent, profile=profile, updated_at=request.app[CLOCK]())
    await request.app[STORE].agents.put(changed)
    return json_answer(_object(changed))


async def delete(request: web.Request) -> web.Response:
    agent = await _find(request)
    await request.app[STORE].agents.remove(agent.id)
    return json_answer(shapes.Deleted(id=agent.id, object="agent", deleted=True))


async def demand_agent(request: web.Request, key: ApiKey, asked: Mapping[str, Any] | None) -> None:
    """See that the agent a session is to have is one of the organization's, if it names one.

    Raises:
        NotFound: `ai_agent_not_found`.
    """
    for name in ("agent_id", "id"):
        agent_id = None if asked is None else asked.get(name)
        if agent_id is None:
            continue
        param = f"ai_agent.{name}"
        if not isinstance(agent_id, str):
            raise unfit(f"{param} must be a string", param)
        agent = await request.app[STORE].agents.get(agent_id)
        if agent is None or not key.sees(agent):
            raise NotFound("no such AI agent", code="ai_agent_not_found", param=param)


async def _find(request: web.Request) -> Agent:
    agent = await request.app[STORE].agents.get(request.match_info["id"])
    if agent is None or not request[API_KEY].sees(agent):
        raise NotFound("no such agent", code="agent_not_found")
    return agent


def _profile(asked: AgentAsked) -> Profile:
    """Return what an agent is asked to be; what is not said is as by default.

    Raises:
        InvalidRequest: there are too many of something, or two tools of a name.
    """
    tools = tuple(Tool(each.name, each.description, each.parameters) for each in asked.tools or ())
    languages = tuple(dict.fromkeys(each for each in asked.languages or () if each is not None))
    if len(tools) > MOST_TOOLS:
        raise unfit(f"an agent has at most {MOST_TOOLS} tools", "tools")
    if len(languages) > MOST_LANGUAGES:
        raise unfit(f"an agent speaks at most {MOST_LANGUAGES} languages", "languages")
    twice = _second([tool.name for tool in tools])
    if twice is not None:
        raise unfit(f"tools.{twice}.name is that of another tool", f"tools.{twice}.name")
    return Profile(
        asked.name,
        asked.system_prompt,
        voice="alloy" if asked.voice is None else asked.voice,
        languages=languages,
        temperature=0.7 if asked.temperature is None else asked.temperature,
        knowledge_base_id=asked.knowledge_base_id,
        tools=tools,
        metadata=asked.metadata,
    )


def _second(names: Sequence[str]) -> int | None:
    """Return where the first name stands that was there before."""
    return next((at for at, name in enumerate(names) if name in names[:at]), None)


def _asked(profile: Profile) -> dict[str, Any]:
    """Return the body that asks for an agent as it is."""
    return {
        "name": profile.name,
        "system_prompt": profile.system_prompt,
        "voice": profile.voice,
        "languages": list(profile.languages),
        "temperature": profile.temperature,
        "knowledge_base_id": profile.knowledge_base_id,
        "tools": [_tool(tool) for tool in profile.tools],
        "metadata": profile.metadata,
    }


def _object(agent: Agent) -> AgentObject:
    profile = agent.profile
    return {
        "id": agent.id,
        "object": "agent",
        "name": profile.name,
        "system_prompt": profile.system_prompt,
        "voice": profile.voice,
        "languages": list(profile.languages),
        "temperature": profile.temperature,
        "knowledge_base_id": profile.knowledge_base_id,
        "tools": [_tool(tool) for tool in profile.tools],
        "metadata": profile.metadata,
        "created_at": iso(agent.created_at),
        "updated_at": iso(agent.updated_at),
    }


def _tool(tool: Tool) -> ToolObject:
    return {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/agents",
        create,
        "Create an AI agent",
        {201: Answer("The agent.", AgentObject)},
        scope="agents:write",
        body=AgentAsked,
        is_idempotent=True,
    ),
    Endpoint(
        "GET",
        "/v1/agents",
        list_agents,
        "List AI agents",
        {200: Answer("A page of them.", AgentList)},
        scope="agents:read",
        query=PAGE,
    ),
    Endpoint(
        "GET",
        "/v1/agents/{id}",
        retrieve,
        "Retrieve an AI agent",
        {200: Answer("The agent.", AgentObject)},
        scope="agents:read",
        codes=("agent_not_found",),
    ),
    Endpoint(
        "PATCH",
        "/v1/agents/{id}",
        change,
        "Change an AI agent; what is left out stays, and null puts back the default",
        {200: Answer("The agent.", AgentObject)},
        scope="agents:write",
        body=AgentChanges,
        codes=("agent_not_found",),
    ),
    Endpoint(
        "DELETE",
        "/v1/agents/{id}",
        delete,
        "Delete an AI agent",
        {200: Answer("It is deleted.", shapes.Deleted)},
        scope="agents:write",
        codes=("agent_not_found",),
    ),
)
