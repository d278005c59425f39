"""The limits of a threshold: one alert for each severity, one for a forecast, one for missing data.

In: a `spec.Threshold` and what its alerts share. Out: `plan.Alert`s.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.resolve.context import Context, sorted_labels
from monitorspec.resolve.metrics import unit_reason
from monitorspec.resolve.signals import in_unit
from monitorspec.spec.service import Threshold
from monitorspec.spec.units import Quantity


def limit_alerts(context: Context, spec: Threshold, base: plan.Alert, unit: str) -> list[plan.Alert] | None:
    """An alert for each limit of a threshold, for its forecast and for missing data; None without a usable limit.

    `base` is what they share: the threshold's own key, signal and origin among it.
    """
    notes, key, path = context.notes, base.key, base.origin
    if spec.absent is not None:
        for name in ("above", "below", "forecast", "recover", "datapoints"):
            if getattr(spec, name) is not None:
                notes.add("thresholds/absent", (*path, name), f"`absent` and `{name}` exclude each other", key=True)
        severity = context.severity(spec.severity, (*path, "severity")) if spec.severity else context.page
        return [alert(base, severity.name, severity, plan.Absent())] if severity else None
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
    watched = base.signal.cloudwatch
    why = unit_reason(context, watched) if watched is not None and spec.unit is None else ""
    for name, quantity in given.items():
        severity = context.severity(name, (*path, side, name), key=True)
        # That the unit is unknown is said once.
        told = not unit and any(other.dimension for other in seen) and bool(quantity.dimension)
        seen.append(quantity)
        value = None if told else in_unit(context, quantity, unit, (*path, side, name), why=why)
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
        alert(
            base,
            severity.name,
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
            made = alert(base, "forecast", named, condition)
            hold = forecast.for_ if forecast.for_ is not None else base.hold
            alerts.append(made._replace(name=base.name + "Forecast", title=f"{base.title} forecast", hold=hold))
    if spec.missing == "breaching" and base.signal.promql:
        named = context.severity(spec.severity, (*path, "severity")) if spec.severity else limits[0][0]
        if named is not None:
            made = alert(base, "absent", named, plan.Absent())
            alerts.append(made._replace(name=base.name + "Absent", title=f"{base.title}, no data", keep_firing=0))
    elif spec.severity is not None:
        notes.add(
            "thresholds/severity",
            (*path, "severity"),
            "`severity` is for `absent` and for `missing: breaching`",
            key=True,
            help=(f"the severities of limits stand in `{side}: {{{spec.severity}: …}}`",),
        )
    return alerts


def alert(base: plan.Alert, variant: str, severity: plan.Severity, condition: plan.Condition) -> plan.Alert:
    """One of a threshold's alerts: `base`, whose id is what the ids of all of them start with."""
    return base._replace(
        id=f"{base.id}.{variant}",
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
