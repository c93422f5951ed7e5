"""What outlives a call: SQLite behind one writer, an aggregate per file."""

from __future__ import annotations

from kallglot.store.store import Store

__all__ = ["Store"]
