"""Datapoints of samples, held against the definitions of the CloudWatch user guide ("CloudWatch statistics definitions")."""

from __future__ import annotations

import pytest

from monitorspec.alarmstate.errors import AlarmError, PropertyError
from monitorspec.alarmstate.samples import Sample, Samples, metric
from monitorspec.alarmstate.statistics import percentile_of, statistic

HUNDRED = [(float(n), 1.0) for n in range(1, 101)]
TEN = [(float(n), 1.0) for n in range(1, 11)]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("SampleCount", 100),
        ("Sum", 5050),
        # "Average is the value of Sum/SampleCount."
        ("Average", 50.5),
        ("Minimum", 1),
        ("Maximum", 100),
        # "p95 … 95 percent of the data within the period is lower than this value", the value itself among them.
        ("p95", 95),
        ("p0", 1),
        ("p100", 100),
        ("p99.5", 100),
        # "tm90 calculates the average after removing the 10% of data points with the highest values."
        ("tm90", sum(range(1, 91)) / 90),
        # "TM(2%:98%) … removing the 2% lowest data points and the 2% highest data points."
        ("TM(2%:98%)", sum(range(3, 99)) / 96),
        ("TM(:95%)", sum(range(1, 96)) / 95),
        ("TM(10%:)", sum(range(11, 101)) / 90),
        # "TM(150:1000) … removing all data points that are lower than or equal to 150, or higher than 1000."
        ("TM(50:60)", sum(range(51, 61)) / 10),
        # "It is equivalent to TM(25%:75%)."
        ("IQM", sum(range(26, 76)) / 50),
        # "wm98 … treating the 2% of the highest values to be equal to the value at the 98th percentile."
        ("wm98", (sum(range(1, 99)) + 2 * 98) / 100),
        ("WM(10%:90%)", (10 * 10 + sum(range(11, 91)) + 10 * 90) / 100),
        ("WM(20:80)", (20 * 20 + sum(range(21, 81)) + 20 * 80) / 100),
        # "PR(:300) returns the percentage of data points that have a value of 300 or less."
        ("PR(:30)", 30),
        ("PR(10:30)", 20),
        ("PR(30:)", 70),
        # "tc90 … not including any data points that fall in the highest 10% of the values."
        ("tc90", 90),
        # "TC(80:500) uses only the values that are between 80 (exclusive) and 500 (inclusive)."
        ("TC(80:500)", 20),
        ("TC(:5)", 5),
        # "It is equivalent to (Trimmed Mean) * (Trimmed count)."
        ("ts90", sum(range(1, 91))),
        # "TS(80%:) … not including any data points with values in the lowest 80%."
        ("TS(80%:)", sum(range(81, 101))),
        ("TS(90:200)", sum(range(91, 101))),
    ],
)
def test_every_statistic_is_what_the_guide_says(name: str, wanted: float) -> None:
    assert statistic(name)(HUNDRED) == pytest.approx(wanted)
    # The order in which they came makes no difference.
    assert statistic(name)(HUNDRED[::-1]) == pytest.approx(wanted)


@pytest.mark.parametrize(
    "name", ["Sum", "Average", "p90", "tm75", "wm75", "tc75", "ts75", "IQM", "PR(2:7)", "SampleCount"]
)
def test_a_weight_is_that_many_samples(name: str) -> None:
    alone = [(value, 1.0) for value, _ in TEN for _ in range(4)]
    weighted = [(value, 4.0) for value, _ in TEN]
    assert statistic(name)(weighted) == pytest.approx(statistic(name)(alone))


@pytest.mark.parametrize(
    "name", ["Average", "Sum", "SampleCount", "Minimum", "p99", "tm99", "wm99", "tc99", "PR(:1)", "IQM"]
)
def test_a_period_without_samples_has_no_datapoint(name: str) -> None:
    assert statistic(name)([]) is None


def test_a_range_that_no_sample_is_in_has_a_count_but_no_mean() -> None:
    assert statistic("TM(200:300)")(HUNDRED) is None
    assert statistic("TC(200:300)")(HUNDRED) == 0
    assert statistic("TS(200:300)")(HUNDRED) == 0
    assert statistic("PR(200:300)")(HUNDRED) == 0


def test_negative_values_leave_only_the_simple_statistics() -> None:
    # "… not available for metrics when any of the metric values are negative numbers."
    samples = [(-1.0, 1.0), (3.0, 1.0)]
    assert statistic("Average")(samples) == 1
    assert statistic("p50")(samples) is None
    assert statistic("TC(0:5)")(samples) is None


def test_percentages_of_percentiles() -> None:
    assert percentile_of("p99.9") == pytest.approx(0.999)
    assert percentile_of("tm99") is None
    assert percentile_of("Average") is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("average", "`average` is no CloudWatch statistic; did you mean `Average`?"),
        ("p101", "`p101` is past the hundredth percentile; write a number from 0 to 100, such as `p99`"),
        ("TM(5%:300)", "`TM(5%:300)` mixes a percentage and a value; write both alike, such as `TM(5%:95%)`"),
    ],
)
def test_a_wrong_statistic_is_told(name: str, said: str) -> None:
    with pytest.raises(PropertyError) as error:
        statistic(name)
    assert str(error.value) == said


def test_samples_are_found_by_their_window_and_their_whole_name() -> None:
    errors = metric("AWS/Lambda", "Errors", {"FunctionName": "a", "Resource": "a:1"})
    samples = Samples({errors: [Sample(120, 2), Sample(60, 1), Sample(179, 3, 2)]})
    same = samples.track(metric("AWS/Lambda", "Errors", {"Resource": "a:1", "FunctionName": "a"}))
    assert same.times == (60, 120, 179)
    # From the start of the window to before its end.
    assert same.weighted[slice(*same.places((60, 120)))] == ((1, 1),)
    assert same.weighted[slice(*same.places((120, 180)))] == ((2, 1), (3, 2))
    for other in (
        metric("AWS/Lambda", "Errors", {"FunctionName": "a"}),
        metric("AWS/Lambda", "Errors"),
        metric("AWS/Lambda", "errors", {"FunctionName": "a", "Resource": "a:1"}),
    ):
        assert samples.track(other).times == ()


def test_a_unit_is_a_filter() -> None:
    seconds, plain = metric("App", "Wait", unit="Seconds"), metric("App", "Wait")
    samples = Samples({seconds: [Sample(0, 1)], plain: [Sample(1, 2)]})
    assert samples.track(plain).times == (0, 1)
    assert samples.track(seconds).times == (0,)
    assert samples.track(metric("App", "Wait", unit="Count")).times == ()


def test_a_sample_that_was_never_taken_is_refused() -> None:
    with pytest.raises(AlarmError, match="a sample of App Wait counts 0 times"):
        Samples({metric("App", "Wait"): [Sample(0, 1, 0)]})
