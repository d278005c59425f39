"""What each target will do when the change is deployed.

In: a `Comparison`. Out: `Effect`s: servers that read their files anew, resources that CloudFormation makes, updates, replaces or
deletes, dashboards that Grafana stores. Only what belongs to changed services is made for this.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from monitorspec.diff.pairs import Comparison
from monitorspec.diff.saying import listed
from monitorspec.plan import Plan
from monitorspec.targets import load

Action = Literal["reload", "create", "update", "replace", "delete"]
_DATA = Path(__file__).parent.parent / "data" / "cloudformation" / "replacement.json"
_SERVERS = {"prometheus": "Prometheus", "alertmanager": "Alertmanager"}
_THINGS = {"grafana": "Grafana", "kubernetes": "Kubernetes"}
_FOLDED = ("promtest", "runbook", "cloudwatch")


class Effect(NamedTuple):
    """`what`: the files that are read anew, or the things that are made, changed or gone; `why` of a replacement."""

    target: str
    action: Action
    what: tuple[str, ...]
    why: tuple[str, ...] = ()


def effects(compared: Comparison) -> list[Effect]:
    """What deployment does, by target."""
    old, new = _reduced(compared.old, compared, 0), _reduced(compared.new, compared, 1)
    out: list[Effect] = []
    for name in dict.fromkeys((*old.targets, *new.targets)):
        if name in _FOLDED:
            continue
        before, after = (_files(plan, name) for plan in (old, new))
        changed = [path for path in dict.fromkeys((*after, *before)) if before.get(path) != after.get(path)]
        if not changed:
            continue
        if name in _SERVERS:
            out.append(Effect(_SERVERS[name], "reload", tuple(changed)))
        else:
            out += _of_files(_THINGS.get(name, name), before, after)
    if "cloudwatch" in old.targets or "cloudwatch" in new.targets:
        out += _stack(compared)
    return out


def _reduced(plan: Plan, compared: Comparison, side: int) -> Plan:
    """The plan with its changed services and dashboards only."""
    services = tuple(pair[side] for pair in compared.services)
    other = {d.uid: d for d in (compared.new, compared.old)[side].dashboards}
    return plan._replace(
        services=tuple(service for service in services if service is not None),
        dashboards=tuple(d for d in plan.dashboards if other.get(d.uid) != d),
        runbooks=(),
    )


def _files(plan: Plan, target: str) -> dict[str, str]:
    return dict(load(target).emit(plan)) if target in plan.targets else {}


def _of_files(target: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Effect]:
    made = tuple(path for path in after if path not in before)
    gone = tuple(path for path in before if path not in after)
    changed = tuple(path for path in after if path in before and before[path] != after[path])
    found: tuple[tuple[Action, tuple[str, ...]], ...] = (("create", made), ("update", changed), ("delete", gone))
    for action, paths in found:
        if paths:
            yield Effect(target, action, paths)


# ---- CloudFormation


def _stack(compared: Comparison) -> Iterator[Effect]:
    if not _touched(compared):
        return
    before, after = _resources(compared.old), _resources(compared.new)
    found: dict[Action, list[str]] = {"create": [], "update": [], "replace": [], "delete": []}
    why: dict[str, list[str]] = {}
    for id, now in after.items():
        was = before.get(id)
        name = f"{id} ({now[0].removeprefix('AWS::')})"
        if was is None:
            found["create"].append(name)
        elif was != now:
            anew = _anew(was, now)
            found["replace" if anew else "update"].append(name)
            for reason in anew:
                why.setdefault(reason, []).append(id)
    found["delete"] = [f"{id} ({before[id][0].removeprefix('AWS::')})" for id in before if id not in after]
    reasons = tuple(f"{reason}: {listed(ids)}" for reason, ids in why.items())
    for action, names in found.items():
        if names:
            yield Effect("CloudFormation", action, tuple(names), reasons if action == "replace" else ())


def _touched(compared: Comparison) -> bool:
    """Whether anything changed that a stack may hold."""
    alerts = (pair.either for pair in compared.alerts)
    if any(alert.on_cloudwatch for alert in alerts):
        return True
    if any(slo.either.on_cloudwatch for slo in compared.slos):
        return True
    old, new = compared.old, compared.new
    on_cloudwatch = any(alert.on_cloudwatch for alert in new.alerts) or any(alert.on_cloudwatch for alert in old.alerts)
    shared = ("stack", "dashboards", "labels", "targets")
    ways = ("receivers", "root", "mutes", "windows", "severities", "links", "title", "description")
    names = (*shared, *ways) if on_cloudwatch else shared
    return any(getattr(old, name) != getattr(new, name) for name in names)


def _resources(plan: Plan) -> dict[str, tuple[str, Any, Any]]:
    """Logical id → type, properties, and the values that the template looks up for them."""
    from monitorspec.cloudformation.kinds import resources

    if "cloudwatch" not in plan.targets:
        return {}
    return {r.logical_id: (r.type, r.properties, r.mappings) for r in resources(plan)}


def _anew(old: tuple[str, Any, Any], new: tuple[str, Any, Any]) -> list[str]:
    """Why a resource has to be made anew; [] where it is changed in place."""
    if old[0] != new[0]:
        return [f"its type changes from {old[0]}"]
    return [
        f"{path.replace('/', '.')} changes"
        for path in _create_only().get(new[0], ())
        if _at(old[1], path) != _at(new[1], path)
    ]


def _at(properties: Any, path: str) -> Any:
    for name in path.split("/"):
        properties = properties.get(name) if isinstance(properties, Mapping) else None
    return properties


@cache
def _create_only() -> Mapping[str, Iterable[str]]:
    """Type → the properties whose change makes a resource anew, as pointers."""
    data: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    found: Mapping[str, Iterable[str]] = data["properties"]
    return found
