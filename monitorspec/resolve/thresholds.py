"""Thresholds into alerts: one for each severity, one for a forecast, one for missing data.

In: a `spec.Threshold`. Out: `plan.Threshold`.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from monitorspec import names, plan
from monitorspec.diagnostics import Path
from monitorspec.promql.expression import has_comparison, metric_names
from monitorspec.promql.labels import output_labels
from monitorspec.resolve.context import Context, checked_labels, sorted_labels
from monitorspec.resolve.signals import checked_promql, checked_signal, cloudwatch_signal, in_unit, unit_of
from monitorspec.rules.threshold import unsupported
from monitorspec.spec.service import Service, Threshold
from monitorspec.spec.units import UNITS, Quantity, duration_text


class Home(NamedTuple):
    """The service that a threshold or SLO belongs to."""

    name: str
    spec: Service
    labels: dict[str, str]
    """Labels of all its alerts, `service` and `owner` among them."""
    annotations: dict[str, str]
    dashboard: str
    interval: int


def threshold(context: Context, home: Home, key: str, spec: Threshold, path: Path) -> plan.Threshold | None:
    """The threshold with its alerts, or None when it is too wrong for that."""
    notes = context.notes
    signals = ("expr", "cloudwatch", "absent")
    if not notes.one_of("thresholds/signal", path, f"`{key}` has {{}} signal", spec, signals):
        return None
    unit, signal = "none", plan.Signal("", None, "none")
    series: tuple[str, ...] | None = None
    if spec.cloudwatch is not None:
        _refuse_for_cloudwatch(context, spec, path)
        metric = cloudwatch_signal(context, spec.cloudwatch, (*path, "cloudwatch"))
        unit = spec.unit or _cloudwatch_unit(metric)
        signal = plan.Signal("", metric, unit or "none")
        series = ()
    else:
        expr = spec.expr if spec.expr is not None else spec.absent or ""
        where = (*path, "expr" if spec.expr is not None else "absent")
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
        series = series_labels(expr, home.spec)
    title = spec.title or names.sentence(key)
    base = plan.Alert(
        id="",
        name=spec.alert or names.camel(home.name, key),
        title=title,
        description=spec.description or "",
        service=home.name,
        key=key,
        severity="",
        labels=sorted_labels(home.labels, checked_labels(notes, spec.labels, (*path, "labels"))),
        annotations=_annotations(home, spec),
        signal=signal,
        condition=plan.Absent(),
        hold=spec.for_ if spec.for_ is not None else context.hold,
        keep_firing=spec.keep_firing_for or 0,
        interval=spec.interval or home.interval,
        group="",
        missing=spec.missing or "ok",
        actions_enabled=spec.actions_enabled,
        properties=spec.properties or {},
        series_labels=series,
        runbook="",
        dashboard=home.dashboard,
        origin=path,
    )
    if signal.promql:
        base = base._replace(group=spec.group or _group(home, base.interval))
    elif spec.cloudwatch is not None:
        base = base._replace(interval=signal.cloudwatch.period if signal.cloudwatch else 60_000)
    alerts = _alerts(context, home, key, spec, base, unit, path)
    if alerts is None:
        return None
    for alert in alerts:
        reason = unsupported(alert, context.versions.prometheus) if signal.promql else None
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


def _alerts(
    context: Context, home: Home, key: str, spec: Threshold, base: plan.Alert, unit: str, path: Path
) -> list[plan.Alert] | None:
    notes = context.notes
    if spec.absent is not None:
        for name in ("above", "below", "forecast", "recover", "datapoints"):
            if getattr(spec, name) is not None:
                notes.add("thresholds/absent", (*path, name), f"`absent` and `{name}` exclude each other", key=True)
        severity = context.severity(spec.severity, (*path, "severity")) if spec.severity else context.page
        return [_alert(base, f"{home.name}.{key}.{severity.name}", severity, plan.Absent())] if severity else None
    if (spec.above is None) == (spec.below is None):
        notes.add(
            "thresholds/limit",
            (*path, "below") if spec.above is not None else path,
            f"`{key}` has {'no limit' if spec.above is None else 'limits on both sides'}",
            key=True,
            label="give one of `above` and `below`, with a limit per severity",
            help=("make two thresholds of it: one with `above`, one with `below`",)
            if spec.above is not None
            else ("above: {critical: 90%}",),
        )
        return None
    side = "above" if spec.above is not None else "below"
    op = (">" if side == "above" else "<") + ("=" if spec.inclusive else "")
    limits: list[tuple[plan.Severity, Decimal, Quantity]] = []
    seen: list[Quantity] = []
    given = spec.above if spec.above is not None else spec.below or {}
    for name, quantity in given.items():
        severity = context.severity(name, (*path, side, name), key=True)
        # That the unit is unknown is said once.
        told = not unit and any(other.dimension for other in seen) and bool(quantity.dimension)
        seen.append(quantity)
        value = None if told else in_unit(context, quantity, unit, (*path, side, name))
        if severity is not None and value is not None:
            limits.append((severity, value, quantity))
    if not given:
        notes.add(
            "thresholds/limit", (*path, side), f"`{key}` has no limit", key=True, help=("above: {critical: 90%}",)
        )
    limits.sort(key=lambda item: item[0].rank)
    if not limits:
        return None
    _check_order(context, limits, side, path)
    recover = _recover(context, spec, limits, side, unit, path)
    alerts = [
        _alert(
            base,
            f"{home.name}.{key}.{severity.name}",
            severity,
            plan.Limit(op, value, quantity.text, recover, spec.datapoints),
        )
        for severity, value, quantity in limits
    ]
    if spec.forecast is not None and base.signal.promql:
        forecast, last = spec.forecast, limits[-1]
        named = context.severity(forecast.severity, (*path, "forecast", "severity")) if forecast.severity else last[0]
        if named is not None:
            # The forecast is of the limit of its own severity where there is one.
            limit = next((item for item in limits if item[0] == named), last)
            condition = plan.Forecast(op, limit[1], limit[2].text, forecast.window, forecast.within)
            alert = _alert(base, f"{home.name}.{key}.forecast", named, condition)
            hold = forecast.for_ if forecast.for_ is not None else base.hold
            alerts.append(alert._replace(name=base.name + "Forecast", title=f"{base.title} forecast", hold=hold))
    if spec.missing == "breaching" and base.signal.promql:
        named = context.severity(spec.severity, (*path, "severity")) if spec.severity else limits[0][0]
        if named is not None:
            alert = _alert(base, f"{home.name}.{key}.absent", named, plan.Absent())
            alerts.append(alert._replace(name=base.name + "Absent", title=f"{base.title}, no data", keep_firing=0))
    elif spec.severity is not None:
        notes.add(
            "thresholds/severity",
            (*path, "severity"),
            "`severity` is for `absent` and for `missing: breaching`",
            key=True,
            help=(f"the severities of limits stand in `{side}: {{{spec.severity}: …}}`",),
        )
    return alerts


def _alert(base: plan.Alert, id: str, severity: plan.Severity, condition: plan.Condition) -> plan.Alert:
    return base._replace(
        id=id,
        severity=severity.name,
        condition=condition,
        labels=sorted_labels(base.labels, {"severity": severity.name}),
    )


def _check_order(
    context: Context, limits: list[tuple[plan.Severity, Decimal, Quantity]], side: str, path: Path
) -> None:
    for severe, mild in pairwise(limits):
        wrong = severe[1] <= mild[1] if side == "above" else severe[1] >= mild[1]
        if wrong:
            context.notes.add(
                "thresholds/order",
                (*path, side, severe[0].name),
                f"{severe[0].name} {side} {severe[2].text} is reached {'together with' if severe[1] == mild[1] else 'before'} "
                f"{mild[0].name} {side} {mild[2].text}",
                label=f"has to be {'higher' if side == 'above' else 'lower'} than {mild[2].text}",
                effect=f"the {mild[0].name} alert would never be the first to tell",
            )


def _recover(
    context: Context,
    spec: Threshold,
    limits: list[tuple[plan.Severity, Decimal, Quantity]],
    side: str,
    unit: str,
    path: Path,
) -> Decimal | None:
    if spec.recover is None:
        return None
    where = (*path, "recover")
    value = in_unit(context, spec.recover, unit, where)
    nearest = min(limits, key=lambda item: item[1]) if side == "above" else max(limits, key=lambda item: item[1])
    if value is not None and (value >= nearest[1] if side == "above" else value <= nearest[1]):
        context.notes.add(
            "thresholds/recover",
            where,
            f"it fires {side} {nearest[2].text}, so it cannot recover at {spec.recover.text}",
            label=f"has to be {'below' if side == 'above' else 'above'} {nearest[2].text}",
        )
    if spec.datapoints is not None:
        context.notes.add("thresholds/recover", where, "`recover` and `datapoints` exclude each other", key=True)
    return value


def _annotations(home: Home, spec: Threshold) -> dict[str, str]:
    own = {k: v for k, v in (("summary", spec.summary),) if v}
    return {**home.annotations, **own, **(spec.annotations or {})}


def _group(home: Home, interval: int) -> str:
    return home.name if interval == home.interval else f"{home.name}.{duration_text(interval)}"


def _cloudwatch_unit(metric: plan.CloudWatchSignal) -> str:
    """Our unit of a metric that is filtered by a CloudWatch unit."""
    return next((name for name, (_, _, _, aws) in UNITS.items() if aws and aws == metric.unit), "")


def _refuse_for_cloudwatch(context: Context, spec: Threshold, path: Path) -> None:
    hints = {
        "forecast": "CloudWatch has no prediction in alarms",
        "recover": "CloudWatch alarms have no second limit",
        "keep_firing_for": "use `datapoints` instead",
        "interval": "an alarm is evaluated once per `cloudwatch.period`",
        "group": "alarms stand in no rule group",
    }
    for name, hint in hints.items():
        if getattr(spec, name) is not None:
            context.notes.add(
                "cloudwatch/unsupported",
                (*path, name),
                f"a CloudWatch alarm cannot have `{name}`",
                key=True,
                label=hint,
            )


def _too_old(context: Context, path: Path, what: str, since: str) -> None:
    have = ".".join(map(str, context.versions.prometheus))
    context.notes.add(
        "targets/version",
        path,
        f"`{what}` needs Prometheus {since}, the target is {have}",
        key=True,
        help=(f'set `targets: {{prometheus: "{since}"}}` when the server is that new',),
    )
