"""One event, one POST: the network side of webhooks, which decides nothing but where it may go."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self

import aiohttp
import attrs
from aiohttp.abc import AbstractResolver, ResolveResult

from kallglot import __version__
from kallglot.webhooks.addresses import ForbiddenAddress, UnfitUrl, check_url, is_public
from kallglot.webhooks.verdicts import Answered, Reply, Unanswered

__all__ = ["USER_AGENT", "Conduct", "Sender"]

USER_AGENT: Final = f"Kallglot/{__version__}"

#: Bytes of an answer that are read, so that its connection can be used again; they are not kept.
READ: Final = 64 * 1024
#: Seconds that reading them may take; the status has come by then.
READ_WITHIN: Final = 2.0
#: Seconds that a connection is kept for the next event, less than after which servers close theirs:
#: an event that meets a connection being closed would count as failed.
KEPT_OPEN: Final = 3.0
#: How many names are looked up at the same time, in threads that only such names can hold up.
LOOKUPS: Final = 16


@attrs.frozen
class Conduct:
    """How long an answer is waited for, and whether private addresses are connected to."""

    timeout: float = 30.0
    allow_private: bool = False


class Sender:
    """Sends events; used as a context manager.

    `resolver` and `trusted` are for tests: who knows the names, and whose certificates count.
    """

    def __init__(
        self,
        conduct: Conduct,
        resolver: AbstractResolver | None = None,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self._conduct = conduct
        self._resolver = resolver or _SystemResolver()
        self._trusted = trusted
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        resolver = self._resolver
        if not self._conduct.allow_private:
            resolver = _PublicResolver(resolver)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=resolver,
                limit=0,  # who sends has a limit
                keepalive_timeout=KEPT_OPEN,
                ssl=self._trusted or True,
            ),
            timeout=aiohttp.ClientTimeout(total=self._conduct.timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT, "Content-Type": "application/json"},
            skip_auto_headers=("Accept-Encoding",),
            auto_decompress=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
        await self._resolver.close()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send an event, and return what came of it; nothing is raised for the far end's sake."""
        assert self._session is not None
        try:
            check_url(url, allow_private=self._conduct.allow_private)
            request = self._session.post(url, data=body, headers=headers, allow_redirects=False)
            async with request as response:
                await _drain(response)
                return Answered(response.status)
        except TimeoutError:
            return Unanswered(f"no answer within {self._conduct.timeout:g} s")
        except UnfitUrl as error:
            return Unanswered(f"not sent: the URL {error}")
        except (aiohttp.ClientError, ForbiddenAddress, OSError, ValueError) as error:
            return Unanswered(_said_of(error))


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read what is left of a short answer; hang up on a long one, or one that does not end."""
    try:
        async with asyncio.timeout(READ_WITHIN):
            left = READ
            while left > 0 and (chunk := await response.content.read(left)):
                left -= len(chunk)
    except (TimeoutError, aiohttp.ClientError):
        left = 0
    if left <= 0:
        response.close()


def _said_of(error: Exception) -> str:
    """Return what went wrong in a few words; those of the error may quote who knows what."""
    match error:
        case ForbiddenAddress():
            return "not sent: its name stands for no public address"
        case aiohttp.ClientConnectorDNSError() | UnicodeError():
            return "its name cannot be resolved"
        case aiohttp.InvalidURL():
            return "not sent: its URL cannot be used"
        case aiohttp.ClientConnectorCertificateError():
            return "its TLS certificate is not good"
        case aiohttp.ClientSSLError():
            return "TLS failed"
        case aiohttp.ClientConnectorError(os_error=OSError(strerror=str(reason))):
            return f"no connection: {reason.lower()[:80]}"
        case aiohttp.ServerDisconnectedError():
            return "it hung up without an answer"
        case aiohttp.ClientConnectionError() | OSError():
            return "the connection broke"
        case _:
            return "what came is no answer in HTTP"


class _SystemResolver(AbstractResolver):
    """Asks the operating system, in threads of its own: one that hangs must hang alone."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS, "webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, socket.getaddrinfo, host, port, family, socket.SOCK_STREAM
        )
        return [
            {
                "hostname": host,
                "host": str(address[0]),
                "port": int(address[1]),
                "family": kind,
                "proto": protocol,
                "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            }
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class _PublicResolver(AbstractResolver):
    """Leaves out addresses that are not public; what it returns is what is connected to."""

    def __init__(self, resolver: AbstractResolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        public = [result for result in found if is_public(result["host"])]
        if not public:
            raise ForbiddenAddress(f"{host} has no public address")
        return public

    async def close(self) -> None:
        await self._resolver.close()
