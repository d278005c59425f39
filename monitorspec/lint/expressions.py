"""The PromQL of a plan, wherever users write it, and what rules may know about the servers that will run it.

In: the plan. Out: `expressions`, each with its place and its role; `Facts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from monitorspec.plan import Absent, Path, Plan, Record, Service, Slo
from monitorspec.promql.expression import metric_names, shape
from monitorspec.promql.nodes import Node, Selector

# Grafana's variables. Outside of texts and comments, durations as long as they are stand in for them: what is found then
# stands where it was written.
_VARIABLE = r"\$(?:\{\w+\}|\w+)"
_VARIABLES = re.compile(rf"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*)|{_VARIABLE}")

# Endings that no counter has: shares, temperatures, points in time, and infos.
_GAUGES = ("_ratio", "_percent", "_celsius", "_timestamp_seconds", "_info")
Types = tuple[tuple[str, str], ...]


class Expression(NamedTuple):
    """One expression. `text` is valid PromQL as long as `written`, which stands at `origin`.

    `role`: signal (a threshold's value), absent, alert (with its condition), record, indicator, selector (of a counter or a
    histogram that is rated when it is used) or panel. `types`: those of the metrics that its service declares, by name.
    """

    text: str
    written: str
    origin: Path
    role: str
    types: Types = ()

    def kind(self, metric: str) -> str:
        """The declared type of a metric, or what its name says by convention (OpenMetrics); "" where that is unknown."""
        declared = dict(self.types).get(metric)
        if declared:
            return declared
        if ":" in metric:
            return ""
        if metric.endswith(("_total", "_bucket")):
            return "counter"
        return "gauge" if metric == "up" or metric.endswith(_GAUGES) else ""


class Facts(NamedTuple):
    """What the spec says about the servers. Durations in ms, None where it does not say."""

    scrape_interval: int | None
    jobs: Mapping[str, int]
    """Scrape intervals by job, of jobs that have one of their own."""
    retention: int | None
    records: Mapping[str, Node]
    """Shapes of what is recorded, by the name of the series."""

    def interval(self, selector: Selector) -> int | None:
        """How often the selector's series are scraped."""
        for matcher in selector.matchers:
            if matcher.label == "job" and matcher.op == "=" and matcher.value in self.jobs:
                return self.jobs[matcher.value]
        return self.scrape_interval


def facts(plan: Plan) -> Facts:
    """The facts of a plan."""
    server = plan.prometheus
    recorded = {record.name: shape(record.expr) for record in records(plan)}
    for service in plan.services:
        for raw in service.raw:
            recorded.update({rule["record"]: shape(rule["expr"]) for rule in raw.rules if "record" in rule})
    return Facts(
        server.scrape_interval if server else None,
        {job.name: job.interval for job in (server.scrape if server else ()) if job.interval is not None},
        server.retention if server else None,
        recorded,
    )


def records(plan: Plan) -> Iterator[Record]:
    """Every record of the spec's `records`, raw ones apart."""
    for service in plan.services:
        yield from service.records
    yield from plan.records


def of_service(service: Service) -> Iterator[Expression]:
    """The expressions of a service's rules."""
    types = tuple((metric.name, metric.type) for metric in service.metrics)
    for threshold in service.thresholds:
        text = threshold.signal.promql
        if text:
            absent = all(isinstance(alert.condition, Absent) for alert in threshold.alerts)
            role = "absent" if absent else "signal"
            yield Expression(text, text, (*threshold.origin, "absent" if absent else "expr"), role, types)
    for slo in service.recorded_slos:
        yield from _of_slo(slo, types)
    yield from _of_records(service.records, types)
    for group in service.raw:
        for n, rule in enumerate(group.rules):
            where = (*group.origin, "rules", n, "expr")
            yield Expression(rule["expr"], rule["expr"], where, "alert" if "alert" in rule else "record", types)


def expressions(plan: Plan) -> Iterator[Expression]:
    """Every expression that a user can have written."""
    for service in plan.services:
        yield from of_service(service)
    yield from _of_records(plan.records, ())
    types = tuple((metric.name, metric.type) for service in plan.services for metric in service.metrics)
    for board in plan.dashboards:
        for row in board.rows:
            for panel in row.panels:
                for query in panel.queries:
                    if query.promql and query.origin:
                        yield Expression(
                            _VARIABLES.sub(_stand_in, query.promql), query.promql, query.origin, "panel", types
                        )


def _of_records(made: Iterable[Record], types: Types) -> Iterator[Expression]:
    for record in made:
        yield Expression(record.expr, record.expr, (*record.origin, "expr"), "record", types)


def _of_slo(slo: Slo, types: Types) -> Iterator[Expression]:
    indicator = slo.indicator
    if indicator.expr:
        yield Expression(indicator.expr, indicator.expr, (*slo.origin, indicator.kind), "indicator", types)
    for name in ("total", "bad", "good", "histogram"):
        text = getattr(indicator, name)
        if text:
            yield Expression(text, text, (*slo.origin, indicator.kind, name), "selector", types)


def _stand_in(found: re.Match[str]) -> str:
    """A text or comment as it is, or a duration as long as the variable that it stands for."""
    return found[1] or f"{'5m':0>{len(found[0])}}"


def series_of(expression: Expression) -> tuple[str, ...]:
    """The series that an expression reads by name."""
    names = metric_names(expression.text)
    if expression.role == "selector" and expression.origin[-1] == "histogram":
        return tuple(f"{name}_bucket" for name in names)
    return names
