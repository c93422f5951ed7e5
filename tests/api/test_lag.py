from __future__ import annotations

import json

import attrs
import pytest

from tests.lag.calls import MONOLOGUE

pytestmark = pytest.mark.real_time


@pytest.fixture
async def session_id(api, store) -> str:
    """A session in which one person spoke in one go and was interpreted meanwhile."""
    session_id = (await api.create(source_language="de", target_language="en"))["id"]
    session = await store.sessions.get(session_id)
    await store.sessions.save(attrs.evolve(session, started_at=session.created_at), None)
    for utterance in MONOLOGUE:
        kept = attrs.evolve(utterance, session_id=session_id, erased=utterance.sequence)
        await store.transcripts.put(kept)
    return session_id


async def test_utterances_of_one_turn_can_be_told(api, session_id):
    transcript = await (await api.get(f"/v1/sessions/{session_id}/transcript")).json()
    first, second = transcript["turns"]
    assert (first["id"], second["id"]) == ("utt_1", "utt_2")
    assert first["turn_id"] == second["turn_id"] == "utt_1"
    assert (first["erased"], second["erased"]) == (1, 2)
    assert second["translation"]["lag"]["end_of_speech_to_first_audio"] == 0.7


@pytest.mark.parametrize(("log", "lines"), [("simuleval", 1), ("simulstream", 3)])
async def test_lag_is_a_log_for_the_tools_of_others(api, session_id, log, lines):
    response = await api.get(f"/v1/sessions/{session_id}/transcript?format={log}")
    assert response.content_type == "application/jsonl"
    assert response.headers["Content-Disposition"].endswith(f'{session_id}.{log}.jsonl"')
    assert len([json.loads(line) for line in (await response.text()).splitlines()]) == lines


async def test_a_session_says_how_far_its_interpreter_was_behind(api, session_id):
    session = await (await api.get(f"/v1/sessions/{session_id}")).json()
    lag = session["lag"]
    assert (lag["utterances"], lag["turns"]) == (2, 1)
    assert lag["end_of_speech_to_first_audio"] == {"median": 0.65, "p95": 0.7}
    assert lag["laal"] == {"unaware": 2.213, "aware": 2.438, "spoken": 2.437}
    assert lag["real_time_factor"] == 0.1
    assert (lag["erased"], lag["erasure"]) == (3, 0.375)
    ended = await (await api.post(f"/v1/sessions/{session_id}/end")).json()
    assert ended["lag"] == lag


async def test_a_session_in_which_nothing_was_said_has_no_lag(api):
    created = await api.create()
    session = await (await api.get(f"/v1/sessions/{created['id']}")).json()
    assert "lag" not in session
    assert "lag" not in created
