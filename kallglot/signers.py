"""Who signs a webhook: the connections whose credentials fit what came.

Which account a webhook is about is not believed before it is verified, but it says with which
connections to try first: with those of which something public, such as the account's name, is in
the body.  Several may fit, as one account may be connected by several organizations, and what the
webhook says is believed of calls to their numbers only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from kallglot.carriers.settings import credentials_of, read_credentials
from kallglot.carriers.webhook import WebhookRequest
from kallglot.errors import InvalidRequest, NotAuthenticated, StoreError
from kallglot.model.connection import Credentials
from kallglot.providers import Provider
from kallglot.store import Store

__all__ = ["Signers"]


#: Characters of a public credential that does not come up by chance.
TELLING: Final = 8


@attrs.frozen
class _Signer:
    connection_id: str
    settings: Any = attrs.field(repr=False)
    public: tuple[bytes, ...] = attrs.field(repr=False)

    def is_named(self, body: bytes) -> bool:
        return any(each in body for each in self.public)


class Signers:
    """The credentials of all connections, read again when one of them has changed."""

    def __init__(self, store: Store, providers: Mapping[str, Provider]) -> None:
        self._store = store
        self._providers = providers
        self._revision: int | None = None
        self._known: Mapping[str, tuple[_Signer, ...]] = {}

    async def of(self, provider: Provider, request: WebhookRequest, now: float) -> frozenset[str]:
        """Return the ids of the connections with whose credentials a webhook is signed.

        If there are none, nothing of it may be believed.
        """
        verify = provider.verify
        if verify is None:
            return frozenset()
        await self._refresh()

        def fits(signer: _Signer) -> bool:
            try:
                verify(request, signer.settings, now)
            except NotAuthenticated:
                return False
            return True

        known = self._known.get(provider.name, ())
        first = [signer for signer in known if signer.is_named(request.body)]
        found = frozenset(signer.connection_id for signer in first if fits(signer))
        return found or frozenset(signer.connection_id for signer in known if fits(signer))

    async def _refresh(self) -> None:
        revision = await self._store.connections.revision()
        if revision == self._revision:
            return
        known: dict[str, tuple[_Signer, ...]] = {}
        for connection in await self._store.connections.all():
            settings = self._settings(connection.provider)
            if settings is None or connection.status != "active":
                continue
            try:
                given = await self._store.connections.credentials(connection.id) or {}
                read: Any = read_credentials(settings, given, "credentials")
            except (StoreError, InvalidRequest):
                continue  # the connection says so itself when it is verified
            signer = _Signer(connection.id, read, _public(settings, given))
            known[connection.provider] = (*known.get(connection.provider, ()), signer)
        self._known, self._revision = known, revision

    def _settings(self, name: str) -> type[Any] | None:
        provider = self._providers.get(name)
        return None if provider is None else provider.settings


def _public(settings: type[Any], given: Credentials) -> tuple[bytes, ...]:
    values = [given.get(each.name) for each in credentials_of(settings) if not each.is_secret]
    return tuple(
        value.encode() for value in values if isinstance(value, str) and len(value) >= TELLING
    )
