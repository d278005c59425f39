"""Lint of inhibitions: those that can never silence anything.

In: the plan. Out: findings `inhibit/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from monitorspec.lint.finding import Finding
from monitorspec.lint.near import meant, misspelt
from monitorspec.matching import may_match
from monitorspec.plan import Alert, Inhibit, Matcher, Path, Plan

Key = tuple[bool, tuple[str | None, ...]]


def dead(plan: Plan) -> Iterable[Finding]:
    """An inhibition has no alert that could silence, or none that could be silenced.

    No alert of Prometheus has the labels that its `source` or its `target` asks for, or a label in `equal` is never the same on
    both. CloudWatch knows no inhibition: there a composite alarm with `suppress` does the same.

    ```yaml wrong
    services:
      api:
        thresholds:
          disk: {expr: disk_ratio, above: {warning: 80%}}
          cpu: {expr: cpu_ratio, above: {critical: 95%}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    inhibit: {disk: {source: {alerts: api.cpu}, target: {alerts: api.disk}, equal: [alertname]}}
    ```
    ```yaml right
    services:
      api:
        thresholds:
          disk: {expr: disk_ratio, above: {warning: 80%}}
          cpu: {expr: cpu_ratio, above: {critical: 95%}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    inhibit: {disk: {source: {alerts: api.cpu}, target: {alerts: api.disk}, equal: [service]}}
    ```
    """
    for origin, rules in _declared(plan).items():
        name = rules[0].name
        for side in ("source", "target"):
            if not any(_side(plan, getattr(rule, side)) for rule in rules):
                if misspelt(plan, (*origin, side)):
                    break
                hint = next((h for rule in rules if (h := meant(getattr(rule, side), plan.alerts))), "")
                alarms = any(a.on_cloudwatch and may_match(getattr(r, side), a) for r in rules for a in plan.alerts)
                yield Finding(
                    f"`{name}` silences nothing: no alert {'of Prometheus ' if alarms else ''}can be its {side}",
                    (*origin, side),
                    "warning",
                    help=("CloudWatch knows no inhibition: make a composite alarm with `suppress`",)
                    if alarms
                    else tuple(filter(None, [hint])),
                    own=True,
                )
                break
        else:
            if not any(_pairs(plan, rule) for rule in rules) and not all(_itself(plan, rule) for rule in rules):
                labels = _never_equal(plan, rules)
                yield Finding(
                    f"`{name}` silences nothing: no source and target have the same {labels}",
                    (*origin, "equal"),
                    "warning",
                    help=(f"leave out {labels}",),
                    own=True,
                )


def itself(plan: Plan) -> Iterable[Finding]:
    """An inhibition would silence its own sources.

    Every alert that it could silence is one of its sources as well. Alertmanager lets an alert on both sides be silenced by none
    that is on both sides too, so the inhibition silences nothing: tell the two sides apart.

    ```yaml wrong
    services:
      api:
        thresholds:
          disk: {expr: disk_ratio, above: {warning: 80%}}
          cpu: {expr: cpu_ratio, above: {warning: 80%}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    inhibit: {warnings: {source: {severity: warning}, target: {severity: warning}, equal: [service]}}
    ```
    ```yaml right
    services:
      api:
        thresholds:
          disk: {expr: disk_ratio, above: {warning: 80%}}
          cpu: {expr: cpu_ratio, above: {warning: 80%}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    inhibit: {warnings: {source: {alerts: api.cpu}, target: {alerts: api.disk}, equal: [service]}}
    ```
    """
    for origin, rules in _declared(plan).items():
        if not any(_pairs(plan, rule) for rule in rules) and all(_itself(plan, rule) for rule in rules):
            yield Finding(
                f"`{rules[0].name}` silences nothing: all of its targets are its sources too",
                origin,
                "warning",
                help=("tell `source` and `target` apart, as by severity or by alert",),
                effect="Alertmanager lets no such alert silence another",
                own=True,
            )


def _declared(plan: Plan) -> dict[Path, list[Inhibit]]:
    """The rules that the spec wrote; one may be several of Alertmanager's."""
    found: dict[Path, list[Inhibit]] = {}
    for rule in plan.inhibits:
        if rule.origin:
            found.setdefault(rule.origin, []).append(rule)
    return found


def _side(plan: Plan, matchers: Sequence[Matcher]) -> list[Alert]:
    return [a for a in plan.alerts if not a.on_cloudwatch and may_match(matchers, a) is not False]


def _keys(plan: Plan, rule: Inhibit) -> tuple[set[Key], set[Key]]:
    """Of the sources and of the targets: whether surely on both sides, and what is known of the labels in `equal`."""

    def key(alert: Alert, other: Sequence[Matcher]) -> Key:
        values = (alert.name if label == "alertname" else alert.labels.get(label) for label in rule.equal)
        known = tuple(None if value is None or "{{" in value else value for value in values)
        return may_match(other, alert) is True, known

    return (
        {key(a, rule.target) for a in _side(plan, rule.source)},
        {key(a, rule.source) for a in _side(plan, rule.target)},
    )


def _pairs(plan: Plan, rule: Inhibit) -> bool:
    """Whether some source may silence some target."""
    sources, targets = _keys(plan, rule)
    return any(not (a[0] and b[0]) for a, b in _agreeing(sources, targets))


def _itself(plan: Plan, rule: Inhibit) -> bool:
    """Whether all that stands between its sources and targets is that they are the same."""
    return any(True for _ in _agreeing(*_keys(plan, rule)))


def _agreeing(sources: set[Key], targets: set[Key]) -> Iterator[tuple[Key, Key]]:
    open_ = [b for b in targets if None in b[1]]
    for a in sources:
        if None in a[1]:
            yield from ((a, b) for b in targets if _agree(a[1], b[1]))
            continue
        yield from ((a, (both, a[1])) for both in (False, True) if (both, a[1]) in targets)
        yield from ((a, b) for b in open_ if _agree(a[1], b[1]))


def _agree(a: Sequence[str | None], b: Sequence[str | None]) -> bool:
    return all(x is None or y is None or x == y for x, y in zip(a, b, strict=True))


def _never_equal(plan: Plan, rules: Sequence[Inhibit]) -> str:
    """The labels in `equal` that are not the same on any pair."""
    rule = rules[0]
    sources, targets = _keys(plan, rule)
    alone = [
        label
        for n, label in enumerate(rule.equal)
        if not any(_agree(a[1][n : n + 1], b[1][n : n + 1]) for a in sources for b in targets)
    ]
    return " and ".join(f"`{label}`" for label in (alone or rule.equal))
