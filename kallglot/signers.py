"""Who signs a webhook: the connections whose credentials fit what came.

A webhook does not say which account of ours it is about before it is believed, so it is tried with
every active connection to its carrier.  Several may fit, as one account may be connected by several
organizations, and what the webhook says is believed of calls to their numbers only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from kallglot.carriers.settings import read_credentials
from kallglot.carriers.webhook import WebhookRequest
from kallglot.errors import InvalidRequest, NotAllowed, NotAuthenticated, NotFound, StoreError
from kallglot.providers import Provider
from kallglot.store import Store

__all__ = ["Signers"]


@attrs.frozen
class _Signer:
    connection_id: str
    settings: Any = attrs.field(repr=False)


class Signers:
    """The credentials of all connections, read again when one of them has changed."""

    def __init__(self, store: Store, providers: Mapping[str, Provider]) -> None:
        self._store = store
        self._providers = providers
        self._revision: int | None = None
        self._known: Mapping[str, tuple[_Signer, ...]] = {}

    async def of(self, provider: Provider, request: WebhookRequest, now: float) -> frozenset[str]:
        """Return the ids of the connections with whose credentials a webhook is signed.

        Raises:
            NotAllowed: there are none; nothing of it may be believed.
            NotFound: the provider has no webhooks that could be.
        """
        verify = provider.verify
        if verify is None:
            raise NotFound("there is nothing here")
        await self._refresh()

        def fits(signer: _Signer) -> bool:
            try:
                verify(request, signer.settings, now)
            except NotAuthenticated:
                return False
            return True

        known = self._known.get(provider.name, ())
        found = frozenset(signer.connection_id for signer in known if fits(signer))
        if not found:
            raise NotAllowed("this webhook is not believed", code="invalid_signature")
        return found

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
                given = await self._store.connections.credentials(connection.id)
                read: Any = read_credentials(settings, given or {}, "credentials")
            except (StoreError, InvalidRequest):
                continue  # the connection says so itself when it is verified
            others = known.get(connection.provider, ())
            known[connection.provider] = (*others, _Signer(connection.id, read))
        self._known, self._revision = known, revision

    def _settings(self, name: str) -> type[Any] | None:
        provider = self._providers.get(name)
        return None if provider is None else provider.settings
