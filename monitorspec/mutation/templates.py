"""Wrong templates: each differs from the emitted one in a single thing that a bug in an emitter could get wrong.

In: the properties of an alarm. Out: `Mutant`s: what was done, and the properties.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from monitorspec.cloudformation.metricmath import is_insights

SIMPLE = ("Sum", "Average", "Minimum", "Maximum", "SampleCount")
EXTENDED = ("p50", "p99", "tm95", "TC(:300)", "TC(:100)")
COMPARISONS = (
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
BANDS = ("GreaterThanUpperThreshold", "LessThanLowerThreshold", "LessThanLowerOrGreaterThanUpperThreshold")
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_number = re.compile(r"(?<![\w.(:])\d+(?:\.\d+)?(?![\w.])")

Properties = dict[str, Any]


class Mutant(NamedTuple):
    """`kind` is what went wrong: comparison, threshold, period, n, m, missing, statistic, dimension, metric, unit, …"""

    kind: str
    change: str
    properties: Properties


def mutants(given: Mapping[str, Any]) -> Iterator[Mutant]:
    """Every wrong version of an alarm's properties."""
    makers: tuple[Callable[[Properties], Iterator[tuple[str, str, Properties]]], ...] = (
        _evaluation,
        _queries,
        _actions,
        _rule,
    )
    for made in makers:
        for kind, change, properties in made(dict(given)):
            yield Mutant(kind, change, properties)


def _with(given: Properties, **changes: Any) -> Properties:
    out = copy.deepcopy(given)
    out.update(changes)
    return {key: value for key, value in out.items() if value is not None}


def _evaluation(p: Properties) -> Iterator[tuple[str, str, Properties]]:
    if "ComparisonOperator" not in p:
        return
    for other in BANDS if "ThresholdMetricId" in p else COMPARISONS:
        if other != p["ComparisonOperator"]:
            yield "comparison", other, _with(p, ComparisonOperator=other)
    if "Threshold" in p:
        limit = p["Threshold"]
        if isinstance(limit, Mapping):
            yield "threshold", "a fixed limit", _with(p, Threshold=1)
        else:
            limit = float(limit)
            for moved in (limit * 1.02 or 0.02, limit * 0.98 or -0.02):
                yield "threshold", f"{limit} → {moved}", _with(p, Threshold=moved)
            if limit:
                for factor in (1000, 0.001, 100, 0.01, 60, 1024):
                    yield "unit factor", f"× {factor}", _with(p, Threshold=limit * factor)
    n, m = p["EvaluationPeriods"], p["DatapointsToAlarm"]
    for other in (n + 1, n - 1):
        if other >= m:
            yield "n", f"{n} → {other}", _with(p, EvaluationPeriods=other)
    for other in (m + 1, m - 1):
        if 1 <= other <= n:
            yield "m", f"{m} → {other}", _with(p, DatapointsToAlarm=other)
    yield "m of n", "both one more", _with(p, EvaluationPeriods=n + 1, DatapointsToAlarm=m + 1)
    if m > 1:
        yield "m of n", "both one less", _with(p, EvaluationPeriods=n - 1, DatapointsToAlarm=m - 1)
    for other in TREATMENTS:
        if other != p["TreatMissingData"]:
            yield "missing", f"{p['TreatMissingData']} → {other}", _with(p, TreatMissingData=other)


def _queries(p: Properties) -> Iterator[tuple[str, str, Properties]]:
    if "MetricName" in p:
        for kind, change, part in _metric(p):
            yield kind, change, part
        stat = p.get("Statistic") or p["ExtendedStatistic"]
        for other in (*SIMPLE, *EXTENDED):
            if other != stat:
                key = "Statistic" if other in SIMPLE else "ExtendedStatistic"
                yield (
                    "statistic",
                    f"{stat} → {other}",
                    _with({**p, "Statistic": None, "ExtendedStatistic": None}, **{key: other}),
                )
        for length in _periods(p["Period"]):
            yield "period", f"{p['Period']} → {length}", _with(p, Period=length)
        yield "unit", "Gigabits", _with(p, Unit="Gigabits")
    for at, q in enumerate(p.get("Metrics", ())):

        def put(query: Mapping[str, Any], at: int = at) -> Properties:
            return _with(p, Metrics=[query if n == at else old for n, old in enumerate(p["Metrics"])])

        if "Expression" in q:
            for text in (
                _queried(q["Expression"]) if is_insights(str(q["Expression"])) else _expressions(q["Expression"])
            ):
                yield "expression", f"{q['Expression']} → {text}", put({**q, "Expression": text})
            continue
        stat = q["MetricStat"]
        for kind, change, metric in _metric(stat["Metric"]):
            yield kind, f"{q['Id']}: {change}", put({**q, "MetricStat": {**stat, "Metric": metric}})
        for other in (*SIMPLE, *EXTENDED):
            if other != stat["Stat"]:
                yield (
                    "statistic",
                    f"{q['Id']}: {stat['Stat']} → {other}",
                    put({**q, "MetricStat": {**stat, "Stat": other}}),
                )
    if "Metrics" in p:
        period = next(q.get("MetricStat", q)["Period"] for q in p["Metrics"] if "Period" in q.get("MetricStat", q))
        for length in _periods(period):
            changed = [_lasting(q, length) for q in p["Metrics"]]
            yield "period", f"{period} → {length}", _with(p, Metrics=changed)


def _lasting(query: Mapping[str, Any], length: int) -> Mapping[str, Any]:
    if "MetricStat" in query:
        return {**query, "MetricStat": {**query["MetricStat"], "Period": length}}
    return {**query, "Period": length} if "Period" in query else query


def _metric(p: Mapping[str, Any]) -> Iterator[tuple[str, str, Properties]]:
    yield "metric", "namespace", {**p, "Namespace": "Other"}
    yield "metric", "name", {**p, "MetricName": "Other"}
    dimensions = p.get("Dimensions", [])
    for at, d in enumerate(dimensions):
        others = [old for n, old in enumerate(dimensions) if n != at]
        yield "dimension", f"no {d['Name']}", {**p, "Dimensions": others}
        yield "dimension", f"other {d['Name']}", {**p, "Dimensions": [*others, {"Name": d["Name"], "Value": "other"}]}
    yield "dimension", "one more", {**p, "Dimensions": [*dimensions, {"Name": "More", "Value": "more"}]}


def _periods(period: int) -> Iterator[int]:
    if period == 10:
        yield from (20, 30, 60)
        return
    yield period * 2
    if period == 60:
        yield 30
    else:
        yield period // 2 // 60 * 60 or 60
        yield period // 5 // 60 * 60 or 60


_OPERATORS = (
    (" / ", " * "),
    (" - ", " + "),
    (" + ", " - "),
    (" > ", " < "),
    (" >= ", " < "),
    (" >= ", " > "),
    (" AND ", " OR "),
    ("MAX(", "MIN("),
    ("RATE(", "ABS("),
)


def _expressions(text: Any) -> Iterator[str]:
    """Other numbers and other operators."""
    if not isinstance(text, str):
        return
    for found in _number.finditer(text):
        number = Decimal(found[0])
        for other in dict.fromkeys((number * 2, number + 1)):
            if other != number:
                yield f"{text[: found.start()]}{other}{text[found.end() :]}"
    for old, new in _OPERATORS:
        if old in text:
            yield text.replace(old, new, 1)


_SELECT = re.compile(r"(?i)\b(AVG|COUNT|MAX|MIN|SUM)(?=\()")
_CONDITION = re.compile(r"""(?i)(?P<word>WHERE|AND)\s+(?:"[^"]*"|[\w.]+)\s*(?P<op>!?=)\s*'(?P<value>[^']*)'""")
_LABEL = re.compile(r"""(?i),\s*(?:"[^"]*"|\w+)(?=[^()]*\))""")


def _queried(text: str) -> Iterator[str]:
    """A query of Metrics Insights by another function, of other conditions, of less or any dimensions."""
    function = _SELECT.search(text)
    for other in ("AVG", "COUNT", "MAX", "MIN", "SUM") if function else ():
        if function and other != function[1].upper():
            yield f"{text[: function.start()]}{other}{text[function.end() :]}"
    found = list(_CONDITION.finditer(text))
    for condition in found:
        op = "=" if condition["op"] == "!=" else "!="
        yield text[: condition.start("op")] + op + text[condition.end("op") :]
        yield text[: condition.end("value")] + "0" + text[condition.end("value") :]
        rest = text[condition.end() :]
        if condition["word"].upper() == "WHERE" and len(found) > 1:
            rest = re.sub(r"(?i)^\s*AND", "WHERE", rest)
        yield (text[: condition.start()].rstrip() + " " + rest.lstrip()).strip()
    schema = re.search(r"(?i)SCHEMA\(\s*([^,)]+?)\s*(,[^)]*)?\)", text)
    if schema:
        yield text[: schema.start()] + schema[1] + text[schema.end() :]
        for label in _LABEL.finditer(text, schema.start(), schema.end()):
            yield text[: label.start()] + text[label.end() :]


def _actions(p: Properties) -> Iterator[tuple[str, str, Properties]]:
    yield "actions", "enabled or not", _with(p, ActionsEnabled=not p.get("ActionsEnabled", True))
    for key in ACTIONS:
        if p.get(key):
            yield "actions", f"no {key}", _with(p, **{key: None})
            yield "actions", f"others for {key}", _with(p, **{key: [{"Ref": "LeadsTopic"}]})
            if len(p[key]) > 1:
                yield "actions", f"one less of {key}", _with(p, **{key: p[key][1:]})
        elif any(p.get(other) for other in ACTIONS):
            yield "actions", f"{key}, too", _with(p, **{key: next(p[other] for other in ACTIONS if p.get(other))})


def _rule(p: Properties) -> Iterator[tuple[str, str, Properties]]:
    if "AlarmRule" not in p:
        return
    text = p["AlarmRule"]["Fn::Sub"]
    for old, new in ((" AND ", " OR "), (" OR ", " AND "), ("NOT ", ""), ("ALARM(", "OK("), ("ALARM(", "NOT ALARM(")):
        if old in text:
            yield "rule", f"{old}→{new}", _with(p, AlarmRule={"Fn::Sub": text.replace(old, new, 1)})
    if found := re.search(r"AT_LEAST\((\d+)", text):
        least = int(found[1])
        for other in (least + 1, least - 1):
            if 1 <= other <= text.count("${"):
                yield (
                    "rule",
                    f"at least {other}",
                    _with(p, AlarmRule={"Fn::Sub": text.replace(f"AT_LEAST({least}", f"AT_LEAST({other}")}),
                )
    names = list(dict.fromkeys(re.findall(r"\$\{(\w+)\}", text)))
    for name in names:
        for other in names:
            if other != name:
                yield (
                    "rule",
                    f"{name} → {other}",
                    _with(p, AlarmRule={"Fn::Sub": text.replace(f"${{{name}}}", f"${{{other}}}")}),
                )
                break
    if "ActionsSuppressor" in p:
        gone = dict.fromkeys(("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"))
        yield "suppressor", "none", _with(p, **gone)
        yield "suppressor", "an endless wait", _with(p, ActionsSuppressorWaitPeriod=86_400)
    for name in names[:1]:
        if "ActionsSuppressor" not in p:
            more = {"ActionsSuppressorWaitPeriod": 120, "ActionsSuppressorExtensionPeriod": 300}
            yield "suppressor", f"by {name}", _with(p, ActionsSuppressor={"Ref": name}, **more)
