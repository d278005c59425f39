"""The sheet of an alert: when it fires, on what, who is told, what proves it, where to read on.

In: the plan, an alert of it. Out: `sheet` for people, `fields` for programs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from monitorspec import names
from monitorspec.alarmtext import Alarms, signal_text
from monitorspec.phrases import condition_text
from monitorspec.plan import Alert, Burn, Plan
from monitorspec.routing import mutes_of, receivers_of
from monitorspec.rules.slo import burn_expr
from monitorspec.sheets import Sheet
from monitorspec.spec.units import duration_text
from monitorspec.told import told_text, window_text


def sheet(plan: Plan, alert: Alert) -> Sheet:
    """All of it in words."""
    return Sheet(f"{alert.id}: {alert.title}", list(_facts(plan, alert)), ())


def fields(plan: Plan, alert: Alert) -> dict[str, Any]:
    """All of it as data: times in ms."""
    return {
        "alert": alert.id,
        "name": alert.name,
        "title": alert.title,
        "severity": alert.severity,
        "fires": condition_text(alert),
        "watches": _watched(plan, alert),
        "for": alert.hold,
        "keep_firing_for": alert.keep_firing,
        "interval": alert.interval,
        "labels": dict(alert.labels),
        "told": teller(plan)(alert),
        "muted": [mute.window for mute in mutes_of(plan, alert)],
        "files": _files(plan, alert),
    }


def teller(plan: Plan) -> Callable[[Alert], str]:
    """What says who is told of an alert, and when, in a line."""
    windows = {window.name: window for window in plan.windows}
    alarms = Alarms(plan, plan.parameter_values, str)

    def told(alert: Alert) -> str:
        if alert.on_cloudwatch:
            return alarms.told(alert)
        if not alert.actions_enabled:
            return "nobody: its actions are switched off"
        return told_text(receivers_of(plan, {**alert.labels, "alertname": alert.name}), windows)

    return told


def _facts(plan: Plan, alert: Alert) -> Iterator[tuple[str, str]]:
    yield "Alert", alert.name
    yield "Fires when", condition_text(alert)
    if alert.keep_firing:
        yield "Goes on", f"for {duration_text(alert.keep_firing)} after that"
    if watched := _watched(plan, alert):
        yield "Watches", watched
    if alert.description:
        yield "Description", alert.description.strip()
    if isinstance(alert.condition, Burn):
        yield "SLO", alert.condition.slo
    yield "Severity", alert.severity
    yield "Evaluated", f"every {duration_text(alert.interval)}"
    yield "Told", teller(plan)(alert)
    windows = {window.name: window for window in plan.windows}
    for mute in mutes_of(plan, alert):
        yield "Muted", window_text(windows[mute.window])
    if alert.on_cloudwatch:
        yield "Alarm", Alarms(plan, plan.parameter_values, str).name(alert)
    yield "Labels", "\n".join(f"{label}: {value}" for label, value in sorted(alert.labels.items()))
    for what, path in _files(plan, alert).items():
        yield what.capitalize(), path


def _watched(plan: Plan, alert: Alert) -> str:
    """Its expression, or metric; "" where it watches other alarms."""
    if alert.signal.cloudwatch is not None:
        return signal_text(alert.signal.cloudwatch)
    if isinstance(alert.condition, Burn):
        slos = (slo for service in plan.services for slo in service.slos)
        return burn_expr(next(slo for slo in slos if f"{slo.service}.{slo.key}" == alert.condition.slo), alert)
    return alert.signal.promql.strip()


def _files(plan: Plan, alert: Alert) -> dict[str, str]:
    """Where outputs about it are, below the system's folder."""
    files = {}
    if not alert.on_cloudwatch and "prometheus" in plan.targets:
        files["rules"] = names.rules_file(alert.service)
        if "promtest" in plan.targets:
            files["tests"] = names.tests_file(alert.service)
    if alert.runbook and "runbook" in plan.targets:
        files["runbook"] = f"runbooks/{alert.runbook}"
    if alert.dashboard and "grafana" in plan.targets:
        files["dashboard"] = f"grafana/dashboards/{alert.dashboard}.json"
    return files
