"""Metric math, held against the examples of the CloudWatch user guide ("Using math expressions with CloudWatch metrics")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.alarmstate.errors import MathError, Unsupported
from monitorspec.alarmstate.mathframe import ANY, Band, Frame
from monitorspec.alarmstate.mathfunctions import FUNCTIONS
from monitorspec.alarmstate.mathsyntax import parse
from monitorspec.alarmstate.mathvalues import Array, Series
from monitorspec.alarmstate.metricmath import compute
from monitorspec.cloudformation import metricmath as language

MINUTE = 60
NOON = int(datetime(2024, 5, 15, 12, 0, tzinfo=UTC).timestamp())
"""A Wednesday."""


def values(text: str) -> tuple[float | None, ...]:
    """`30, -, 0` as the guide writes the values of a series."""
    return tuple(None if word == "-" else float(word) for word in re.split(r"[,\s]+", text.strip(" []")))


def frame(metrics: Mapping[str, str], bands: Mapping[str, Band] | None = None, start: int = NOON) -> Frame:
    """A frame of metrics, written as in the guide, with periods of a minute."""
    series = {id: Series(values(text), id) for id, text in metrics.items()}
    length = max((len(one.values) for one in series.values()), default=3)
    return Frame(tuple(start + n * MINUTE for n in range(length)), MINUTE, series, bands or {})


def computed(expression: str, metrics: Mapping[str, str], others: Mapping[str, str] | None = None) -> Series:
    found = compute(expression, frame(metrics), others)
    assert isinstance(found, Series), found
    return found


# "suppose we have two time series: metric1 has values of [30, 20, 0, 0] and metric2 has values of [20, -, 20, -]"
OPERATORS = {"metric1": "30, 20, 0, 0", "metric2": "20, -, 20, -"}


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("(metric1 < metric2)", "0, 0, 1, 0"),
        ("(metric1 >= 30)", "1, 0, 0, 0"),
        ("(metric1 > 15 AND metric2 > 15)", "1, 0, 0, 0"),
    ],
)
def test_the_guide_s_table_of_operators(expression: str, output: str) -> None:
    assert computed(expression, OPERATORS).values == values(output)


# The three tables of "Using IF expressions".
IFS = {"metric1": "[1, 1, 0, 0, -]", "metric2": "[30, -, 0, 0, 30]", "metric3": "[0, 0, 20, -, 20]"}


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("IF(metric1, metric2, metric3)", "[30, 0, 20, -, -]"),
        ("IF(metric1, 5, metric3)", "[5, 5, 20, -, -]"),
        ("IF(metric1, metric2, 5)", "[30, 0, 5, 5, -]"),
        # "is dropped … if metric3 is omitted from the expression"
        ("IF(metric1, metric2)", "[30, 0, -, -, -]"),
        ("IF(metric1, 5)", "[5, 5, -, -, -]"),
        # "FALSE if the value of the condition data point is 0, and TRUE if … any other value, positive or negative"
        ("IF(metric1 - 1, 7, 8)", "[8, 8, 7, 7, -]"),
        ("IF(metric2 > 10, 1, 0)", "[1, -, 0, 0, 1]"),
        # "IF(scalar1, metric2, metric3)"
        ("IF(1, metric2, metric3)", "[30, -, 0, 0, 30]"),
        ("IF(0, metric2, metric3)", "[0, 0, 20, -, 20]"),
        ("IF(0, metric2)", "[-, -, -, -, -]"),
    ],
)
def test_the_guide_s_tables_of_if(expression: str, output: str) -> None:
    assert computed(expression, IFS).values == values(output)


TWO = {"m1": "4, 8, -", "m2": "1, -, 2"}


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("PERIOD(m1)/60 * m1", "4, 8, -"),
        ("5 * m1", "20, 40, -"),
        # "Missing values in a time series are treated as 0."
        ("m1 - m2", "3, 8, -2"),
        ("m1 * m2", "4, 0, 0"),
        # "… to attempt to divide by zero, the data point is dropped"
        ("m1 / m2", "4, -, 0"),
        ("m2 / m1", "0.25, 0, -"),
        ("100 / m1", "25, 12.5, -"),
        ("m1 ^ 2", "16, 64, -"),
        ("2 ^ 3 ^ 2 + 0 * m1", "512, 512, -"),
        ("-5*m1", "-20, -40, -"),
        ("-m1", "-4, -8, -"),
        ("-m1^2", "-16, -64, -"),
        ("SUM(-[m1, m2])", "-5, -8, -2"),
        ("SUM(100/[m1, m2])", "125, 12.5, 50"),
        ("AVG([m1,m2]/m2)", "2.5, -, 0.5"),
        ("m1 - 1 - 1", "2, 6, -"),
        ("m1 / 2 / 2", "1, 2, -"),
        ("1 + m1 * 2", "9, 17, -"),
        ("(1 + m1) * 2", "10, 18, -"),
        ("m1 > 4 OR m2 == 2 && m1", "0, 1, 0"),
        ("m1 > 4 || m2 > 0 AND m1 > 3", "1, 1, 0"),
        ("NOT m1 > 4", "1, 0, -"),
        ("m1 != 4", "0, 1, -"),
        ("1.5e1 + m1 + .5", "19.5, 23.5, -"),
    ],
)
def test_arithmetic(expression: str, output: str) -> None:
    assert computed(expression, TWO).values == values(output)


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("ABS(m1-m2)", "3, 8, 2"),
        ("MIN(ABS([m1, m2]))", "1, 8, 2"),
        ("CEIL(m1/3)", "2, 3, -"),
        ("FLOOR(m1/3)", "1, 2, -"),
        ("LOG10(m1*25)", "2, 2.301029995663981, -"),
        ("LOG(m1 - 4)", "-, 1.3862943611198906, -"),
        # Of one series a number: "m1-AVG(m1)" is the guide's own example. "Missing values are treated as 0."
        ("m1-AVG(m1)", "0, 4, -"),
        ("SUM([m1,m2])/AVG(m2)", "5, 8, 2"),
        ("m1-MIN(m1)", "0, 4, -"),
        ("MAX(m1)/m1", "2, 1, -"),
        ("SUM(m1) + 0*m1", "12, 12, -"),
        ("m1/STDDEV(m1)", "2, 4, -"),
        ("SUM(m1) / DATAPOINT_COUNT(m1) + 0*m1", "6, 6, -"),
        # Of an array a series.
        ("AVG(METRICS())", "2.5, 4, 1"),
        ("MAX(METRICS())", "4, 8, 2"),
        ("MIN([m1, m2])", "1, 8, 2"),
        ("STDDEV([m1, m2])", "1.5, 0, 0"),
        ("DATAPOINT_COUNT(METRICS())", "2, 1, 1"),
        ('SUM(METRICS("m2"))', "1, -, 2"),
        ('SUM([METRICS("1"), METRICS("2")])', "5, 8, 2"),
        ("m1/METRIC_COUNT(METRICS())", "2, 4, -"),
        ("FIRST([m1, m2])", "4, 8, -"),
        ("LAST([m1, m2])", "1, -, 2"),
        ("FILL(m1,10)", "4, 8, 10"),
        ("FILL(m1, MIN(m1))", "4, 8, 4"),
        ("FILL(m1, REPEAT)", "4, 8, 8"),
        ("FILL(m2, LINEAR)", "1, 1.5, 2"),
        ("FILL(m1, m2)", "4, 8, 2"),
        ("FILL(m1, LINEAR)", "4, 8, -"),
        ("TIME_SERIES(MAX(m1))", "8, 8, 8"),
        ("TIME_SERIES(10)", "10, 10, 10"),
        ("RUNNING_SUM(m1)", "4, 12, -"),
        ("DIFF(m1)", "-, 4, -"),
        # Over a gap: from the preceding value.
        ("DIFF(m2)", "-, -, 1"),
        ("DIFF_TIME(m2)", "-, -, 120"),
        ("RATE(m2)", "-, -, 0.008333333333333333"),
        ("IF(FIRST(SORT(METRICS(), AVG, DESC))>5, 1, 0)", "0, 1, -"),
        ("FIRST(SORT(METRICS(), SUM, ASC))", "1, -, 2"),
    ],
)
def test_functions(expression: str, output: str) -> None:
    assert computed(expression, TWO).values == pytest.approx(values(output))


@pytest.mark.parametrize(
    ("expression", "outputs"),
    [
        ("METRICS()/2", ["2, 4", "0.5, -", "-, -"]),
        ("FILL(METRICS(), 0)", ["4, 8", "1, 0", "0, 0"]),
        ("REMOVE_EMPTY(METRICS())", ["4, 8", "1, -"]),
        ("SORT(REMOVE_EMPTY(METRICS()), MAX, ASC)", ["1, -", "4, 8"]),
        # A number after the order is a limit.
        ("SORT(METRICS(), AVG, DESC, 1)", ["4, 8"]),
        # "start (inclusive) and end (exclusive) … zero-indexed"
        ("SLICE(SORT(METRICS(), SUM, DESC), 0, 1)", ["4, 8"]),
        # "just one value, and CloudWatch returns all time series starting with that value"
        ("SLICE(METRICS(), 1)", ["1, -", "-, -"]),
        ("CEIL(METRICS()/3)", ["2, 3", "1, -", "-, -"]),
    ],
)
def test_arrays(expression: str, outputs: list[str]) -> None:
    found = compute(expression, frame({"m1": "4, 8", "m2": "1, -", "m3": "-, -"}))
    assert isinstance(found, Array)
    assert [one.values for one in found.series] == [values(text) for text in outputs]


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("HOUR(m1)", "12, 12, 12"),
        ("MINUTE(m1)", "0, 1, 2"),
        ("DAY(m1)", "3, 3, 3"),
        ("DATE(m1)", "15, 15, 15"),
        ("MONTH(m1)", "5, 5, 5"),
        ("YEAR(m1)", "2024, 2024, 2024"),
        ("EPOCH(m1) - EPOCH(m1) + 1", "1, 1, 1"),
        # "returns metrics only from weekdays, Monday to Friday"
        ("IF(DAY(m1)<6,m1)", "1, -, 3"),
        ("IF(MONTH(m1) == 4,m1)", "-, -, -"),
    ],
)
def test_time(expression: str, output: str) -> None:
    expected = values(output)
    if "DAY(m1)<6" in expression:
        # The condition is not sparse, and what it lets through where the metric has nothing is 0.
        expected = (1, 0, 3)
    assert computed(expression, {"m1": "1, -, 3"}).values == expected


def test_sunday_is_the_last_day() -> None:
    sunday = frame({"m1": "1, 1, 1"}, start=NOON + 4 * 86_400)
    found = compute("DAY(m1)", sunday)
    assert isinstance(found, Series)
    assert found.values == (7, 7, 7)


def test_a_band_is_made_of_the_model_that_is_given() -> None:
    given = frame({"m1": "1, 2, 3"}, {"m1": (100.0, 5.0)})
    band = compute("ANOMALY_DETECTION_BAND(m1, 3)", given)
    assert isinstance(band, Array)
    # "FIRST … LAST(ANOMALY_DETECTION_BAND(m1)) returns the lower bound of the anomaly prediction band."
    assert [one.values for one in band.series] == [(115.0,) * 3, (85.0,) * 3]
    # "If you don't specify this argument, the default of 2 is used."
    lower = compute("LAST(ANOMALY_DETECTION_BAND(m1))", given)
    assert isinstance(lower, Series)
    assert lower.values == (90.0,) * 3
    moving = frame({"m1": "1, 2, 3"}, {"m1": lambda start: (float(start - NOON), 1.0)})
    upper = compute("FIRST(ANOMALY_DETECTION_BAND(m1, 1))", moving)
    assert isinstance(upper, Series)
    assert upper.values == (1.0, 61.0, 121.0)


def test_a_model_may_be_for_every_band() -> None:
    band = compute(
        "FIRST(ANOMALY_DETECTION_BAND(m1 * 2, 1))", frame({"m1": "1, 2"}, {ANY: (10.0, 5.0), "m2": (0.0, 0.0)})
    )
    assert isinstance(band, Series)
    assert band.values == (15.0, 15.0)


def test_expressions_use_each_other() -> None:
    others = {"rate": "errors / calls", "percent": "100 * rate"}
    assert computed("percent + 1", {"errors": "1, 0", "calls": "4, 4"}, others).values == (26, 1)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "the expression `` cannot be read: it is empty"),
        ("m1 +", "the expression `m1 +` cannot be read: it ends where a value is expected"),
        ("m1 m2", "the expression `m1 m2` cannot be read: `m2` at character 4 cannot stand there"),
        ("SUM(m1", "the expression `SUM(m1` cannot be read: `)` is missing at its end"),
        ("m1 # 2", "the expression `m1 # 2` cannot be read: `#` at character 4 cannot stand there"),
        ("2m1", "the expression `2m1` cannot be read: `2` at character 1 cannot stand there"),
        ("m11 + 1", "there is no metric `m11`; did you mean `m1`?"),
        ("sum(m1)", "metric math has no function `sum`; did you mean `SUM`?"),
        ("AVG(m1)", "`AVG(m1)` gives a number, not a series"),
        ("ABS(m1, m2)", "ABS takes 1 argument, not 2"),
        ("IF(m1)", "IF takes 2 to 3 arguments, not 1"),
        ("FILL(m1, FOREVER)", "FILL wants one of REPEAT, LINEAR, not `FOREVER`"),
        ("SORT(METRICS(), P90, ASC)", "SORT wants one of AVG, MIN, MAX, SUM, not `P90`"),
        ("FIRST(m1)", "FIRST wants an array of series such as [m1, m2], argument 1 is one series"),
        ("PERIOD(m1 + 1)", "PERIOD takes metrics, not the results of other expressions"),
        ("METRICS() + METRICS()", "`+` cannot stand between two arrays of series"),
        ("m1 + REPEAT", "`REPEAT` is no value that `+` can take"),
        ("e1", "`e1` needs its own result: e1 → e2 → e1"),
        ("ANOMALY_DETECTION_BAND(m1)", "no anomaly model is given for `m1`"),
        ("[m1, 2]", "an array in square brackets takes series, no numbers"),
    ],
)
def test_what_is_wrong_is_told(expression: str, said: str) -> None:
    with pytest.raises(MathError) as error:
        compute(expression, frame({"m1": "1, 2", "m2": "1, 2"}), {"e1": "e2 + 1", "e2": "e1 + 1"})
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("SELECT AVG(CPUUtilization) FROM SCHEMA(\"AWS/EC2\")", "a Metrics Insights query cannot be a part of an expression"),
        ("SEARCH('{AWS/EC2} x', 'Sum', 300)", "SEARCH cannot be computed from samples"),
        ("INSIGHT_RULE_METRIC('r', 'm') * 2", "INSIGHT_RULE_METRIC cannot be computed from samples"),
        ("m1 / SERVICE_QUOTA(m1)", "SERVICE_QUOTA cannot be computed from samples"),
    ],
)  # fmt: skip
def test_what_no_sample_can_tell_is_an_error_of_its_own(expression: str, said: str) -> None:
    with pytest.raises(Unsupported) as error:
        compute(expression, frame({"m1": "1, 2"}))
    assert str(error.value) == said


def test_every_function_of_the_language_is_computed_or_named_as_unsupported() -> None:
    left_out = {"SEARCH", "INSIGHT_RULE_METRIC", "SERVICE_QUOTA", "DB_PERF_INSIGHTS", "LAMBDA"}
    assert set(FUNCTIONS) == language.FUNCTIONS - left_out


@pytest.mark.parametrize(
    "text", ["(" * 200 + "m1" + ")" * 200, "+".join(["m1"] * 900), "-" * 900 + "m1", "NOT " * 900 + "m1"]
)
def test_an_expression_without_end_does_not_crash(text: str) -> None:
    with pytest.raises(MathError, match=r"nested more than|operators"):
        parse(text)


_numbers = st.integers(1, 9).map(str)
_arithmetic = st.recursive(
    st.one_of(_numbers, st.just("m1")),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("-{}".format),
        st.tuples(inner, st.sampled_from(["<", ">=", "=="]), inner).map(lambda t: f"({' '.join(t)})"),
    ),
    max_leaves=12,
)


@given(_arithmetic)
def test_operators_bind_as_python_s_do(text: str) -> None:
    value = 3.0
    try:
        wanted: float | None = float(eval(text, {"m1": value}))
    except ZeroDivisionError:
        wanted = None
    found = compute(f"0 * m1 + ({text})", frame({"m1": "3"}))
    assert isinstance(found, Series)
    if wanted is None:
        # Division by zero within a comparison, say, may still give a value: nothing was claimed about that.
        return
    assert found.values[0] == pytest.approx(wanted)
