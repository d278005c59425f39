"""Thresholds into alerts on PromQL signals; those on CloudWatch are made by `resolve.alarms`.

In: a `spec.Threshold`. Out: `plan.Threshold`.
"""

from __future__ import annotations

from monitorspec import names, plan
from monitorspec.diagnostics import Path
from monitorspec.promql.expression import has_comparison, metric_names
from monitorspec.promql.labels import output_labels
from monitorspec.resolve.alarms import alarms, refuse_alarm_keys
from monitorspec.resolve.context import Context, checked_labels, sorted_labels
from monitorspec.resolve.home import Home, own_annotations
from monitorspec.resolve.limits import limit_alerts
from monitorspec.resolve.signals import checked_promql, checked_signal, unit_of
from monitorspec.rules.threshold import unsupported
from monitorspec.spec.service import Service, Threshold
from monitorspec.spec.units import duration_text


def threshold(context: Context, home: Home, key: str, spec: Threshold, path: Path) -> plan.Threshold | None:
    """The threshold with its alerts, or None when it is too wrong for that."""
    notes = context.notes
    signals = ("expr", "cloudwatch", "absent", "composite")
    kind = notes.one_of("thresholds/signal", path, f"`{key}` has {{}} signal", spec, signals)
    if not kind:
        return None
    title = spec.title or names.sentence(key)
    base = plan.Alert(
        id=f"{home.name}.{key}",
        name=spec.alert or names.camel(home.name, key),
        title=title,
        description=spec.description or "",
        service=home.name,
        key=key,
        severity="",
        labels=sorted_labels(home.labels, checked_labels(notes, spec.labels, (*path, "labels"))),
        annotations=own_annotations(home, spec),
        signal=plan.Signal("", None, "none"),
        condition=plan.Absent(),
        hold=spec.for_ if spec.for_ is not None else context.hold,
        keep_firing=spec.keep_firing_for or 0,
        interval=spec.interval or home.interval,
        group="",
        missing=spec.missing or "ok",
        actions_enabled=spec.actions_enabled,
        properties=spec.properties or {},
        series_labels=(),
        runbook="",
        dashboard=home.dashboard,
        origin=path,
        named=spec.alert is not None,
    )
    if kind in ("cloudwatch", "composite"):
        return alarms(context, spec, base)
    refuse_alarm_keys(context, spec, path)
    expr = spec.expr if spec.expr is not None else spec.absent or ""
    where = (*path, kind)
    if not (checked_signal if spec.expr is not None else checked_promql)(context, expr, where):
        return None
    if has_comparison(expr) and spec.expr is not None:
        notes.add(
            "thresholds/comparison",
            where,
            "the signal already holds a comparison",
            level="warning",
            label="a signal is the value; `above` and `below` compare it",
            effect="the dashboard would show it only while the alert fires",
        )
    unit = spec.unit or unit_of(expr, home.spec.metrics or {})
    signal = plan.Signal(expr, None, unit or "none")
    base = base._replace(
        signal=signal, series_labels=series_labels(expr, home.spec), group=spec.group or _group(home, base.interval)
    )
    alerts = limit_alerts(context, spec, base, unit)
    if alerts is None:
        return None
    for alert in alerts:
        reason = unsupported(alert, context.versions.prometheus)
        if reason:
            notes.add("targets/unsupported", path, reason, key=True)
            break
    return plan.Threshold(key, home.name, title, spec.description or "", signal, tuple(alerts), "", path)


def series_labels(expr: str, service: Service) -> tuple[str, ...] | None:
    """Labels of an expression's series: from its aggregation, else from the declared metric, else unknown (None)."""
    known = output_labels(expr)
    if known.possible is not None:
        return tuple(sorted(known.possible))
    declared = [m.labels for n in metric_names(expr) if (m := (service.metrics or {}).get(n)) is not None]
    if declared and all(labels is not None for labels in declared):
        return tuple(sorted({label for labels in declared for label in labels or []} | known.present))
    return None


def _group(home: Home, interval: int) -> str:
    return home.name if interval == home.interval else f"{home.name}.{duration_text(interval)}"
