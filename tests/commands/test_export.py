from __future__ import annotations

import json

import attrs
import pytest

from kallglot.commands.api import connected
from tests.lag.calls import MONOLOGUE

pytestmark = pytest.mark.real_time


async def test_lag_is_saved_beside_the_transcript(running_server, tmp_path):
    server, key = running_server.server, running_server.key
    async with connected(server.url, key) as api:
        session = (await api.create_session({"mode": "bidirectional_translation"}))["id"]
        for utterance in MONOLOGUE:
            await server.store.transcripts.put(attrs.evolve(utterance, session_id=session))
        await api.end_session(session, "done")
    result = await running_server.kallglot(
        *("export", session, "--url", server.url, "--api-key", key, "--to", str(tmp_path / "x")),
        *("--lag", "simuleval", "--lag", "simulstream"),
    )
    assert result.exit_code == 0, result.stderr
    (line,) = (tmp_path / "x" / "lag.simuleval.jsonl").read_text().splitlines()
    assert json.loads(line)["delays"] == [2400.0] * 3 + [5400.0] * 5
    assert (tmp_path / "x" / "lag.simulstream.jsonl").read_text().count("\n") == 3
    assert (tmp_path / "x" / "transcript.json").exists()


def test_there_is_no_other_log(kallglot):
    assert kallglot("export", "sess_1", "--api-key", "k", "--lag", "xml").exit_code == 2
