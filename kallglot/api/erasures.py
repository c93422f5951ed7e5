"""Deleting for good: whole sessions, and one person's data from all of them."""

from __future__ import annotations

import logging
from typing import Annotated, Any, Final, Literal, TypedDict

import attrs
from aiohttp import web

from kallglot import disposal, eraser
from kallglot.api import objects, query, shapes
from kallglot.api.answers import json_answer, read_json
from kallglot.api.auditing import actor, noted
from kallglot.api.context import API_KEY, CLOCK, REQUEST_ID, SETTINGS, STORE
from kallglot.api.encodings import ENCODINGS
from kallglot.api.endpoint import PAGE, Answer, Endpoint
from kallglot.api.reading import read
from kallglot.api.sessions import find_session
from kallglot.api.shapes import says
from kallglot.api.values import Metadata, PhoneNumber, Short, unfit
from kallglot.errors import IllegalMove, InvalidRequest, NotFound
from kallglot.model.erasure import Erasure, Person
from kallglot.model.session import Status
from kallglot.store.keys import ERASE

__all__ = ["ENDPOINTS", "ErasureAsked"]

logger = logging.getLogger(__name__)


@attrs.frozen
class ErasureAsked:
    """The body of `POST /v1/erasures`: one of the first three says who is meant.

    `participant` is a key or a type, and counts where a number or metadata only say in which
    sessions the person was.
    """

    phone_number: PhoneNumber | None = attrs.field(default=None, repr=False)
    participant_name: Short | None = attrs.field(default=None, repr=False)
    metadata: Metadata | None = attrs.field(default=None, repr=False)
    participant: Short | None = None
    dry_run: bool = False


class ErasureObject(TypedDict):
    """That a person's data was erased, and how much of it; not whose."""

    id: str
    object: Literal["erasure"]
    dry_run: Annotated[bool, says("True: this is what would be erased.")]
    created_at: shapes.Time
    sessions: int
    utterances: int
    recordings: int
    events: int
    analyses: int
    session_ids: list[str]
    skipped_session_ids: Annotated[list[str], says("Those that have not ended: ask again.")]


class ErasureList(TypedDict):
    """A page of erasures, the newest first."""

    object: Literal["list"]
    data: list[ErasureObject]
    has_more: bool
    url: str


async def delete_session(request: web.Request) -> web.Response:
    session = await find_session(request, request[API_KEY])
    if session.status is not Status.ENDED:
        raise IllegalMove("the session has not ended")
    store, data, now = request.app[STORE], request.app[SETTINGS].data, request.app[CLOCK]()
    audited = noted(request, "session.deleted", session.id)
    await disposal.delete_session(store, data, session.id, now, audited)
    request.app[ENCODINGS].forget()
    logger.info("%s deleted %s", request[REQUEST_ID], session.id)
    return json_answer(shapes.Deleted(id=session.id, object="session", deleted=True))


async def create(request: web.Request) -> web.Response:
    key = request[API_KEY]
    asked = read(await read_json(request), ErasureAsked)
    store = request.app[STORE]
    erasure = await eraser.erase(
        store,
        request.app[SETTINGS].data,
        (key.organization_id, key.environment),
        _person(asked),
        request.app[CLOCK](),
        is_dry_run=asked.dry_run,
    )
    if not asked.dry_run:
        request.app[ENCODINGS].forget()
        await store.erasures.add(erasure, actor(request))
        logger.info("%s erased a person, %s", request[REQUEST_ID], erasure.id)
    return json_answer(_object(erasure))


async def list_erasures(request: web.Request) -> web.Response:
    key = request[API_KEY]
    page = query.page(request, "ers")
    found = await request.app[STORE].erasures.page(key.organization_id, key.environment, page)
    erasures: ErasureList = {
        "object": "list",
        "data": [_object(erasure) for erasure in found.items],
        "has_more": found.has_more,
        "url": "/v1/erasures",
    }
    return json_answer(erasures)


async def retrieve(request: web.Request) -> web.Response:
    erasure = await request.app[STORE].erasures.get(request.match_info["id"])
    if erasure is None or not request[API_KEY].sees(erasure):
        raise NotFound("no such erasure", code="erasure_not_found")
    return json_answer(_object(erasure))


def _person(asked: ErasureAsked) -> Person:
    given = [each for each in (asked.phone_number, asked.participant_name, asked.metadata) if each]
    if len(given) != 1:
        raise InvalidRequest("say who is meant by phone_number, participant_name or metadata")
    if asked.participant_name is not None and not asked.participant_name.strip():
        raise unfit("participant_name must not be empty", "participant_name")
    return Person(
        phone_number=asked.phone_number,
        name=asked.participant_name,
        metadata={name: _text(name, value) for name, value in (asked.metadata or {}).items()},
        participant=asked.participant or "customer",
    )


def _text(name: str, value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str() | int():
            return str(value)
        case _:
            raise unfit(f"metadata.{name} must be a text or a whole number", f"metadata.{name}")


def _object(erasure: Erasure) -> ErasureObject:
    counts = erasure.counts
    return {
        "id": erasure.id,
        "object": "erasure",
        "dry_run": erasure.is_dry_run,
        "created_at": objects.iso(erasure.created_at),
        "sessions": counts.sessions,
        "utterances": counts.utterances,
        "recordings": counts.recordings,
        "events": counts.events,
        "analyses": counts.analyses,
        "session_ids": list(erasure.session_ids),
        "skipped_session_ids": list(erasure.skipped_session_ids),
    }


ENDPOINTS: Final = (
    Endpoint(
        "DELETE",
        "/v1/sessions/{id}",
        delete_session,
        "Delete a session that has ended, and everything about it",
        {200: Answer("It is deleted.", shapes.Deleted)},
        scope=ERASE,
        codes=("illegal_state", "session_not_found"),
    ),
    Endpoint(
        "POST",
        "/v1/erasures",
        create,
        "Erase a person: what they said, where they are heard, and what names them",
        {200: Answer("What was erased.", ErasureObject)},
        scope=ERASE,
        body=ErasureAsked,
    ),
    Endpoint(
        "GET",
        "/v1/erasures",
        list_erasures,
        "List the erasures",
        {200: Answer("A page of them.", ErasureList)},
        scope=ERASE,
        query=PAGE,
    ),
    Endpoint(
        "GET",
        "/v1/erasures/{id}",
        retrieve,
        "Retrieve an erasure",
        {200: Answer("The erasure.", ErasureObject)},
        scope=ERASE,
        codes=("erasure_not_found",),
    ),
)
