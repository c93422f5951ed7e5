from __future__ import annotations

from kallglot.phones.network import Faults, Network


def carried(faults: Faults, seed: int) -> list[str]:
    network = Network(faults, seed)
    arrived: list[str] = []
    for number in range(200):
        now = number * 0.02
        if not network.is_lost():
            network.send(f"{number}", now, is_voice=True)
        arrived += map(str, network.arrived(now))
    return arrived + list(map(str, network.arrived(1e9)))


def test_a_good_network_delivers_at_once_and_in_order():
    assert carried(Faults(), 1) == [str(number) for number in range(200)]


def test_a_bad_network_is_the_same_for_the_same_seed():
    faults = Faults(loss=0.05, disorder=0.1, jitter=0.06)
    assert carried(faults, 1) == carried(faults, 1)
    assert carried(faults, 1) != carried(faults, 2)


def test_frames_are_lost():
    arrived = carried(Faults(loss=0.1), 3)
    assert 160 < len(arrived) < 200


def test_jitter_alone_keeps_the_order():
    assert carried(Faults(jitter=0.2), 4) == [str(number) for number in range(200)]


def test_frames_are_overtaken_by_a_few_others():
    arrived = [int(number) for number in carried(Faults(disorder=0.1), 5)]
    assert arrived != sorted(arrived)
    assert sorted(arrived) == list(range(200))
    assert max(abs(place - number) for place, number in enumerate(arrived)) <= 3


def test_only_voice_is_overtaken():
    network = Network(Faults(disorder=1.0))
    network.send("start", 0.0)
    assert network.arrived(0.0) == ["start"]
