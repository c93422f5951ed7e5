"""The figures that SimulEval's and OmniSTEval's scorers give, in milliseconds."""

from __future__ import annotations

import attrs
import pytest

from kallglot.lag import lagging
from kallglot.lag.lagging import Emissions
from kallglot.lag.playback import back_to_back, end_offset
from kallglot.lag.token_delay import average_token_delay, queued

TOKEN_MS = 300


@attrs.frozen
class Case:
    delays: tuple[float, ...]
    source: float
    reference: int
    al: float
    laal: float
    ap: float
    dal: float
    atd: float
    yaal: float | None
    end_offset: float

    @property
    def emissions(self) -> Emissions:
        return Emissions(self.delays, self.source, self.reference)


CASES = {
    "a unit each half second": Case(
        (1000, 1500, 2000, 2500, 3000), 3000, 5, 800, 800, 0.667, 1000, 1180, 850, 0
    ),
    "longer than the reference": Case(
        (1000, 1000, 2000, 2000, 3000, 3000, 3000, 3000),
        *(3000, 5, 600, 1050, 1.2, 1312.5, 1050, 937.5, 0),
    ),
    "shorter than the reference": Case(
        (2000, 3000), 3000, 6, 2250, 2250, 0.278, 2000, 2050, 2000, 0
    ),
    "two units at the end": Case(
        (1500, 2500, 4000, 4000), 4000, 4, 1666.667, 1666.667, 0.75, 1750, 2250, 1500, 0
    ),
    "all of it too late": Case(
        (5200, 5200, 5200), 4000, 3, 5200, 5200, 1.3, 5200, 4600, None, 1200
    ),
}
EVERY = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@EVERY
def test_average_lagging(case):
    assert lagging.average_lagging(case.emissions) == pytest.approx(case.al, abs=5e-4)


@EVERY
def test_length_adaptive_average_lagging(case):
    laal = lagging.length_adaptive_average_lagging(case.emissions)
    assert laal == pytest.approx(case.laal, abs=5e-4)


@EVERY
def test_average_proportion(case):
    assert lagging.average_proportion(case.emissions) == pytest.approx(case.ap, abs=5e-4)


@EVERY
def test_differentiable_average_lagging(case):
    dal = lagging.differentiable_average_lagging(case.emissions)
    assert dal == pytest.approx(case.dal)


@EVERY
def test_yet_another_average_lagging(case):
    assert lagging.yet_another_average_lagging(case.emissions) == case.yaal


@EVERY
def test_average_token_delay_of_text(case):
    assert average_token_delay(list(queued(case.delays)), TOKEN_MS) == pytest.approx(case.atd)


@EVERY
def test_offsets_of_text(case):
    played = back_to_back(case.delays, [0] * len(case.delays))
    assert played[0].start == case.delays[0]
    assert end_offset(played, case.source) == case.end_offset


def test_aware_of_computation():
    delays, elapsed = (1500, 2500, 4000, 4000), (1800, 2900, 4600, 4700)
    aware = Emissions(elapsed, 4000, 4)
    assert lagging.average_lagging(aware) == 2100
    assert lagging.length_adaptive_average_lagging(aware) == 2100
    assert lagging.average_proportion(aware) == 0.875
    assert lagging.differentiable_average_lagging(aware) == 2225
    assert average_token_delay(list(queued(delays, elapsed)), TOKEN_MS) == 2475


def test_average_token_delay_of_speech():
    outputs = list(queued((2000, 4000), durations=(900, 1500)))
    assert average_token_delay(outputs, TOKEN_MS) == 2712.5


def test_seconds_are_as_good_as_milliseconds():
    outputs = list(queued((2.0, 4.0), durations=(0.9, 1.5)))
    assert average_token_delay(outputs) == pytest.approx(2.7125)
