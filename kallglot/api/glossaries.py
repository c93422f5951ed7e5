"""`/v1/glossaries`: what organizations call things; and the glossary of a session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs
from aiohttp import web

from kallglot.api import query, schemas, shapes
from kallglot.api.answers import json_answer, read_json
from kallglot.api.context import API_KEY, CLOCK, STORE
from kallglot.api.endpoint import PAGE, Answer, Endpoint
from kallglot.api.idempotency import keeping, once
from kallglot.api.objects import iso
from kallglot.api.schemas import GlossaryAsked, SessionAsked, TermAsked
from kallglot.errors import InvalidRequest, NotFound
from kallglot.ids import new_id
from kallglot.model.glossary import Glossary, KeptGlossary, Term, TermCount
from kallglot.store.glossaries import SessionGlossary
from kallglot.store.keys import ApiKey

__all__ = ["ENDPOINTS", "of_new_session", "session_view"]

#: A thousand terms need more room than other bodies do.
LARGEST_BODY = 4 * 1024 * 1024


async def create(request: web.Request) -> web.Response:
    key = request[API_KEY]
    body = await read_json(_roomy(request))

    async def work() -> web.Response:
        asked = schemas.read_glossary(body)
        now = request.app[CLOCK]()
        kept = KeptGlossary(
            id=new_id("glo"),
            organization_id=key.organization_id,
            name=asked.name,
            glossary=_glossary(asked),
            created_at=now,
            updated_at=now,
            environment=key.environment,
        )
        answer = json_answer(_object(kept), status=201)
        await request.app[STORE].glossaries.put(kept, also=keeping(request, answer))
        return answer

    return await once(request, key, body, work)


async def list_glossaries(request: web.Request) -> web.Response:
    key = request[API_KEY]
    found = await request.app[STORE].glossaries.page(
        key.organization_id, query.page(request, "glo"), key.environment
    )
    glossaries: shapes.GlossaryList = {
        "object": "list",
        "data": [_summary(kept) for kept in found.items],
        "has_more": found.has_more,
        "url": "/v1/glossaries",
    }
    return json_answer(glossaries)


async def retrieve(request: web.Request) -> web.Response:
    key = request[API_KEY]
    return json_answer(_object(await _find(request, key, request.match_info["id"])))


async def replace(request: web.Request) -> web.Response:
    """Put a glossary in the place of the one that was there; sessions that live keep the old."""
    key = request[API_KEY]
    kept = await _find(request, key, request.match_info["id"])
    asked = schemas.read_glossary(await read_json(_roomy(request)))
    changed = attrs.evolve(
        kept, name=asked.name, glossary=_glossary(asked), updated_at=request.app[CLOCK]()
    )
    await request.app[STORE].glossaries.put(changed)
    return json_answer(_object(changed))


async def delete(request: web.Request) -> web.Response:
    key = request[API_KEY]
    kept = await _find(request, key, request.match_info["id"])
    await request.app[STORE].glossaries.remove(kept.id)
    return json_answer(shapes.Deleted(id=kept.id, object="glossary", deleted=True))


async def of_new_session(request: web.Request, key: ApiKey, asked: SessionAsked) -> Glossary:
    """Return the terms that a session is to have, its own before those of the kept glossary.

    Raises:
        NotFound: there is no such glossary.
        InvalidRequest: a term does not say what it needs to.
    """
    body = asked.glossary
    if body is None:
        return Glossary()
    languages = (asked.source_language, asked.target_language)
    own = _terms(body.terms or (), languages, "glossary.terms")
    if body.id is None:
        return Glossary(own)
    kept = await _find(request, key, body.id, param="glossary.id")
    return attrs.evolve(kept.glossary, terms=(*own, *kept.glossary.terms), id=kept.id)


def session_view(taken: SessionGlossary | None) -> shapes.GlossaryFared:
    """What a session's object says of its glossary; nothing where it has none."""
    if taken is None:
        return {}
    return {
        "glossary": {"id": taken.id, "term_count": taken.term_count},
        "glossary_report": {"terms": [_report(count) for count in taken.counts]},
    }


def _report(count: TermCount) -> shapes.TermReport:
    return {
        "source": count.source,
        "target": count.target,
        "hits": count.hits,
        "misses": count.misses,
    }


async def _find(
    request: web.Request, key: ApiKey, glossary_id: str, param: str | None = None
) -> KeptGlossary:
    kept = await request.app[STORE].glossaries.get(glossary_id)
    if kept is None or not key.sees(kept):
        raise NotFound("no such glossary", code="glossary_not_found", param=param)
    return kept


def _roomy(request: web.Request) -> web.Request:
    return request.clone(client_max_size=LARGEST_BODY)


def _glossary(asked: GlossaryAsked) -> Glossary:
    languages = (asked.source_language, asked.target_language)
    return Glossary(_terms(asked.terms, languages, "terms"), asked.inflection)


def _terms(
    asked: Sequence[TermAsked], languages: tuple[str | None, str | None], path: str
) -> tuple[Term, ...]:
    return tuple(_term(term, languages, f"{path}.{at}") for at, term in enumerate(asked))


def _term(asked: TermAsked, languages: tuple[str | None, str | None], path: str) -> Term:
    """Return a term with what the glossary around it says of languages."""
    source = _given(asked.source_language or languages[0], f"{path}.source_language")
    target = _given(asked.target_language or languages[1], f"{path}.target_language")
    wanted = _given(asked.source if asked.do_not_translate else asked.target, f"{path}.target")
    if asked.do_not_translate and asked.target not in {None, asked.source}:
        raise _unfit("must be the source, or left out, of what is not translated", f"{path}.target")
    if source == target:
        raise _unfit("must be another than the source's", f"{path}.target_language")
    return Term(
        source,
        target,
        asked.source,
        wanted,
        is_case_sensitive=asked.case_sensitive,
        spoken_as=asked.spoken_as,
        do_not_translate=asked.do_not_translate,
    )


def _given(value: str | None, path: str) -> str:
    if value is None:
        raise InvalidRequest(f"{path} is missing", code="missing_required_field", param=path)
    return value


def _unfit(says: str, path: str) -> InvalidRequest:
    return InvalidRequest(f"{path} {says}", code="invalid_field_value", param=path)


def _object(kept: KeptGlossary) -> shapes.Glossary:
    terms: list[shapes.Term] = [
        {
            "source_language": term.source_language,
            "target_language": term.target_language,
            "source": term.source,
            "target": term.target,
            "case_sensitive": term.is_case_sensitive,
            "spoken_as": term.spoken_as,
            "do_not_translate": term.do_not_translate,
        }
        for term in kept.glossary.terms
    ]
    return {**_summary(kept), "terms": terms}


def _summary(kept: KeptGlossary) -> shapes.GlossarySummary:
    """Return a glossary without its terms, which may be many."""
    terms = kept.glossary.terms
    languages = {code for term in terms for code in (term.source_language, term.target_language)}
    return {
        "id": kept.id,
        "object": "glossary",
        "name": kept.name,
        "inflection": kept.glossary.is_inflected,
        "languages": sorted(languages),
        "term_count": len(terms),
        "created_at": iso(kept.created_at),
        "updated_at": iso(kept.updated_at),
    }


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/glossaries",
        create,
        "Create a glossary",
        {201: Answer("The glossary.", shapes.Glossary)},
        scope="sessions:write",
        body=schemas.GlossaryAsked,
        is_idempotent=True,
    ),
    Endpoint(
        "GET",
        "/v1/glossaries",
        list_glossaries,
        "List glossaries",
        {200: Answer("A page of them, without their terms.", shapes.GlossaryList)},
        scope="sessions:read",
        query=PAGE,
    ),
    Endpoint(
        "GET",
        "/v1/glossaries/{id}",
        retrieve,
        "Retrieve a glossary",
        {200: Answer("The glossary.", shapes.Glossary)},
        scope="sessions:read",
        codes=("glossary_not_found",),
    ),
    Endpoint(
        "PUT",
        "/v1/glossaries/{id}",
        replace,
        "Replace a glossary; sessions that live keep the old one",
        {200: Answer("The glossary.", shapes.Glossary)},
        scope="sessions:write",
        body=schemas.GlossaryAsked,
        codes=("glossary_not_found",),
    ),
    Endpoint(
        "DELETE",
        "/v1/glossaries/{id}",
        delete,
        "Delete a glossary; sessions keep what they took from it",
        {200: Answer("It is deleted.", shapes.Deleted)},
        scope="sessions:write",
        codes=("glossary_not_found",),
    ),
)
