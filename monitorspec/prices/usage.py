"""What AWS charges for in a plan's resources, counted.

In: the plan and its finished resources. Out: `Usage`s, what was assumed, what is not counted. What is charged for: the pricing
pages of CloudWatch and Route 53.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from monitorspec.cloudformation.metricmath import is_insights
from monitorspec.cloudformation.resource import Resource
from monitorspec.plan import Plan
from monitorspec.plan.aws import LogGroup
from monitorspec.prices.pricelist import PriceList

HIGH_RESOLUTION = 60
"""Seconds: an alarm with a shorter period is one of high resolution."""
BAND = 2
"""An anomaly alarm watches two more metrics: the upper and the lower bound of the band."""
LARGE = 50
"""Metrics of a dashboard that may be free."""
_GB = Decimal(1024) ** 3
_DAY = 86_400_000
_FOR_EVER = 365
"""Days: what a group that keeps everything has after a year."""
# Namespaces that AWS services publish to; all others are charged for as custom metrics.
_VENDED = re.compile(r"AWS/.*|CloudWatchSynthetics|Glue|ApplicationSignals")
_OF_AWS = re.compile(r"(^|\.)(amazonaws\.com(\.cn)?|cloudfront\.net|awsglobalaccelerator\.com|on\.aws)$", re.I)
_REFERENCE = re.compile(r"\$\{[^}]*\}")


class Usage(NamedTuple):
    """So much of what one kind of price is for; `service` is "" for what belongs to none."""

    kind: str
    service: str
    quantity: Decimal


class Counted(NamedTuple):
    usages: tuple[Usage, ...]
    assumed: tuple[str, ...]
    """What was not known, and taken to be so."""
    omitted: tuple[str, ...]
    """What costs something as well, and how much is not known."""


class _Metric(NamedTuple):
    namespace: str
    name: str
    dimensions: str


def counted(plan: Plan, resources: Sequence[Resource], prices: PriceList) -> Counted:
    """Everything that is charged for."""
    assumed: dict[str, None] = {}
    omitted: dict[str, None] = {}
    usages = [
        *(usage for r in resources for usage in _of_resource(r, prices, assumed)),
        *_custom_metrics(plan, resources, assumed),
        *_logs(plan, prices, assumed, omitted),
    ]
    omitted |= dict.fromkeys(_not_counted(plan, resources))
    return Counted(tuple(usages), tuple(assumed), tuple(omitted))


# ---- resources


def _of_resource(r: Resource, prices: PriceList, assumed: dict[str, None]) -> Iterator[Usage]:
    kind = r.type.removeprefix("AWS::")
    if kind == "CloudWatch::Alarm":
        yield _alarm(r, assumed)
    elif kind == "CloudWatch::CompositeAlarm":
        yield Usage("alarm-composite", r.service, Decimal(1))
    elif kind == "CloudWatch::Dashboard":
        metrics = len(_dashboard_metrics(r.properties))
        yield Usage("dashboard-large" if metrics > LARGE else "dashboard", r.service, Decimal(1))
    elif kind == "Synthetics::Canary":
        runs = prices.hours * 60 / _minutes(r.properties["Schedule"]["Expression"])
        assumed[f"a month has {prices.hours} hours, all of which canaries run in"] = None
        yield Usage("canary-run", r.service, runs)
        if r.properties["RunConfig"].get("ActiveTracing"):
            assumed["a canary's run is one trace"] = None
            yield Usage("trace", r.service, runs)
    elif kind == "Route53::HealthCheck":
        yield from _health_check(r, assumed)


def _alarm(r: Resource, assumed: dict[str, None]) -> Usage:
    """An alarm is charged for by the metrics that it watches."""
    queries = r.properties.get("Metrics")
    if not queries:
        period = r.properties.get("Period", HIGH_RESOLUTION)
        return Usage("alarm-high-resolution" if period < HIGH_RESOLUTION else "alarm", r.service, Decimal(1))
    expressions = [_text(query["Expression"]) for query in queries if "Expression" in query]
    metrics = sum("MetricStat" in query for query in queries)
    periods = [query.get("Period") or query.get("MetricStat", {}).get("Period") or HIGH_RESOLUTION for query in queries]
    insights = sum(map(is_insights, expressions))
    bands = sum("ANOMALY_DETECTION_BAND" in expression for expression in expressions)
    kind = "alarm"
    if min(periods) < HIGH_RESOLUTION:
        kind = "alarm-high-resolution"
    elif insights:
        kind = "alarm-insights"
    elif bands:
        kind = "alarm-anomaly"
    if insights:
        assumed["a Metrics Insights query of an alarm finds one metric; each that it finds is charged for"] = None
    return Usage(kind, r.service, Decimal(max(metrics + insights + BAND * bands, 1)))


def _minutes(rate: str) -> int:
    found = re.fullmatch(r"rate\((\d+) (minute|hour)s?\)", rate)
    assert found is not None
    return int(found[1]) * (60 if found[2] == "hour" else 1)


def _health_check(r: Resource, assumed: dict[str, None]) -> Iterator[Usage]:
    config = r.properties["HealthCheckConfig"]
    host = _REFERENCE.sub("", _text(config.get("FullyQualifiedDomainName", "")))
    kind = "health-check" if _OF_AWS.search(host) else "health-check-elsewhere"
    if kind == "health-check-elsewhere":
        assumed[
            "health checks call endpoints outside of AWS, unless their names are of AWS: inside it they cost less"
        ] = None
    yield Usage(kind, r.service, Decimal(1))
    options = (
        config["Type"].startswith("HTTPS"),
        config["Type"].endswith("STR_MATCH"),
        config["RequestInterval"] == 10,
        bool(config.get("MeasureLatency")),
    )
    if any(options):
        yield Usage(f"{kind}-option", r.service, Decimal(sum(options)))


# ---- custom metrics


def _custom_metrics(plan: Plan, resources: Sequence[Resource], assumed: dict[str, None]) -> Iterator[Usage]:
    """Metrics of the system's own: declared ones, those made from logs, those that alarms and dashboards show."""
    seen: dict[tuple[str, str], dict[str, str]] = {}
    """(namespace, name) → dimensions → service that it was first met at."""
    for r in resources:
        for metric in _metrics(r):
            if not _VENDED.fullmatch(metric.namespace):
                seen.setdefault((metric.namespace, metric.name), {}).setdefault(metric.dimensions, r.service)
    for namespace in plan.stack.namespaces:
        for declared in namespace.metrics:
            if not _VENDED.fullmatch(namespace.name):
                seen.setdefault((namespace.name, declared.name), {}).setdefault("", "")
            if any(declared.dimension_sets or ()):
                assumed[_EACH] = None
    for found in seen.values():
        # What was met without dimensions is the metric as such, not one more of it.
        known = {dimensions: service for dimensions, service in found.items() if dimensions} or found
        for service in known.values():
            yield Usage("custom-metric", service, Decimal(1))


_EACH = (
    "a metric with dimensions is as many as alarms and dashboards show of it; each combination of values is charged for"
)


def _metrics(r: Resource) -> Iterator[_Metric]:
    if r.type == "AWS::CloudWatch::Alarm":
        yield from _alarm_metrics(r.properties)
    elif r.type == "AWS::CloudWatch::Dashboard":
        yield from _dashboard_metrics(r.properties)
    elif r.type == "AWS::Logs::MetricFilter":
        for made in r.properties["MetricTransformations"]:
            yield _Metric(_text(made["MetricNamespace"]), _text(made["MetricName"]), "")


def _alarm_metrics(properties: dict[str, Any]) -> Iterator[_Metric]:
    if "MetricName" in properties:
        yield _metric(properties)
    for query in properties.get("Metrics", ()):
        if "MetricStat" in query:
            yield _metric(query["MetricStat"]["Metric"])


def _metric(of: dict[str, Any]) -> _Metric:
    dimensions = {d["Name"]: _text(d["Value"]) for d in of.get("Dimensions", ())}
    return _Metric(_text(of["Namespace"]), _text(of["MetricName"]), _dimensions(dimensions.items()))


def _dimensions(pairs: Iterable[tuple[str, str]]) -> str:
    found = sorted(pairs)
    return json.dumps(found) if found else ""


def _dashboard_metrics(properties: dict[str, Any]) -> list[_Metric]:
    """The metrics of a dashboard's widgets, each once: [namespace, name, dimension, value, …, {options}], where "." repeats
    what stands above it and "..." all that stands there (CloudWatch API reference, "Dashboard Body Structure and Syntax")."""
    body = properties.get("DashboardBody")
    try:
        widgets = json.loads(_text(body)).get("widgets", [])
    except (ValueError, AttributeError):
        return []
    out: dict[_Metric, None] = {}
    for widget in widgets:
        above: list[str] = []
        for row in widget.get("properties", {}).get("metrics", ()):
            words = [word for word in row if isinstance(word, str)]
            if words[:1] == ["..."]:
                kept = len(above) - len(words) + 1
                words = above[:kept] + words[1:]
            words = [above[n] if word == "." and n < len(above) else word for n, word in enumerate(words)]
            if len(words) >= 2:
                above = words
                out[_Metric(words[0], words[1], _dimensions(zip(words[2::2], words[3::2], strict=False)))] = None
    return list(out)


def _text(value: Any) -> str:
    """A text, with parameters as `${Name}`: what is the same when it is deployed is the same here."""
    if isinstance(value, dict):
        if "Ref" in value:
            return f"${{{value['Ref']}}}"
        inner = value.get("Fn::Sub", value.get("Fn::Join"))
        if isinstance(inner, list):
            return "".join(map(_text, inner[1])) if "Fn::Join" in value else _text(inner[0])
        return _text(inner) if inner is not None else json.dumps(value, default=str)
    return str(value)


# ---- logs


def _logs(plan: Plan, prices: PriceList, assumed: dict[str, None], omitted: dict[str, None]) -> Iterator[Usage]:
    unknown = [group.key for group in plan.stack.log_groups if group.ingest is None and not group.exists]
    if unknown:
        omitted[f"log data of {_listed(unknown)}: say how much each takes in a month with `ingest`"] = None
    for group in plan.stack.log_groups:
        if group.ingest is None:
            continue
        taken = group.ingest / _GB
        yield Usage("log-ingest-infrequent" if group.infrequent_access else "log-ingest", group.service, taken)
        days = _days(plan, group)
        if days is None:
            assumed["log groups that keep everything have kept it for a year"] = None
        assumed[f"log data is stored compressed, to {prices.stored:%} of what is taken in"] = None
        kept = taken * prices.stored * Decimal(days or _FOR_EVER) * 24 / prices.hours
        yield Usage("log-storage", group.service, kept)
        if group.mask:
            yield Usage("log-masking", group.service, taken)


def _days(plan: Plan, group: LogGroup) -> int | None:
    """How long the group keeps events in the plan's environment."""
    default = next((p.default for p in plan.stack.parameters if p.name == "Environment"), None)
    environment = plan.environment or default or plan.labels.get("environment", "")
    length = dict(group.retentions).get(environment, group.retention)
    return None if length is None else length // _DAY


# ---- what is left out


def _not_counted(plan: Plan, resources: Sequence[Resource]) -> Iterator[str]:
    types = {r.type for r in resources}
    if "AWS::Synthetics::Canary" in types:
        yield "canaries: the Lambda function that each runs as, and what it leaves in S3"
    if types & {"AWS::XRay::SamplingRule", "AWS::XRay::Group"}:
        yield "X-Ray: traces of the system's own requests, and of insights"
    if "AWS::SNS::Topic" in types or plan.stack.topics:
        yield "SNS: messages by SMS, and others beyond what is free"
    if "AWS::ApplicationSignals::ServiceLevelObjective" in types:
        yield "Application Signals: requests that it takes in"
    if types & {"AWS::Logs::QueryDefinition", "AWS::CloudWatch::Dashboard"}:
        yield "Logs Insights: data that queries read, on dashboards at each look"
    if any(group.archives for group in plan.stack.log_groups):
        yield "log archives: where events are streamed to"
    if plan.stack.automations:
        yield "SSM automations: steps beyond those that are free"
    if resources:
        yield "API calls, such as Grafana's for metrics, and those of whoever publishes them"
    raw = sorted({str(r.resource.get("Type", "")) for r in plan.stack.resources})
    if raw:
        yield f"raw resources: {_listed(raw)}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
