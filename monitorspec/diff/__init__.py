"""What a change of specs does: plan against plan, never text against text.

In: two plans of one system. Out: every change, in the order in which a reviewer wants to know: who gets paged, what is noticed,
what loses its identity, the ways of alerts, what depends on it, dashboards, the rest.

An area is a function from a `Comparison` to changes and one line in `AREAS`. Equal plans give no change, because outputs are
made from plans alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from monitorspec.diff import (
    dashboards,
    dependents,
    detection,
    identity,
    objectives,
    paging,
    routing,
    scenarios,
    system,
)
from monitorspec.diff.change import LEVELS, Change
from monitorspec.diff.pairs import Comparison, compared
from monitorspec.plan import Plan

Area = Callable[[Comparison], Iterable[Change]]

AREAS: tuple[Area, ...] = (
    paging.changes,
    objectives.changes,
    detection.changes,
    identity.changes,
    routing.changes,
    dependents.changes,
    scenarios.changes,
    system.changes,
    dashboards.changes,
)

TITLES: Mapping[str, str] = {
    "paging": "Who gets paged",
    "detection": "What is noticed",
    "identity": "What loses its identity",
    "routing": "Routes and inhibitions",
    "findings": "What lint says",
    "dependents": "What depends on it",
    "tests": "Tests",
    "aws": "AWS",
    "agents": "Agents",
    "system": "System",
    "dashboards": "Dashboards",
    "cosmetic": "Cosmetic",
}
"""The areas of codes, in the order in which they are shown, with their headings."""


def changes(old: Plan, new: Plan) -> list[Change]:
    """Every change between two plans of one system, in order."""
    if old == new:
        return []
    pairs = compared(old, new)
    return in_order(change for area in AREAS for change in area(pairs))


def in_order(found: Iterable[Change]) -> list[Change]:
    """Each change once: by area, the worst of each area first."""
    order = {area: n for n, area in enumerate(TITLES)}
    return sorted(dict.fromkeys(found), key=lambda change: (order[change.area], LEVELS.index(change.level)))
