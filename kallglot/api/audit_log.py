"""`/v1/audit_log`: who did what; an organization's own, or for operators everybody's."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from kallglot.api import operator_shapes as shapes
from kallglot.api import query
from kallglot.api.answers import json_answer
from kallglot.api.context import API_KEY, STORE
from kallglot.api.endpoint import PAGE, Answer, Endpoint, Parameter
from kallglot.api.objects import iso
from kallglot.store.audit import Note
from kallglot.store.keys import MANAGE

__all__ = ["ENDPOINTS"]


async def list_entries(request: web.Request) -> web.Response:
    key = request[API_KEY]
    organization_id: str | None = key.organization_id
    if key.is_operators:
        organization_id = request.query.get("organization_id")
    found = await request.app[STORE].audit.page(
        organization_id,
        query.page(request, "aud"),
        action=request.query.get("action"),
        target=request.query.get("target"),
    )
    entries: shapes.AuditLog = {
        "object": "list",
        "data": [_object(entry) for entry in found.items],
        "has_more": found.has_more,
        "url": "/v1/audit_log",
    }
    return json_answer(entries)


def _object(entry: Note) -> shapes.AuditEntry:
    return {
        "id": entry.id,
        "object": "audit_entry",
        "organization_id": entry.organization_id,
        "actor": entry.actor,
        "action": entry.action,
        "target": entry.target,
        "request_id": entry.request_id,
        "details": {**entry.details},
        "created_at": iso(entry.at),
    }


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v1/audit_log",
        list_entries,
        "Read who did what",
        {200: Answer("A page of it.", shapes.AuditLog)},
        scope=MANAGE,
        query=(
            Parameter("organization_id", {"type": "string"}, "For operators: only what is its."),
            Parameter("action", {"type": "string"}, "Only this, such as `api_key.revoked`."),
            Parameter("target", {"type": "string"}, "Only what was done to what has this id."),
            *PAGE,
        ),
    ),
)
