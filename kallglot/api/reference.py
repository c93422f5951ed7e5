"""The reference: `/openapi.json` and `/asyncapi.json` for programs, `/docs` for people."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import msgspec
from aiohttp import web

from kallglot.api import conditional
from kallglot.api.asyncapi import document as asyncapi
from kallglot.api.endpoint import Answer, Endpoint, Parameter
from kallglot.api.openapi import document as openapi
from kallglot.api.openapi.examples import kept_events, kept_examples
from kallglot.api.openapi.page import CONTENT_SECURITY_POLICY, page
from kallglot.api.stream import QUERY
from kallglot.webhooks.payloads import PAYLOADS

__all__ = ["ENDPOINTS", "REFERENCE", "Reference"]

JSON: Final = "application/json"
HTML: Final = "text/html"


class Reference:
    """The documents, made when they are first asked for.

    That takes some tens of milliseconds, which calls cannot spare: do it in a thread.
    """

    def __init__(self, endpoints: Sequence[Endpoint], public_url: str) -> None:
        self._endpoints = endpoints
        self._public_url = public_url

    @cached_property
    def openapi(self) -> dict[str, Any]:
        return openapi.document(
            self._endpoints, PAYLOADS, self._public_url, kept_examples(), kept_events()
        )

    @cached_property
    def asyncapi(self) -> dict[str, Any]:
        return asyncapi.document(self._public_url, QUERY)

    @cached_property
    def openapi_json(self) -> bytes:
        return msgspec.json.encode(self.openapi)

    @cached_property
    def asyncapi_json(self) -> bytes:
        return msgspec.json.encode(self.asyncapi)

    @cached_property
    def page(self) -> bytes:
        return page(self.openapi, self.asyncapi, kept_examples()).encode()


REFERENCE = web.AppKey("reference", Reference)


async def show_openapi(request: web.Request) -> web.Response:
    reference = request.app[REFERENCE]
    return _answer(request, await asyncio.to_thread(lambda: reference.openapi_json), JSON)


async def show_asyncapi(request: web.Request) -> web.Response:
    reference = request.app[REFERENCE]
    return _answer(request, await asyncio.to_thread(lambda: reference.asyncapi_json), JSON)


async def show_way(_: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "/docs"})


async def show_page(request: web.Request) -> web.Response:
    reference = request.app[REFERENCE]
    response = _answer(request, await asyncio.to_thread(lambda: reference.page), HTML)
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


def _answer(request: web.Request, body: bytes, media: str) -> web.Response:
    tag = conditional.entity_tag(body)
    headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if conditional.is_known(request, tag):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = f"{media}; charset=utf-8"
    return web.Response(body=body, headers=headers)


_IF_NONE_MATCH: Final = (
    Parameter("If-None-Match", {"type": "string"}, "Nothing if this is still its `ETag`."),
)


def _answers(meaning: str, media: str) -> dict[int, Answer]:
    return {
        200: Answer(meaning, media=(media,)),
        304: Answer("It is as it was.", media=()),
    }


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/openapi.json",
        show_openapi,
        "Get this reference as OpenAPI 3.1",
        _answers("The document.", JSON),
        headers=_IF_NONE_MATCH,
    ),
    Endpoint(
        "GET",
        "/asyncapi.json",
        show_asyncapi,
        "Get the protocol of the stream as AsyncAPI 3.0",
        _answers("The document.", JSON),
        headers=_IF_NONE_MATCH,
    ),
    Endpoint(
        "GET",
        "/",
        show_way,
        "Be sent to this reference",
        {302: Answer("`Location` is `/docs`.", media=())},
    ),
    Endpoint(
        "GET",
        "/docs",
        show_page,
        "Read this reference",
        _answers("A page.", HTML),
        headers=_IF_NONE_MATCH,
    ),
)
