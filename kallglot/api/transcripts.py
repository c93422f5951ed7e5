"""`/v1/sessions/{id}/transcript`: what was said, as JSON or as a file, or how late it came out."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import formatdate
from typing import Final

import msgspec
from aiohttp import web

from kallglot import formats
from kallglot.api import conditional, objects, query, shapes
from kallglot.api.answers import json_answer
from kallglot.api.context import API_KEY, CLOCK, STORE
from kallglot.api.endpoint import Answer, Endpoint, Parameter
from kallglot.api.sessions import find_session
from kallglot.errors import NotFound
from kallglot.formats import lag
from kallglot.model.session import Session
from kallglot.model.transcript import Utterance

__all__ = ["ENDPOINTS"]

JSON = "json"

_ALIASES = {"txt": "text"}
_FORMATS = (JSON, *formats.MEDIA_TYPES, *_ALIASES, *lag.LOGS)
_SUFFIXES = {"text": "txt", **{log: f"{log}.jsonl" for log in lag.LOGS}}
_MEDIA_TYPES = {
    "application/json": JSON,
    **{media.partition(";")[0]: name for name, media in formats.MEDIA_TYPES.items()},
}


async def retrieve(request: web.Request) -> web.Response:
    key = request[API_KEY]
    asked = query.choice(request, "format", _FORMATS)
    language = query.choice(request, "language", tuple(formats.LANGUAGES)) or "both"
    has_translations = query.flag(request, "include_translations", default=True)
    session = await find_session(request, key)
    store = request.app[STORE]
    if await store.retention.words_deleted_at(session.id) is not None:
        raise NotFound("this transcript has been deleted", code="transcript_deleted")
    utterances = await store.transcripts.of_session(session.id)
    name = _ALIASES.get(asked, asked) if asked else _accepted(request)
    if name == JSON:
        shown = language if has_translations else "source"
        transcript = _transcript(session, utterances, shown, request.app[CLOCK]())
        return _unless_known(request, json_answer(transcript), _tag(transcript), session)
    if name in lag.LOGS:
        text = lag.write(utterances, name)
    else:
        text = formats.render(
            utterances, name, language=language, include_translations=has_translations
        )
    tag = conditional.entity_tag(name.encode(), text.encode())
    return _unless_known(request, _file(text, name, session), tag, session)


def _unless_known(
    request: web.Request, response: web.Response, tag: str, session: Session
) -> web.Response:
    """Return the response, or nothing but its tag if the client has it already."""
    if conditional.is_known(request, tag):
        response = web.Response(status=304)
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = conditional.CACHING
    response.headers["Vary"] = "Accept"
    if session.ended_at is not None:
        response.headers["Last-Modified"] = formatdate(session.ended_at, usegmt=True)
    return response


def _tag(transcript: shapes.Transcript) -> str:
    """Return the tag of a transcript; one that grows is the same until it has grown.

    Its duration goes with the clock, so the tag of a living session's is a weak one.
    """
    if transcript["status"] == "completed":
        return conditional.entity_tag(msgspec.json.encode(transcript))
    said = {**transcript, "metadata": {**transcript["metadata"], "duration_seconds": None}}
    return "W/" + conditional.entity_tag(msgspec.json.encode(said))


def _accepted(request: web.Request) -> str:
    """Return the format that the client likes best, JSON if it says nothing we know."""
    liked: list[tuple[float, str]] = []
    for entry in request.headers.get("Accept", "").split(","):
        media, *parameters = (part.strip().lower() for part in entry.split(";"))
        name = _MEDIA_TYPES.get(media)
        if name is not None:
            liked.append((_quality(parameters), name))
    quality, name = max(liked, key=lambda each: each[0], default=(0.0, JSON))
    return name if quality > 0 else JSON


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            return float(value) if value.replace(".", "", 1).isdecimal() else 0.0
    return 1.0


def _file(text: str, name: str, session: Session) -> web.Response:
    suffix = _SUFFIXES.get(name, name)
    return web.Response(
        body=text.encode(),
        headers={
            "Content-Type": formats.MEDIA_TYPES.get(name, lag.MEDIA_TYPE),
            "Content-Disposition": f'inline; filename="transcript-{session.id}.{suffix}"',
        },
    )


def _transcript(
    session: Session, utterances: Sequence[Utterance], language: str, now: float
) -> shapes.Transcript:
    transcript = objects.transcript_object(session, utterances, now)
    if language != "both":
        transcript["turns"] = [_one_language(turn, language) for turn in transcript["turns"]]
    return transcript


def _one_language(turn: shapes.Turn, language: str) -> shapes.Turn:
    """Return a turn in what was spoken, or in what it became where it was translated."""
    shown = turn.copy()
    translation = shown.pop("translation", None)
    shown.pop("translations", None)
    if language == "target" and translation is not None:
        shown["language"], shown["text"] = translation["language"], translation["text"]
    return shown


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v1/sessions/{id}/transcript",
        retrieve,
        "Retrieve the transcript of a session",
        {
            200: Answer(
                "The transcript, in the `format` asked for, or else in what `Accept` likes best.",
                shapes.Transcript,
                ("application/json", *_MEDIA_TYPES, lag.MEDIA_TYPE.partition(";")[0]),
            ),
            304: Answer("It is what `If-None-Match` names.", media=()),
        },
        scope="sessions:read",
        query=(
            Parameter("format", {"type": "string", "enum": list(_FORMATS)}, "What to answer with."),
            Parameter(
                "language",
                {"type": "string", "enum": list(formats.LANGUAGES), "default": "both"},
                "What was said, what it became, or both.",
            ),
            Parameter(
                "include_translations",
                {"type": "boolean", "default": True},
                "False: only what was said.",
            ),
        ),
        headers=(
            Parameter("If-None-Match", {"type": "string"}, "Nothing if this is still its `ETag`."),
        ),
        codes=("session_not_found", "transcript_deleted"),
    ),
)
