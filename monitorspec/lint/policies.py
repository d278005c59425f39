"""Lint of what the spec's `policy` asks: an organisation's own rules.

In: the plan. Out: findings `policy/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from monitorspec.lint.expressions import expressions, records
from monitorspec.lint.finding import Finding
from monitorspec.plan import Alert, Burn, Custom, Path, Plan, TextPolicy
from monitorspec.promql import regex
from monitorspec.promql.expression import metric_names, selector_name, selectors
from monitorspec.promql.labels import output_labels
from monitorspec.resolve.context import RESERVED
from monitorspec.spec.units import duration_text


def label(plan: Plan) -> Iterable[Finding]:
    """An alert lacks a label that the policy asks for, or has another value than it allows.

    `policy.labels` names the labels that every alert needs, with the `values` or the `pattern` they may have;
    `policy.only_labels` leaves no others but monitorspec's own.

    ```yaml wrong
    policy: {labels: {team: {values: [payments, search]}}}
    labels: {team: payment}
    ```
    ```yaml right
    policy: {labels: {team: {values: [payments, search]}}}
    labels: {team: payments}
    ```
    """
    if plan.policy is None:
        return
    for name, asked in plan.policy.labels.items():
        yield from _asked(plan, "label", name, asked, {alert.id: alert.labels for alert in plan.alerts})
    if plan.policy.only_labels is not None:
        allowed = {*plan.policy.only_labels, *plan.policy.labels, *RESERVED}
        for alert in plan.alerts:
            for name in alert.labels.keys() - allowed:
                yield Finding(
                    f"the policy knows no label `{name}`",
                    (*alert.origin, "labels", name),
                    help=(f"known: {', '.join(sorted({*plan.policy.only_labels, *plan.policy.labels}))}",),
                    also=_inherited(alert, "labels", name),
                )


def annotation(plan: Plan) -> Iterable[Finding]:
    """An alert lacks an annotation that the policy asks for, or has another value than it allows.

    `policy.annotations` names the annotations that every alert on Prometheus needs, with the `values` or the
    `pattern` they may have. Summary, description and links that monitorspec writes itself count.

    ```yaml wrong
    policy: {annotations: {impact: {}}}
    services: {api: {thresholds: {queue: {expr: queue_length, above: {critical: 5}}}}}
    ```
    ```yaml right
    policy: {annotations: {impact: {}}}
    services:
      api: {thresholds: {queue: {expr: queue_length, above: {critical: 5}, annotations: {impact: Orders wait.}}}}
    ```
    """
    if plan.policy is None or not plan.policy.annotations:
        return
    # Few specs have a policy: the others do not wait for it.
    from monitorspec.rules.annotations import annotations_of

    texts = {alert.id: annotations_of(alert, plan.links) for alert in plan.alerts if not alert.on_cloudwatch}
    for name, asked in plan.policy.annotations.items():
        yield from _asked(plan, "annotation", name, asked, texts)


def hold(plan: Plan) -> Iterable[Finding]:
    """An alert's `for` is shorter or longer than the policy allows.

    `policy.min_for` keeps alerts from firing on a single evaluation, `policy.max_for` from firing hours too late.
    Burn-rate alerts wait by their windows instead, and need no `for`.

    ```yaml wrong
    policy: {max_for: 1h}
    services: {api: {thresholds: {queue: {expr: queue_length, above: {critical: 5}, for: 2h}}}}
    ```
    ```yaml right
    policy: {max_for: 1h}
    services: {api: {thresholds: {queue: {expr: queue_length, above: {critical: 5}, for: 30m}}}}
    ```
    """
    policy = plan.policy
    if policy is None or (policy.max_for is None and not policy.min_for):
        return
    for alert in plan.alerts:
        if alert.on_cloudwatch or (isinstance(alert.condition, Burn) and not alert.hold):
            continue
        most = policy.max_for
        if alert.hold < policy.min_for or (most is not None and alert.hold > most):
            short = alert.hold < policy.min_for
            bound = duration_text(policy.min_for if short else most or 0)
            has = (
                f"`for` of `{alert.name}` is {duration_text(alert.hold)}"
                if alert.hold
                else f"`{alert.name}` has no `for`"
            )
            yield Finding(
                has,
                (*alert.origin, "for") if alert.hold else alert.origin,
                label=f"the policy asks for {'at least' if short else 'at most'} {bound}",
                key=not alert.hold,
                also=(("defaults", "for"),) if alert.hold else (),
            )


def metric(plan: Plan) -> Iterable[Finding]:
    """An expression reads a metric that the policy forbids.

    `policy.forbidden_metrics` holds regular expressions of names: metrics that are to be dropped, or that cost too
    much to read.

    ```yaml wrong
    policy: {forbidden_metrics: ['container_.*']}
    services: {api: {thresholds: {cpu: {expr: avg(container_cpu_ratio), above: {critical: 95%}}}}}
    ```
    ```yaml right
    policy: {forbidden_metrics: ['container_.*']}
    services: {api: {thresholds: {cpu: {expr: avg(process_cpu_ratio), above: {critical: 95%}}}}}
    ```
    """
    if plan.policy is None or not plan.policy.forbidden_metrics:
        return
    for expression in expressions(plan):
        for name in metric_names(expression.text):
            pattern = next((p for p in plan.policy.forbidden_metrics if _matches(p, name)), None)
            if pattern is None:
                continue
            for selector in selectors(expression.text):
                if selector_name(selector) == name:
                    yield Finding(
                        f"the policy forbids the metric `{name}`",
                        expression.origin,
                        label=f"it matches `{pattern}`",
                        key=False,
                        within=(expression.written, selector.start, selector.name_end - selector.start),
                    )


def name(plan: Plan) -> Iterable[Finding]:
    """An alert or a recorded series has a name that the policy does not allow.

    `policy.alert_names` and `policy.record_names` are regular expressions that whole names have to match.

    ```yaml wrong
    policy: {alert_names: 'Shop[A-Z].*'}
    services: {api: {thresholds: {queue: {expr: queue_length, above: {critical: 5}}}}}
    ```
    ```yaml right
    policy: {alert_names: 'Shop[A-Z].*'}
    services: {api: {thresholds: {queue: {alert: ShopQueue, expr: queue_length, above: {critical: 5}}}}}
    ```
    """
    if plan.policy is None:
        return
    asked = plan.policy.alert_names
    for alert in plan.alerts if asked else ():
        if not _matches(asked, alert.name):
            yield Finding(
                f"the policy does not allow the alert's name `{alert.name}`",
                (*alert.origin, "alert"),
                label=f"it has to match `{asked}`",
                help=("give it one with `alert:`",) if not isinstance(alert.condition, Burn) else (),
                key=not alert.named and not isinstance(alert.condition, Custom),
            )
    asked = plan.policy.record_names
    for made, path in _record_names(plan) if asked else ():
        if not _matches(asked, made):
            yield Finding(
                f"the policy does not allow the series' name `{made}`",
                path,
                label=f"it has to match `{asked}`",
                key=path[-1] != "record",
            )


def kept_label(plan: Plan) -> Iterable[Finding]:
    """An expression drops a label that the policy keeps.

    `policy.keep_labels` names labels that have to come through every aggregation of alerts and records, such as the
    cluster: without it nobody knows where something is wrong.

    ```yaml wrong
    policy: {keep_labels: [cluster]}
    services: {api: {thresholds: {queue: {expr: sum by (queue) (queue_length), above: {critical: 5}}}}}
    ```
    ```yaml right
    policy: {keep_labels: [cluster]}
    services: {api: {thresholds: {queue: {expr: 'sum by (cluster, queue) (queue_length)', above: {critical: 5}}}}}
    ```
    """
    if plan.policy is None or not plan.policy.keep_labels:
        return
    for expression in expressions(plan):
        if expression.role in ("signal", "alert", "record"):
            carried = output_labels(expression.text)
            for kept in plan.policy.keep_labels:
                if not carried.can_carry(kept):
                    yield Finding(
                        f"the result has no label `{kept}`, which the policy keeps",
                        expression.origin,
                        help=(f"aggregate `by ({kept}, …)`",),
                        key=False,
                    )
    for service in plan.services:
        for slo in service.recorded_slos:
            for kept in plan.policy.keep_labels:
                if kept not in slo.by:
                    yield Finding(
                        f"`{slo.key}` has no label `{kept}`, which the policy keeps",
                        slo.origin,
                        help=(f"by: [{kept}]",),
                    )


def group_size(plan: Plan) -> Iterable[Finding]:
    """A rule group has more rules, or the system more groups, than the policy allows.

    Mimir takes 20 rules in a group and 70 groups of a tenant unless it is told otherwise: `policy.rules_per_group`
    and `policy.groups`. A large group is also evaluated one rule after the other.

    ```yaml wrong
    policy: {rules_per_group: 1}
    services: {api: {thresholds: {queue: {expr: queue_length, above: {warning: 5, critical: 9}}}}}
    ```
    ```yaml right
    policy: {rules_per_group: 2}
    services: {api: {thresholds: {queue: {expr: queue_length, above: {warning: 5, critical: 9}}}}}
    ```
    """
    policy = plan.policy
    if policy is None or (policy.rules_per_group is None and policy.groups is None):
        return
    made = list(_groups(plan))
    for group in made if policy.rules_per_group is not None else ():
        if group.rules > (policy.rules_per_group or 0):
            yield Finding(
                f"rule group `{group.name}` has {group.rules} rules",
                group.origin,
                label=f"the policy allows {policy.rules_per_group}",
                help=("`group:` puts thresholds into another group",) if "thresholds" in group.origin else (),
            )
    if policy.groups is not None and len(made) > policy.groups:
        yield Finding(
            f"the system has {len(made)} rule groups",
            ("policy", "groups"),
            label=f"the policy allows {policy.groups}",
            key=False,
        )


class _Group(NamedTuple):
    name: str
    rules: int
    origin: Path


def _groups(plan: Plan) -> Iterator[_Group]:
    """The rule groups that Prometheus gets."""
    from monitorspec.rules.slo import recording_rules

    for service in plan.services:
        for slo in service.recorded_slos:
            group = slo.tiers[0].group if slo.tiers else f"{slo.service}.{slo.key}"
            yield _Group(group, len(recording_rules(slo)) + len(slo.tiers), slo.origin)
        alerts = [alert for threshold in service.thresholds for alert in threshold.alerts if alert.signal.promql]
        yield from _gathered((alert.group, alert.interval, alert.origin) for alert in alerts)
        yield from _gathered((record.group, record.interval, record.origin) for record in service.records)
        yield from (_Group(raw.name, len(raw.rules), raw.origin) for raw in service.raw)
    yield from _gathered((record.group, record.interval, record.origin) for record in plan.records)


def _gathered(rules: Iterable[tuple[str, int, Path]]) -> Iterator[_Group]:
    found: dict[tuple[str, int], list[Path]] = {}
    for group, interval, origin in rules:
        found.setdefault((group, interval), []).append(origin)
    yield from (_Group(group, len(origins), origins[0]) for (group, _), origins in found.items())


def _asked(
    plan: Plan, what: str, name_: str, asked: TextPolicy, texts: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    """What is wrong with a label or an annotation of alerts, whose texts are given by their ids."""
    for service in plan.services:
        mine = [a for a in service.alerts if a.id in texts and (not asked.severities or a.severity in asked.severities)]
        lacking = [alert for alert in mine if name_ not in texts[alert.id]]
        if asked.required and lacking:
            whole = len(lacking) == len(mine) > 1
            for alert in lacking[:1] if whole else lacking:
                who = f"no alert of `{service.name}` has the" if whole else f"`{alert.name}` has no"
                yield Finding(
                    f"{who} {what} `{name_}`",
                    service.origin if whole else alert.origin,
                    label="the policy asks for it",
                    help=(f"{what}s: {{{name_}: {_example(asked)}}}",),
                )
        for alert in mine:
            text = texts[alert.id].get(name_)
            wrong = "" if text is None else _unfit(asked, text)
            if wrong:
                yield Finding(
                    f"the policy does not allow `{text}` for the {what} `{name_}`",
                    (*alert.origin, f"{what}s", name_),
                    label=wrong,
                    key=False,
                    also=_inherited(alert, f"{what}s", name_),
                )


def _inherited(alert: Alert, kind: str, name_: str) -> tuple[Path, ...]:
    """Where a label or an annotation stands that is not the alert's own."""
    return ((*alert.origin[:2], kind, name_), (kind, name_))


def _unfit(asked: TextPolicy, text: str) -> str:
    if asked.values and text not in asked.values:
        return f"one of {', '.join(f'`{value}`' for value in asked.values)}"
    if asked.pattern and not _matches(asked.pattern, text):
        return f"it has to match `{asked.pattern}`"
    return ""


def _example(asked: TextPolicy) -> str:
    return asked.values[0] if asked.values else "…"


def _matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches; what Python cannot say counts as a match."""
    found = regex.compiled(pattern)
    return not isinstance(found, regex.Pattern) or found.matches(text) is not False


def _record_names(plan: Plan) -> Iterator[tuple[str, Path]]:
    for record in records(plan):
        yield record.name, record.origin
    for service in plan.services:
        for raw in service.raw:
            for n, rule in enumerate(raw.rules):
                if "record" in rule:
                    yield rule["record"], (*raw.origin, "rules", n, "record")
