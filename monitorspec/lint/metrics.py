"""Lint of expressions against the metrics that services declare.

In: the plan. Out: findings `metrics/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from monitorspec.lint.finding import Finding
from monitorspec.plan import Absent, Path, Plan, Service
from monitorspec.promql.expression import metric_names, shape
from monitorspec.promql.nodes import Call, Node, Selector, children

_SERIES = {"histogram": ("_bucket", "_count", "_sum"), "summary": ("", "_count", "_sum")}


def near_name(plan: Plan) -> Iterable[Finding]:
    """An expression reads a metric that is not declared, but nearly.

    A service that declares `metrics:` says what it exposes. A name that differs from a declared one by a letter or two is a
    misspelling that would keep the alert silent for ever.

    ```yaml wrong
    services:
      api:
        metrics: {queue_length: {type: gauge}}
        thresholds: {queue: {expr: queue_lenght, above: {critical: 5}}}
    ```
    ```yaml right
    services:
      api:
        metrics: {queue_length: {type: gauge}}
        thresholds: {queue: {expr: queue_length, above: {critical: 5}}}
    ```
    """
    for service in plan.services:
        declared = {name for m in service.metrics for name in _series(m.name, m.type)}
        if not declared:
            continue
        known = declared | {r.name for r in service.records}
        for expr, origin in _expressions(service):
            for name in dict.fromkeys(metric_names(expr)):
                near = [] if name in known else get_close_matches(name, declared, 1, 0.9)
                if near:
                    yield Finding(
                        f"`{name}` is not declared under `metrics`",
                        origin,
                        level="warning",
                        help=(f"did you mean `{near[0]}`?",),
                        effect="an alert on a metric that does not exist never fires",
                        key=False,
                    )


def rate_of_gauge(plan: Plan) -> Iterable[Finding]:
    """rate(), irate() or increase() of a metric that is declared a gauge.

    These functions take every fall for a counter's restart. Use deriv() or delta() on gauges, or correct the declaration.

    ```yaml wrong
    services:
      api:
        metrics: {queue_length: {type: gauge}}
        thresholds: {queue: {expr: 'rate(queue_length[5m])', above: {critical: 5}}}
    ```
    ```yaml right
    services:
      api:
        metrics: {queue_length: {type: gauge}}
        thresholds: {queue: {expr: 'deriv(queue_length[5m])', above: {critical: 5}}}
    ```
    """
    yield from _wrongly_counted(plan, {"gauge"}, counted=True)


def bare_counter(plan: Plan) -> Iterable[Finding]:
    """A metric that is declared a counter is compared without rate() or increase().

    A counter only grows: above any limit it stays there for ever.

    ```yaml wrong
    services:
      api:
        metrics: {errors_total: {type: counter}}
        thresholds: {errors: {expr: errors_total, above: {critical: 5}}}
    ```
    ```yaml right
    services:
      api:
        metrics: {errors_total: {type: counter}}
        thresholds: {errors: {expr: 'rate(errors_total[5m])', above: {critical: 5}}}
    ```
    """
    yield from _wrongly_counted(plan, {"counter"}, counted=False)


# Functions that read a counter's growth, and those that only ask how many series or samples there are.
_GROWTH = frozenset({"rate", "irate", "increase"})
_COUNTING = frozenset(
    {"count", "count_over_time", "group", "absent", "absent_over_time", "resets", "changes", "timestamp"}
)


def _wrongly_counted(plan: Plan, types: set[str], *, counted: bool) -> Iterator[Finding]:
    for service in plan.services:
        suspects = {m.name for m in service.metrics if m.type in types}
        if not suspects:
            continue
        for threshold in service.thresholds:
            expr = threshold.signal.promql
            if not expr or all(isinstance(a.condition, Absent) for a in threshold.alerts):
                continue
            for name in sorted(suspects & set(_read(shape(expr), counted))):
                said = "rate() of the gauge" if counted else "the counter"
                rest = "" if counted else " is compared as it is"
                yield Finding(
                    f"{said} `{name}`{rest}",
                    (*threshold.origin, "expr"),
                    level="warning",
                    help=("use deriv() or delta()" if counted else f"did you mean `rate({name}[5m])`?",),
                    key=False,
                )


def _read(node: Node, counted: bool, by_growth: bool = False) -> Iterator[str]:
    """Names of the metrics that are read by their growth (`counted`), or as they are."""
    if isinstance(node, Selector):
        if by_growth == counted:
            yield node.name
        return
    function = node.function if isinstance(node, Call) else getattr(node, "op", "")
    if function in _COUNTING:
        return
    for child in children(node):
        yield from _read(child, counted, by_growth or function in _GROWTH)


def _series(name: str, kind: str) -> list[str]:
    return [name + suffix for suffix in _SERIES.get(kind, ("",))]


def _expressions(service: Service) -> Iterator[tuple[str, Path]]:
    for threshold in service.thresholds:
        if threshold.signal.promql:
            yield threshold.signal.promql, (*threshold.origin, "expr")
    for slo in service.recorded_slos:
        for name in ("total", "bad", "good", "histogram", "expr"):
            text = getattr(slo.indicator, name)
            if text:
                parts = {"ratio": ("ratio", name), "latency": ("latency", name)}.get(
                    slo.indicator.kind, (slo.indicator.kind,)
                )
                if name == "histogram":
                    text = metric_names(text)[0] + "_bucket"
                yield text, (*slo.origin, *parts)
    for record in service.records:
        yield record.expr, (*record.origin, "expr")
