"""`/v1/sessions/{id}/transcript`: what was said, as JSON or as a file, or how late it came out."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from kallglot import formats
from kallglot.api import objects, query
from kallglot.api.answers import json_answer
from kallglot.api.auth import allow
from kallglot.api.context import CLOCK, STORE
from kallglot.api.objects import JsonObject
from kallglot.api.sessions import find_session
from kallglot.formats import lag
from kallglot.model.session import Session
from kallglot.model.transcript import Utterance

__all__ = ["routes"]

JSON = "json"

_ALIASES = {"txt": "text"}
_FORMATS = (JSON, *formats.MEDIA_TYPES, *_ALIASES, *lag.LOGS)
_SUFFIXES = {"text": "txt", **{log: f"{log}.jsonl" for log in lag.LOGS}}
_MEDIA_TYPES = {
    "application/json": JSON,
    **{media.partition(";")[0]: name for name, media in formats.MEDIA_TYPES.items()},
}


def routes() -> list[web.RouteDef]:
    return [web.get("/v1/sessions/{id}/transcript", retrieve)]


async def retrieve(request: web.Request) -> web.Response:
    key = allow(request, "sessions:read")
    asked = query.choice(request, "format", _FORMATS)
    language = query.choice(request, "language", tuple(formats.LANGUAGES)) or "both"
    has_translations = query.flag(request, "include_translations", default=True)
    session = await find_session(request, key)
    utterances = await request.app[STORE].transcripts.of_session(session.id)
    name = _ALIASES.get(asked, asked) if asked else _accepted(request)
    if name in lag.LOGS:
        return _file(lag.write(utterances, name), name, session)
    if name != JSON:
        text = formats.render(
            utterances, name, language=language, include_translations=has_translations
        )
        return _file(text, name, session)
    shown = language if has_translations else "source"
    return json_answer(_transcript(session, utterances, shown, request.app[CLOCK]()))


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
) -> JsonObject:
    transcript = objects.transcript_object(session, utterances, now)
    if language != "both":
        transcript["turns"] = [_one_language(turn, language) for turn in transcript["turns"]]
    return transcript


def _one_language(turn: JsonObject, language: str) -> JsonObject:
    """Return a turn in what was spoken, or in what it became where it was translated."""
    shown = {name: value for name, value in turn.items() if name not in _TRANSLATIONS}
    translation = turn.get("translation")
    if language == "target" and translation is not None:
        shown |= {"language": translation["language"], "text": translation["text"]}
    return shown


_TRANSLATIONS = frozenset({"translation", "translations"})
