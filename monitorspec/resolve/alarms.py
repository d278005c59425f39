"""Thresholds that CloudWatch watches: on a metric, a band or other alarms.

In: a `spec.Threshold` with `cloudwatch` or `composite`. Out: `plan.Threshold`; names in composites are looked up by
`resolve.composites` when all alerts are known.
"""

from __future__ import annotations

from decimal import Decimal

from monitorspec import names, plan
from monitorspec.diagnostics import Path
from monitorspec.resolve.aws.parameters import checked_parameter_name
from monitorspec.resolve.composites import composite
from monitorspec.resolve.context import LABEL, Context, sorted_labels
from monitorspec.resolve.limits import alert, limit_alerts
from monitorspec.resolve.metrics import metric_unit
from monitorspec.resolve.signals import Chosen, cloudwatch_signals
from monitorspec.spec.service import Threshold

DEVIATIONS = Decimal(2)
"""Width of an anomaly band in standard deviations; the console's default."""
_HINTS = {
    "forecast": "CloudWatch has no prediction in alarms",
    "recover": "CloudWatch alarms have no second limit",
    "keep_firing_for": "use `datapoints` instead",
    "interval": "an alarm is evaluated once per `cloudwatch.period`",
    "group": "alarms stand in no rule group",
}
_ALARM_KEYS = ("anomaly", "min_samples", "parameter", "suppress", "notify_on")
_OF_LIMITS = ("above", "below", "datapoints", "missing", "anomaly", "min_samples", "parameter", "for_", "unit")


def alarms(context: Context, spec: Threshold, base: plan.Alert) -> plan.Threshold | None:
    """The threshold with an alarm for each severity (and each value of a dimension that has several)."""
    path = base.origin
    for name, hint in _HINTS.items():
        if getattr(spec, name) is not None:
            context.notes.add(
                "cloudwatch/unsupported",
                (*path, name),
                f"a CloudWatch alarm cannot have `{name}`",
                key=True,
                label=hint,
            )
    aws = context.spec.aws
    notify_on = spec.notify_on if spec.notify_on is not None else aws.notify_on if aws else None
    base = base._replace(notify_on=tuple(notify_on if notify_on is not None else ("alarm", "ok")))
    if spec.composite is not None:
        made = _composite(context, spec, base)
        found = [made] if made else None
    else:
        if spec.suppress is not None:
            _not_here(context, "suppress", path, "only a `composite` can be suppressed by another alarm")
        found = _on_metric(context, spec, base)
    if not found:
        return None
    return plan.Threshold(base.key, base.service, base.title, base.description, found[0].signal, tuple(found), "", path)


def refuse_alarm_keys(context: Context, spec: Threshold, path: Path) -> None:
    """Findings for keys that only alarms have, on a threshold that Prometheus evaluates."""
    for name in _ALARM_KEYS:
        if getattr(spec, name) is not None:
            _not_here(context, name, path, "Prometheus has nothing like it: it is for `cloudwatch` and `composite`")


def _not_here(context: Context, name: str, path: Path, why: str) -> None:
    key = name.rstrip("_")
    context.notes.add("thresholds/key", (*path, key), f"`{key}` means nothing here", key=True, label=why)


def _on_metric(context: Context, spec: Threshold, base: plan.Alert) -> list[plan.Alert] | None:
    assert spec.cloudwatch is not None
    path = base.origin
    if spec.min_samples is not None:
        if spec.cloudwatch.expression is not None:
            _not_here(context, "min_samples", path, "say it in the expression: `IF(n >= 10, …)`")
        elif spec.min_samples < 1:
            context.notes.add("spec/value", (*path, "min_samples"), "`min_samples` has to be 1 or more")
    if spec.parameter is not None:
        checked_parameter_name(context, spec.parameter, (*path, "parameter"))
        if spec.anomaly is not None:
            _not_here(context, "parameter", path, "a band has no limit")
    out: list[plan.Alert] = []
    for chosen, metric in cloudwatch_signals(context, spec.cloudwatch, (*path, "cloudwatch")):
        said = context if not out else context._replace(notes=context.notes.muted())
        unit = spec.unit or metric_unit(context, metric)
        one = base._replace(
            id=".".join((base.id, *(names.slug(value) or value for _, value in chosen))),
            labels=sorted_labels(base.labels, _as_labels(chosen)),
            signal=plan.Signal("", metric, unit or "none"),
            interval=metric.period,
            min_samples=spec.min_samples or 0,
        )
        made = _anomaly(said, spec, one) if spec.anomaly is not None else limit_alerts(said, spec, one, unit)
        if made is None:
            return None
        out += [a._replace(parameter=_parameter(spec, a, len(made))) for a in made]
    return out


def _parameter(spec: Threshold, of: plan.Alert, several: int) -> str:
    if spec.parameter is None:
        return ""
    return spec.parameter + (names.camel(of.severity) if several > 1 else "")


def _as_labels(chosen: Chosen) -> dict[str, str]:
    """The chosen dimensions as labels, where they can be."""
    return {name: value for name, value in chosen if LABEL.fullmatch(name)}


def _anomaly(context: Context, spec: Threshold, base: plan.Alert) -> list[plan.Alert] | None:
    assert spec.anomaly is not None
    notes, path = context.notes, base.origin
    for name in ("above", "below", "inclusive"):
        if getattr(spec, name):
            notes.add("thresholds/anomaly", (*path, name), f"`anomaly` and `{name}` exclude each other", key=True)
    severity = context.severity(spec.severity, (*path, "severity")) if spec.severity else context.ticket
    if severity is None:
        return None
    condition = plan.Anomaly(spec.anomaly.deviations or DEVIATIONS, spec.anomaly.side, spec.datapoints)
    return [alert(base, severity.name, severity, condition)]


def _composite(context: Context, spec: Threshold, base: plan.Alert) -> plan.Alert | None:
    assert spec.composite is not None
    path = base.origin
    for name in _OF_LIMITS:
        if getattr(spec, name) is not None:
            _not_here(context, name, path, "a composite alarm has a condition over other alarms, and no limit")
    severity = context.severity(spec.severity, (*path, "severity")) if spec.severity else context.page
    condition = composite(context, spec, path)
    if severity is None or condition is None:
        return None
    return alert(base._replace(hold=0), severity.name, severity, condition)
