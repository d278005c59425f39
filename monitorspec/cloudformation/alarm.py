"""An alert on a CloudWatch signal as the properties of AWS::CloudWatch::Alarm.

In: an alert whose condition is a Limit, Anomaly or Absent. Out: a mapping ready to be dumped. `${Name}` is a parameter in names,
tags, dimensions and expressions; in a description it is just text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from monitorspec.cloudformation.metricmath import is_insights
from monitorspec.cloudformation.resource import substituted
from monitorspec.cloudformation.statistics import SIMPLE
from monitorspec.phrases import condition_text
from monitorspec.plan import Absent, Alert, Anomaly, CloudWatchSignal, Limit
from monitorspec.spec.units import number_text

NAME_LENGTH, DESCRIPTION_LENGTH, TAGS, ACTIONS = 255, 1024, 50, 5
COMPARISONS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
}
BANDS = {
    "above": "GreaterThanUpperThreshold",
    "below": "LessThanLowerThreshold",
    "both": "LessThanLowerOrGreaterThanUpperThreshold",
}
STATES = {"alarm": "AlarmActions", "ok": "OKActions", "insufficient": "InsufficientDataActions"}
MISSING = {"ok": "notBreaching", "breaching": "breaching", "ignore": "ignore", "insufficient": "missing"}

# Characters that every AWS service takes in tags (Tagging Best Practices); the others become underscores.
_untaggable = re.compile(r"[^\w .:/=+@-]").sub
# YAML and XML have no place for these, and a description is one text.
_blank = re.compile(r"\s+").sub
_control = re.compile(r"[\x00-\x1f\x7f-\x9f]").sub


def is_alarm(alert: Alert) -> bool:
    """Whether the alert becomes one alarm on a metric."""
    return alert.signal.cloudwatch is not None and isinstance(alert.condition, Limit | Absent | Anomaly)


def variant(alert: Alert) -> str:
    """What tells the alert from the others of its threshold: its severity, `absent`, …"""
    return alert.id.removeprefix(f"{alert.service}.{alert.key}.")


def periods(alert: Alert) -> tuple[int, int]:
    """(datapoints to alarm, evaluation periods): as the spec says, else enough periods to cover `for`."""
    condition, signal = alert.condition, alert.signal.cloudwatch
    if isinstance(condition, Limit | Anomaly) and condition.datapoints:
        return condition.datapoints
    length = signal.period if signal else 0
    count = max(1, -(-alert.hold // length)) if length else 1
    return count, count


def properties(
    alert: Alert, *, name: str, actions: Iterable[Any], tags: Iterable[tuple[str, str]], runbook: str
) -> dict[str, Any]:
    """The alarm's properties; `actions` are references to topics, `runbook` its page's address or path."""
    made: dict[str, Any] = {"AlarmName": substituted(name), "AlarmDescription": description(alert, runbook)}
    if not alert.actions_enabled:
        made["ActionsEnabled"] = False
    made.update(state_actions(alert, actions))
    made.update(_watched(alert))
    datapoints, count = periods(alert)
    made["EvaluationPeriods"] = count
    made["DatapointsToAlarm"] = datapoints
    condition = alert.condition
    if isinstance(condition, Limit):
        made["ComparisonOperator"] = COMPARISONS[condition.op]
        made["Threshold"] = {"Ref": alert.parameter} if alert.parameter else condition.value
        made["TreatMissingData"] = MISSING[alert.missing]
    elif isinstance(condition, Anomaly):
        made["ComparisonOperator"] = BANDS[condition.side]
        made["ThresholdMetricId"] = next(q["Id"] for q in made["Metrics"] if _BAND in q.get("Expression", ""))
        made["TreatMissingData"] = MISSING[alert.missing]
    else:
        # Every datapoint is at least 1 (see `_watched`), so only a missing one is below.
        made["ComparisonOperator"] = COMPARISONS["<"]
        made["Threshold"] = Decimal(1)
        made["TreatMissingData"] = "breaching"
    made["Tags"] = tag_list(tags, alert.labels)
    return merged(made, alert.properties)


def state_actions(alert: Alert, actions: Iterable[Any]) -> dict[str, Any]:
    """The actions of each state whose beginning is told."""
    refs = list(actions)
    return {STATES[state]: refs for state in STATES if state in alert.notify_on and refs}


def merged(made: dict[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Generated properties with the spec's laid over them, whole values; null takes one away."""
    if not raw:
        return made
    return {key: value for key, value in {**made, **raw}.items() if value is not None}


def description(alert: Alert, runbook: str) -> str:
    """AlarmDescription: what is wrong, what it means, where to read on; the middle is cut where it gets too long."""
    told = f", unless the parameter {alert.parameter} says otherwise" if alert.parameter else ""
    head = _line(f"{alert.title} ({alert.service}): {condition_text(alert)}{told}.")
    tail = f"Runbook: {_line(runbook)}" if runbook else ""
    room = DESCRIPTION_LENGTH - len(tail) - bool(tail)
    text = " ".join(part for part in (head, _line(alert.description)) if part)
    if len(text) > room:
        cut = text[: max(room - 1, 0)]
        text = (cut.rpartition(" ")[0] or cut) + "…"
    return f"{text} {tail}".strip()[:DESCRIPTION_LENGTH]


def tag_list(tags: Iterable[tuple[str, str]], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tags by key: the alert's labels, and over them the tags that the spec asks for. Labels that hold a Go template
    mean something to Prometheus only."""
    chosen: dict[str, Any] = {_tag(key, 128): _tag(value, 256) for key, value in labels.items() if "{{" not in value}
    chosen.update((_tag(key, 128), _tag_value(value)) for key, value in tags)
    return [{"Key": key, "Value": chosen[key]} for key in sorted(chosen)]


def length_problems(p: Mapping[str, Any]) -> Iterator[str]:
    """What is too long or too much in the properties that every kind of alarm has."""
    for key, longest in (("AlarmName", NAME_LENGTH), ("AlarmDescription", DESCRIPTION_LENGTH)):
        if isinstance(text := p.get(key), str) and len(text) > longest:
            yield f"{key} has {len(text)} characters; {longest} are allowed"
    for key in STATES.values():
        if isinstance(actions := p.get(key), list) and len(actions) > ACTIONS:
            yield f"{key} has {len(actions)} actions; {ACTIONS} are allowed"
    if isinstance(tags := p.get("Tags"), list):
        if len(tags) > TAGS:
            yield f"{len(tags)} tags; {TAGS} are allowed"
        keys = [tag.get("Key") for tag in tags if isinstance(tag, Mapping)]
        if len(set(map(str, keys))) != len(keys):
            yield "two tags have the same key"


def _watched(alert: Alert) -> dict[str, Any]:
    """MetricName and what belongs to it, or Metrics."""
    signal = alert.signal.cloudwatch
    assert signal is not None
    absent = isinstance(alert.condition, Absent)
    if signal.expression or alert.min_samples or isinstance(alert.condition, Anomaly):
        return {"Metrics": _queries(alert, signal)}
    # A datapoint's SampleCount is never 0: without samples there is no datapoint.
    stat = "SampleCount" if absent else signal.stat
    made: dict[str, Any] = {"Namespace": substituted(signal.namespace), "MetricName": signal.metric}
    if signal.dimensions:
        made["Dimensions"] = _dimensions(signal)
    made["Statistic" if stat in SIMPLE else "ExtendedStatistic"] = stat
    made["Period"] = signal.period // 1000
    if signal.unit:
        made["Unit"] = signal.unit
    return made


def _queries(alert: Alert, signal: CloudWatchSignal) -> list[dict[str, Any]]:
    """Metric math: the watched expression first, then what it is made of."""
    if not signal.expression:
        signal = _guarded(alert, signal)
    taken = {id for id, _ in signal.metrics}
    result = _free("result", taken)
    condition = alert.condition
    out: list[dict[str, Any]] = []
    if signal.expression:
        watched: dict[str, Any] = {"Id": result, "Expression": substituted(signal.expression)}
        if signal.label:
            watched["Label"] = signal.label
        if is_insights(signal.expression):
            watched["Period"] = signal.period // 1000
        out.append({**watched, "ReturnData": not isinstance(condition, Absent)})
    else:
        result = _VALUE
    if isinstance(condition, Absent):
        present = _free("present", taken | {result})
        out.insert(0, {"Id": present, "Expression": f"1 + 0 * {result}", "ReturnData": True})
    if isinstance(condition, Anomaly):
        band = f"{_BAND}({result}, {number_text(condition.deviations)})"
        out.insert(0, {"Id": _free("band", taken | {result}), "Expression": band, "ReturnData": True})
    for id, part in signal.metrics:
        query: dict[str, Any] = {"Id": id}
        if part.label:
            query["Label"] = part.label
        if part.expression:
            query["Expression"] = substituted(part.expression)
        else:
            query["MetricStat"] = metric_stat(part, part.period or signal.period)
        query["ReturnData"] = id == result
        out.append(query)
    return out


def metric_stat(signal: CloudWatchSignal, period: int) -> dict[str, Any]:
    """A metric with its statistic, in datapoints of `period` ms."""
    metric: dict[str, Any] = {"Namespace": substituted(signal.namespace), "MetricName": signal.metric}
    if signal.dimensions:
        metric["Dimensions"] = _dimensions(signal)
    stat: dict[str, Any] = {"Metric": metric, "Period": period // 1000, "Stat": signal.stat}
    if signal.unit:
        stat["Unit"] = signal.unit
    return stat


_BAND = "ANOMALY_DETECTION_BAND"
_VALUE, _SAMPLES = "value", "samples"


def _guarded(alert: Alert, signal: CloudWatchSignal) -> CloudWatchSignal:
    """A metric as math over itself: without a result where a datapoint has too few samples."""
    metrics = [(_VALUE, signal._replace(label=""))]
    expression = ""
    if alert.min_samples:
        metrics.append((_SAMPLES, signal._replace(stat="SampleCount", label="")))
        expression = f"IF({_SAMPLES} >= {alert.min_samples}, {_VALUE})"
    return signal._replace(expression=expression, metrics=tuple(metrics))


def _free(name: str, taken: set[str]) -> str:
    return next(id for id in (name, *(f"{name}{n}" for n in range(1, len(taken) + 2))) if id not in taken)


def _dimensions(signal: CloudWatchSignal) -> list[dict[str, Any]]:
    return [{"Name": name, "Value": substituted(value)} for name, value in signal.dimensions]


@functools.cache
def _tag(text: str, longest: int) -> str:
    return _untaggable("_", text)[:longest]


@functools.cache
def _tag_value(text: str) -> Any:
    return substituted(text) if "${" in text else _tag(text, 256)


def _line(text: str) -> str:
    """One line, without control characters."""
    return _control("", _blank(" ", text)).strip()
