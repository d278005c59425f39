"""Changes of recorded series, with everything that reads them: a new rule under an old name changes what alerts mean.

In: a `Comparison`. Out: changes `dependents/…`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from monitorspec.diff.change import At, Change, Level
from monitorspec.diff.expressions import turn
from monitorspec.diff.identity import labels_text
from monitorspec.diff.pairs import Comparison
from monitorspec.diff.saying import listed, span
from monitorspec.plan import Path, Plan
from monitorspec.promql.expression import metric_names


class Recorded(NamedTuple):
    """A recording rule, declared or raw."""

    name: str
    expr: str
    labels: tuple[tuple[str, str], ...]
    interval: int
    group: str
    origin: Path


def changes(compared: Comparison) -> Iterator[Change]:
    """Recording rules that come, go or record something else."""
    before, after = _recorded(compared.old), _recorded(compared.new)
    for name in dict.fromkeys((*after, *before)):
        was, now = before.get(name, ()), after.get(name, ())
        if _plain(was) == _plain(now):
            continue
        subject = f"record {name}"
        if not was:
            text = f"new: records {_flat(now[0].expr)}"
            yield Change("dependents/record-added", "notable", "+", subject, text, At(now[0].origin))
        elif not now:
            level, details = _readers(compared.new, name)
            text = "gone" if details else "gone; nothing reads it"
            at = At(was[0].origin, True)
            yield Change("dependents/record-removed", level, "-", subject, text, at, details=details)
        else:
            yield from _changed(compared.new, subject, name, was, now)


def _changed(
    plan: Plan, subject: str, name: str, was: tuple[Recorded, ...], now: tuple[Recorded, ...]
) -> Iterator[Change]:
    level, details = _readers(plan, name)
    for old, new in zip(was, now, strict=False):
        at = At(new.origin)
        way, text = turn(old.expr, new.expr)
        if way != "same":
            lines = (f"- {_flat(old.expr)}", f"+ {_flat(new.expr)}", *details)
            said = f"records something else: {text}"
            yield Change("dependents/record", level, "~", subject, said, at, _flat(old.expr), _flat(new.expr), lines)
        elif old.expr != new.expr:
            yield Change("cosmetic/expression", "cosmetic", "~", subject, "its expression is laid out anew", at)
        if old.labels != new.labels:
            text = labels_text(dict(old.labels), dict(new.labels))
            yield Change(
                "identity/labels", level, "-/+", subject, text, at, details=("its history begins anew", *details)
            )
        if old.interval != new.interval:
            before, after = span(old.interval), span(new.interval)
            text = f"recorded every {before} → {after}"
            yield Change("dependents/interval", "notable", "~", subject, text, at, before, after, details)
        if old.group != new.group:
            text = f"rule group {old.group} → {new.group}"
            yield Change("identity/group", "cosmetic", "-/+", subject, text, at, old.group, new.group)
    if len(was) != len(now):
        at = At(now[0].origin)
        text = f"recorded by {len(was)} → {len(now)} rules"
        yield Change("dependents/record", level, "~", subject, text, at, str(len(was)), str(len(now)), details)


def _recorded(plan: Plan) -> dict[str, tuple[Recorded, ...]]:
    out: dict[str, tuple[Recorded, ...]] = {}
    for record in (*plan.records, *(record for service in plan.services for record in service.records)):
        labels = tuple(sorted(record.labels.items()))
        made = Recorded(record.name, record.expr, labels, record.interval, record.group, record.origin)
        out[record.name] = (*out.get(record.name, ()), made)
    for group in (raw for service in plan.services for raw in service.raw):
        for rule in group.rules:
            if "record" in rule:
                labels = tuple(sorted((rule.get("labels") or {}).items()))
                made = Recorded(rule["record"], rule["expr"], labels, group.interval or 0, group.name, group.origin)
                out[made.name] = (*out.get(made.name, ()), made)
    return out


def _plain(rules: tuple[Recorded, ...]) -> list[tuple[object, ...]]:
    return [(r.expr, r.labels, r.interval, r.group) for r in rules]


def _flat(expr: str) -> str:
    return " ".join(expr.split())


def _readers(plan: Plan, name: str) -> tuple[Level, tuple[str, ...]]:
    """Who reads a recorded series, at first or second hand; alerts that do make its change a risky one."""
    names = {name}
    records = [rule for rules in _recorded(plan).values() for rule in rules]
    before = 0
    while before != len(names):
        before = len(names)
        names |= {rule.name for rule in records if not names.isdisjoint(_reads(rule.expr))}
    alerts = [a.id for a in plan.alerts if not names.isdisjoint(_reads(a.signal.promql))]
    for slo in (slo for service in plan.services for slo in service.slos):
        i = slo.indicator
        if any(not names.isdisjoint(_reads(text)) for text in (i.total, i.bad, i.good, i.histogram, i.expr)):
            alerts += [f"{slo.service}.{slo.key}"]
    panels = [
        f"{dashboard.title}: {panel.title}"
        for dashboard in plan.dashboards
        for row in dashboard.rows
        for panel in row.panels
        if any(not names.isdisjoint(_reads(query.promql)) for query in panel.queries)
    ]
    runbooks = [
        page.path
        for page in plan.runbooks
        if any(q.language == "promql" and not names.isdisjoint(_reads(q.text)) for q in page.queries)
    ]
    found = {"alerts": alerts, "records": sorted(names - {name}), "panels": panels, "runbooks": runbooks}
    details = tuple(f"{what}: {listed(items)}" for what, items in found.items() if items)
    return "risky" if alerts else "notable", details


def _reads(expr: str) -> tuple[str, ...]:
    if not expr:
        return ()
    try:
        return metric_names(expr)
    except ValueError:
        return ()
