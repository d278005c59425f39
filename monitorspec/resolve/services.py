"""Services: labels, objectives, thresholds, metrics, recording rules and raw rules.

In: `spec.Service`s. Out: `plan.Service`s (runbook pages are attached by `resolve.runbooks`).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from monitorspec import names, plan
from monitorspec.diagnostics import Path
from monitorspec.resolve.context import Context, checked_labels, checked_name, sorted_labels
from monitorspec.resolve.home import Home
from monitorspec.resolve.signals import checked_signal
from monitorspec.resolve.slos import slo
from monitorspec.resolve.thresholds import series_labels, threshold
from monitorspec.spec.service import RawGroup, RecordingRule, Service
from monitorspec.spec.units import duration_text


def services(context: Context) -> list[plan.Service]:
    """Every service that has a usable name."""
    out = []
    for name, spec in (context.spec.services or {}).items():
        path: Path = ("services", name)
        if checked_name(context.notes, name, path, "service"):
            out.append(_service(context, name, spec, path))
    _same_file(context, [service.name for service in out])
    return out


def records(
    context: Context,
    spec: Mapping[str, RecordingRule] | None,
    labels: Mapping[str, str],
    group: str,
    interval: int,
    path: Path,
) -> list[plan.Record]:
    """Recording rules, checked."""
    out = []
    for name, rule in (spec or {}).items():
        where = (*path, name)
        if not names.is_metric(name):
            context.notes.add(
                "records/name",
                where,
                f"`{name}` is not a metric name",
                key=True,
                label="letters, digits, `_` and `:`, no digit first",
            )
        if checked_signal(context, rule.expr, (*where, "expr")):
            every = rule.interval or interval
            out.append(
                plan.Record(
                    name=name,
                    expr=rule.expr,
                    labels=sorted_labels(labels, checked_labels(context.notes, rule.labels, (*where, "labels"))),
                    interval=every,
                    unit=rule.unit or "none",
                    description=rule.description or "",
                    group=group if every == interval else f"{group}.{duration_text(every)}",
                    origin=where,
                )
            )
    return out


def _service(context: Context, name: str, spec: Service, path: Path) -> plan.Service:
    notes = context.notes
    owner = spec.owner or context.spec.owner
    labels = sorted_labels(
        context.labels, {"service": name, "owner": owner}, checked_labels(notes, spec.labels, (*path, "labels"))
    )
    on_grafana = spec.dashboard and "grafana" in context.platforms(spec.platforms)
    uid = names.uid(context.spec.system, name) if on_grafana else ""
    home = Home(
        name=name,
        spec=spec,
        labels=labels,
        annotations={**(context.spec.annotations or {}), **(spec.annotations or {})},
        dashboard=uid,
        interval=spec.interval or context.interval,
    )
    for key in (spec.slos or {}).keys() & (spec.thresholds or {}).keys():
        notes.add(
            "names/twice",
            (*path, "thresholds", key),
            f"`{name}` has an SLO and a threshold called `{key}`",
            key=True,
            label="also an SLO",
        )
    slos: list[plan.Slo] = []
    for key, objective in (spec.slos or {}).items():
        where: Path = (*path, "slos", key)
        if checked_name(notes, key, where, "SLO") and (found := slo(context, home, key, objective, where)):
            slos.append(found)
    thresholds: list[plan.Threshold] = []
    for key, limit in (spec.thresholds or {}).items():
        where = (*path, "thresholds", key)
        if checked_name(notes, key, where, "threshold") and (made := threshold(context, home, key, limit, where)):
            thresholds.append(made)
    service = plan.Service(
        name=name,
        title=spec.title or names.sentence(name),
        description=spec.description or "",
        owner=owner,
        labels=labels,
        selector=dict(spec.selector or {}),
        slos=tuple(slos),
        thresholds=tuple(thresholds),
        metrics=tuple(_metrics(context, spec, path)),
        records=tuple(records(context, spec.records, {}, f"{name}.records", home.interval, (*path, "records"))),
        raw=tuple(
            _raw(context, home, group, item, (*path, "rules", group)) for group, item in (spec.rules or {}).items()
        ),
        dashboard=uid,
        origin=path,
        annotations=home.annotations,
    )
    _check_alerts(context, service)
    return service


def _metrics(context: Context, spec: Service, path: Path) -> list[plan.Metric]:
    out = []
    for name, metric in (spec.metrics or {}).items():
        where = (*path, "metrics", name)
        if not names.is_metric(name):
            context.notes.add(
                "metrics/name",
                where,
                f"`{name}` is not a metric name",
                key=True,
                label="letters, digits, `_` and `:`, no digit first",
            )
            continue
        buckets = tuple(Decimal(str(b)) for b in metric.buckets or ())
        if list(buckets) != sorted(set(buckets)):
            context.notes.add("metrics/buckets", (*where, "buckets"), "bucket bounds have to ascend")
        out.append(
            plan.Metric(
                name=name,
                type=metric.type,
                unit=metric.unit or _metric_unit(name),
                help=metric.help or "",
                labels=tuple(metric.labels or ()),
                buckets=buckets,
                panel=metric.panel,
                origin=where,
            )
        )
    return out


def _metric_unit(name: str) -> str:
    base = name.removesuffix("_total")
    for suffix, unit in (("_seconds", "seconds"), ("_bytes", "bytes"), ("_ratio", "ratio"), ("_percent", "percent")):
        if base.endswith(suffix):
            return unit
    return "count"


def _raw(context: Context, home: Home, name: str, spec: RawGroup, path: Path) -> plan.RawGroup:
    rules: list[dict[str, Any]] = []
    alerts: list[plan.Alert] = []
    interval = spec.interval or home.interval
    if not spec.rules:
        context.notes.add("rules/empty", path, f"rule group `{name}` has no rules", key=True)
    for n, rule in enumerate(spec.rules):
        where = (*path, "rules", n)
        if (rule.alert is None) == (rule.record is None):
            context.notes.add("rules/kind", where, "a rule has either `alert` or `record`")
            continue
        if not checked_signal(context, rule.expr, (*where, "expr")):
            continue
        out: dict[str, Any] = {"alert": rule.alert} if rule.alert else {"record": rule.record}
        out["expr"] = rule.expr
        if rule.for_:
            out["for"] = duration_text(rule.for_)
        if rule.keep_firing_for:
            out["keep_firing_for"] = duration_text(rule.keep_firing_for)
        if rule.labels:
            out["labels"] = dict(rule.labels)
        if rule.annotations:
            out["annotations"] = dict(rule.annotations)
        rules.append(out)
        if rule.alert:
            given = (rule.labels or {}).get("severity")
            severity = context.severity(given, (*where, "labels", "severity")) if given else None
            if given is None:
                context.notes.add(
                    "rules/severity",
                    where,
                    f"raw alert `{rule.alert}` has no severity label",
                    help=(f"labels: {{severity: {context.ticket.name}}}",),
                    effect="no route by severity would take it",
                )
            severity = severity or context.page
            alerts.append(
                plan.Alert(
                    id=f"{home.name}.{name}.{rule.alert}.{severity.name}",
                    name=rule.alert,
                    title=names.sentence(rule.alert),
                    description="",
                    service=home.name,
                    key=rule.alert,
                    severity=severity.name,
                    labels=sorted_labels(home.labels, rule.labels or {}, {"severity": severity.name}),
                    annotations={**home.annotations, **(rule.annotations or {})},
                    signal=plan.Signal(rule.expr, None, "none"),
                    condition=plan.Custom(),
                    hold=rule.for_ or 0,
                    keep_firing=rule.keep_firing_for or 0,
                    interval=interval,
                    group=name,
                    missing="ok",
                    actions_enabled=True,
                    properties={},
                    series_labels=series_labels(rule.expr, home.spec),
                    runbook="",
                    dashboard=home.dashboard,
                    origin=where,
                )
            )
    return plan.RawGroup(name, spec.interval, tuple(rules), tuple(alerts), path)


def _check_alerts(context: Context, service: plan.Service) -> None:
    """Alert names and group names that would clash within the service's file."""
    groups: dict[str, tuple[int, Path]] = {}
    seen: dict[tuple[str, tuple[tuple[str, str], ...]], plan.Alert] = {}
    ids: dict[str, plan.Alert] = {}
    for alert in service.alerts:
        identity = (alert.name, tuple(alert.labels.items()))
        first = seen.setdefault(identity, alert)
        if first is not alert or ids.setdefault(alert.id, alert) is not alert:
            line = context.notes.at(ids[alert.id].origin if first is alert else first.origin, key=True).line
            context.notes.add(
                "names/alert",
                alert.origin,
                f"two alerts are called `{alert.name}` with the same labels",
                key=True,
                label=f"the other one is at line {line}",
                help=("give one of them another name with `alert:`, or a label",),
            )
        if alert.group:
            interval, origin = groups.setdefault(alert.group, (alert.interval, alert.origin))
            if interval != alert.interval:
                context.notes.add(
                    "groups/interval",
                    alert.origin,
                    f"rule group `{alert.group}` cannot have two intervals, "
                    f"{duration_text(interval)} and {duration_text(alert.interval)}",
                    key=True,
                    label=f"the other one is at line {context.notes.at(origin, key=True).line}",
                )
    made = {alert.group for slo in service.slos for alert in slo.tiers}
    made |= {alert.group for threshold in service.thresholds for alert in threshold.alerts}
    made |= {record.group for record in service.records}
    for raw in service.raw:
        if raw.name in made:
            message = f"rule group `{raw.name}` is the name of a generated group"
            context.notes.add("groups/name", raw.origin, message, key=True, help=("give it another name",))


def _same_file(context: Context, service_names: list[str]) -> None:
    """Services whose files would be one on a file system that ignores case."""
    seen: dict[str, str] = {}
    for name in service_names:
        first = seen.setdefault(name.lower(), name)
        if first != name:
            context.notes.add(
                "names/twice",
                ("services", name),
                f"services `{name}` and `{first}` differ only by case",
                key=True,
                effect="their files would be one on disks that ignore case",
            )
