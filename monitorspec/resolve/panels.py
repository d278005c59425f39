"""Panels of dashboards.

In: `spec.Panel`s by title and the resolved services. Out: `plan.Panel`s with their queries, checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.panels import slo_panels, threshold_panels
from monitorspec.resolve.context import Context
from monitorspec.resolve.graphs import bands, fan
from monitorspec.resolve.panelqueries import queries
from monitorspec.resolve.references import checked_text
from monitorspec.resolve.signals import in_unit
from monitorspec.spec.dashboard import Panel, PanelQuery

_CONTENTS = ("expr", "cloudwatch", "logs", "queries", "threshold", "slo", "alarms", "text")


class Shown(NamedTuple):
    """What the panels of all dashboards can name."""

    thresholds: Mapping[str, plan.Threshold]
    slos: Mapping[str, plan.Slo]
    alarms: Mapping[str, tuple[str, ...]]
    """Ids of alerts by the name of their service, of their threshold or objective, and by id."""
    of_cloudwatch: frozenset[str]
    """Ids of those that CloudWatch evaluates."""


def shown(services: Sequence[plan.Service]) -> Shown:
    """By name what panels can show of the services."""
    alarms: dict[str, tuple[str, ...]] = {}
    for service in services:
        for alert in service.alerts:
            for name in (service.name, f"{service.name}.{alert.key}", alert.id):
                if alert.id not in alarms.get(name, ()):
                    alarms[name] = (*alarms.get(name, ()), alert.id)
    return Shown(
        {f"{s.name}.{t.key}": t for s in services for t in s.thresholds},
        {f"{s.name}.{o.key}": o for s in services for o in s.slos},
        alarms,
        frozenset(alert.id for service in services for alert in service.alerts if alert.on_cloudwatch),
    )


def panels(
    context: Context, specs: Mapping[str, Panel], known: Shown, path: Path, length: int, platforms: Sequence[str]
) -> tuple[plan.Panel, ...]:
    """The panels of a row, on a dashboard that shows `length` ms."""
    made = []
    for title, spec in specs.items():
        made += _panel(context, title, spec, known, (*path, title), length)
        if "cloudwatch" in platforms:
            _check_alarms(context, spec, known, (*path, title))
    return tuple(made)


def _check_alarms(context: Context, spec: Panel, known: Shown, path: Path) -> None:
    """Findings for alerts that CloudWatch knows nothing of; a service's name stands for those that it does."""
    for n, name in enumerate(spec.alarms or ()):
        ids = known.alarms.get(name, ())
        if ids and known.of_cloudwatch.isdisjoint(ids):
            context.notes.add(
                "dashboards/platform",
                (*path, "alarms", n),
                f"CloudWatch does not know the state of `{name}`: Prometheus evaluates it",
                help=("make the dashboard for Grafana only: `platforms: [grafana]`",),
            )


def _panel(context: Context, title: str, spec: Panel, known: Shown, path: Path, length: int) -> list[plan.Panel]:
    notes = context.notes
    content = notes.one_of("dashboards/signal", path, f"panel `{title}` has {{}} query or text", spec, _CONTENTS)
    if not content:
        return []
    _check_options(context, title, spec, content, path)
    if content == "threshold":
        threshold = known.thresholds.get(spec.threshold or "")
        if threshold is None:
            _unknown(context, "dashboards/unknown-threshold", "threshold", spec.threshold or "", known.thresholds, path)
            return []
        made = threshold_panels(threshold)
        return [_dressed(p, title if n == 0 else p.title, spec, path) for n, p in enumerate(made)]
    if content == "slo":
        slo = known.slos.get(spec.slo or "")
        if slo is None:
            _unknown(context, "dashboards/unknown-slo", "SLO", spec.slo or "", known.slos, path)
            return []
        return [_dressed(p, p.title, spec, path) for p in slo_panels(slo)]
    limits = []
    for severity, quantity in (spec.limits or {}).items():
        context.severity(severity, (*path, "limits", severity), key=True)
        value = in_unit(context, quantity, spec.unit or "", (*path, "limits", severity))
        if value is not None:
            limits.append(plan.PanelLimit(severity, value))
    panel = plan.Panel(
        title=title,
        type={"text": "text", "alarms": "alarms"}.get(content, spec.type),
        description=spec.description or "",
        unit=spec.unit or "none",
        queries=tuple(queries(context, spec, path, spec.range or length)),
        text=spec.text or "",
        limits=tuple(sorted(limits, key=lambda limit: limit.value)),
        limits_below=_below(context, limits),
        min=spec.min,
        max=spec.max,
        decimals=spec.decimals,
        width=spec.width,
        height=spec.height,
        options=spec.options or {},
        origin=path,
        alarms=_alarms(context, spec, known, path),
        stacked=spec.stacked,
        range=spec.range,
        whole_range=spec.whole_range,
        properties=spec.properties or {},
    )
    if panel.type == "heatmap" and any(query.cloudwatch for query in panel.queries):
        panel = bands(context, panel, spec, path) if spec.bands else fan(panel)
    return [panel]


def _check_options(context: Context, title: str, spec: Panel, content: str, path: Path) -> None:
    notes = context.notes
    for text in _texts(spec.properties or {}):
        checked_text(context, text, (*path, "properties"))
    for name, low, high in (("width", 1, 24), ("height", 1, 100)):
        size = getattr(spec, name)
        if size is not None and not low <= size <= high:
            notes.add("dashboards/size", (*path, name), f"`{name}` has to be from {low} to {high}")
    if spec.type in ("alarms", "text") and content != spec.type:
        notes.add(
            "dashboards/option", (*path, "type"), f"a panel of type {spec.type} has `{spec.type}`, not `{content}`"
        )
    kind = content if content in ("alarms", "text") else spec.type
    parts: list[Panel | PanelQuery] = [spec, *(spec.queries or {}).values()]
    metrics = content in ("threshold", "slo") or any(part.cloudwatch is not None for part in parts)
    for key, wrong, why in (
        ("bands", spec.bands and spec.type != "heatmap", "only a heatmap has bands"),
        ("stacked", spec.stacked and spec.type not in ("timeseries", "bar"), "lines and bars can be stacked"),
        ("whole_range", spec.whole_range and not metrics, "it is for CloudWatch metrics"),
        (
            "whole_range",
            spec.whole_range and metrics and spec.type in ("timeseries", "heatmap", "table"),
            "it does not show one value",
        ),
        ("period", spec.period and not metrics, "it is for CloudWatch metrics"),
        ("log_groups", spec.log_groups and not any(part.logs is not None for part in parts), "no log query reads them"),
        ("range", spec.range and content in ("alarms", "text"), "it does not show the past"),
    ):
        if wrong:
            notes.add(
                "dashboards/option",
                (*path, key),
                f"`{key}` means nothing for `{title}`, a panel of type {kind}",
                key=True,
                label=why,
            )


def _texts(raw: object) -> Iterator[str]:
    """The texts in raw properties, which may name parameters of the stack."""
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, Mapping):
        for value in raw.values():
            yield from _texts(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from _texts(value)


def _unknown(context: Context, code: str, what: str, name: str, known: Mapping[str, object], path: Path) -> None:
    if name not in context.declared:  # else what is wrong with it has been said
        context.notes.unknown(code, (*path, what.lower()), what, name, known, "services")


def _dressed(panel: plan.Panel, title: str, spec: Panel, path: Path) -> plan.Panel:
    return panel._replace(
        title=title,
        type=spec.type if spec.type != "timeseries" else panel.type,
        description=spec.description or panel.description,
        unit=spec.unit or panel.unit,
        min=spec.min if spec.min is not None else panel.min,
        max=spec.max if spec.max is not None else panel.max,
        width=spec.width or panel.width,
        height=spec.height or panel.height,
        options={**panel.options, **(spec.options or {})},
        origin=path,
        stacked=spec.stacked or panel.stacked,
        range=spec.range or panel.range,
        whole_range=spec.whole_range or panel.whole_range,
        properties={**panel.properties, **(spec.properties or {})},
    )


def _below(context: Context, limits: list[plan.PanelLimit]) -> bool:
    """Low values are the bad ones where the more severe limit is the lower one."""
    ranks = {s.name: s.rank for s in context.severities}
    ordered = sorted(limits, key=lambda limit: ranks.get(limit.severity, 0))
    return len(ordered) > 1 and ordered[0].value < ordered[-1].value


def _alarms(context: Context, spec: Panel, known: Shown, path: Path) -> tuple[str, ...]:
    ids: dict[str, None] = {}
    for n, name in enumerate(spec.alarms or ()):
        found = known.alarms.get(name)
        if found is not None:
            ids.update(dict.fromkeys(found))
        elif name not in context.declared and name not in (context.spec.services or {}):
            context.notes.unknown(
                "dashboards/unknown-alarm", (*path, "alarms", n), "alert", name, known.alarms, "services"
            )
    return tuple(ids)
