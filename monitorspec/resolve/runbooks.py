"""Runbook pages: one for each alert that has no page of its own to share, and those of the system.

In: services with their alerts, runbooks of the spec, texts of the Markdown files that they name. Out: `plan.Runbook`s, and
the services with every alert's page filled in.
"""

from __future__ import annotations

from collections.abc import Callable

from monitorspec import names, plan
from monitorspec.diagnostics import Path
from monitorspec.resolve.context import Context, checked_name
from monitorspec.resolve.signals import checked_promql
from monitorspec.spec.runbook import Runbook

ReadFile = Callable[[str, Path], str]
"""Takes the name of a file beside the spec and the place that names it; returns its text ("" after a finding)."""


def runbooks(context: Context, services: list[plan.Service], read: ReadFile) -> tuple[list[plan.Service], list[plan.Runbook]]:
    """Services whose alerts know their page, and all pages."""
    pages: dict[str, plan.Runbook] = {}
    shared = context.spec.runbooks or {}
    out: list[plan.Service] = []
    used: set[str] = set()
    for service in services:
        declared = (context.spec.services or {})[service.name].runbooks or {}
        taken: set[str] = set()

        def page(
            key: str, title: str, named: str | None, origin: Path, alert_name: str, service: plan.Service = service, declared: dict[str, Runbook] = declared, taken: set[str] = taken
        ) -> str:
            """The page for a threshold, SLO or raw alert; its path."""
            want = named or (key if key in declared else alert_name if alert_name in declared else key)
            if want in declared:
                taken.add(want)
                path = f"{service.name}/{want if named else alert_name}.md"
                spec, where = declared[want], ("services", service.name, "runbooks", want)
            elif want in shared:
                used.add(want)
                path, spec, where = f"{want}.md", shared[want], ("runbooks", want)
            else:
                if named:
                    context.notes.unknown("runbooks/unknown", (*origin, "runbook"), "runbook", named, (*declared, *shared), "runbooks")
                path, spec, where = f"{service.name}/{alert_name}.md", None, origin
            if path not in pages:
                in_service = service.name if path.startswith(f"{service.name}/") else ""
                pages[path] = _page(context, path, in_service, title if want not in shared or spec is None else names.sentence(want), spec, where, read)
            return path

        spec = (context.spec.services or {})[service.name]
        slos = []
        for slo in service.slos:
            named = (spec.slos or {})[slo.key].runbook
            path = page(slo.key, slo.title, named, slo.origin, names.camel(service.name, slo.key))
            slos.append(slo._replace(runbook=path, tiers=tuple(a._replace(runbook=path) for a in slo.tiers)))
        thresholds = []
        for threshold in service.thresholds:
            named = (spec.thresholds or {})[threshold.key].runbook
            alert_name = threshold.alerts[0].name if threshold.alerts else names.camel(service.name, threshold.key)
            path = page(threshold.key, threshold.title, named, threshold.origin, alert_name)
            thresholds.append(threshold._replace(runbook=path, alerts=tuple(a._replace(runbook=path) for a in threshold.alerts)))
        raw = []
        for group in service.raw:
            alerts = tuple(a._replace(runbook=page(a.key, a.title, None, a.origin, a.name)) for a in group.alerts)
            raw.append(group._replace(alerts=alerts))
        for key in declared:
            if key not in taken:
                known = [*(s.key for s in service.slos), *(t.key for t in service.thresholds), *(a.name for g in service.raw for a in g.alerts)]
                context.notes.unknown("runbooks/unused", ("services", service.name, "runbooks", key), "alert", key, known, f"services.{service.name}")
        out.append(service._replace(slos=tuple(slos), thresholds=tuple(thresholds), raw=tuple(raw)))
    for key, spec in shared.items():
        path = f"{key}.md"
        if checked_name(context.notes, key, ("runbooks", key), "runbook") and path not in pages:
            pages[path] = _page(context, path, "", names.sentence(key), spec, ("runbooks", key), read)
    _check_case(context, pages)
    return out, sorted(pages.values(), key=lambda p: (p.service == "", [s.name for s in out].index(p.service) if p.service else 0))


def _page(context: Context, path: str, service: str, title: str, spec: Runbook | None, where: Path, read: ReadFile) -> plan.Runbook:
    if spec is None:
        return plan.Runbook(path, service, title, "", "", (), (), (), (), (), "", where)
    queries = []
    for name, query in (spec.queries or {}).items():
        given = [(language, text) for language in ("sql", "promql", "logs", "shell") if (text := getattr(query, language)) is not None]
        if len(given) != 1:
            context.notes.add("runbooks/query", (*where, "queries", name), f"query `{name}` needs exactly one of `sql`, `promql`, `logs` and `shell`", key=True)
            continue
        language, text = given[0]
        if language == "promql":
            checked_promql(context, text, (*where, "queries", name, "promql"))
        queries.append(plan.RunbookQuery(name, language, text, query.description or ""))
    remediation = []
    for name, item in (spec.remediation or {}).items():
        when = " or ".join(f"{side} {limit.text}" for side, limit in (("above", item.above), ("below", item.below)) if limit is not None)
        remediation.append(
            plan.Remediation(
                name=name,
                description=item.description or "",
                command=item.command or "",
                when=when,
                target=item.target or "",
                cooldown=item.cooldown,
                grace_period=item.grace_period,
                older_than=item.older_than,
                automatic=item.automatic,
            )
        )
    return plan.Runbook(
        path=path,
        service=service,
        title=spec.title or title,
        description=spec.description or "",
        impact=spec.impact or "",
        steps=tuple(spec.steps or ()),
        queries=tuple(queries),
        remediation=tuple(remediation),
        escalation=tuple(spec.escalation or ()),
        links=tuple((spec.links or {}).items()),
        markdown=read(spec.file, (*where, "file")) if spec.file else "",
        origin=where,
    )


def _check_case(context: Context, pages: dict[str, plan.Runbook]) -> None:
    seen: dict[str, str] = {"readme.md": "README.md"}
    for path, page in pages.items():
        first = seen.setdefault(path.lower(), path)
        if first != path:
            context.notes.add("names/twice", page.origin, f"runbook pages `{first}` and `{path}` differ only by case", key=True)



