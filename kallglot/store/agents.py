"""The AI agents that organizations keep."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from kallglot.model.agent import Agent, Profile
from kallglot.store.database import Database, Statement
from kallglot.store.paging import Page, Slice, read_page

__all__ = ["Agents"]


class Agents:
    """The agents in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, agent: Agent, *, also: Sequence[Statement] = ()) -> None:
        """Keep an agent, or what it has become, and whatever goes with it."""
        await self._database.write(
            Statement(
                "INSERT INTO agents"
                " (id, organization_id, environment, profile, created_at, updated_at)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " profile = excluded.profile, updated_at = excluded.updated_at",
                (
                    agent.id,
                    agent.organization_id,
                    agent.environment,
                    msgspec.json.encode(agent.profile).decode(),
                    agent.created_at,
                    agent.updated_at,
                ),
            ),
            *also,
        )

    async def get(self, agent_id: str) -> Agent | None:
        row = await self._database.read_one("SELECT * FROM agents WHERE id = ?", (agent_id,))
        return None if row is None else _agent(row)

    async def remove(self, agent_id: str) -> None:
        await self._database.write(Statement("DELETE FROM agents WHERE id = ?", (agent_id,)))

    async def page(self, organization_id: str, environment: str, page: Page) -> Slice[Agent]:
        """Return a page of an organization's agents, newest first."""
        where = [("organization_id = ? AND environment = ?", [organization_id, environment])]
        rows = await read_page(self._database, "agents", where, page)
        return Slice([_agent(row) for row in rows.items], rows.has_more)


def _agent(row: sqlite3.Row) -> Agent:
    return Agent(
        id=row["id"],
        organization_id=row["organization_id"],
        environment=row["environment"],
        profile=msgspec.json.decode(row["profile"], type=Profile),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
