"""The spec's routing tree, with the alerts that reach each of its routes.

In: a plan. Out: `Branch`es.
"""

from __future__ import annotations

from typing import NamedTuple

from monitorspec.paging import matrix
from monitorspec.plan import Alert, Matcher, Path, Plan, Route


class Branch(NamedTuple):
    """One route of the spec. `any_of`: alternatives of matchers. `reached`: alerts that it takes; `told`: those of them that
    it tells of itself, because no finer route does."""

    route: Route
    any_of: tuple[tuple[Matcher, ...], ...]
    reached: tuple[Alert, ...]
    told: tuple[Alert, ...]
    branches: tuple[Branch, ...]


def tree(plan: Plan) -> Branch:
    """The root with everything below it."""
    reached: dict[Path, dict[str, Alert]] = {}
    told: dict[Path, dict[str, Alert]] = {}
    for notifications, alerts in matrix(plan).routed.items():
        mine = {alert.id: alert for alert in alerts}
        for origin in {n.origin for n in notifications}:
            told.setdefault(origin, {}).update(mine)
            for above in _lineage(origin):
                reached.setdefault(above, {}).update(mine)
    order = {alert.id: n for n, alert in enumerate(plan.alerts)}

    def listed(found: dict[str, Alert]) -> tuple[Alert, ...]:
        return tuple(sorted(found.values(), key=lambda alert: order[alert.id]))

    def branch(routes: list[Route]) -> Branch:
        route = routes[0]
        finer: dict[Path, list[Route]] = {}
        for child in route.routes:
            finer.setdefault(child.origin, []).append(child)
        return Branch(
            route,
            tuple(r.matchers for r in routes),
            listed(reached.get(route.origin, {})),
            listed(told.get(route.origin, {})),
            tuple(branch(same) for same in finer.values()),
        )

    return branch([plan.root])._replace(reached=plan.alerts)


def _lineage(origin: Path) -> list[Path]:
    """A route's path, and those of the routes around it: `routes.a.routes.b` is within `routes.a`."""
    return [origin[:n] for n in range(len(origin), 1, -2)]
