"""Runbook pages: one for each alert that has no page of its own to share, and those of the system.

In: services with their alerts, runbooks of the spec, texts of the Markdown files that they name. Out: `plan.Runbook`s, and
the services with every alert's page filled in.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from monitorspec import names, plan
from monitorspec.diagnostics import Path
from monitorspec.resolve.context import Context, checked_name
from monitorspec.resolve.signals import checked_promql
from monitorspec.spec.runbook import Runbook

ReadFile = Callable[[str, Path], str]
"""Takes the name of a file beside the spec and the place that names it; returns its text ("" after a finding)."""


def runbooks(
    context: Context, services: list[plan.Service], read: ReadFile
) -> tuple[list[plan.Service], list[plan.Runbook]]:
    """Services whose alerts know their page, and all pages: by service, then those of the system."""
    pages = _Pages(context, read)
    out = [_paged(context, pages, service) for service in services]
    for name, spec in (context.spec.runbooks or {}).items():
        where: Path = ("runbooks", name)
        if checked_name(context.notes, name, where, "runbook"):
            pages.add(f"{name}.md", "", names.sentence(name), spec, where)
    _check_case(context, pages.made)
    rank = {service.name: n for n, service in enumerate(services)}
    return out, sorted(pages.made.values(), key=lambda page: rank.get(page.service, len(rank)))


class _Pages:
    """The pages made so far, by path."""

    def __init__(self, context: Context, read: ReadFile) -> None:
        self._context = context
        self._read = read
        self.made: dict[str, plan.Runbook] = {}
        self.used: set[tuple[str, str]] = set()

    def add(self, path: str, service: str, title: str, spec: Runbook | None, where: Path) -> str:
        """The page at `path`, made once; returns the path."""
        if path not in self.made:
            self.made[path] = _page(self._context, path, service, title, spec, where, self._read)
        return path

    def of_alert(self, service: str, key: str, alert: str, title: str, named: str | None, origin: Path) -> str:
        """The page of a threshold, SLO or raw alert: the one it names, the one under its key or name, or one of its own."""
        own = (self._context.spec.services or {})[service].runbooks or {}
        shared = self._context.spec.runbooks or {}
        candidates = (named,) if named else (key, alert)
        for name in candidates:
            if name in own:
                self.used.add((service, name))
                path = f"{service}/{name if named else alert}.md"
                return self.add(path, service, title, own[name], ("services", service, "runbooks", name))
            if name in shared:
                return self.add(f"{name}.md", "", names.sentence(name), shared[name], ("runbooks", name))
        if named:
            where = (*origin, "runbook")
            self._context.notes.unknown("runbooks/unknown", where, "runbook", named, (*own, *shared), "runbooks")
            # Whichever of these was meant, it is not to be called unused as well.
            self.used.update((service, name) for name in (key, alert))
        return self.add(f"{service}/{alert}.md", service, title, None, origin)


def _paged(context: Context, pages: _Pages, service: plan.Service) -> plan.Service:
    spec = (context.spec.services or {})[service.name]
    slos, thresholds, raw = [], [], []
    for slo in service.slos:
        named = (spec.slos or {})[slo.key].runbook
        path = pages.of_alert(service.name, slo.key, names.camel(service.name, slo.key), slo.title, named, slo.origin)
        tiers = tuple(a._replace(runbook=path) for a in slo.tiers)
        slos.append(slo._replace(runbook=path, tiers=tiers))
    for threshold in service.thresholds:
        named = (spec.thresholds or {})[threshold.key].runbook
        name = threshold.alerts[0].name
        path = pages.of_alert(service.name, threshold.key, name, threshold.title, named, threshold.origin)
        alerts = tuple(a._replace(runbook=path) for a in threshold.alerts)
        thresholds.append(threshold._replace(runbook=path, alerts=alerts))
    for group in service.raw:
        paths = [pages.of_alert(service.name, a.key, a.name, a.title, None, a.origin) for a in group.alerts]
        alerts = tuple(a._replace(runbook=path) for a, path in zip(group.alerts, paths, strict=True))
        raw.append(group._replace(alerts=alerts))
    for name in spec.runbooks or {}:
        if (service.name, name) not in pages.used:
            known = dict.fromkeys([*(a.key for a in service.alerts), *(a.name for a in service.alerts)])
            if name in (*(spec.slos or {}), *(spec.thresholds or {})) and name not in known:
                continue  # what is wrong with its alert has been said
            near = get_close_matches(name, known, 1)
            taken = f"the alerts of `{name}` name another one" if name in known else ""
            context.notes.add(
                "runbooks/unused",
                ("services", service.name, "runbooks", name),
                f"no alert uses the runbook `{name}`",
                key=True,
                label=taken or f"no SLO, threshold or alert of `{service.name}` has this name",
                help=(f"did you mean `{near[0]}`?",) if near and not taken else (),
            )
    return service._replace(slos=tuple(slos), thresholds=tuple(thresholds), raw=tuple(raw))


def _page(
    context: Context, path: str, service: str, title: str, spec: Runbook | None, where: Path, read: ReadFile
) -> plan.Runbook:
    if spec is None:
        return plan.Runbook(path, service, title, "", "", (), (), (), (), (), "", where)
    queries = []
    saved = (context.spec.aws.log_queries if context.spec.aws else None) or {}
    for name, query in (spec.queries or {}).items():
        given = [
            (language, text)
            for language in ("sql", "promql", "logs", "shell")
            if (text := getattr(query, language)) is not None
        ]
        if len(given) != 1:
            context.notes.add(
                "runbooks/query",
                (*where, "queries", name),
                f"query `{name}` needs exactly one of `sql`, `promql`, `logs` and `shell`",
                key=True,
            )
            continue
        language, text = given[0]
        if language == "promql":
            checked_promql(context, text, (*where, "queries", name, "promql"))
        description = query.description or ""
        if language == "logs" and text.strip() in saved:
            found = saved[text.strip()]
            text, description = found.query.replace("${!", "${"), description or found.description or ""
        queries.append(plan.RunbookQuery(name, language, text, description))
    remediation = []
    for name, item in (spec.remediation or {}).items():
        when = " or ".join(
            f"{side} {limit.text}"
            for side, limit in (("above", item.above), ("below", item.below))
            if limit is not None
        )
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
            context.notes.add(
                "names/twice", page.origin, f"runbook pages `{first}` and `{path}` differ only by case", key=True
            )
