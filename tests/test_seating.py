"""Who a stream is."""

import pytest

from kallglot.errors import InvalidRequest, Refused
from kallglot.model.session import Participant
from kallglot.seating import Occupied, Seating, seat

PEOPLE = (
    Participant("customer", "customer", "de"),
    Participant("agent", "agent", "en", name="Alice"),
    Participant("agent_2", "agent", "en"),
)


def sit(occupied=None, past=None, asked_for=None, call_id=None):
    return seat(PEOPLE, occupied or {}, past or {}, asked_for=asked_for, call_id=call_id)


def talking(leg="leg_1", call_id=None):
    return Occupied(leg, call_id, quiet_for=0.0)


def test_the_first_to_come_is_the_customer_and_the_second_the_agent():
    assert sit() == Seating("customer")
    assert sit({"customer": talking()}) == Seating("agent")


def test_a_stream_may_say_who_it_is_by_key_name_or_type():
    assert sit(asked_for="agent_2") == Seating("agent_2")
    assert sit(asked_for="Alice") == Seating("agent")
    assert sit(asked_for="customer") == Seating("customer")


def test_a_stream_that_is_nobody_we_know_is_told_whom_we_know():
    with pytest.raises(InvalidRequest, match="customer, agent, agent_2"):
        sit(asked_for="supervisor")


def test_a_call_that_comes_back_is_who_it_was():
    assert sit(past={"CA1": "agent"}, call_id="CA1") == Seating("agent")


def test_a_call_that_comes_back_before_its_end_was_noticed_takes_its_own_place():
    occupied = {"customer": talking("leg_1", "CA1")}
    assert sit(occupied, {"CA1": "customer"}, call_id="CA1") == Seating("customer", "leg_1")


def test_a_leg_that_has_fallen_silent_makes_room():
    occupied = {"customer": Occupied("leg_1", None, quiet_for=2.5)}
    assert sit(occupied, asked_for="customer") == Seating("customer", "leg_1")


def test_a_second_leg_for_somebody_who_is_talking_is_turned_away():
    with pytest.raises(Refused) as refusal:
        sit({"customer": talking()}, asked_for="customer")
    assert refusal.value.code == "participant_taken"


def test_a_full_session_takes_nobody_else():
    everybody = {person.key: talking() for person in PEOPLE}
    with pytest.raises(Refused) as refusal:
        sit(everybody)
    assert refusal.value.code == "participant_taken"
