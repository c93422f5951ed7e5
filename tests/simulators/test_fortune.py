"""Faults, people, numbers for sale and what came of many calls: decided without a carrier."""

from __future__ import annotations

import pytest

from kallglot.testing.faults import ApiFaults, WebhookFaults, WebhookFortune
from kallglot.testing.inventory import Inventory, Number, is_e164
from kallglot.testing.load import Fate, quantile, summarised
from kallglot.testing.people import Person
from kallglot.testing.rung import Rung, ring


def test_without_faults_a_webhook_comes_once_and_at_once():
    fortune = WebhookFortune()
    assert [fortune.deliveries() for _ in range(50)] == [[0.0]] * 50


def test_faults_have_their_shares_and_follow_from_the_seed():
    faults = WebhookFaults(lost=0.2, doubled=0.3, overtaken=0.1, delay=0.5)
    fates = [WebhookFortune(faults, 7).deliveries() for _ in range(2)]
    assert fates[0] == fates[1]
    fortune = WebhookFortune(faults, 7)
    counts = [len(fortune.deliveries()) for _ in range(2000)]
    assert 350 < counts.count(0) < 450
    assert 420 < counts.count(2) < 540


def test_one_fault_does_not_change_anothers():
    lost = WebhookFortune(WebhookFaults(lost=0.2), 3)
    both = WebhookFortune(WebhookFaults(lost=0.2, doubled=0.9), 3)
    for _ in range(100):
        assert bool(lost.deliveries()) == bool(both.deliveries())


def test_the_api_fails_as_often_as_it_is_told_to():
    faults = ApiFaults()
    faults.refuse(429, 20429, times=2)
    assert [faults.take() is None for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize(
    ("people", "rung"),
    [
        ([Person(after=3.0)], Rung(3.0, "answered")),
        ([Person(after=3.0), Person(after=1.0)], Rung(1.0, "answered", 1)),
        ([Person("busy"), Person(after=1.0)], Rung(1.0, "answered", 1)),
        ([Person(after=99.0)], Rung(30.0, "no-answer")),
        ([Person("no-answer")], Rung(30.0, "no-answer")),
        ([Person("busy", after=2.0)], Rung(2.0, "busy")),
        ([Person("rejects")], Rung(0.0, "busy")),
        ([Person("unreachable")], Rung(0.0, "failed")),
        ([], Rung(0.0, "failed")),
    ],
)
def test_whoever_answers_first_has_the_call(people, rung):
    assert ring(people, 30.0) == rung


def test_numbers_for_sale_are_nobodys():
    numbers = Inventory()
    first = numbers.offers("US", "970", most=1)[0].number
    assert first == "+19705550100"
    numbers.put(Number("PN1", first))
    assert numbers.offers("US", "970", most=1)[0].number == "+19705550101"
    assert numbers.offers("XX") == []
    assert all(is_e164(offer.number) for offer in numbers.offers("DE", most=100))


def test_a_number_is_configured_bit_by_bit_and_released():
    numbers = Inventory()
    numbers.put(Number("PN1", "+15550100", {"VoiceUrl": "a"}).configured({"VoiceMethod": "GET"}))
    assert numbers.find("+15550100").settings == {"VoiceUrl": "a", "VoiceMethod": "GET"}
    assert numbers.release("PN1")
    assert not numbers.release("PN1")


def test_many_calls_are_summed_up():
    fates = [Fate(True, 1), Fate(True, 0), Fate(False, 0, is_over=False)]
    summary = summarised(fates, [0.010, 0.030, 0.020])
    assert summary.lines() == [
        "3 calls: 2 answered, 1 failed, 1 with a stream",
        "1 had not ended when we stopped waiting",
        "voice webhook: p50 20 ms, p95 30 ms, slowest 30 ms",
    ]


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [([], 0.5, None), ([3.0], 0.95, 3.0), (range(1, 101), 0.95, 95), (range(1, 101), 0.5, 50)],
)
def test_a_quantile_is_one_of_the_values(values, share, value):
    assert quantile(values, share) == value
