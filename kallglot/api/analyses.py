"""`/v1/sessions/{id}/analysis` and `/v1/analyses`: what conversations were like."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Literal

import attrs
from aiohttp import web

from kallglot.analyst import Analyst
from kallglot.api import query, quotas
from kallglot.api.analysis_objects import AnalysisList, AnalysisObject, analysis_object
from kallglot.api.answers import json_answer, read_json
from kallglot.api.context import API_KEY, CLOCK, REQUEST_ID, SETTINGS, STORE
from kallglot.api.endpoint import PAGE, Answer, Endpoint
from kallglot.api.idempotency import keeping, once
from kallglot.api.reading import read
from kallglot.api.sessions import find_session
from kallglot.api.values import Language, LongText, WebhookUrl, unfit
from kallglot.errors import IllegalMove, InvalidRequest, NotFound
from kallglot.ids import new_id
from kallglot.model.analysis import COMPONENTS, Analysis, Inquiry
from kallglot.model.session import Session, Status
from kallglot.store.keys import ApiKey
from kallglot.webhooks.addresses import UnfitUrl, check_url

__all__ = ["ENDPOINTS", "AnalysisAsked", "prepare"]

logger = logging.getLogger(__name__)

Component = Literal[
    "summary",
    "sentiment",
    "compliance",
    "keywords",
    "performance",
    "topics",
    "action_items",
    "quality",
]

#: What is made for who asks for nothing in particular.
DEFAULT: Final = ("summary", "sentiment", "compliance", "keywords", "performance")

_ANALYST = web.AppKey("analyst", Analyst)


@attrs.frozen
class PromptsBody:
    """What to write by, in place of our own words."""

    summary: LongText | None = attrs.field(default=None, repr=False)
    action_items: LongText | None = attrs.field(default=None, repr=False)


@attrs.frozen
class AnalysisAsked:
    """The body of `POST /v1/sessions/{id}/analysis`: `include`, or the older `analyses`."""

    profile: Literal["default"] = "default"
    include: list[Component] | None = None
    analyses: list[Component] | None = None
    language: Language | None = None
    custom_prompts: PromptsBody | None = attrs.field(default=None, repr=False)
    webhook_url: WebhookUrl | None = attrs.field(default=None, repr=False)


def prepare(app: web.Application) -> None:
    """Have an analyst at work as long as the application runs."""
    app[_ANALYST] = analyst = Analyst(app[STORE], app[CLOCK])

    async def at_work(_: web.Application) -> AsyncIterator[None]:
        await analyst.start()
        yield
        await analyst.close()

    app.cleanup_ctx.append(at_work)


async def request_analysis(request: web.Request) -> web.Response:
    key = request[API_KEY]
    body = await read_json(request)
    return await once(request, key, body, lambda: _request(request, key, body))


async def retrieve(request: web.Request) -> web.Response:
    key, store = request[API_KEY], request.app[STORE]
    analysis = await store.analyses.get(request.match_info["id"])
    session = None if analysis is None else await store.sessions.get(analysis.session_id)
    if analysis is None or session is None or not key.sees(session):
        raise NotFound("no such analysis", code="analysis_not_found")
    return json_answer(analysis_object(analysis))


async def list_analyses(request: web.Request) -> web.Response:
    session = await find_session(request, request[API_KEY])
    found = await request.app[STORE].analyses.page(session.id, query.page(request, "anl"))
    analyses: AnalysisList = {
        "object": "list",
        "session_id": session.id,
        "data": [analysis_object(analysis) for analysis in found.items],
        "has_more": found.has_more,
        "url": f"/v1/sessions/{session.id}/analyses",
    }
    return json_answer(analyses)


async def _request(request: web.Request, key: ApiKey, body: dict[str, Any]) -> web.Response:
    app = request.app
    inquiry = _inquiry(read(body, AnalysisAsked))
    _check_url(request, inquiry.webhook_url)
    session = await find_session(request, key)
    await _demand_transcript(request, session)
    analysis = Analysis(new_id("anl"), session.id, inquiry, app[CLOCK]())
    response = json_answer(analysis_object(analysis), status=202)
    await app[STORE].analyses.add(
        analysis, also=[*quotas.spending(request), *keeping(request, response)]
    )
    quotas.spent(request)
    app[_ANALYST].take(analysis.id)
    logger.info("%s asked for %s of %s", request[REQUEST_ID], analysis.id, session.id)
    return response


def _check_url(request: web.Request, url: str | None) -> None:
    if url is None:
        return
    try:
        check_url(url, allow_private=request.app[SETTINGS].webhooks.allow_private)
    except UnfitUrl as error:
        raise unfit(f"webhook_url {error}", "webhook_url") from error


async def _demand_transcript(request: web.Request, session: Session) -> None:
    if session.status is not Status.ENDED:
        raise IllegalMove("a session is analysed when it has ended: its transcript goes on")
    if await request.app[STORE].retention.words_deleted_at(session.id) is not None:
        raise NotFound("the transcript has been deleted", code="transcript_deleted")


def _inquiry(asked: AnalysisAsked) -> Inquiry:
    if asked.include is not None and asked.analyses is not None:
        raise InvalidRequest("send include or analyses, not both", param="analyses")
    name = "include" if asked.analyses is None else "analyses"
    components = asked.include if asked.analyses is None else asked.analyses
    if components == []:
        raise unfit(f"{name} must name at least one of {', '.join(COMPONENTS)}", name)
    return Inquiry(
        components=tuple(dict.fromkeys(DEFAULT if components is None else components)),
        profile=asked.profile,
        language=asked.language or "en",
        prompts=_prompts(asked.custom_prompts),
        webhook_url=asked.webhook_url,
    )


def _prompts(body: PromptsBody | None) -> Mapping[str, str]:
    given = {} if body is None else attrs.asdict(body)
    return {name: text for name, text in given.items() if text is not None}


_ONE: Final = {200: Answer("The analysis.", AnalysisObject)}

ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/sessions/{id}/analysis",
        request_analysis,
        "Have a session that has ended analysed",
        {202: Answer("The analysis, which is being made.", AnalysisObject)},
        scope="analysis:write",
        body=AnalysisAsked,
        codes=("illegal_state", "session_not_found", "transcript_deleted", *quotas.CODES),
        is_idempotent=True,
    ),
    Endpoint(
        "GET",
        "/v1/sessions/{id}/analyses",
        list_analyses,
        "List the analyses of a session",
        {200: Answer("A page of them.", AnalysisList)},
        scope="analysis:read",
        query=PAGE,
        codes=("session_not_found",),
    ),
    Endpoint(
        "GET",
        "/v1/analyses/{id}",
        retrieve,
        "Retrieve an analysis",
        _ONE,
        scope="analysis:read",
        codes=("analysis_not_found",),
    ),
    Endpoint(
        "GET",
        "/v1/analysis/{id}",
        retrieve,
        "Retrieve an analysis, by the older path",
        _ONE,
        scope="analysis:read",
        codes=("analysis_not_found",),
    ),
)
