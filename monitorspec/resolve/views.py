"""Dashboards and data sources.

In: the spec, the resolved services and log groups. Out: `plan.Dashboard`s (each service's own one first, then the declared
ones) and `plan.Datasource`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monitorspec import credentials, names, plan
from monitorspec.dashboards import RANGE, service_dashboard
from monitorspec.diagnostics import Path
from monitorspec.panels import ends, not_on_cloudwatch
from monitorspec.plan.aws import LogGroup
from monitorspec.resolve.aws import name_prefix
from monitorspec.resolve.context import Context, checked_name
from monitorspec.resolve.panels import Shown, panels, shown
from monitorspec.spec.dashboard import Dashboard

# Amazon CloudWatch API reference, PutDashboard.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


def dashboards(
    context: Context, services: Sequence[plan.Service], groups: Sequence[LogGroup], environment: str
) -> list[plan.Dashboard]:
    """Every dashboard."""
    tags = (context.spec.system, "monitorspec")
    known = shown(services)
    out = list(_of_services(context, services, groups, known, tags))
    seen = {d.uid: d for d in out}
    for name, spec in (context.spec.dashboards or {}).items():
        path: Path = ("dashboards", name)
        if not checked_name(context.notes, name, path, "dashboard"):
            continue
        made = _dashboard(context, name, spec, known, path, tags)
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
    _check_names(context, out, environment)
    return out


def _of_services(
    context: Context, services: Sequence[plan.Service], groups: Sequence[LogGroup], known: Shown, tags: tuple[str, ...]
) -> Iterator[plan.Dashboard]:
    """The automatic dashboard of each service."""
    for service in services:
        spec = (context.spec.services or {})[service.name]
        if not spec.dashboard:
            continue
        platforms = context.platforms(spec.platforms)
        own = panels(context, spec.panels or {}, known, (*service.origin, "panels"), RANGE, platforms)
        logs = [group for group in groups if group.service == service.name]
        made = service_dashboard(context.spec.system, service, tags, panels=own, groups=logs, platforms=platforms)
        if "cloudwatch" in platforms and all(not_on_cloudwatch(p) for row in made.rows for p in row.panels):
            if spec.platforms:
                context.notes.add(
                    "dashboards/platform",
                    (*service.origin, "platforms"),
                    f"CloudWatch could show nothing of `{service.name}`: it has no CloudWatch metrics, alarms or logs",
                    key=True,
                )
            made = made._replace(platforms=tuple(p for p in platforms if p != "cloudwatch"))
        if made.platforms:
            yield made


def _check_names(context: Context, made: Sequence[plan.Dashboard], environment: str) -> None:
    """Names that CloudWatch would refuse."""
    prefix = name_prefix(context._replace(notes=context.notes.muted()), environment)
    for board in made:
        name = prefix + board.name
        if "cloudwatch" not in board.platforms or _NAME.fullmatch(re.sub(r"\$\{[^}]*\}", "x", name)):
            continue
        context.notes.add(
            "dashboards/name",
            board.origin,
            f"`{name}` cannot name a CloudWatch dashboard",
            key=True,
            label="letters, digits, `-` and `_`, at most 255",
            help=("names start with `aws.name_prefix`, which is the system's name unless told",),
        )


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
    context: Context, name: str, spec: Dashboard, known: Shown, path: Path, tags: tuple[str, ...]
) -> plan.Dashboard:
    length = spec.range or RANGE
    platforms = context.platforms(spec.platforms)
    rows = []
    if spec.panels:
        rows.append(plan.Row("", False, panels(context, spec.panels, known, (*path, "panels"), length, platforms)))
    for title, row in (spec.rows or {}).items():
        where = (*path, "rows", title, "panels")
        rows.append(plan.Row(title, row.collapsed, panels(context, row.panels, known, where, length, platforms)))
    if not platforms:
        context.notes.add("dashboards/empty", (*path, "platforms"), f"dashboard `{name}` is made nowhere", key=True)
    if not spec.panels and not any(row.panels for row in (spec.rows or {}).values()):
        context.notes.add("dashboards/empty", path, f"dashboard `{name}` has no panels", key=True)
    if "cloudwatch" in platforms:
        _check_cloudwatch(context, rows)
    title = spec.title or names.sentence(name)
    return plan.Dashboard(
        uid=names.uid(context.spec.system, name),
        title=title,
        description=spec.description or f"{title} of {context.spec.title or context.spec.system}.",
        tags=tuple(dict.fromkeys((*tags, *(spec.tags or ())))),
        refresh=spec.refresh,
        range=length,
        rows=tuple(rows),
        links=tuple((spec.links or {}).items()),
        service="",
        origin=path,
        name=name,
        platforms=platforms,
    )


def _check_cloudwatch(context: Context, rows: Sequence[plan.Row]) -> None:
    """Findings for panels that CloudWatch cannot draw."""
    for panel in (panel for row in rows for panel in row.panels):
        what = not_on_cloudwatch(panel)
        if what:
            context.notes.add(
                "dashboards/platform",
                panel.origin,
                f"CloudWatch cannot draw `{panel.title}`: it is {what}",
                key=True,
                help=(
                    "make the dashboard for Grafana only: `platforms: [grafana]`",
                    "or move the panel to another one",
                ),
            )
        elif panel.type == "gauge" and None in ends(panel):
            context.notes.add(
                "dashboards/option",
                panel.origin,
                f"on CloudWatch the gauge `{panel.title}` needs `min` and `max`",
                key=True,
            )
