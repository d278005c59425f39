"""Lint of recording rules: their names, and who reads them when.

In: the plan. Out: findings `records/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from monitorspec import names
from monitorspec.diagnostics import Level
from monitorspec.lint.expressions import expressions, series_of
from monitorspec.lint.finding import Finding
from monitorspec.plan import Path, Plan
from monitorspec.promql.expression import metric_names, tree
from monitorspec.promql.identity import known_values, meaning
from monitorspec.promql.labels import NAME, labels_of
from monitorspec.spec.units import duration_text

# How far back Prometheus looks for the last sample of a series, unless its flag says otherwise.
_LOOKBACK = 300_000
# Series that monitorspec records itself: all that begin so.
_OWN = "slo:"


class _Rule(NamedTuple):
    """One rule. `group`: its service (or "") and its group's name; `place`: its place there; `interval` in ms, 0
    where the spec does not say."""

    name: str
    expr: str
    labels: Mapping[str, str]
    group: tuple[str, str]
    place: int
    interval: int
    origin: Path
    records: bool


def convention(plan: Plan) -> Iterable[Finding]:
    """The name of a recorded series has no colon.

    By convention it is `level:metric:operations`, such as `job:http_requests:rate5m`. The colon says that a rule
    makes the series, and no exporter; Mimir's and other tools ask for one.

    ```yaml wrong
    records: {http_requests_rate5m: {expr: 'sum by (job) (rate(http_requests_total[5m]))'}}
    ```
    ```yaml right
    records: {'job:http_requests:rate5m': {expr: 'sum by (job) (rate(http_requests_total[5m]))'}}
    ```
    """
    for rule in _recorded(plan):
        if ":" not in rule.name:
            yield _finding(
                rule,
                f"`{rule.name}` is recorded, and its name does not say so",
                "note",
                label="by convention `level:metric:operations`",
                help=(f"such as `job:{rule.name}`",),
            )


def twice(plan: Plan) -> Iterable[Finding]:
    """Two rules record the same series.

    Of two samples at one time Prometheus keeps the first and only logs the second; from groups that are evaluated at other
    times the series jumps between two values. Give one of them another name, or a label.

    ```yaml wrong
    records: {'api:queue:sum': {expr: sum(queue_length)}}
    rules: {own: {rules: [{record: 'api:queue:sum', expr: sum(queue_size)}]}}
    ```
    ```yaml right
    records: {'api:queue:sum': {expr: sum(queue_length)}}
    rules: {own: {rules: [{record: 'api:queue_size:sum', expr: sum(queue_size)}]}}
    ```
    """
    seen: dict[tuple[str, tuple[tuple[str, str], ...]], _Rule] = {}
    for rule in _recorded(plan):
        first = seen.setdefault((rule.name, tuple(sorted(rule.labels.items()))), rule)
        if first is rule:
            continue
        sure = _same_series(first, rule)
        if sure is None:
            continue
        where = f"`{'.'.join(str(step) for step in first.origin[:-1])}`"
        yield _finding(
            rule,
            f"`{rule.name}` is recorded twice",
            "error" if sure else "warning",
            label=f"also under {where}",
            help=("give it another name, or a label",),
            effect="it jumps between two values, or loses one" if sure else "what both make jumps between two values",
        )


def order(plan: Plan) -> Iterable[Finding]:
    """A rule reads a series that its group records further down.

    The rules of a group run one after the other: what is recorded below is, when it is read, as old as the group's
    interval.

    ```yaml wrong
    records:
      'api:load:ratio': {expr: 'api:queue:sum / 100'}
      'api:queue:sum': {expr: sum(queue_length)}
    ```
    ```yaml right
    records:
      'api:queue:sum': {expr: sum(queue_length)}
      'api:load:ratio': {expr: 'api:queue:sum / 100'}
    ```
    """
    rules = list(_rules(plan))
    places = {(rule.group, rule.name): rule for rule in reversed(rules) if rule.records}
    for reader in rules if places else ():
        for name in metric_names(reader.expr):
            rule = places.get((reader.group, name))
            if rule is not None and rule.place > reader.place:
                yield Finding(
                    f"`{name}` is recorded after it is read",
                    (*reader.origin, "expr"),
                    "warning",
                    help=("put it above this rule",),
                    effect=f"what is read is {duration_text(reader.interval)} old"
                    if reader.interval
                    else "what is read is old",
                    key=False,
                )


def slower(plan: Plan) -> Iterable[Finding]:
    """An alert is evaluated more often than the series that it reads is recorded.

    In between it sees the same values again: it fires no sooner, and its `for` counts time in which nothing was
    measured. Give both the same `interval`.

    ```yaml wrong
    records: {'api:queue:sum': {expr: sum(queue_length), interval: 5m}}
    thresholds: {queue: {expr: 'api:queue:sum', above: {critical: 5}, interval: 30s}}
    ```
    ```yaml right
    records: {'api:queue:sum': {expr: sum(queue_length), interval: 30s}}
    thresholds: {queue: {expr: 'api:queue:sum', above: {critical: 5}, interval: 30s}}
    ```
    """
    made = {rule.name: rule for rule in _recorded(plan)}
    told: set[Path] = set()
    for alert in plan.alerts if made else ():
        for name in metric_names(alert.signal.promql) if alert.signal.promql else ():
            rule = made.get(name)
            if rule is not None and rule.interval > alert.interval and alert.origin not in told:
                told.add(alert.origin)
                yield Finding(
                    f"`{alert.name}` is evaluated every {duration_text(alert.interval)}, "
                    f"and `{name}` recorded every {duration_text(rule.interval)}",
                    (*alert.origin, "expr"),
                    "note",
                    help=("give both the same `interval`",),
                    key=False,
                )


def unused(plan: Plan) -> Iterable[Finding]:
    """Nothing in the spec reads a recorded series.

    A recording rule costs at every evaluation. Where others read it (a dashboard made by hand, a federation), all is well;
    otherwise drop it. What the rules of a service record is shown on the service's own dashboard, if it has one.

    ```yaml wrong
    services: {api: {thresholds: {queue: {expr: queue_length, above: {critical: 5}}}}}
    records: {'shop:queue:sum': {expr: sum(queue_length)}}
    ```
    ```yaml right
    services: {api: {thresholds: {queue: {expr: 'shop:queue:sum', above: {critical: 5}}}}}
    records: {'shop:queue:sum': {expr: sum(queue_length)}}
    ```
    """
    made = _recorded(plan)
    if not made:
        return
    read = {name for expression in expressions(plan) for name in metric_names(expression.text)}
    shown = (query.promql for board in plan.dashboards for row in board.rows for p in row.panels for query in p.queries)
    all_shown = "\n".join(shown)
    for rule in made:
        if rule.name not in read and rule.name not in all_shown:
            yield _finding(
                rule, f"nothing here reads `{rule.name}`", "note", help=("drop it, unless somebody else reads it",)
            )


def unknown(plan: Plan) -> Iterable[Finding]:
    """An expression reads a series that looks recorded and that no rule of the spec records.

    Names with colons are those of recorded series. A misspelt one has no data, and its alert never fires. What
    another system records is declared under `metrics`.

    ```yaml wrong
    records: {'api:queue:sum': {expr: sum(queue_length)}}
    thresholds: {queue: {expr: 'api:queues:sum', above: {critical: 5}}}
    ```
    ```yaml right
    records: {'api:queue:sum': {expr: sum(queue_length)}}
    thresholds: {queue: {expr: 'api:queue:sum', above: {critical: 5}}}
    ```
    """
    made = {rule.name for rule in _recorded(plan)}
    declared = {metric.name for service in plan.services for metric in service.metrics}
    for expression in expressions(plan):
        if ":" not in expression.text:
            continue
        for name in series_of(expression):
            if ":" not in name or name in made or name in declared or name.startswith(_OWN):
                continue
            near = get_close_matches(name, made, 1, 0.8)
            yield Finding(
                f"no rule here records `{name}`",
                expression.origin,
                "warning" if near else "note",
                help=(f"did you mean `{near[0]}`?",)
                if near
                else ("if another system does, declare it under `metrics`",),
                effect="without data an alert never fires" if near else "",
                key=False,
            )


def stale(plan: Plan) -> Iterable[Finding]:
    """A series is recorded so seldom that it has gaps.

    Prometheus looks five minutes back for the last sample. What is recorded every ten minutes is there for five,
    and gone for five: graphs have holes, and alerts on it end and begin anew.

    ```yaml wrong
    records: {'api:queue:sum': {expr: sum(queue_length), interval: 10m}}
    ```
    ```yaml right
    records: {'api:queue:sum': {expr: sum(queue_length), interval: 5m}}
    ```
    """
    seldom = [(rule.name, rule.interval, rule.origin) for rule in _recorded(plan)]
    seldom += [(names.TOTAL_RATE.format(window=""), slo.interval, slo.origin) for s in plan.services for slo in s.slos]
    told: set[Path] = set()
    for name, interval, origin in seldom:
        # Raw rules have the interval of their group.
        path = origin[:-2] if isinstance(origin[-1], int) else origin
        if interval > _LOOKBACK and path not in told:
            told.add(path)
            yield Finding(
                f"`{name}` is recorded every {duration_text(interval)}, and has gaps",
                (*path, "interval"),
                "warning",
                label="Prometheus looks 5m back for a sample",
                help=("interval: 5m, or shorter",),
                key=False,
            )


def _recorded(plan: Plan) -> list[_Rule]:
    """Every recording rule that users write."""
    return [rule for rule in _rules(plan) if rule.records]


def _rules(plan: Plan) -> Iterator[_Rule]:
    """Every recording rule that users write, and the raw alerts that share a group with one."""
    places: dict[tuple[str, str], int] = {}
    for owner, made in (*((s.name, s.records) for s in plan.services), ("", plan.records)):
        for record in made:
            group = (owner, record.group)
            places[group] = places.get(group, -1) + 1
            yield _Rule(
                record.name, record.expr, record.labels, group, places[group], record.interval, record.origin, True
            )
    server = plan.prometheus.evaluation_interval if plan.prometheus else None
    for service in plan.services:
        for raw in service.raw:
            for n, rule in enumerate(raw.rules):
                yield _Rule(
                    rule.get("record", ""),
                    rule["expr"],
                    rule.get("labels", {}),
                    (service.name, raw.name),
                    n,
                    raw.interval or server or 0,
                    (*raw.origin, "rules", n),
                    "record" in rule,
                )


def _finding(rule: _Rule, message: str, level: Level, **more: Any) -> Finding:
    """A finding at a rule's name."""
    raw = isinstance(rule.origin[-1], int)
    return Finding(message, (*rule.origin, "record") if raw else rule.origin, level, key=not raw, **more)


def _same_series(one: _Rule, other: _Rule) -> bool | None:
    """Whether two rules make the same series: False where that depends on the data, None where they do not."""
    left, right = tree(one.expr), tree(other.expr)
    if meaning(left) == meaning(right):
        return True
    mine, theirs = known_values(left), known_values(right)
    if any(mine[label] != theirs[label] for label in mine.keys() & theirs.keys()):
        return None
    here, there = labels_of(left).without(NAME), labels_of(right).without(NAME)
    if any(not there.can_carry(label) for label in here.present) or any(
        not here.can_carry(label) for label in there.present
    ):
        return None
    return here.possible is not None and here.possible == there.possible == frozenset()
