"""The API as our own commands use it: over HTTP, like everybody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import aiohttp
import attrs

from kallglot.errors import KallglotError

__all__ = ["Api", "ApiError", "JsonObject", "ServerGone", "connected"]

JsonObject: TypeAlias = dict[str, Any]

#: Bytes written at a time.
_CHUNK = 1 << 16
#: Seconds within which an answer must come, and a recording must have been made.
PATIENCE = 30.0
#: Seconds in which a stream of events shows that it lives, thrice.
SILENCE = 45.0


class ApiError(KallglotError):
    """The server could not be asked, or said no; the message says what to do.

    `status` is what it answered, `retry_after` in how many seconds it may say something else.
    """

    def __init__(
        self, message: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class ServerGone(ApiError):
    """No server answers there, or not any more."""


@attrs.frozen
class Api:
    """A server, and a key to it."""

    client: aiohttp.ClientSession
    url: str
    key: str = attrs.field(repr=False)

    async def get(self, path: str, **query: str) -> JsonObject:
        return await self._ask("GET", path, query=query)

    async def create_session(self, body: Mapping[str, object]) -> JsonObject:
        return await self._ask("POST", "/v1/sessions", body=body)

    async def end_session(self, session_id: str, reason: str) -> JsonObject:
        return await self._ask("POST", f"/v1/sessions/{session_id}/end", body={"reason": reason})

    async def recordings(self, session_id: str) -> list[JsonObject]:
        """Return the recordings of a session, when they have all been made.

        Raises:
            ApiError: that takes too long.
        """
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            answer = await self.get(f"/v1/sessions/{session_id}/recordings", limit="100")
            recordings: list[JsonObject] = answer["data"]
            if all(recording["status"] != "processing" for recording in recordings):
                return recordings
            if asyncio.get_running_loop().time() > deadline:
                raise ApiError("the recordings are still being made; has the session ended?")
            await asyncio.sleep(0.5)

    async def read(self, path: str, **query: str) -> bytes:
        """Return an answer as it is."""
        async with self._asked("GET", path, query=query) as answer:
            return await answer.read()

    async def download(self, path: str, target: Path, **query: str) -> None:
        """Keep an answer in a file, which is there only when it is complete."""
        partial = target.with_name(target.name + ".part")
        async with self._asked("GET", path, query=query) as answer:
            with partial.open("wb") as file:
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    file.write(chunk)
        partial.replace(target)

    @asynccontextmanager
    async def events(
        self, path: str, last_id: str, types: str | None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Read a stream of events as it comes; a silent one raises `TimeoutError`."""
        query = {} if types is None else {"types": types}
        headers = {"Last-Event-ID": last_id} if last_id else {}
        async with self._asked("GET", path, query=query, headers=headers, silence=SILENCE) as sent:
            yield sent.content.iter_any()

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> JsonObject:
        async with self._asked(method, path, query=query, body=body) as answer:
            parsed: JsonObject = await answer.json()
            return parsed

    @asynccontextmanager
    async def _asked(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        silence: float | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with self.client.request(
                method,
                f"{self.url}{path}",
                params=query,
                json=body,
                headers={"Authorization": f"Bearer {self.key}", **(headers or {})},
                timeout=aiohttp.ClientTimeout(sock_connect=PATIENCE, sock_read=silence),
            ) as answer:
                if answer.status >= 400:
                    raise ApiError(
                        _complaint(await answer.text(), answer.status),
                        status=answer.status,
                        retry_after=_seconds(answer.headers.get("Retry-After", "")),
                    )
                yield answer
        except aiohttp.ClientConnectorError as error:
            raise ServerGone(
                f"no server answers at {self.url}: start one with `kallglot serve`, or name"
                " another with --url"
            ) from error


@asynccontextmanager
async def connected(url: str, key: str) -> AsyncIterator[Api]:
    """Use a server.

    Raises:
        ApiError: the URL is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ApiError(f"{url!r} is not the URL of a server, such as http://127.0.0.1:8080")
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=PATIENCE, sock_read=None)
    async with aiohttp.ClientSession(timeout=timeout) as client:
        yield Api(client, url.rstrip("/"), key)


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None


def _complaint(text: str, status: int) -> str:
    """Return what an answer says is wrong, and what can be done."""
    try:
        error = json.loads(text)["error"]
        code, message = error["code"], error["message"]
    except (ValueError, KeyError, TypeError):
        return f"the server answered {status}; is it Kallglot?"
    if status == 401:
        return f"{message} ({code}): make a key with `kallglot keys create` in the server's folder"
    return f"{message} ({code})"
