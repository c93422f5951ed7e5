from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallglot.forgetting import (
    event_without,
    is_heard_in,
    leg_without,
    session_without,
    trace,
)
from kallglot.model.erasure import Person
from kallglot.model.leg import Leg
from kallglot.model.recording import Recording
from kallglot.model.session import Mode, Participant, Routing, Session, Status
from kallglot.model.transcript import Rendering, Utterance
from kallglot.webhooks.events import ProviderConnected, SegmentWritten, SessionEnded, event_of

SESSION = Session(
    "sess_1",
    "org_1",
    Mode.BIDIRECTIONAL,
    (
        Participant("customer", "customer", "de", "Ada Lovelace", None),
        Participant("agent", "agent", "en", "Grace"),
    ),
    created_at=0.0,
    status=Status.ENDED,
    routing=Routing("sip", "+15550100", sip_uri="sip:+4930123456@pbx.example.com"),
    metadata={"case": 7, "caller": {"number": "+49 30 123456"}, "who": "ada lovelace", "vip": True},
)
ADA = Person(name="Ada Lovelace")


def test_a_person_is_found_by_name_however_it_is_written():
    found = trace(SESSION, Person(name=" ada  LOVELACE"))
    assert found is not None
    assert (found.keys, found.entries) == ({"customer"}, {"who"})
    assert trace(SESSION, Person(name="Ada")) is None


@pytest.mark.parametrize("number", ["+4930123456"])
def test_a_person_is_found_by_a_number_in_metadata_or_in_who_was_called(number):
    found = trace(SESSION, Person(phone_number=number))
    assert found is not None
    assert (found.keys, found.entries) == ({"customer"}, {"caller"})
    no_metadata = attrs.evolve(SESSION, metadata=None)
    assert trace(no_metadata, Person(phone_number=number)) is not None


def test_our_own_number_says_nothing_about_who_called_it():
    assert trace(SESSION, Person(phone_number="+15550100")) is None


def test_a_person_is_found_by_what_the_metadata_say():
    found = trace(SESSION, Person(metadata={"case": "7", "vip": "true"}, participant="agent"))
    assert found is not None
    assert (found.keys, found.entries) == ({"agent"}, {"case", "vip"})
    assert trace(SESSION, Person(metadata={"case": "7", "vip": "false"})) is None


def test_nothing_names_the_person_any_more():
    found = trace(SESSION, Person(phone_number="+4930123456"))
    left = session_without(SESSION, found)
    assert left.metadata == {"case": 7, "who": "ada lovelace", "vip": True}
    assert left.routing == Routing("sip", "+15550100")
    assert [each.name for each in left.participants] == [None, "Grace"]
    assert trace(left, Person(phone_number="+4930123456")) is None


def test_who_was_taken_out_is_not_found_again():
    left = session_without(SESSION, trace(SESSION, ADA))
    assert left.metadata == {name: SESSION.metadata[name] for name in ("case", "caller", "vip")}
    assert trace(left, ADA) is None


@pytest.mark.parametrize(
    ("channel", "is_heard"),
    [
        ("customer", True),
        ("mixed", True),
        ("agent_heard", True),
        ("agent_2_heard", True),
        ("customer_heard", False),
        ("agent", False),
    ],
)
def test_the_tracks_on_which_somebody_is_heard(channel, is_heard):
    recording = Recording("rec_1", "sess_1", channel, "ready", "a.wav", 8000, 0.0)
    assert is_heard_in(recording, trace(SESSION, ADA)) is is_heard


def test_a_number_could_be_looked_up_by_the_call():
    found = trace(SESSION, ADA)
    leg = Leg("leg_1", "sess_1", "twilio", "customer", "disconnected", 0.0, call_id="CA1")
    assert leg_without(leg, found).call_id is None
    others = attrs.evolve(leg, participant="agent")
    assert leg_without(others, found) == others


def said(speaker: str) -> SegmentWritten:
    renderings = (Rendering("en", "My name is Ada"), Rendering("fr", "Je suis Ada"))
    return SegmentWritten(
        SESSION,
        Utterance("utt_1", "sess_1", 1, speaker, "de", "Ich bin Ada", 0, 1, 0.9, True, renderings),
    )


def test_what_somebody_said_is_taken_out_of_an_event_and_the_event_stays():
    event = event_of(said("customer"), 0.0)
    left = event_without(event.type, event.body, trace(SESSION, ADA))
    assert "Ada" not in str(left)
    assert left["id"] == event.id
    assert (left["data"]["text"], left["data"]["sequence"]) == ("", 1)


def test_what_others_said_stays_theirs():
    event = event_of(said("agent"), 0.0)
    assert event_without(event.type, event.body, trace(SESSION, ADA)) == event.body


def test_an_event_about_the_session_names_nobody():
    event = event_of(SessionEnded(SESSION), 0.0)
    left = event_without(event.type, event.body, trace(SESSION, ADA))
    assert "lovelace" not in str(left).lower()
    assert "Grace" in str(left)
    assert left["data"]["metadata"] == {
        name: SESSION.metadata[name] for name in ("case", "caller", "vip")
    }


def test_an_event_about_a_call_has_not_its_id_any_more():
    leg = Leg("leg_1", "sess_1", "twilio", "customer", "connected", 0.0, call_id="CA1")
    event = event_of(ProviderConnected(SESSION, leg), 0.0)
    left = event_without(event.type, event.body, trace(SESSION, ADA))
    assert "CA1" not in str(left)
    assert left["provider"] == {"type": "twilio", "status": "connected"}


def test_of_an_analysis_only_that_there_was_one():
    body = {"id": "evt_1", "data": {"id": "anl_1", "object": "analysis", "summary": "Ada said"}}
    left = event_without("analysis.complete", body, trace(SESSION, ADA))
    assert left["data"] == {"id": "anl_1", "object": "analysis"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(min_size=1), JSON), st.text(min_size=1))
def test_whatever_the_metadata_are_somebody_taken_out_is_gone(metadata, name):
    participants = (Participant("customer", "customer", None, name),)
    session = attrs.evolve(SESSION, metadata=metadata, participants=participants)
    found = trace(session, Person(name=name))
    assert found is not None
    assert trace(session_without(session, found), Person(name=name)) is None
