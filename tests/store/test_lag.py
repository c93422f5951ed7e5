from __future__ import annotations

import sqlite3

import attrs
import pytest

from kallglot.model.transcript import Rendering, Utterance
from kallglot.store import Store, schema

pytestmark = pytest.mark.real_time


async def test_what_lag_is_counted_from_is_kept(store, session):
    rendering = Rendering("en", "Yes", 0.8, 2.5, 3.0, compute=0.4, dropped=0.5, compressed=0.1)
    said = Utterance("utt_2", "sess_1", 2, "customer", "de", "Ja", 1.0, 2.0, 0.9)
    kept = attrs.evolve(said, renderings=(rendering,), turn="utt_1", heard_at=2.25, erased=3)
    await store.transcripts.put(said)
    await store.transcripts.put(kept)
    assert await store.transcripts.of_session("sess_1") == [kept]


async def test_what_was_said_before_lag_was_counted_is_still_there(tmp_path):
    database = sqlite3.connect(tmp_path / "kallglot.db")
    database.executescript(schema.scripts()[0])
    database.executescript(
        """
        PRAGMA user_version = 1;
        INSERT INTO organizations VALUES ('org_1', 'Example', 0);
        INSERT INTO sessions (id, organization_id, mode, status, participants, routing,
            is_recorded, hearing_original, created_at)
            VALUES ('sess_1', 'org_1', 'x', 'ended', '[]', '{}', 0, 'none', 0);
        INSERT INTO utterances VALUES ('utt_1', 'sess_1', 1, 'agent', 'en', 'Yes', 1, 2, 0.9, 1,
            '[{"language":"de","text":"Ja","confidence":1,"spoken_at":2.5,"spoken_until":3}]');
        """
    )
    database.close()
    store = await Store.open(tmp_path)
    try:
        (said,) = await store.transcripts.of_session("sess_1")
    finally:
        await store.close()
    assert (said.turn, said.heard_at, said.erased) == ("", None, 0)
    assert said.renderings == (Rendering("de", "Ja", 1, 2.5, 3),)
