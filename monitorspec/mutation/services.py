"""Every wrong version of a service's Prometheus rules.

In: a service of the plan. Out: `Mutant`s, in the order of the spec.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monitorspec.mutation.alerts import alert_mutants, label_changes
from monitorspec.mutation.expressions import variants
from monitorspec.mutation.mutant import Change, Mutant
from monitorspec.mutation.objectives import objective_mutants, rule_mutants
from monitorspec.plan import Alert, Links, Plan, RawGroup, Record, Service, Slo, Threshold
from monitorspec.rules.annotations import annotations_of
from monitorspec.rules.writing import expression
from monitorspec.spec.units import duration_text, parse_duration

_MINUTE = 60_000


def service_mutants(service: Service, plan: Plan) -> Iterator[Mutant]:
    """Every mutant of the service. Their annotations stay as they were: a mutant has to be noticed by what it does."""
    severities = tuple(severity.name for severity in plan.severities)
    service = noted(service, plan.links)
    for slo in service.recorded_slos:
        yield from _objective(service, slo, severities)
    for threshold in service.thresholds:
        if threshold.signal.promql:
            yield from _threshold(service, threshold, severities)
    for record in service.records:
        yield from _record(service, record)
    for group in service.raw:
        yield from _raw(service, group, severities)


def _objective(service: Service, slo: Slo, severities: tuple[str, ...]) -> Iterator[Mutant]:
    origins = {tier.id: tier.origin for tier in slo.tiers}
    at = service.slos.index(slo)
    keys = frozenset({f"slo {slo.service}.{slo.key}", *(f"alert {tier.name}" for tier in slo.tiers)})
    for subject, change, changed in objective_mutants(slo, severities):
        slos = (*service.slos[:at], changed, *service.slos[at + 1 :])
        yield Mutant(subject, change, service._replace(slos=slos), origins.get(subject, slo.origin), keys)
    for subject, change, right, wrong in rule_mutants(slo):
        swap = f"expr: {expression(right)}\n", f"expr: {expression(wrong)}\n"
        yield Mutant(subject, change, service, origins.get(subject, slo.origin), keys, (swap,))


def _threshold(service: Service, threshold: Threshold, severities: tuple[str, ...]) -> Iterator[Mutant]:
    at = service.thresholds.index(threshold)
    keys = frozenset(f"alert {alert.name}" for alert in threshold.alerts)

    def mutant(subject: str, change: Change, alerts: tuple[Alert, ...], origin: Any) -> Mutant:
        listed = (*service.thresholds[:at], threshold._replace(alerts=alerts), *service.thresholds[at + 1 :])
        return Mutant(subject, change, service._replace(thresholds=listed), origin, keys)

    for n, alert in enumerate(threshold.alerts):
        for change, other in alert_mutants(alert, severities):
            alerts = (*threshold.alerts[:n], other, *threshold.alerts[n + 1 :])
            yield mutant(alert.id, change, alerts, alert.origin)
    for change, text in variants(threshold.signal.promql):
        signal = threshold.signal._replace(promql=text)
        alerts = tuple(alert._replace(signal=signal) for alert in threshold.alerts)
        yield mutant(f"{threshold.service}.{threshold.key}", change, alerts, threshold.origin)


def _record(service: Service, record: Record) -> Iterator[Mutant]:
    at = service.records.index(record)
    keys = frozenset({record.name})
    for change, text in variants(record.expr):
        records = (*service.records[:at], record._replace(expr=text), *service.records[at + 1 :])
        yield Mutant(record.name, change, service._replace(records=records), record.origin, keys)


def _raw(service: Service, group: RawGroup, severities: tuple[str, ...]) -> Iterator[Mutant]:
    at = service.raw.index(group)
    alerts = iter(group.alerts)
    for n, rule in enumerate(group.rules):
        alert = next(alerts) if "alert" in rule else None
        subject = alert.id if alert else str(rule["record"])
        keys = frozenset({f"alert {alert.name}" if alert else subject})
        origin = alert.origin if alert else group.origin
        for change, other, labels in _raw_rule(rule, alert, group.interval or _MINUTE, severities):
            changed = group._replace(rules=(*group.rules[:n], other, *group.rules[n + 1 :]))
            if labels is not None and alert is not None:
                changed = changed._replace(
                    alerts=tuple(a._replace(labels=labels) if a is alert else a for a in group.alerts)
                )
            raw = (*service.raw[:at], changed, *service.raw[at + 1 :])
            yield Mutant(subject, change, service._replace(raw=raw), origin, keys)


Raw = Mapping[str, Any]


def _raw_rule(
    rule: Raw, alert: Alert | None, interval: int, severities: tuple[str, ...]
) -> Iterator[tuple[Change, Raw, Mapping[str, str] | None]]:
    for change, text in variants(str(rule["expr"])):
        yield change, {**rule, "expr": text}, None
    if alert is None:
        return
    for key in ("for", "keep_firing_for"):
        wait = parse_duration(rule[key]) if key in rule else 0
        for other in dict.fromkeys((0, max(wait - interval, 0), wait + interval)):
            if other != wait:
                text = f"{key} {duration_text(wait)} → {duration_text(other)}"
                yield Change(key, text), {**rule, key: duration_text(other)}, None
    for change, labels in label_changes(alert.labels, severities):
        yield change, rule, labels


def noted(service: Service, links: Links) -> Service:
    """The service with all annotations written out, so that no change of an alert changes them."""

    def full(alert: Alert) -> Alert:
        return alert._replace(annotations=annotations_of(alert, links))

    return service._replace(
        slos=tuple(slo._replace(tiers=tuple(map(full, slo.tiers))) for slo in service.slos),
        thresholds=tuple(item._replace(alerts=tuple(map(full, item.alerts))) for item in service.thresholds),
        raw=tuple(group._replace(alerts=tuple(map(full, group.alerts))) for group in service.raw),
    )
