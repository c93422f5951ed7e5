"""The schema, as the numbered scripts in `migrations/`; `PRAGMA user_version` counts them."""

from __future__ import annotations

import importlib.resources

import aiosqlite

from kallglot.errors import StoreError

__all__ = ["migrate", "scripts"]


def scripts() -> list[str]:
    """Return the migrations; the first makes version 1."""
    folder = importlib.resources.files("kallglot.store") / "migrations"
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    return [texts[name] for name in sorted(texts) if name.endswith(".sql")]


async def migrate(connection: aiosqlite.Connection, migrations: list[str]) -> None:
    """Bring the database up to date, a transaction per migration.

    Raises:
        StoreError: the database was written by a newer Kallglot.
    """
    (row,) = await connection.execute_fetchall("PRAGMA user_version")
    version: int = row[0]
    if version > len(migrations):
        raise StoreError(
            f"the database has schema {version}, and this Kallglot knows none above"
            f" {len(migrations)}: run the version that wrote it, or restore a backup"
        )
    for number, script in enumerate(migrations[version:], start=version + 1):
        await connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
        )
