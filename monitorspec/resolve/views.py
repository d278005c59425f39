"""Dashboards and data sources.

In: the spec and the resolved services. Out: `plan.Dashboard`s (each service's own one first, then the declared ones) and
`plan.Datasource`s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from monitorspec import credentials, names, plan
from monitorspec.dashboards import service_dashboard, slo_panels, threshold_panels
from monitorspec.diagnostics import Path
from monitorspec.promql.expression import check
from monitorspec.resolve.context import Context, checked_name
from monitorspec.resolve.signals import checked_promql, cloudwatch_signal, in_unit
from monitorspec.spec.dashboard import Dashboard, Panel

# Grafana's interval variables are no PromQL; any duration in their place keeps the expression's meaning for a check.
_VARIABLE = re.compile(r"\$(?:__rate_interval|__interval|__range|\{__rate_interval\}|\{__interval\}|\{__range\})")
_DAY = 86_400_000


def dashboards(context: Context, services: Sequence[plan.Service]) -> list[plan.Dashboard]:
    """Every dashboard."""
    system = context.spec.system
    tags = (system, "monitorspec")
    out = [service_dashboard(system, service, tags) for service in services if service.dashboard]
    seen = {d.uid: d for d in out}
    for name, spec in (context.spec.dashboards or {}).items():
        path: Path = ("dashboards", name)
        if not checked_name(context.notes, name, path, "dashboard"):
            continue
        made = _dashboard(context, name, spec, services, path, tags)
        first = seen.setdefault(made.uid, made)
        if first is not made:
            context.notes.add(
                "names/twice",
                path,
                f"dashboard `{name}` has the same id as `{first.title}`",
                key=True,
                help=("rename it, or set `dashboard: false` on the service",),
            )
        out.append(made)
    return out


def datasources(context: Context) -> list[plan.Datasource]:
    """Every declared data source."""
    out = []
    defaults = 0
    for name, spec in (context.spec.datasources or {}).items():
        path: Path = ("datasources", name)
        if spec.type in ("prometheus", "loki", "alertmanager") and not spec.url:
            context.notes.add("datasources/url", path, f"data source `{name}` has no `url`", key=True)
        for key, value in (("url", spec.url or ""), *(spec.options or {}).items()):
            if _secret(key, value):
                context.notes.add(
                    "datasources/literal-secret",
                    (*path, key) if key == "url" else (*path, "options", key),
                    f"`{key}` holds a secret, which must not stand in the spec",
                    help=("use an environment variable of Grafana's: `$NAME`",),
                )
        defaults += spec.default
        if defaults > 1 and spec.default:
            context.notes.add(
                "datasources/default", (*path, "default"), "only one data source can be Grafana's default"
            )
        out.append(
            plan.Datasource(
                name,
                spec.type,
                spec.uid or names.slug(name),
                spec.url or "",
                spec.region or "",
                spec.default,
                spec.options or {},
                path,
            )
        )
    return out


_PASSWORD = re.compile(r"^[a-z]+://[^/@:]*:([^/@]+)@", re.I)


def _secret(key: str, value: object) -> bool:
    """Whether a field holds a secret itself, rather than the name of Grafana's environment variable that does."""
    if not isinstance(value, str) or not value:
        return False
    if key == "url":
        found = _PASSWORD.match(value)
        return found is not None and not found[1].startswith("$")
    return credentials.FIELD.search(key) is not None and not value.startswith("$")


def _dashboard(
    context: Context, name: str, spec: Dashboard, services: Sequence[plan.Service], path: Path, tags: tuple[str, ...]
) -> plan.Dashboard:
    rows = []
    if spec.panels:
        rows.append(plan.Row("", False, _panels(context, spec.panels, services, (*path, "panels"))))
    for title, row in (spec.rows or {}).items():
        rows.append(
            plan.Row(title, row.collapsed, _panels(context, row.panels, services, (*path, "rows", title, "panels")))
        )
    if not spec.panels and not any(row.panels for row in (spec.rows or {}).values()):
        context.notes.add("dashboards/empty", path, f"dashboard `{name}` has no panels", key=True)
    title = spec.title or names.sentence(name)
    return plan.Dashboard(
        uid=names.uid(context.spec.system, name),
        title=title,
        description=spec.description or f"{title} of {context.spec.title or context.spec.system}.",
        tags=tuple(dict.fromkeys((*tags, *(spec.tags or ())))),
        refresh=spec.refresh,
        range=spec.range or _DAY // 4,
        rows=tuple(rows),
        links=tuple((spec.links or {}).items()),
        service="",
        origin=path,
    )


def _panels(
    context: Context, panels: Mapping[str, Panel], services: Sequence[plan.Service], path: Path
) -> tuple[plan.Panel, ...]:
    return tuple(
        panel for title, spec in panels.items() for panel in _panel(context, title, spec, services, (*path, title))
    )


def _panel(context: Context, title: str, spec: Panel, services: Sequence[plan.Service], path: Path) -> list[plan.Panel]:
    notes = context.notes
    contents = ("expr", "cloudwatch", "logs", "queries", "threshold", "slo", "text")
    if not notes.one_of("dashboards/signal", path, f"panel `{title}` has {{}} query or text", spec, contents):
        return []
    for name, low, high in (("width", 1, 24), ("height", 1, 100)):
        size = getattr(spec, name)
        if size is not None and not low <= size <= high:
            notes.add("dashboards/size", (*path, name), f"`{name}` has to be from {low} to {high}")
    if spec.threshold is not None:
        thresholds = {f"{s.name}.{t.key}": t for s in services for t in s.thresholds}
        found = thresholds.get(spec.threshold)
        if found is None and spec.threshold in context.declared:
            return []  # what is wrong with it has been said
        if found is None:
            notes.unknown(
                "dashboards/unknown-threshold",
                (*path, "threshold"),
                "threshold",
                spec.threshold,
                thresholds,
                "services",
            )
            return []
        return [_dressed(p, title if n == 0 else p.title, spec, path) for n, p in enumerate(threshold_panels(found))]
    if spec.slo is not None:
        slos = {f"{s.name}.{o.key}": o for s in services for o in s.slos}
        slo = slos.get(spec.slo)
        if slo is None and spec.slo in context.declared:
            return []
        if slo is None:
            notes.unknown("dashboards/unknown-slo", (*path, "slo"), "SLO", spec.slo, slos, "services")
            return []
        return [_dressed(p, p.title, spec, path) for p in slo_panels(slo)]
    unit = spec.unit or "none"
    limits = []
    for severity, quantity in (spec.limits or {}).items():
        context.severity(severity, (*path, "limits", severity), key=True)
        value = in_unit(context, quantity, spec.unit or "", (*path, "limits", severity))
        if value is not None:
            limits.append(plan.PanelLimit(severity, value))
    return [
        plan.Panel(
            title=title,
            type=spec.type,
            description=spec.description or "",
            unit=unit,
            queries=tuple(_queries(context, spec, path)),
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
        )
    ]


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
    )


def _below(context: Context, limits: list[plan.PanelLimit]) -> bool:
    """Low values are the bad ones where the more severe limit is the lower one."""
    ranks = {s.name: s.rank for s in context.severities}
    ordered = sorted(limits, key=lambda limit: ranks.get(limit.severity, 0))
    return len(ordered) > 1 and ordered[0].value < ordered[-1].value


def _queries(context: Context, spec: Panel, path: Path) -> list[plan.Query]:
    instant = spec.type in ("stat", "gauge", "table")
    blank = plan.Query("", None, "", (), "", spec.legend or "", spec.datasource or "", instant)
    _known_source(context, spec.datasource, (*path, "datasource"))
    groups = tuple(spec.log_groups or ())
    source = (context.spec.datasources or {}).get(spec.datasource or "")
    if spec.logs is not None and not groups and not (source and source.type == "loki"):
        context.notes.add(
            "dashboards/log-groups", path, "`logs` needs `log_groups`, or a data source of type loki", key=True
        )
    if spec.expr is not None:
        return [blank._replace(promql=spec.expr)] if _panel_promql(context, spec.expr, (*path, "expr")) else []
    if spec.cloudwatch is not None:
        return [blank._replace(cloudwatch=cloudwatch_signal(context, spec.cloudwatch, (*path, "cloudwatch")))]
    if spec.logs is not None:
        return [blank._replace(logs=spec.logs, log_groups=groups)]
    out = []
    for legend, query in (spec.queries or {}).items():
        where = (*path, "queries", legend)
        _known_source(context, query.datasource, (*where, "datasource"))
        one = blank._replace(
            legend=query.legend if query.legend is not None else legend, datasource=query.datasource or blank.datasource
        )
        given = [n for n in ("expr", "cloudwatch", "logs", "xray") if getattr(query, n) is not None]
        if len(given) != 1:
            context.notes.add(
                "dashboards/signal",
                where,
                f"query `{legend}` needs exactly one of `expr`, `cloudwatch`, `logs` and `xray`",
                key=True,
            )
        elif query.expr is not None:
            if _panel_promql(context, query.expr, (*where, "expr")):
                out.append(one._replace(promql=query.expr))
        elif query.cloudwatch is not None:
            out.append(one._replace(cloudwatch=cloudwatch_signal(context, query.cloudwatch, (*where, "cloudwatch"))))
        elif query.logs is not None:
            out.append(one._replace(logs=query.logs, log_groups=groups))
        else:
            out.append(one._replace(xray=query.xray or ""))
    return out


def _known_source(context: Context, name: str | None, path: Path) -> None:
    declared = context.spec.datasources or {}
    if name is not None and name not in declared:
        context.notes.unknown("datasources/unknown", path, "data source", name, declared, "datasources")


def _panel_promql(context: Context, expr: str, path: Path) -> bool:
    text = _VARIABLE.sub("5m", expr)
    if check(text, context.versions.prometheus) is None:
        return True
    # Report it on the text as written where the variables do not matter.
    return checked_promql(context, text, path)
