"""A server that is killed again and again keeps what it has acknowledged and tells no lies.

`scripts/bench crash` does the same two hundred times.
"""

from __future__ import annotations

import io

from rich.console import Console

from kallglot.bench.crash_command import kept_its_word


async def test_what_was_acknowledged_is_there_and_what_is_told_is_true():
    found = await kept_its_word(Console(file=io.StringIO()), rounds=3, seed=7)
    assert found.faults == []
    assert found.acknowledged > 50
    assert found.told == found.events > 20
