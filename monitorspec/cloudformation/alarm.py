"""An alert on a CloudWatch signal as the properties of AWS::CloudWatch::Alarm.

In: an alert whose condition is a Limit or Absent. Out: a mapping ready to be dumped. No `Fn::Sub` is made, so `${` in a
user's text is just text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from monitorspec.cloudformation.metricmath import is_insights
from monitorspec.cloudformation.statistics import SIMPLE
from monitorspec.phrases import condition_text
from monitorspec.plan import Absent, Alert, CloudWatchSignal, Limit

NAME_LENGTH, DESCRIPTION_LENGTH, TAGS = 255, 1024, 50
COMPARISONS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
}
MISSING = {"ok": "notBreaching", "breaching": "breaching", "ignore": "ignore", "insufficient": "missing"}

# Characters that every AWS service takes in tags (Tagging Best Practices); the others become underscores.
_untaggable = re.compile(r"[^\w .:/=+@-]").sub
# YAML and XML have no place for these, and a description is one text.
_blank = re.compile(r"\s+").sub
_control = re.compile(r"[\x00-\x1f\x7f-\x9f]").sub


def is_alarm(alert: Alert) -> bool:
    """Whether the alert becomes a CloudWatch alarm."""
    return alert.signal.cloudwatch is not None and isinstance(alert.condition, Limit | Absent)


def variant(alert: Alert) -> str:
    """What tells the alert from the others of its threshold: its severity, `absent`, …"""
    return alert.id.removeprefix(f"{alert.service}.{alert.key}.")


def alarm_name(system: str, environment: str, alert: Alert) -> str:
    """AlarmName: unique in the account, so an overlay's name is part of it."""
    return "-".join(part for part in (system, environment, alert.service, alert.key, variant(alert)) if part)


def periods(alert: Alert) -> tuple[int, int]:
    """(datapoints to alarm, evaluation periods): as the spec says, else enough periods to cover `for`."""
    condition, signal = alert.condition, alert.signal.cloudwatch
    if isinstance(condition, Limit) and condition.datapoints:
        return condition.datapoints
    length = signal.period if signal else 0
    count = max(1, -(-alert.hold // length)) if length else 1
    return count, count


def properties(
    alert: Alert, *, name: str, actions: Iterable[str], tags: Iterable[tuple[str, str]], runbook: str
) -> dict[str, Any]:
    """The alarm's properties; `actions` are parameters that hold topic ARNs, `runbook` its page's address or path."""
    refs = [{"Ref": parameter} for parameter in actions]
    made: dict[str, Any] = {"AlarmName": name, "AlarmDescription": description(alert, runbook)}
    if not alert.actions_enabled:
        made["ActionsEnabled"] = False
    if refs:
        made["AlarmActions"] = refs
        made["OKActions"] = refs
    made.update(_watched(alert))
    datapoints, count = periods(alert)
    made["EvaluationPeriods"] = count
    made["DatapointsToAlarm"] = datapoints
    if isinstance(alert.condition, Limit):
        made["ComparisonOperator"] = COMPARISONS[alert.condition.op]
        made["Threshold"] = alert.condition.value
        made["TreatMissingData"] = MISSING[alert.missing]
    else:
        # Every datapoint is at least 1 (see `_watched`), so only a missing one is below.
        made["ComparisonOperator"] = COMPARISONS["<"]
        made["Threshold"] = Decimal(1)
        made["TreatMissingData"] = "breaching"
    made["Tags"] = tag_list(tags, alert.labels)
    return merged(made, alert.properties)


def merged(made: dict[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Generated properties with the spec's laid over them, whole values; null takes one away."""
    if not raw:
        return made
    return {key: value for key, value in {**made, **raw}.items() if value is not None}


def description(alert: Alert, runbook: str) -> str:
    """AlarmDescription: what is wrong, what it means, where to read on; the middle is cut where it gets too long."""
    head = _line(f"{alert.title} ({alert.service}): {condition_text(alert)}.")
    tail = f"Runbook: {_line(runbook)}" if runbook else ""
    room = DESCRIPTION_LENGTH - len(tail) - bool(tail)
    text = " ".join(part for part in (head, _line(alert.description)) if part)
    if len(text) > room:
        cut = text[: max(room - 1, 0)]
        text = (cut.rpartition(" ")[0] or cut) + "…"
    return f"{text} {tail}".strip()[:DESCRIPTION_LENGTH]


def tag_list(tags: Iterable[tuple[str, str]], labels: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags by key: the alert's labels, and over them the tags that the spec asks for. Labels that hold a Go template
    mean something to Prometheus only."""
    chosen = {_tag(key, 128): _tag(value, 256) for key, value in labels.items() if "{{" not in value}
    chosen.update((_tag(key, 128), _tag(value, 256)) for key, value in tags)
    return [{"Key": key, "Value": chosen[key]} for key in sorted(chosen)]


def _watched(alert: Alert) -> dict[str, Any]:
    """MetricName and what belongs to it, or Metrics."""
    signal = alert.signal.cloudwatch
    assert signal is not None
    absent = isinstance(alert.condition, Absent)
    if signal.expression:
        return {"Metrics": _queries(signal, absent)}
    # A datapoint's SampleCount is never 0: without samples there is no datapoint.
    stat = "SampleCount" if absent else signal.stat
    made: dict[str, Any] = {"Namespace": signal.namespace, "MetricName": signal.metric}
    if signal.dimensions:
        made["Dimensions"] = _dimensions(signal)
    made["Statistic" if stat in SIMPLE else "ExtendedStatistic"] = stat
    made["Period"] = signal.period // 1000
    if signal.unit:
        made["Unit"] = signal.unit
    return made


def _queries(signal: CloudWatchSignal, absent: bool) -> list[dict[str, Any]]:
    """Metric math: the watched expression first, then what it is made of."""
    taken = {id for id, _ in signal.metrics}
    result = _free("result", taken)
    watched: dict[str, Any] = {"Id": result, "Expression": signal.expression}
    if signal.label:
        watched["Label"] = signal.label
    if is_insights(signal.expression):
        watched["Period"] = signal.period // 1000
    out = [{**watched, "ReturnData": not absent}]
    if absent:
        present = _free("present", taken | {result})
        out.insert(0, {"Id": present, "Expression": f"1 + 0 * {result}", "ReturnData": True})
    for id, part in signal.metrics:
        query: dict[str, Any] = {"Id": id}
        if part.label:
            query["Label"] = part.label
        if part.expression:
            query["Expression"] = part.expression
        else:
            metric: dict[str, Any] = {"Namespace": part.namespace, "MetricName": part.metric}
            if part.dimensions:
                metric["Dimensions"] = _dimensions(part)
            stat: dict[str, Any] = {
                "Metric": metric,
                "Period": (part.period or signal.period) // 1000,
                "Stat": part.stat,
            }
            if part.unit:
                stat["Unit"] = part.unit
            query["MetricStat"] = stat
        query["ReturnData"] = False
        out.append(query)
    return out


def _free(name: str, taken: set[str]) -> str:
    return next(id for id in (name, *(f"{name}{n}" for n in range(1, len(taken) + 2))) if id not in taken)


def _dimensions(signal: CloudWatchSignal) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in signal.dimensions]


@functools.cache
def _tag(text: str, longest: int) -> str:
    return _untaggable("_", text)[:longest]


def _line(text: str) -> str:
    """One line, without control characters."""
    return _control("", _blank(" ", text)).strip()
