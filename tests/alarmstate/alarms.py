"""Alarms and samples made by hand for tests of the evaluator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from monitorspec.alarmstate.metricalarm import Watch, read
from monitorspec.alarmstate.samples import Metric, Sample, Samples, metric

MINUTE, HOUR, DAY = 60, 3_600, 86_400
START = int(datetime(2024, 5, 15, 10, 0, tzinfo=UTC).timestamp())
ERRORS = metric("AWS/Lambda", "Errors", {"FunctionName": "receipts"})
CALLS = metric("AWS/Lambda", "Invocations", {"FunctionName": "receipts"})


def properties(**changes: Any) -> dict[str, Any]:
    """More than 5 errors in a minute; a change to None takes a property away."""
    sound = {
        "AlarmName": "errors",
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": "receipts"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5,
    }
    return {key: value for key, value in {**sound, **changes}.items() if value is not None}


def query(id: str, of: Metric = ERRORS, stat: str = "Sum", period: int = 60, returned: bool = False) -> dict[str, Any]:
    """An entry of Metrics."""
    dimensions = [{"Name": name, "Value": value} for name, value in of.dimensions]
    named = {"Namespace": of.namespace, "MetricName": of.name, "Dimensions": dimensions}
    return {"Id": id, "MetricStat": {"Metric": named, "Period": period, "Stat": stat}, "ReturnData": returned}


def math(expression: str, *queries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An alarm on an expression."""
    simple = dict.fromkeys(("Namespace", "MetricName", "Dimensions", "Statistic", "Period"))
    return properties(**{**simple, "Metrics": [{"Id": "watched", "Expression": expression}, *queries], **changes})


def each(*values: float | None, every: int = MINUTE, start: int = START) -> list[Sample]:
    """A sample in every period of `every` seconds, half way through; None for none."""
    return [Sample(start + n * every + every // 2, v) for n, v in enumerate(values) if v is not None]


def states(
    given: dict[str, Any], samples: Mapping[Metric, Sequence[Sample]], times: Sequence[int], **more: Any
) -> list[str]:
    """The state after each of the `times`, in seconds after START, of an alarm that is evaluated at all of its ticks."""
    watch = Watch(read("errors", given), Samples(samples), **more)
    state, out = "INSUFFICIENT_DATA", []
    ticks = list(range(START, START + max(times) + 1, watch.alarm.windows.step))
    for time in times:
        while ticks and ticks[0] <= START + time:
            state = watch.seen(ticks.pop(0)).state or state
        out.append(state)
    return out
