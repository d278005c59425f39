"""The dashboard that every service gets by itself.

In: a resolved service. Out: a target-neutral `Dashboard`: the state of its alarms first, then its objectives, its thresholds,
its own panels and metrics, its recorded series, its firing alerts and the errors in its logs.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec import names
from monitorspec.panels import metric_panel, panel, promql, selector_text, sentence, slo_row, threshold_panels
from monitorspec.plan import Dashboard, Panel, Query, Row, Service
from monitorspec.plan.aws import LogGroup

REFRESH = 60_000
RANGE = 6 * 3_600_000


def service_dashboard(
    system: str,
    service: Service,
    tags: Iterable[str],
    *,
    panels: tuple[Panel, ...] = (),
    groups: Iterable[LogGroup] = (),
    platforms: tuple[str, ...] = ("grafana",),
) -> Dashboard:
    """The automatic dashboard of `service` with its own `panels` and the errors of its log `groups`; rows without panels are
    left out."""
    title = service.title or sentence(service.name)
    metrics = (metric_panel(m, service.selector) for m in service.metrics if m.panel)
    rows = (
        Row("Alarms", False, _alarms(service)),
        Row("Service level objectives", False, slo_row(service.slos)),
        Row("Thresholds", False, tuple(p for t in service.thresholds for p in threshold_panels(t))),
        Row("Metrics", False, (*panels, *metrics)),
        Row("Recorded series", True, (*_records(service), *_raw_records(service))),
        Row("Alerts", False, _firing(system, service)),
        Row("Logs", False, _errors(groups)),
    )
    return Dashboard(
        uid=service.dashboard or names.uid(system, service.name),
        title=f"{sentence(system)}: {title}",
        description=service.description or f"Objectives, thresholds and metrics of {title}.",
        tags=tuple(tags),
        refresh=REFRESH,
        range=RANGE,
        rows=tuple(row for row in rows if row.panels),
        links=(),
        service=service.name,
        origin=service.origin,
        name=service.name,
        platforms=platforms,
    )


# ---- what Prometheus knows


def _records(service: Service) -> tuple[Panel, ...]:
    return tuple(
        panel(
            sentence(record.name.replace(":", " ")),
            record.description.strip() or f"Recorded series {record.name}.",
            record.unit,
            [promql(f"{record.name}{selector_text(record.labels)}", "")],
            record.origin,
        )
        for record in service.records
    )


def _raw_records(service: Service) -> tuple[Panel, ...]:
    panels: dict[str, Panel] = {}
    for group in service.raw:
        for rule in group.rules:
            name = rule.get("record")
            if isinstance(name, str):
                title = sentence(name.replace(":", " "))
                said = f"Recorded series {name} of the rule group {group.name}."
                panels[name] = panel(title, said, "none", [promql(name, "")], group.origin)
    return tuple(panels.values())


def _firing(system: str, service: Service) -> tuple[Panel, ...]:
    if not any(not alert.on_cloudwatch for alert in service.alerts):
        return ()
    expr = f"sum by (alertname, severity) ({firing_selector(system, service.name)})"
    return (
        panel(
            "Firing alerts",
            "Alerts of the service that fire, by name and severity. CloudWatch alarms are not among them.",
            "none",
            [promql(expr, "{{alertname}} {{severity}}")],
            service.origin,
            min=0.0,
            decimals=0,
        ),
    )


def firing_selector(system: str, service: str = "") -> str:
    """The series of the alerts that fire, of one service or of the whole system."""
    labels = {"alertstate": "firing", "system": system} | ({"service": service} if service else {})
    return f"ALERTS{selector_text(labels)}"


# ---- what CloudWatch holds


def _alarms(service: Service) -> tuple[Panel, ...]:
    ids = tuple(alert.id for alert in service.alerts if alert.on_cloudwatch)
    if not ids:
        return ()
    made = panel("Alarms", "The state of the service's CloudWatch alarms.", "none", (), service.origin, type="alarms")
    return (made._replace(alarms=ids),)


def _errors(groups: Iterable[LogGroup]) -> tuple[Panel, ...]:
    """The newest errors in each log group."""
    out = []
    for group in groups:
        what = f" ({group.description.strip().rstrip('.')})" if group.description.strip() else ""
        query = f"fields @timestamp, @message, @logStream | filter {group.errors} | sort @timestamp desc | limit 50"
        out.append(
            panel(
                f"Errors in {group.key}",
                f"The newest events{what} that `{group.errors}` finds.",
                "none",
                [Query("", None, query, (group.name,), "", "", "", False)],
                group.origin,
                type="logs",
            )
        )
    return tuple(out)
