import attrs
import pytest

from kallglot.bench.figures import Bar, Measured, median, percentile, quantile, safe_calls, slope
from kallglot.bench.interrupt import delays

GOOD = Measured(
    calls=25,
    sent=1000,
    received=1000,
    dropped=0,
    guessed=0.0,
    age_p50=0.001,
    age_p99=0.010,
    age_max=0.020,
    media_cpu=0.005,
    ear_cpu=0.001,
    busy=0.2,
    lag_p99=0.001,
    pause=0.001,
    rss=1e6,
    generator_late=0.001,
)


def test_a_percentile_is_the_upper_edge_of_its_column():
    histogram = {0: 98, 10: 1, 500: 1}
    assert percentile(histogram, 0.5, 0.001) == 0.001
    assert percentile(histogram, 0.99, 0.001) == 0.011
    assert percentile({}, 0.99, 0.001) == 0.0


def test_a_quantile_is_one_of_the_values():
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([3.0, 1.0, 2.0], 1.0) == 3.0
    assert quantile([], 0.5) == 0.0


def test_the_median_of_runs_keeps_the_worst_loss():
    runs = [attrs.evolve(GOOD, media_cpu=cpu) for cpu in (0.004, 0.006, 0.009)]
    runs[0] = attrs.evolve(runs[0], received=990, age_max=0.5)
    middle = median(runs)
    assert middle.media_cpu == 0.006
    assert middle.missing == 10
    assert middle.age_max == 0.5


def test_the_slope_is_what_each_further_call_costs():
    assert slope([(10, 120.0), (20, 140.0), (40, 180.0)]) == pytest.approx(2.0)
    assert slope([(10, 120.0)]) == 0.0


def test_the_safe_number_of_calls_is_the_last_before_the_first_failure():
    rows = [attrs.evolve(GOOD, calls=calls) for calls in (25, 50, 75, 100)]
    assert safe_calls(rows) == 100
    for failure in ({"age_p99": 0.041}, {"received": 999}, {"busy": 0.9}):
        rows[2] = attrs.evolve(GOOD, calls=75, **failure)
        assert safe_calls(rows) == 50


def test_a_bar_is_met_or_missed():
    assert Bar("age", 39.0, 40.0, "ms").is_met
    assert not Bar("age", 41.0, 40.0, "ms").is_met


def test_an_interruption_is_counted_from_the_frame_that_settled_it():
    assert delays([1_000_000, 9_000_000], [1_012_000, 1_600_000, 5_000_000]) == [0.012]
