from __future__ import annotations

import attrs
import pytest

from kallglot.errors import IllegalMove, InvalidRequest, NotAuthenticated, StoreError
from kallglot.model.leg import Leg
from kallglot.model.recording import Recording
from kallglot.model.session import Mode, Routing, Session, Status
from kallglot.model.transcript import Rendering, Utterance
from kallglot.store import Store
from kallglot.store.idempotency import Answer, Claim
from kallglot.webhooks.events import SessionCreated, SessionEnded, event_of
from tests.fakes.clock import START

pytestmark = pytest.mark.real_time


async def test_a_session_and_its_state_are_kept_together(store, session):
    assert await store.sessions.get("sess_1") == session
    assert await store.sessions.state("sess_1") is None
    changed = attrs.evolve(
        session,
        status=Status.ACTIVE,
        started_at=START + 1,
        reconnect_deadline=START + 300,
        routing=Routing("twilio", "+1555", call_id="CA1"),
        is_recorded=True,
    )
    state = {"status": "active", "legs": ["leg_1"]}
    await store.sessions.save(changed, state)
    assert await store.sessions.get("sess_1") == changed
    assert await store.sessions.list_living() == [(changed, state)]
    assert await store.sessions.expecting("CA1") == changed


async def test_an_ended_session_is_not_living_and_expects_nobody(store, session):
    ended = attrs.evolve(session, status=Status.ENDED, routing=Routing(call_id="CA1"))
    await store.sessions.save(ended, None)
    assert await store.sessions.list_living() == []
    assert await store.sessions.expecting("CA1") is None
    assert await store.sessions.get("sess_none") is None


async def test_a_fact_and_its_event_are_kept_or_lost_together(store, session):
    created = event_of(SessionCreated(session), START)
    with pytest.raises(StoreError):
        await store.sessions.add(session, events=[created])
    assert await store.events.after(0) == []
    await store.sessions.save(session, {}, events=[created])
    await store.sessions.save(session, {}, events=[event_of(SessionEnded(session), START + 1)])
    first, second = await store.events.after(0)
    assert (first.id, first.type) == (created.id, "session.created")
    assert await store.events.after(first.position) == [second]


async def test_forgetting_a_session_forgets_everything_about_it(store, session):
    await store.legs.put(Leg("leg_1", "sess_1", "sip", "agent", "connected", START))
    await store.events.add(event_of(SessionCreated(session), START))
    await store.sessions.remove("sess_1")
    assert await store.sessions.get("sess_1") is None
    assert await store.legs.of_session("sess_1") == []
    assert await store.events.after(0) == []


async def test_a_leg_is_remembered_as_it_last_was(store, session):
    leg = Leg("leg_1", "sess_1", "sip", "agent", "connected", START, "outbound", "abc")
    await store.legs.put(leg)
    gone = attrs.evolve(leg, status="disconnected", disconnected_at=START + 9)
    await store.legs.put(gone)
    assert await store.legs.of_session("sess_1") == [gone]


async def test_an_utterance_is_replaced_by_the_one_of_its_id(store, session):
    later = Utterance("utt_2", "sess_1", 2, "agent", None, "…", 3.0, 4.0, 0.1, False)
    said = Utterance("utt_1", "sess_1", 1, "customer", "de", "Ja", 1.0, 2.0, 0.9)
    rendered = attrs.evolve(said, renderings=(Rendering("en", "Yes", 0.8, 2.5, 3.0),))
    for utterance in (later, said, rendered):
        await store.transcripts.put(utterance)
    assert await store.transcripts.of_session("sess_1") == [rendered, later]


async def test_a_recording_can_expire_and_be_deleted(store, session):
    recording = Recording("rec_1", "sess_1", "mixed", "processing", "a.wav", 8000, START)
    await store.recordings.put(recording)
    ready = attrs.evolve(recording, status="ready", size=9, duration=2.0, expires_at=START + 5)
    await store.recordings.put(ready)
    assert await store.recordings.get("rec_1") == ready
    assert await store.recordings.of_session("sess_1") == [ready]
    assert await store.recordings.expired(START + 5) == []
    await store.sessions.save(attrs.evolve(session, status=Status.ENDED), None)
    assert await store.recordings.expired(START) == []
    assert await store.recordings.expired(START + 5) == [ready]
    await store.recordings.mark_deleted(START + 6, "rec_1")
    assert await store.recordings.get("rec_1") is None
    assert await store.recordings.deleted("rec_1") == ready
    assert await store.recordings.expired(START + 9) == []


# Keys.


async def test_only_the_hash_of_a_key_is_kept(store, organization):
    made = await store.keys.create(organization, START, name="ci", scopes={"sessions:read"})
    rows = await store._database.read("SELECT * FROM keys")
    assert not any(made.text in str(tuple(row)) for row in rows)
    assert made.text not in repr(made)
    assert await store.keys.all() == [made.key]
    assert await store.keys.authenticate(made.text, START) == made.key
    assert [each.id for each in await store.organizations.all()] == [organization]


# Stream tokens.


async def test_a_token_lets_into_its_own_session_until_it_expires(store, session):
    token = store.tokens.issue("sess_1", START + 300)
    await store.tokens.check(token, "sess_1", START + 299)
    for presented, session_id, now, code in (
        (token, "sess_2", START, "invalid_token"),
        (token, "sess_1", START + 300, "expired_token"),
        (token.replace("live", "test"), "sess_1", START, "invalid_token"),
        (token[:-2] + "AA", "sess_1", START, "invalid_token"),
        ("kst_live_", "sess_1", START, "invalid_token"),
        ("kst_live_é", "sess_1", START, "invalid_token"),
        ("kst_live_" + "A" * 36, "sess_1", START, "invalid_token"),
        ("sk_live_x", "sess_1", START, "invalid_token"),
        ("", "sess_1", START, "invalid_token"),
    ):
        with pytest.raises(NotAuthenticated) as caught:
            await store.tokens.check(presented, session_id, now)
        assert caught.value.code == code


async def test_a_token_that_has_connected_may_come_back_while_the_session_lives(store, session):
    token = store.tokens.issue("sess_1", START + 300)
    await store.tokens.remember(token, "sess_1", START)
    await store.tokens.remember(token, "sess_1", START)
    await store.tokens.check(token, "sess_1", START + 3000)
    await store.sessions.save(attrs.evolve(session, status=Status.ENDED), None)
    with pytest.raises(NotAuthenticated):
        await store.tokens.check(token, "sess_1", START + 3000)


async def test_a_token_can_be_part_of_a_path(store):
    for second in range(50):
        token = store.tokens.issue("sess_1", START + second)
        assert token.replace("_", "").replace("-", "").isalnum()


# Idempotency.


async def test_an_answer_is_kept_for_a_day(store, organization):
    kept = store.idempotency
    claim = Claim(organization, "live", "k", b"f")
    other = attrs.evolve(claim, fingerprint=b"other")
    assert await kept.claim(claim, START) is None
    with pytest.raises(IllegalMove, match="worked on"):
        await kept.claim(claim, START)
    with pytest.raises(InvalidRequest):
        await kept.claim(other, START)
    await kept.keep(claim, Answer(201, b"{}"), START)
    kept.release(claim)
    assert await kept.claim(claim, START + 86_399) == Answer(201, b"{}")
    with pytest.raises(InvalidRequest):
        await kept.claim(other, START)
    assert await kept.claim(other, START + 86_400) is None


async def test_a_key_is_the_environments_own(store, organization):
    kept = store.idempotency
    claim = Claim(organization, "live", "k", b"f")
    await kept.keep(claim, Answer(201, b"{}"), START)
    assert await kept.claim(attrs.evolve(claim, environment="test"), START) is None


async def test_a_claim_goes_with_the_process_and_an_answer_does_not(tmp_path):
    first = await Store.open(tmp_path)
    organization = (await first.organizations.add("Example", START)).id
    held, kept = (Claim(organization, "live", key, b"f") for key in ("held", "kept"))
    await first.idempotency.claim(held, START)
    await first.idempotency.keep(kept, Answer(201, b'{"token":"kst_live_x"}'), START)
    await first.close()
    assert b"kst_live_x" not in (tmp_path / "kallglot.db").read_bytes()
    second = await Store.open(tmp_path)
    assert await second.idempotency.claim(held, START) is None
    assert (await second.idempotency.claim(kept, START)).body == b'{"token":"kst_live_x"}'
    await second.close()


async def test_an_answer_is_kept_with_the_work_or_neither_is(store, organization):
    claim = Claim(organization, "live", "k", b"f")
    session = Session("sess_1", organization, Mode.ASSISTIVE, (), START)
    keeping = store.idempotency.keeping(claim, Answer(201, b"{}"), START)
    await store.sessions.add(session, also=keeping)
    with pytest.raises(IllegalMove):  # somebody else has answered meanwhile
        await store.sessions.add(attrs.evolve(session, id="sess_2"), also=keeping)
    assert await store.sessions.get("sess_2") is None
