"""The accounts that a call can go by, and going on to the second when the first fails.

A call is placed once.  So the second account is asked only where the first has certainly done
nothing: it could not be reached, or has said that it will not.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import attrs

from kallglot.accounts import Accounts
from kallglot.carriers.client import CarrierClient
from kallglot.errors import CarrierDeclined, CarrierUnreachable, NoRoute, ProviderError
from kallglot.store import Store

__all__ = ["Candidate", "candidates", "first_that_can"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: What is the account's fault, or the carrier's, and not that of what was asked.
_OF_THE_ACCOUNT: Final = frozenset(
    {"bad_credentials", "caller_not_allowed", "carrier_busy", "not_allowed", "rate_limited"}
)


@attrs.frozen
class Candidate:
    """An account to ask, by the id of its connection."""

    connection_id: str
    provider: str
    client: CarrierClient


async def candidates(store: Store, accounts: Accounts, ids: Sequence[str]) -> list[Candidate]:
    """Return the accounts with these ids, such as `Directory.accounts_of` has them, in order.

    Those of the settings file have no credentials, and those that are gone have nothing.

    Raises:
        NotAvailable: there is no client for one of their carriers.
        StoreError: credentials cannot be opened.
    """
    found = []
    for connection_id in ids:
        connection = await store.connections.get(connection_id)
        given = await store.connections.credentials(connection_id)
        if connection is not None and given is not None:
            client = accounts.client(connection.provider, given, connection_id)
            found.append(Candidate(connection_id, connection.provider, client))
    return found


async def first_that_can(
    accounts: Sequence[Candidate], ask: Callable[[Candidate], Awaitable[T]]
) -> tuple[Candidate, T]:
    """Ask the first account, and the next while the one before has certainly done nothing.

    Raises:
        NoRoute: there is no account to ask.
        ProviderError: what the first one said, if none could.
    """
    first: ProviderError | None = None
    for account in accounts:
        try:
            return account, await ask(account)
        except ProviderError as error:
            if not _has_done_nothing(error):
                raise
            logger.warning("%s failed: %s", account.connection_id, error)
            first = first or error
    raise first or NoRoute("there is no account with a carrier to place the call by")


def _has_done_nothing(error: ProviderError) -> bool:
    match error:
        case CarrierUnreachable():
            return not error.was_sent
        case CarrierDeclined():
            return error.code in _OF_THE_ACCOUNT
        case _:
            return False
