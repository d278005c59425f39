"""Metric alarms over samples, held against the CloudWatch user guide ("Alarm evaluation" and its neighbours)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.alarmstate.errors import AlarmError, MathError, PropertyError, Unsupported
from monitorspec.alarmstate.metricalarm import Watch, read
from monitorspec.alarmstate.samples import Sample, Samples, metric
from tests.alarmstate.alarms import CALLS, DAY, ERRORS, HOUR, MINUTE, START, each, math, properties, query, states

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"


def after(periods: int, every: int = MINUTE) -> list[int]:
    """The ends of the first `periods` periods."""
    return [every * n for n in range(1, periods + 1)]


def test_the_guide_s_figure() -> None:
    # "the alarm threshold … is set to three units … both are 3 … this happens in the third through fifth time periods. At
    # period six, the value dips below the threshold … During the ninth time period, the threshold is breached again, but
    # for only one period. Consequently, the alarm state remains OK."
    values = each(2, 2.5, 4, 5, 4.5, 2, 1, 1, 4, 2)
    alarm = properties(Threshold=3, EvaluationPeriods=3)
    assert states(alarm, {ERRORS: values}, after(10)) == [OK, OK, OK, OK, ALARM, OK, OK, OK, OK, OK]


def test_a_window_slides_along_with_the_evaluation() -> None:
    # "if the Period is 5 minutes (300 seconds) and Evaluation Periods is 1, then at the end of minute 5 the alarm evaluates
    # based on data from minutes 1 to 5. Then at the end of minute 6, … from minutes 2 to 6."
    values = each(6, 0, 0, 0, 0, 0, 0)
    alarm = properties(Period=300)
    assert states(alarm, {ERRORS: values}, after(7)) == [ALARM, ALARM, ALARM, ALARM, ALARM, OK, OK]


def test_short_periods_are_evaluated_every_ten_seconds() -> None:
    alarm = properties(Period=10)
    assert states(alarm, {ERRORS: [Sample(START + 3, 6), Sample(START + 14, 0)]}, [9, 10, 19, 20]) == [
        INSUFFICIENT,
        ALARM,
        ALARM,
        OK,
    ]


def test_alarms_on_more_than_a_day_are_evaluated_once_an_hour() -> None:
    # "At 10:02, the job fails. At 10:03, the alarm … stays in OK state, because the evaluation considers data only up to
    # 10:00. At 11:03, the alarm considers data up to 11:00 and goes into ALARM state."
    before = [Sample(START - 2 * DAY, 0), Sample(START - DAY, 0)]
    alarm = properties(Period=DAY, EvaluationPeriods=2, DatapointsToAlarm=1)
    samples = {ERRORS: [*before, Sample(START + 2 * MINUTE, 6)]}
    assert states(alarm, samples, [3 * MINUTE, 59 * MINUTE, 63 * MINUTE]) == [OK, OK, ALARM]


@pytest.mark.parametrize(
    ("comparison", "below", "at", "above"),
    [
        ("GreaterThanThreshold", OK, OK, ALARM),
        ("GreaterThanOrEqualToThreshold", OK, ALARM, ALARM),
        ("LessThanThreshold", ALARM, OK, OK),
        ("LessThanOrEqualToThreshold", ALARM, ALARM, OK),
    ],
)
def test_comparisons(comparison: str, below: str, at: str, above: str) -> None:
    alarm = properties(ComparisonOperator=comparison)
    assert states(alarm, {ERRORS: each(4.9, 5, 5.1)}, after(3)) == [below, at, above]


def test_m_of_n_need_not_be_consecutive() -> None:
    alarm = properties(EvaluationPeriods=5, DatapointsToAlarm=3)
    values = each(0, 0, 9, 0, 9, 9, 0, 0, 0)
    assert states(alarm, {ERRORS: values}, after(9)) == [OK, OK, OK, OK, OK, ALARM, ALARM, OK, OK]


@pytest.mark.parametrize(
    ("treatment", "wanted"),
    [
        ("missing", [INSUFFICIENT, OK, ALARM, ALARM, ALARM, INSUFFICIENT]),
        ("ignore", [INSUFFICIENT, OK, ALARM, ALARM, ALARM, ALARM]),
        ("breaching", [ALARM, OK, ALARM, ALARM, ALARM, ALARM]),
        ("notBreaching", [OK, OK, ALARM, ALARM, ALARM, OK]),
    ],
)
def test_missing_data(treatment: str, wanted: list[str]) -> None:
    # Two periods beyond N are looked at, so the last datapoint counts twice more.
    alarm = properties(TreatMissingData=treatment)
    assert states(alarm, {ERRORS: each(None, 0, 9, None, None, None)}, after(6)) == wanted
    default = properties()
    if treatment == "missing":
        assert states(default, {ERRORS: each(None, 0, 9, None, None, None)}, after(6)) == wanted


def test_dynamodb_alarms_ignore_missing_data_unless_they_say_otherwise() -> None:
    throttles = metric("AWS/DynamoDB", "ThrottledRequests", {"FunctionName": "receipts"})
    changes = {"Namespace": "AWS/DynamoDB", "MetricName": "ThrottledRequests"}
    samples = {throttles: each(9, None, None, None)}
    assert states(properties(**changes), samples, after(4))[-1] == ALARM
    assert states(properties(**changes, TreatMissingData="notBreaching"), samples, after(4))[-1] == OK


def test_a_metric_is_its_namespace_name_dimensions_and_unit() -> None:
    samples = {ERRORS: each(9)}
    assert states(properties(), samples, [60]) == [ALARM]
    others: list[dict[str, Any]] = [
        {"Namespace": "AWS/Kinesis"},
        {"MetricName": "Throttles"},
        {"Dimensions": []},
        {"Dimensions": [{"Name": "FunctionName", "Value": "other"}]},
        {"Unit": "Count"},
    ]
    for other in others:
        assert states(properties(**other), samples, [60]) == [INSUFFICIENT]


def test_too_few_samples_of_a_percentile_change_nothing_when_the_alarm_says_so() -> None:
    slow = {ERRORS: [Sample(START + 30, 9, 999), Sample(START + 90, 9, 1000), Sample(START + 150, 0, 10)]}
    alarm = properties(Statistic=None, ExtendedStatistic="p99")
    assert states(alarm, slow, after(3)) == [ALARM, ALARM, OK]
    careful = {**alarm, "EvaluateLowSampleCountPercentile": "ignore"}
    assert states(careful, slow, after(3)) == [INSUFFICIENT, ALARM, ALARM]
    # "Used only for alarms based on percentiles."
    mean = properties(Statistic="Average", EvaluateLowSampleCountPercentile="ignore")
    assert states(mean, slow, after(3)) == [ALARM, ALARM, OK]


def test_metric_math() -> None:
    alarm = math("IF(calls > 0, errors / calls, 0)", query("errors"), query("calls", CALLS), Threshold=0.1)
    samples = {ERRORS: each(1, 3, None, None), CALLS: each(20, 20, 20, None)}
    assert states(alarm, samples, after(4)) == [OK, ALARM, OK, OK]


def test_a_missing_result_is_a_missing_datapoint() -> None:
    # "the data point is considered missing if the math expression doesn't return a value for that data point"
    alarm = math("errors / calls", query("errors"), query("calls", CALLS), TreatMissingData="breaching")
    assert states(alarm, {ERRORS: each(9), CALLS: each(0)}, [60]) == [ALARM]
    assert states({**alarm, "TreatMissingData": "notBreaching"}, {ERRORS: each(9), CALLS: each(0)}, [60]) == [OK]


def anomaly(comparison: str, **changes: Any) -> dict[str, Any]:
    band = {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(errors, 3)"}
    given = math("", query("errors", returned=True), ComparisonOperator=comparison, Threshold=None)
    return {**given, "Metrics": [*given["Metrics"][1:], band], "ThresholdMetricId": "band", **changes}


@pytest.mark.parametrize(
    ("comparison", "wanted"),
    [
        ("GreaterThanUpperThreshold", [OK, OK, ALARM, OK]),
        ("LessThanLowerThreshold", [OK, ALARM, OK, OK]),
        ("LessThanLowerOrGreaterThanUpperThreshold", [OK, ALARM, ALARM, OK]),
    ],
)
def test_anomaly_bands(comparison: str, wanted: list[str]) -> None:
    values = {ERRORS: each(100, 69, 131, 130)}
    assert states(anomaly(comparison), values, after(4), bands={ERRORS: (100.0, 10.0)}) == wanted
    moved = states(anomaly(comparison), values, after(4), bands={ERRORS: lambda start: (100.0 + 0 * start, 1e6)})
    assert moved == [OK] * 4


def test_a_band_may_be_that_of_an_expression() -> None:
    given = anomaly("GreaterThanUpperThreshold")
    given["Metrics"] = [
        query("errors"),
        {"Id": "twice", "Expression": "errors * 2"},
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(twice)"},
    ]
    assert states(given, {ERRORS: each(5, 5.1)}, after(2), bands={"twice": (10.0, 0.0)}) == [OK, ALARM]


def test_a_wall_clock_window_holds_complete_periods() -> None:
    alarm = properties(Period=HOUR, EvaluationWindow={"WallClockWindow": {"Timezone": "+05:30"}})
    # 10:00 UTC is 15:30 there: the hour from 15:00 ends at 10:30 UTC.
    samples = {ERRORS: [Sample(START + 60, 9), Sample(START + 40 * MINUTE, 0)]}
    times = [29 * MINUTE, 30 * MINUTE, 89 * MINUTE, 90 * MINUTE]
    assert states(alarm, samples, times) == [INSUFFICIENT, ALARM, ALARM, OK]
    sliding = properties(Period=HOUR, EvaluationWindow={"SlidingWindow": {}})
    assert states(sliding, samples, [2 * MINUTE]) == [ALARM]


def test_a_calendar_day_follows_the_clocks_of_its_zone() -> None:
    zone = {"WallClockWindow": {"Timezone": "Europe/Berlin"}}
    windows = read("daily", properties(Period=DAY, EvaluationPeriods=2, EvaluationWindow=zone)).windows
    # On 31 March 2024 clocks went forward: that day had 23 hours.
    april = int(read_time("2024-04-01T12:00+02:00"))
    marks = windows.marks(april)
    assert [end - start for start, end in pairwise(marks)] == [24 * HOUR, 23 * HOUR]
    assert marks[-1] == read_time("2024-04-01T00:00+02:00")


def read_time(text: str) -> int:
    from datetime import datetime

    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"MetricName": None}, "alarm errors: it needs either MetricName or Metrics"),
        ({"EvaluationPeriods": None}, "alarm errors: EvaluationPeriods is missing"),
        ({"EvaluationPeriods": "three"}, "alarm errors: EvaluationPeriods is `three`, no number"),
        ({"EvaluationPeriods": 0}, "alarm errors: EvaluationPeriods is `0`, no whole number from 1 on"),
        ({"DatapointsToAlarm": 2}, "alarm errors: DatapointsToAlarm 2 is more than EvaluationPeriods 1"),
        ({"Threshold": None}, "alarm errors: Threshold is missing"),
        ({"Threshold": {"Ref": "Limit"}}, "alarm errors: Threshold is a mapping of Ref, no number"),
        ({"ThresholdMetricId": "band"}, "alarm errors: GreaterThanThreshold cannot have a ThresholdMetricId"),
        ({"Statistic": "p99"}, None),
        ({"Statistic": None}, "alarm errors: it needs either Statistic or ExtendedStatistic"),
        ({"Statistic": "Median"}, "alarm errors: `Median` is no CloudWatch statistic; did you mean `p50`?"),
        ({"Namespace": None}, "alarm errors: Namespace is missing"),
        ({"Dimensions": [{"Name": "a"}]}, "alarm errors, Dimensions 1: Value is missing"),
        ({"Dimensions": "a=b"}, "alarm errors: Dimensions is `a=b`, no list"),
        ({"TreatMissingData": "ok"}, "alarm errors: TreatMissingData is `ok`, none of missing, ignore, breaching, notBreaching"),
        ({"ComparisonOperator": ">"}, "alarm errors: ComparisonOperator is `>`, none of GreaterThanThreshold, "),
        ({"EvaluationWindow": {}}, "alarm errors, EvaluationWindow: it needs either SlidingWindow or WallClockWindow"),
        (
            {"Period": 120, "EvaluationWindow": {"WallClockWindow": {}}},
            "alarm errors, EvaluationWindow: a wall clock window has periods of 60, 300, 3600, 86400, 604800 seconds, not 120",
        ),
        (
            {"EvaluationWindow": {"WallClockWindow": {"Timezone": "Mars"}}},
            "alarm errors, EvaluationWindow, WallClockWindow: Timezone is `Mars`, no known time zone",
        ),
    ],
)  # fmt: skip
def test_a_property_that_cloudwatch_would_refuse_is_told(changes: dict[str, Any], said: str | None) -> None:
    if said is None:
        read("errors", properties(**changes))
        return
    with pytest.raises(PropertyError) as error:
        read("errors", properties(**changes))
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (math("m1", query("m1"), query("m1", CALLS)), "alarm errors: two entries of Metrics have the id `m1`"),
        (math("m1", query("m1", period=300), query("m2")), "alarm errors: periods differ: 300 s in `m1`, 60 s in `m2`"),
        (math("m1", query("m1", returned=True)), "alarm errors: 2 entries of Metrics return data, instead of one"),
        (math("1"), "alarm errors: no entry of Metrics has a period"),
        (math("m1", {"Id": "m1"}), "alarm errors, Metrics 2: it needs either MetricStat or Expression"),
        (anomaly("GreaterThanUpperThreshold", Threshold=1), "alarm errors: Threshold and ThresholdMetricId exclude each other"),
        (anomaly("LessThanLowerThreshold", ThresholdMetricId="x"), "alarm errors: ThresholdMetricId names `x`, which is no"),
    ],
)  # fmt: skip
def test_metrics_that_cloudwatch_would_refuse_are_told(given: dict[str, Any], said: str) -> None:
    with pytest.raises(PropertyError) as error:
        read("errors", given)
    assert str(error.value).startswith(said)


def test_what_samples_cannot_tell_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="alarm errors: a PromQL query cannot be computed from samples"):
        read("errors", {"EvaluationCriteria": {"PromQLCriteria": {"Query": "up"}}})


def test_what_is_wrong_with_an_expression_names_the_alarm() -> None:
    with pytest.raises(MathError, match="alarm errors: there is no metric `erors`; did you mean `errors`"):
        states(math("erors * 2", query("errors")), {ERRORS: each(1)}, [60])
    with pytest.raises(MathError, match="alarm errors: `watched` gives an array of 2 series, where an alarm needs one"):
        states(math("METRICS()", query("errors"), query("calls", CALLS)), {ERRORS: each(1)}, [60])


def test_texts_are_taken_for_numbers_as_cloudformation_does() -> None:
    alarm = properties(Period="60", EvaluationPeriods="1", Threshold="5")
    assert states(alarm, {ERRORS: each(9)}, [60]) == [ALARM]


@given(
    samples=st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 12)), max_size=12),
    period=st.sampled_from([10, 30, 60, 120, 300]),
    of=st.integers(1, 3),
    treatment=st.sampled_from(["missing", "ignore", "breaching", "notBreaching"]),
    start=st.integers(0, 90),
)
def test_only_evaluations_that_see_something_new_are_needed(
    samples: list[tuple[int, int]], period: int, of: int, treatment: str, start: int
) -> None:
    alarm = read("errors", properties(Period=period, EvaluationPeriods=of, TreatMissingData=treatment))
    watch = Watch(alarm, Samples({ERRORS: [Sample(START + at, value) for at, value in samples]}))
    few = set(watch.ticks(START + start, START + 2400))
    state = ""
    for at in range(START + start, START + 2401):
        if at % alarm.windows.step:
            assert at not in few
            continue
        before, state = state, watch.seen(at).state or state
        assert at in few or state == before


def test_errors_have_one_base() -> None:
    assert issubclass(PropertyError, AlarmError)
    assert issubclass(Unsupported, AlarmError)
