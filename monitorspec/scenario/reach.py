"""What a test has to do with: the services whose rules or alarms its series touch, or that it names.

In: a plan, its scenarios. Out: `Reach` of each. What other services do is no business of the test, so that a hundred services
with a test each take a hundred times as long as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from monitorspec.alarmstate.samples import Metric
from monitorspec.metricname import metric_of
from monitorspec.plan import Alert, CloudWatchSignal, Composite, Labels, Plan, Scenario, SeriesFeed, Service
from monitorspec.promql import expression, pool
from monitorspec.promql.nodes import Selector

SYSTEM = ""
"""Stands for the rules that belong to no service."""


class Reach(NamedTuple):
    """`services`: whose alerts are looked at; `rules`: whose rules are needed for that (SYSTEM: those of none)."""

    services: tuple[str, ...]
    rules: tuple[str, ...]


class Readers:
    """Who reads which series and metrics; made once for a plan."""

    def __init__(self, plan: Plan, values: Mapping[str, str]) -> None:
        self._plan = plan
        self._values = values
        self._selectors: dict[str, list[tuple[str, str, Selector]]] = {}
        """Metric name ("" for any) → (service, the series that is recorded from it or "", selector)."""
        self._makers: dict[str, set[str]] = {}
        """Recorded series → services that record it."""
        self._read: dict[str, set[str]] = {}
        """Service → names of the series that it reads."""
        for service, record, expr in _expressions(plan):
            if record:
                self._makers.setdefault(record, set()).add(service)
            for selector in expression.selectors(expr):
                name = expression.selector_name(selector)
                self._selectors.setdefault(name, []).append((service, record, selector))
                self._read.setdefault(service, set()).add(name)
        self._watchers: dict[Metric, set[str]] = {}
        for alert in plan.alerts:
            for signal in _signals(alert):
                key = metric_of(signal, values)._replace(unit="")
                self._watchers.setdefault(key, set()).add(alert.service)
        self._services = {alert.id: alert.service for alert in plan.alerts}
        self._above: dict[str, set[str]] = {}
        """Service → services with composites over its alarms."""
        for alert in plan.alerts:
            if isinstance(alert.condition, Composite):
                for id in (*alert.condition.rule.alarms(), alert.condition.suppressor):
                    if id in self._services:
                        self._above.setdefault(self._services[id], set()).add(alert.service)

    def reach(self, scenario: Scenario) -> Reach:
        """What a scenario has to do with."""
        found = {service for feed in scenario.series for service in self.touched(feed.labels)}
        for feed in scenario.metrics:
            found |= self._watchers.get(metric_of(feed.signal, self._values)._replace(unit=""), set())
        named = {
            self._services[id]
            for moment in scenario.moments
            for ids in (*(e.alerts for e in moment.expected), *moment.quiet.values())
            for id in ids
        }
        found = _closed(found | named, self._above)
        rules = _closed(found, self._needs)
        order = (SYSTEM, *(service.name for service in self._plan.services))
        return Reach(tuple(s for s in order if s in found and s), tuple(s for s in order if s in rules))

    def touched(self, labels: Labels) -> set[str]:
        """The services with a rule that reads this series, or one that is recorded from it."""
        found: set[str] = set()
        recorded: list[str] = []
        for service, record, selector in self._of(labels["__name__"]):
            if pool.reads(selector._replace(name=labels["__name__"]), labels):
                found.add(service)
                recorded += [record] if record else []
        seen: set[str] = set()
        while recorded:
            name = recorded.pop()
            if name not in seen:
                seen.add(name)
                for service, record, _ in self._selectors.get(name, ()):
                    found.add(service)
                    recorded += [record] if record else []
        return found

    def unread(self, feed: SeriesFeed) -> bool:
        """Whether no rule reads the series."""
        return not self.touched(feed.labels)

    def unwatched(self, signal: CloudWatchSignal) -> bool:
        """Whether no alarm watches the metric."""
        return metric_of(signal, self._values)._replace(unit="") not in self._watchers

    @property
    def names(self) -> list[str]:
        """Names of all series that rules read."""
        return sorted(name for name in self._selectors if name)

    def _of(self, name: str) -> Iterator[tuple[str, str, Selector]]:
        yield from self._selectors.get(name, ())
        yield from self._selectors.get("", ())
        for suffix in ("_bucket", "_count", "_sum"):
            if name.endswith(suffix):
                yield from self._selectors.get(name.removesuffix(suffix), ())

    @property
    def _needs(self) -> dict[str, set[str]]:
        return {
            service: {maker for name in names for maker in self._makers.get(name, ())}
            for service, names in self._read.items()
        }


def _closed(found: set[str], more: Mapping[str, set[str]]) -> set[str]:
    todo = list(found)
    while todo:
        for other in more.get(todo.pop(), ()):
            if other not in found:
                found.add(other)
                todo.append(other)
    return found


def _expressions(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """(service, the series that is recorded from it or "", expression) of every rule."""
    for record in plan.records:
        yield SYSTEM, record.name, record.expr
    for service in plan.services:
        yield from ((service.name, record, expr) for record, expr in _of_service(service))


def _of_service(service: Service) -> Iterable[tuple[str, str]]:
    for slo in service.recorded_slos:
        it = slo.indicator
        yield from (("", expr) for expr in (it.total, it.bad, it.good, it.histogram, it.expr) if expr)
    for threshold in service.thresholds:
        if threshold.signal.promql:
            yield "", threshold.signal.promql
    yield from ((record.name, record.expr) for record in service.records)
    for group in service.raw:
        yield from ((str(rule.get("record", "")), str(rule["expr"])) for rule in group.rules)


def _signals(alert: Alert) -> Iterator[CloudWatchSignal]:
    signal = alert.signal.cloudwatch
    if signal is None:
        return
    if not signal.expression:
        yield signal
    for _, part in signal.metrics:
        if not part.expression:
            yield part
