"""Levels of signals around limits, found by computing the spec's expressions."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from monitorspec.metricname import text_of
from monitorspec.plan import CloudWatchSignal
from monitorspec.proof.alarms.case import START, Unproven
from monitorspec.proof.alarms.drive import drives_of, present_of
from monitorspec.proof.alarms.levels import Drive, Edge, Level, Stretch
from tests.cloudformation.alerts import cloudwatch_signal, metric_math

ERRORS, CALLS = cloudwatch_signal(), cloudwatch_signal(metric="Invocations")
A, B = cloudwatch_signal(metric="A", stat="Average"), cloudwatch_signal(metric="B", stat="Average")


def driven(expression: str, edge: Edge, **metrics: CloudWatchSignal) -> Drive:
    return drives_of(metric_math(expression, **metrics), edge, {})[0]


@pytest.mark.parametrize("op", [">", ">=", "<", "<="])
@pytest.mark.parametrize("value", [5.0, 0.0, -3.0, 0.01])
@pytest.mark.parametrize("stat", ["Sum", "Average", "Maximum"])
def test_a_metric_is_set_to_its_limit_and_just_beside_it(op: str, value: float, stat: str) -> None:
    edge = Edge(op, value)
    (drive,) = drives_of(cloudwatch_signal(stat=stat), edge, {})
    assert edge.past(drive.past.value)
    assert not edge.past(drive.short.value)
    assert value in (drive.past.value, drive.short.value)
    assert abs(drive.past.value - drive.short.value) <= 0.0011 * edge.scale
    assert drive.far_past is not None
    assert edge.past(drive.far_past.value)
    assert drive.far_short is not None
    assert not edge.past(drive.far_short.value)


@pytest.mark.parametrize(
    ("expression", "edge", "metrics"),
    [
        ("errors / calls", Edge(">", 0.01), {"errors": ERRORS, "calls": CALLS}),
        ("IF(calls > 0, errors / calls, 0)", Edge(">=", 0.05), {"errors": ERRORS, "calls": CALLS}),
        ("100 * (1 - errors / calls)", Edge("<", 95.0), {"errors": ERRORS, "calls": CALLS}),
        ("100 * hits / (hits + misses)", Edge("<=", 80.0), {"hits": A, "misses": B}),
        ("a - b", Edge(">", 0.0), {"a": A, "b": B}),
        ("SUM([a, b])", Edge(">", 7.0), {"a": A, "b": B}),
        ("MAX([a, b]) - MIN([a, b])", Edge(">", 20.0), {"a": A, "b": B}),
        ("FILL(a, 0)", Edge("<", 3.0), {"a": A}),
        ("d / 1000", Edge(">", 1.5), {"d": cloudwatch_signal(stat="p99")}),
        ("LOG10(a)", Edge(">", 2.0), {"a": A}),
    ],
)
def test_metric_math_is_set_just_beside_its_limit(expression: str, edge: Edge, metrics: dict[str, Any]) -> None:
    drive = driven(expression, edge, **metrics)
    assert edge.past(drive.past.value)
    assert not edge.past(drive.short.value)
    assert abs(drive.past.value - edge.value) <= 0.002 * edge.scale
    assert abs(drive.short.value - edge.value) <= 0.002 * edge.scale


def test_numbers_are_as_short_as_they_can_be() -> None:
    drive = driven("errors / calls", Edge(">", 0.01), errors=ERRORS, calls=CALLS)
    assert drive.short == Level(0.01, (10.0, 1000.0))


def test_every_metric_of_it_is_moved_in_turn() -> None:
    drives = drives_of(metric_math("IF(a > 100 AND b > 5, 1, 0)", a=A, b=B), Edge(">", 0.0), {})
    moved = [[x != y for x, y in zip(d.short.inputs, d.past.inputs, strict=True)] for d in drives]
    assert moved == [[True, False], [False, True]]


def test_what_rises_is_driven_as_a_counter() -> None:
    drive = driven("RATE(a)", Edge(">", 5.0), a=A._replace(stat="Maximum"))
    assert drive.rises == 0
    assert drive.past.inputs[0] / 60 == pytest.approx(5, rel=0.002)
    stretches = [Stretch(None, 1, ""), Stretch(drive.past, 3, ""), Stretch(drive.short, 1, "")]
    # There is nothing to rise from before the second datapoint.
    assert drive.past_at(stretches, Edge(">", 5.0)) == [None, None, True, True, False]
    (samples,) = drive.samples(stretches).values()
    highest = [max(s.value for s in samples if s.time // 60 == START // 60 + n) for n in range(1, 5)]
    rises = [b - a for a, b in pairwise(highest)]
    assert rises == pytest.approx([drive.past.inputs[0]] * 2 + [drive.short.inputs[0]])


def test_a_value_that_remembers_is_known() -> None:
    assert driven("FILL(a, REPEAT) + DIFF(FILL(a, REPEAT))", Edge(">", 5.0), a=A).slow
    assert not driven("a + 1", Edge(">", 5.0), a=A).slow


def test_the_value_without_data_is_known() -> None:
    assert driven("FILL(a, 7)", Edge(">", 5.0), a=A).empty == 7
    assert driven("a + 1", Edge(">", 5.0), a=A).empty is None


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("SUM(a) / 3 + a", "its value depends on how many periods CloudWatch looks back"),
        ("a + HOUR(a)", "HOUR makes it depend on the time"),
        ("SEARCH('x', 'Sum', 60) + a", "SEARCH cannot be computed from samples"),
        ("a * 0", "no values of its metrics were found that take it over 5"),
        ("a +", "the expression `a +` cannot be read: it ends where a value is expected"),
        ("a + same", "two of its metrics are the same one, so they cannot be set apart"),
    ],
)
def test_what_cannot_be_driven_is_told(expression: str, said: str) -> None:
    metrics = {"a": A, "same": A._replace(stat="Sum")} if "same" in expression else {"a": A}
    with pytest.raises(Unproven) as error:
        driven(expression, Edge(">", 5.0), **metrics)
    assert str(error.value) == said


def test_a_count_of_nothing_cannot_be_short_of_one() -> None:
    with pytest.raises(Unproven, match="no samples were found that give SampleCount a value beside 1"):
        drives_of(cloudwatch_signal(stat="SampleCount"), Edge("<", 1.0), {})


def test_names_of_parameters_are_filled_in() -> None:
    signal = cloudwatch_signal(
        dimensions=(("FunctionName", "receipts-${Environment}"),), namespace="Shop/${Environment}"
    )
    (drive,) = drives_of(signal, Edge(">", 5.0), {"Environment": "test"})
    found = drive.inputs[0].metric
    assert (found.namespace, found.dimensions) == ("Shop/test", (("FunctionName", "receipts-test"),))
    assert text_of("${Check}-${AWS::Region}-${!Literal}", {"AWS::Region": "eu-west-1"}) == "Check-eu-west-1-${Literal}"


def test_presence_has_two_values_where_it_can() -> None:
    drive = present_of(cloudwatch_signal(stat="Average"), {})
    assert (drive.short.value, drive.past.value) == (0, 100)
    assert present_of(metric_math("a / b", a=A, b=B), {}).empty is None


def test_beside_a_gap_a_period_is_in_one_piece() -> None:
    (drive,) = drives_of(cloudwatch_signal(stat="Maximum"), Edge(">", 5.0), {})
    (samples,) = drive.samples([Stretch(None, 1, ""), Stretch(drive.past, 3, ""), Stretch(None, 1, "")]).values()
    minutes: dict[int, set[int]] = {}
    for sample in samples:
        minutes.setdefault((sample.time - START) // 60, set()).add(sample.time % 60)
    assert {minute: len(times) for minute, times in minutes.items()} == {1: 1, 2: 2, 3: 1}
