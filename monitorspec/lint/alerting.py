"""Lint of alerts: when they fire, and for how long something has to be wrong first.

In: the plan. Out: findings `alerts/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from monitorspec.lint.finding import Finding
from monitorspec.plan import Absent, Alert, Custom, Limit, Path, Plan, Service
from monitorspec.promql.bounds import Bounds, bounds_of, verdict
from monitorspec.promql.expression import shape
from monitorspec.promql.nodes import COMPARISONS, Aggregate, Binary, Call, Node, Selector, bare, children, kind, walk
from monitorspec.spec.units import duration_text

_ABSENCES = frozenset({"absent", "absent_over_time"})


def comparison(plan: Plan) -> Iterable[Finding]:
    """A raw alert has no condition.

    An alert fires for every series that its expression gives, whatever the value is. Without a comparison it fires
    as long as there is data; with `bool`, or with `or vector(0)` behind the comparison, it always has a value and
    always fires. What is meant to fire always, to see that alerts arrive, reads no metric: `vector(1)`.

    ```yaml wrong
    rules:
      own:
        rules: [{alert: QueueFull, expr: 'max(queue_used_ratio) > bool 0.9', for: 5m, labels: {severity: warning}}]
    ```
    ```yaml right
    rules:
      own:
        rules: [{alert: QueueFull, expr: max(queue_used_ratio) > 0.9, for: 5m, labels: {severity: warning}}]
    ```
    """
    for alert in _prometheus(plan):
        if not isinstance(alert.condition, Custom):
            continue
        root = shape(alert.signal.promql)
        if _depends(root) or not any(isinstance(node, Selector) for node in walk(root)):
            continue
        sure = _always_there(root)
        yield Finding(
            f"`{alert.name}` {'always fires' if sure else 'fires as long as there is data'}",
            (*alert.origin, "expr"),
            "error" if sure else "warning",
            label=sure or "there is no comparison",
            help=("compare with a limit, such as `… > 0`",) if not sure else (),
            key=False,
        )


def limit(plan: Plan) -> Iterable[Finding]:
    """No value of the signal passes a limit, or each does.

    `up` is 0 or 1, a count is never 0, a rate never negative: below such a limit nothing lies, and the alert never
    fires; or everything, and it never ends.

    ```yaml wrong
    thresholds: {down: {expr: 'up{job="api"}', below: {critical: 0}}}
    ```
    ```yaml right
    thresholds: {down: {expr: 'up{job="api"}', below: {critical: 1}}}
    ```
    """
    for alert in _prometheus(plan):
        of = alert.condition
        if not isinstance(of, Limit):
            continue
        number = float(of.value)
        values = bounds_of(alert.signal.promql)
        found = verdict(of.op, values, Bounds(number, number))
        if found:
            side = "above" if of.op[0] == ">" else "below"
            yield Finding(
                f"`{alert.name}` {'never' if found == 'never' else 'always'} fires: "
                f"{'no' if found == 'never' else 'every'} value is {side} {of.text}",
                (*alert.origin, side, alert.severity),
                "error" if found == "never" else "warning",
                label=_lies(values),
                key=False,
            )


def hold(plan: Plan) -> Iterable[Finding]:
    """`for` is shorter than the time between two evaluations.

    A rule is evaluated every `interval`, and what is pending fires at the next evaluation at the earliest. A
    shorter `for` is as long as that; `keep_firing_for` is no longer than that either.

    ```yaml wrong
    thresholds: {queue: {expr: queue_length, above: {critical: 5}, for: 10s, interval: 1m}}
    ```
    ```yaml right
    thresholds: {queue: {expr: queue_length, above: {critical: 5}, for: 1m, interval: 1m}}
    ```
    """
    for alert in _prometheus(plan):
        for key, time in (("for", alert.hold), ("keep_firing_for", alert.keep_firing)):
            if 0 < time < alert.interval:
                yield Finding(
                    f"`{key}` of `{alert.name}` is shorter than the time between two evaluations",
                    (*alert.origin, key),
                    "warning",
                    label=f"it is evaluated every {duration_text(alert.interval)}",
                    help=(f"it is as long as {duration_text(alert.interval)} anyway: say so, or set `interval`",),
                    key=False,
                )


def absent(plan: Plan) -> Iterable[Finding]:
    """An alert for missing data does not bear one failed scrape.

    A scrape that fails ends the series at once, and absent() has a value until the next one. A restart of
    Prometheus looks the same. With a `for` of twice the scrape interval at least, only data that stays away is
    told.

    ```yaml wrong
    thresholds: {silent: {absent: 'up{job="api"}', severity: critical}}
    ```
    ```yaml right
    thresholds: {silent: {absent: 'up{job="api"}', severity: critical, for: 5m}}
    ```
    """
    declared = plan.prometheus.scrape_interval if plan.prometheus else None
    for alert in _prometheus(plan):
        own = isinstance(alert.condition, Absent) and alert.missing != "breaching"
        if not own and not (isinstance(alert.condition, Custom) and _asks_absence(shape(alert.signal.promql))):
            continue
        if alert.hold >= 2 * (declared or 0) and alert.hold:
            continue
        scraped = f", and it is scraped every {duration_text(declared)}" if declared else ""
        has = f"only {duration_text(alert.hold)}" if alert.hold else "no"
        yield Finding(
            f"`{alert.name}` fires when one scrape fails",
            (*alert.origin, "for") if alert.hold else _name(alert),
            "warning" if declared else "note",
            label=f"it has {has} `for`{scraped}",
            help=(f"for: {duration_text(max(2 * (declared or 0), 120_000))}",),
            key=not alert.hold and not isinstance(alert.condition, Custom),
        )


def duplicate(plan: Plan) -> Iterable[Finding]:
    """Two alerts of a service ask the same.

    They fire together and tell the same people twice. What was meant is another limit, or another severity.

    ```yaml wrong
    thresholds:
      queue: {expr: queue_length, above: {critical: 5}}
      backlog: {expr: queue_length, above: {critical: 5}}
    ```
    ```yaml right
    thresholds:
      queue: {expr: queue_length, above: {critical: 5}}
      backlog: {expr: queue_length, above: {warning: 2}}
    ```
    """
    for service in plan.services:
        seen: dict[tuple[Any, ...], Alert] = {}
        for alert in _asking(service):
            labels = tuple(sorted(alert.labels.items()))
            key = (" ".join(alert.signal.promql.split()), _compared(alert), alert.hold, labels)
            first = seen.setdefault(key, alert)
            if first.origin != alert.origin:
                yield Finding(
                    f"`{alert.name}` fires whenever `{first.name}` does",
                    _name(alert),
                    "warning",
                    label="the same expression, limit and labels",
                    help=("drop one of them",),
                    effect="the same people are told twice",
                    key=not isinstance(alert.condition, Custom),
                )


def _prometheus(plan: Plan) -> Iterator[Alert]:
    """Alerts with an expression of the spec: thresholds and raw rules."""
    for service in plan.services:
        yield from _asking(service)


def _asking(service: Service) -> Iterator[Alert]:
    for threshold in service.thresholds:
        if threshold.signal.promql:
            yield from threshold.alerts
    for group in service.raw:
        yield from group.alerts


def _name(alert: Alert) -> Path:
    """Where the alert's name stands: the key of a threshold, a value of a raw rule."""
    return (*alert.origin, "alert") if isinstance(alert.condition, Custom) else alert.origin


def _compared(alert: Alert) -> tuple[Any, ...]:
    """The condition, whatever its limit looks like in the spec."""
    of = alert.condition
    return (type(of).__name__, *(of._replace(text="") if isinstance(of, Limit) else of))


def _lies(values: Bounds) -> str:
    if values.high == float("inf"):
        return f"values are {values.low:g} or more"
    if values.low == float("-inf"):
        return f"values are {values.high:g} or less"
    return f"values are from {values.low:g} to {values.high:g}"


def _depends(node: Node) -> bool:
    """Whether it depends on values, or on the absence of something, that a tree has a result."""
    node = bare(node)
    if isinstance(node, Selector):
        # The alerts that fire are series: that there is one says something.
        return node.name in ("ALERTS", "ALERTS_FOR_STATE")
    if isinstance(node, Binary):
        if node.op == "or":
            return _depends(node.lhs) and _depends(node.rhs)
        if node.op == "unless" or (node.op in COMPARISONS and not node.returns_bool):
            return True
    if isinstance(node, Call) and (node.function in _ABSENCES or node.function in ("scalar", "vector")):
        return node.function in _ABSENCES
    return any(_depends(child) for child in children(node) if kind(child) in "vm")


def _always_there(node: Node) -> str:
    """Why a tree has a result even where a comparison does not hold; "" where it may have none."""
    node = bare(node)
    if isinstance(node, Binary) and node.op == "or":
        constant = bare(node.rhs)
        if _depends(node.lhs) and isinstance(constant, Call) and constant.function == "vector":
            return "what stands behind `or` is there when the comparison is not true"
    if isinstance(node, Binary) and node.op in COMPARISONS and node.returns_bool:
        return "with `bool` the comparison gives 0 where it is not true, and 0 fires as well"
    return ""


def _asks_absence(node: Node) -> bool:
    """Whether an expression is about absence and nothing else."""
    node = bare(node)
    if isinstance(node, Binary) and node.op == "or":
        return _asks_absence(node.lhs) and _asks_absence(node.rhs)
    if isinstance(node, Aggregate):
        return _asks_absence(node.expr)
    return isinstance(node, Call) and node.function == "absent"
