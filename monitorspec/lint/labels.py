"""Lint of the labels that rules put on their series.

In: the plan. Out: findings `labels/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from monitorspec.lint.expressions import records
from monitorspec.lint.finding import Finding
from monitorspec.plan import Alert, Burn, Path, Plan
from monitorspec.promql.expression import shape, shape_text
from monitorspec.promql.identity import known_values
from monitorspec.promql.labels import labels_of


def external(plan: Plan) -> Iterable[Finding]:
    """A rule's label has another value than Prometheus' external label of that name.

    External labels are put on what leaves the server where it has no such label yet. A rule that sets it to
    something else hides where its alert comes from.

    ```yaml wrong
    prometheus: {external_labels: {cluster: eu-1}}
    labels: {cluster: eu}
    ```
    ```yaml right
    prometheus: {external_labels: {cluster: eu-1}}
    labels: {team: payments}
    ```
    """
    outside = plan.prometheus.external_labels if plan.prometheus else {}
    for name, value in outside.items():
        owners: list[tuple[Mapping[str, str], Path]] = [(plan.labels, ("labels",))]
        owners += [(service.labels, (*service.origin, "labels")) for service in plan.services]
        owners += [(alert.labels, (*alert.origin, "labels")) for alert in plan.alerts]
        owners += [(record.labels, (*record.origin, "labels")) for record in records(plan)]
        told: set[str] = set()
        for labels, path in owners:
            own = labels.get(name, value)
            if own != value and own not in told:
                told.add(own)
                yield Finding(
                    f'label `{name}` is "{own}" here and "{value}" outside',
                    (*path, name),
                    "warning",
                    label=f"`prometheus.external_labels` says `{value}`",
                    effect="the alerts do not say which server they are from",
                    key=False,
                )


def overridden(plan: Plan) -> Iterable[Finding]:
    """An alert's own label replaces one that tells its series apart.

    Labels of a rule win over those of the series. When `by (service)` gives several of them, all get the alert's
    own `service`, and two alerts with the same labels make Prometheus give up the whole rule: nothing fires. Rename
    the series' label by `label_replace(…)`, or aggregate it away.

    ```yaml wrong
    thresholds: {queue: {expr: sum by (service) (queue_length), above: {critical: 5}}}
    ```
    ```yaml right
    thresholds: {queue: {expr: sum by (queue) (queue_length), above: {critical: 5}}}
    ```
    """
    told: set[Path] = set()
    for alert in plan.alerts:
        lost = _replaced(alert) if alert.signal.promql and not isinstance(alert.condition, Burn) else ""
        if lost and alert.origin not in told:
            told.add(alert.origin)
            value = alert.labels[lost]
            yield Finding(
                f"`{lost}` of the series is replaced by the alert's own, `{value}`",
                (*alert.origin, "expr"),
                "warning",
                help=(
                    f'rename it: `label_replace(…, "{lost}_name", "$1", "{lost}", "(.*)")`, and aggregate `{lost}` away',
                ),
                effect="when two of its alerts have the same labels, Prometheus gives up the rule",
                key=False,
            )


def _replaced(alert: Alert) -> str:
    """A label of the result that the alert sets itself, and whose value it does not take over."""
    grouped, known = _told_apart(shape_text(alert.signal.promql))
    for label in sorted(grouped & alert.labels.keys()):
        if label not in known and "$labels" not in alert.labels[label]:
            return label
    return ""


@lru_cache(maxsize=8192)
def _told_apart(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The labels that an aggregation leaves, and those of them with one value only."""
    node = shape(text)
    return labels_of(node).possible or frozenset(), frozenset(known_values(node))
