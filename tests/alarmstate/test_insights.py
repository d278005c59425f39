"""Queries of Metrics Insights: what they read, by the grammar and examples of the CloudWatch user guide."""

from __future__ import annotations

import pytest

from monitorspec.alarmstate.errors import MathError, Unsupported
from monitorspec.alarmstate.insights import read
from monitorspec.alarmstate.metricalarm import read as read_alarm
from monitorspec.alarmstate.samples import Sample, metric
from tests.alarmstate.alarms import START, math, states

ALL = 'SELECT AVG(CPUUtilization) FROM "AWS/EC2"'
BARE = 'SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2")'
ONE = 'SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId)'
TWO = 'select avg(CPUUtilization) from schema("AWS/EC2", InstanceId, "Image Id")'


def cpu(**dimensions: str) -> object:
    return metric("AWS/EC2", "CPUUtilization", {name.replace("_", " "): value for name, value in dimensions.items()})


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        (ALL, [True, True, True]),
        (BARE, [True, False, False]),
        (ONE, [False, True, False]),
        (TWO, [False, False, True]),
        (f"{ALL} WHERE InstanceId = 'i-1'", [False, True, True]),
        (f"{ALL} WHERE InstanceId != 'i-1'", [False, False, False]),
        (f"{ALL} WHERE InstanceId != 'i-2' AND \"Image Id\" = 'ami'", [False, False, True]),
        (f"{ALL} WHERE InstanceId = 'I-1'", [False, False, False]),
        ('SELECT AVG(CPUUtilization) FROM "AWS/ECS"', [False, False, False]),
        ('SELECT AVG(cpuutilization) FROM "AWS/EC2"', [False, False, False]),
    ],
)
def test_the_metrics_that_match_are_read(query: str, matches: list[bool]) -> None:
    metrics = [cpu(), cpu(InstanceId="i-1"), cpu(InstanceId="i-1", Image_Id="ami")]
    assert [read(query).matches(each) for each in metrics] == matches  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("function", "value"), [("SUM", 14.0), ("AVG", 3.5), ("MAX", 8.0), ("MIN", 1.0), ("COUNT", 4.0), ("max", 8.0)]
)
@pytest.mark.parametrize("end", ["", " ORDER BY MAX() DESC LIMIT 10"])
def test_all_observations_of_a_period_are_taken_together(function: str, value: float, end: str) -> None:
    given = {
        metric("Shop", "Load", {"Node": "a", "Kind": "x"}): [Sample(START + 10, 1.0), Sample(START + 20, 2.0)],
        metric("Shop", "Load", {"Node": "b", "Kind": "x"}): [Sample(START + 5, 3.0), Sample(START + 30, 8.0)],
        metric("Shop", "Load", {"Node": "b", "Kind": "y"}): [Sample(START + 5, 1000.0)],
        metric("Shop", "Load", {"Node": "c"}): [Sample(START + 5, -1000.0)],
    }
    query = f"SELECT {function}(Load) FROM SCHEMA(Shop, Node, Kind) WHERE Kind = 'x'{end}"
    for op, state in (("GreaterThanOrEqualToThreshold", "ALARM"), ("GreaterThanThreshold", "OK")):
        alarm = math(query, ComparisonOperator=op, Threshold=value, EvaluationPeriods=1, DatapointsToAlarm=1)
        alarm["Metrics"][0]["Period"] = 60
        assert states(alarm, given, [60]) == [state]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT P99(x) FROM Shop", "`P99` is none of AVG, COUNT, MAX, MIN, SUM (character 8)"),
        ("SELECT SUM(x)", "it wants `FROM` there at its end"),
        ("SELECT SUM(x) FROM 'Shop'", "`'Shop'` is not a namespace (character 20)"),
        ("SELECT SUM(x) FROM Shop WHERE a > 'b'", "`>` is neither `=` nor `!=` (character 33)"),
        ('SELECT SUM(x) FROM Shop WHERE a = "b"', '"b" is no value in single quotes (character 35)'),
        ("SELECT SUM(x) FROM Shop WHERE a = 'b' OR a = 'c'", "`OR` cannot stand there (character 39)"),
        ("SELECT SUM(x) FROM Shop LIMIT x", "`x` is no number (character 31)"),
        ("SELECT SUM(x) FROM SCHEMA(Shop, ", "a dimension is missing at its end"),
    ],
)
def test_a_query_that_cannot_be_read_says_where(query: str, said: str) -> None:
    with pytest.raises(MathError) as error:
        read(query)
    assert str(error.value) == f"the query `{query}` cannot be read: {said}"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (f"{ONE} GROUP BY InstanceId", "a Metrics Insights query with GROUP BY has a state for each of its series"),
        (f"{ALL} WHERE tag.env = 'prod'", "no sample tells `tag.env` of a Metrics Insights query"),
        (f"{ALL} WHERE InstanceId IN ('a', 'b')", "IN of a Metrics Insights query is not computed"),
    ],
)
def test_what_is_not_computed_says_so(query: str, said: str) -> None:
    given = math(query)
    given["Metrics"][0]["Period"] = 60
    with pytest.raises(Unsupported) as error:
        read_alarm("errors", given)
    assert str(error.value) == f"alarm errors: {said}"
