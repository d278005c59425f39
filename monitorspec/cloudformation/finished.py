"""What CloudWatch or CloudFormation would refuse of finished templates, and what cfn-lint does not see.

In: the properties of an alarm, or a template. Out: problems as texts. Limits: the API reference of PutMetricAlarm and
MetricDataQuery, the CloudFormation quotas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monitorspec.cloudformation import alarm, composite, metricmath, statistics, template
from monitorspec.cloudformation.dashboard.problems import dashboard_problems

METRICS, EXPRESSIONS, DIMENSIONS, EXPRESSION_LENGTH = 10, 10, 30, 2048
_NAMES = (
    "ActionsEnabled AlarmActions AlarmDescription AlarmName ComparisonOperator DatapointsToAlarm Dimensions "
    "EvaluateLowSampleCountPercentile EvaluationCriteria EvaluationInterval EvaluationPeriods ExtendedStatistic "
    "InsufficientDataActions MetricName Metrics Namespace OKActions Period Statistic Tags Threshold "
    "ThresholdMetricId TreatMissingData Unit"
)
PROPERTIES = frozenset(_NAMES.split())
_PSEUDO = "AWS::"


def alarm_problems(properties: Mapping[str, Any]) -> list[str]:
    """What CloudWatch would refuse in the properties of one alarm; intrinsic functions are taken on trust."""
    p = properties
    out = [f"unknown property {key}" for key in p if key not in PROPERTIES]
    kinds = [key for key in ("MetricName", "Metrics", "EvaluationCriteria") if key in p]
    if len(kinds) != 1:
        out.append(
            f"exactly one of MetricName, Metrics and EvaluationCriteria is needed, not {' and '.join(kinds) or 'none'}"
        )
    if "EvaluationCriteria" not in p:
        out.extend(f"{key} is missing" for key in ("ComparisonOperator", "EvaluationPeriods") if key not in p)
        limits = [key for key in ("Threshold", "ThresholdMetricId") if key in p]
        if len(limits) != 1:
            out.append(
                f"exactly one of Threshold and ThresholdMetricId is needed, not {' and '.join(limits) or 'none'}"
            )
    if "MetricName" in p:
        out.extend(f"{key} is missing" for key in ("Namespace", "Period") if key not in p)
        stats = [key for key in ("Statistic", "ExtendedStatistic") if key in p]
        if len(stats) != 1:
            out.append(f"exactly one of Statistic and ExtendedStatistic is needed, not {' and '.join(stats) or 'none'}")
        out.extend(_stat_texts(p))
    if "Metrics" in p:
        out.extend(
            f"{key} cannot stand beside Metrics"
            for key in ("Namespace", "Period", "Statistic", "Dimensions", "Unit")
            if key in p
        )
        out.extend(_metrics_problems(p["Metrics"], p.get("ThresholdMetricId")))
    out.extend(_evaluation_texts(p))
    out.extend(alarm.length_problems(p))
    return out


def _stat_texts(p: Mapping[str, Any]) -> Iterator[str]:
    simple, extended, period = p.get("Statistic"), p.get("ExtendedStatistic"), p.get("Period")
    if isinstance(simple, str) and simple not in statistics.SIMPLE:
        yield f"Statistic {simple} is none of {', '.join(statistics.SIMPLE)}"
    if isinstance(extended, str) and (extended in statistics.SIMPLE or statistics.statistic_problem(extended)[0]):
        yield f"ExtendedStatistic {extended} is not valid"
    if isinstance(period, int) and (problem := statistics.period_problem(period * 1000)[0]):
        yield problem
    if isinstance(dimensions := p.get("Dimensions"), list) and len(dimensions) > DIMENSIONS:
        yield f"{len(dimensions)} dimensions; {DIMENSIONS} are allowed"


def _evaluation_texts(p: Mapping[str, Any]) -> Iterator[str]:
    n, m, period = p.get("EvaluationPeriods"), p.get("DatapointsToAlarm"), p.get("Period")
    if period is None and isinstance(p.get("Metrics"), list):
        lengths = [
            q.get("Period") or q.get("MetricStat", {}).get("Period") for q in p["Metrics"] if isinstance(q, Mapping)
        ]
        period = max((length for length in lengths if isinstance(length, int)), default=None)
    if isinstance(n, int):
        if n < 1:
            yield "EvaluationPeriods has to be at least 1"
        if isinstance(m, int) and not 1 <= m <= n:
            yield f"DatapointsToAlarm {m} is not from 1 to EvaluationPeriods {n}"
        if isinstance(period, int) and (problem := statistics.range_problem(period, n)[0]):
            yield problem
    if (
        (missing := p.get("TreatMissingData")) is not None
        and isinstance(missing, str)
        and missing not in alarm.MISSING.values()
    ):
        yield f"TreatMissingData {missing} is none of {', '.join(alarm.MISSING.values())}"


def _metrics_problems(queries: Any, band: Any) -> Iterator[str]:
    if not isinstance(queries, list) or not all(isinstance(q, Mapping) for q in queries):
        return
    ids = [str(q.get("Id", "")) for q in queries]
    for id in ids:
        if not metricmath.is_id(id):
            yield f"metric id {id!r} is not valid"
    if len(set(ids)) != len(ids):
        yield "two metrics have the same id"
    returned = sum(q.get("ReturnData", True) in (True, "true") for q in queries)
    if returned != (2 if band else 1):
        yield f"{returned} metrics return data; {'the metric and its band have to' if band else 'exactly one has to'}"
    expressions = [q for q in queries if "Expression" in q]
    for count, most, what in (
        (len(queries) - len(expressions), METRICS, "metrics"),
        (len(expressions), EXPRESSIONS, "expressions"),
    ):
        if count > most:
            yield f"{count} {what}; {most} are allowed"
    for id, q in zip(ids, queries, strict=True):
        if ("Expression" in q) == ("MetricStat" in q):
            yield f"metric {id} needs exactly one of Expression and MetricStat"
        elif isinstance(text := q.get("Expression"), str):
            if len(text) > EXPRESSION_LENGTH:
                yield f"the expression of {id} has {len(text)} characters; {EXPRESSION_LENGTH} are allowed"
            read = metricmath.read(text)
            if metricmath.is_insights(text):
                continue
            if read.error:
                yield f"the expression of {id}: {read.error}"
            yield from (
                f"the expression of {id} names {other}, which is no metric" for other in read.ids if other not in ids
            )
        elif isinstance(stat := q.get("MetricStat"), Mapping):
            yield from (f"metric {id} has no {key}" for key in ("Metric", "Period", "Stat") if key not in stat)
            if isinstance(name := stat.get("Stat"), str) and (problem := statistics.statistic_problem(name)[0]):
                yield f"metric {id}: {problem}"
            if isinstance(period := stat.get("Period"), int) and (
                problem := statistics.period_problem(period * 1000)[0]
            ):
                yield f"metric {id}: {problem}"


def template_problems(body: Mapping[str, Any], text: str = "") -> list[str]:
    """What CloudFormation or CloudWatch would refuse in a finished template; `text` is its YAML, where at hand."""
    out: list[str] = []
    resources: Mapping[str, Any] = body.get("Resources") or {}
    parameters: Mapping[str, Any] = body.get("Parameters") or {}
    if not resources:
        out.append("no resources")
    for part, most in (
        ("Resources", template.RESOURCES),
        ("Parameters", template.PARAMETERS),
        ("Outputs", template.OUTPUTS),
    ):
        names = body.get(part) or {}
        if len(names) > most:
            out.append(f"{len(names)} {part}; {most} are allowed")
        out.extend(f"{part}: {name!r} is no logical id" for name in names if not template.is_logical_id(name))
    out.extend(f"{name} names a parameter and a resource" for name in parameters if name in resources)
    wanted = list(template.references({"Resources": resources, "Outputs": body.get("Outputs") or {}}))
    for reference in wanted:
        known = reference.name in resources or reference.name in parameters or reference.name.startswith(_PSEUDO)
        if not known:
            out.append(f"{reference.path} refers to {reference.name}, which is neither a parameter nor a resource")
    used = {reference.name for reference in wanted}
    out.extend(f"parameter {name} is not used" for name in parameters if name not in used)
    named: dict[str, str] = {}
    for id, resource in resources.items():
        properties = resource.get("Properties") or {}
        if resource.get("Type") == "AWS::CloudWatch::Dashboard":
            out.extend(f"{id}: {problem}" for problem in dashboard_problems(properties))
        if resource.get("Type") != "AWS::CloudWatch::Alarm":
            continue
        out.extend(f"{id}: {problem}" for problem in alarm_problems(properties))
        name = properties.get("AlarmName")
        if isinstance(name, str) and named.setdefault(name, id) != id:
            out.append(f"{id}: the alarm's name {name} is that of {named[name]}, too")
    out.extend(composite.among(resources))
    size = len(text.encode())
    if size > template.SIZE:
        out.append(f"{size:,} bytes; {template.SIZE:,} are allowed")
    return out
