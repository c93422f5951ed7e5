"""The store: one folder with a database, a secret and the recordings."""

from __future__ import annotations

from pathlib import Path

import attrs

from kallglot.store.agents import Agents
from kallglot.store.analyses import Analyses
from kallglot.store.audit import Audit
from kallglot.store.connections import Connections
from kallglot.store.database import Database
from kallglot.store.deliveries import Deliveries
from kallglot.store.directories import Directories
from kallglot.store.endpoints import Endpoints
from kallglot.store.erasures import Erasures
from kallglot.store.events import Events
from kallglot.store.glossaries import Glossaries
from kallglot.store.idempotency import Idempotency
from kallglot.store.keys import Keys
from kallglot.store.legs import Legs
from kallglot.store.organizations import Organizations
from kallglot.store.phone_numbers import PhoneNumbers
from kallglot.store.recordings import Recordings
from kallglot.store.retention import Retentions
from kallglot.store.secret import ServerSecret
from kallglot.store.sessions import Sessions
from kallglot.store.tokens import StreamTokens
from kallglot.store.transcripts import Transcripts
from kallglot.store.usage import Usages
from kallglot.store.vault import Vault

__all__ = ["Store"]

MEMORY = ":memory:"


@attrs.frozen
class Store:
    """Everything that is kept, an attribute per kind of thing."""

    _database: Database
    secret: ServerSecret
    vault: Vault
    sessions: Sessions
    legs: Legs
    transcripts: Transcripts
    recordings: Recordings
    organizations: Organizations
    keys: Keys
    tokens: StreamTokens
    events: Events
    idempotency: Idempotency
    glossaries: Glossaries
    audit: Audit
    agents: Agents
    analyses: Analyses
    usage: Usages
    endpoints: Endpoints
    deliveries: Deliveries
    retention: Retentions
    erasures: Erasures
    directories: Directories
    connections: Connections
    phone_numbers: PhoneNumbers

    @classmethod
    async def open(cls, path: Path | str, secret_key: str | None = None) -> Store:
        """Open the store in the folder `path`, making it if need be; `:memory:` is for tests.

        The server's secret is made from `secret_key`, or kept in the folder.

        Raises:
            StoreError: what is there cannot be used, or was written by a newer Kallglot.
        """
        if path == MEMORY:
            return cls._on(await Database.open(None), ServerSecret.fresh())
        folder = Path(path)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # noqa: ASYNC240 - at boot
        secret = (
            ServerSecret.load(folder / "secret")
            if secret_key is None
            else ServerSecret.derived(secret_key)
        )
        return cls._on(await Database.open(folder / "kallglot.db"), secret)

    @classmethod
    def _on(cls, database: Database, secret: ServerSecret) -> Store:
        vault = Vault(secret)
        directories = Directories(database)
        return cls(
            database=database,
            secret=secret,
            vault=vault,
            sessions=Sessions(database),
            legs=Legs(database),
            transcripts=Transcripts(database),
            recordings=Recordings(database),
            organizations=Organizations(database),
            keys=Keys(database),
            tokens=StreamTokens(database, secret),
            events=Events(database),
            idempotency=Idempotency(database, vault),
            glossaries=Glossaries(database),
            audit=Audit(database),
            agents=Agents(database),
            analyses=Analyses(database),
            usage=Usages(database),
            endpoints=Endpoints(database, vault, secret),
            deliveries=Deliveries(database),
            retention=Retentions(database),
            erasures=Erasures(database),
            directories=directories,
            connections=Connections(database, vault, directories),
            phone_numbers=PhoneNumbers(database, directories),
        )

    async def close(self) -> None:
        """Keep what is still being written, and close."""
        await self._database.close()

    async def is_well(self) -> bool:
        """Tell whether the database answers."""
        return await self._database.read_one("SELECT 1") is not None
