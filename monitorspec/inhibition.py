"""Which alerts of a plan may silence which, by its inhibitions.

In: a plan. Out: pairs of alerts for each rule, as far as their own labels can tell: labels that only the series carry may agree.
Alertmanager's meaning (inhibit/inhibit.go): an alert on both sides of a rule is not silenced by others on both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from monitorspec.plan import Alert, Inhibit, Plan
from monitorspec.routing import matches


class Sides(NamedTuple):
    """The alerts of Prometheus on each side of a rule: CloudWatch knows no inhibition."""

    sources: tuple[Alert, ...]
    targets: tuple[Alert, ...]


def sides(alerts: Iterable[Alert], rule: Inhibit) -> Sides:
    """Who may silence, and who may be silenced."""
    labelled = [(alert, {**alert.labels, "alertname": alert.name}) for alert in alerts if not alert.on_cloudwatch]
    return Sides(
        tuple(alert for alert, labels in labelled if matches(rule.source, labels)),
        tuple(alert for alert, labels in labelled if matches(rule.target, labels)),
    )


def differing(rule: Inhibit, source: Alert, target: Alert) -> tuple[str, ...]:
    """Labels that have to be equal and are not, whatever the series carry."""
    return tuple(label for label in rule.equal if _differ(_label(source, label), _label(target, label)))


def sources_of(plan: Plan, alert: Alert) -> Sequence[tuple[Inhibit, tuple[Alert, ...]]]:
    """The rules that may silence an alert, with the alerts that do it while they fire."""
    if alert.on_cloudwatch:
        return ()
    own = {**alert.labels, "alertname": alert.name}
    out = []
    for rule in plan.inhibits:
        if not matches(rule.target, own):
            continue
        both = matches(rule.source, own)
        found = tuple(
            other
            for other in sides(plan.alerts, rule).sources
            if other.id != alert.id
            and not differing(rule, other, alert)
            and not (both and matches(rule.target, {**other.labels, "alertname": other.name}))
        )
        if found:
            out.append((rule, found))
    return out


def _label(alert: Alert, label: str) -> str | None:
    """Its value, None where only the series know it."""
    if label == "alertname":
        return alert.name
    value = alert.labels.get(label)
    return None if value is None or "{{" in value else value


def _differ(a: str | None, b: str | None) -> bool:
    return a is not None and b is not None and a != b
