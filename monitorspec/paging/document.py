"""The paging matrix as a JSON document, for programs.

In: plans and what was asked. Out: plain data. Durations are seconds, hours are those of an average week.
"""

from __future__ import annotations

from typing import Any

from monitorspec.inhibition import sources_of
from monitorspec.paging import Shift, matrix
from monitorspec.paging.blocks import Block
from monitorspec.paging.tree import Branch
from monitorspec.plan import Plan
from monitorspec.routing import Notification

VERSION = 1


def block_fields(plan: Plan, block: Block, now: Shift | None) -> dict[str, Any]:
    """A block; with `now`, that shift alone and the alerts that may inhibit each."""
    topics = {receiver.name: list(receiver.topics) for receiver in plan.receivers} if block.on_cloudwatch else {}
    shifts = () if block.own else block.shifts if now is None else (now,)
    out: dict[str, Any] = {
        "severity": block.severity,
        "page": block.page,
        "platform": "cloudwatch" if block.on_cloudwatch else "prometheus",
        "alerts": [alert.id for alert in block.alerts],
        "unrouted": block.own or None,
        "shifts": [_shift(plan, shift, topics) for shift in shifts],
    }
    if now is not None:
        out["inhibited_by"] = {
            alert.id: [
                {"rule": rule.name, "alerts": [source.id for source in sources], "equal": list(rule.equal)}
                for rule, sources in sources_of(plan, alert)
            ]
            for alert in block.alerts
        }
    return out


def branch_fields(branch: Branch) -> dict[str, Any]:
    """A route of the tree, with those within it."""
    route = branch.route
    return {
        "route": route.name or "default",
        "path": ".".join(map(str, route.origin)),
        "any_of": [[f'{m.label}{m.op}"{m.value}"' for m in ms] for ms in branch.any_of],
        "continue": route.continue_,
        "targets": [
            {"receiver": t.receiver, "after": _seconds(t.after), "during": list(t.active), "outside": list(t.muted)}
            for t in route.targets
        ],
        "reached": [alert.id for alert in branch.reached],
        "told": [alert.id for alert in branch.told],
        "routes": [branch_fields(finer) for finer in branch.branches],
    }


def _shift(plan: Plan, shift: Shift, topics: dict[str, list[str]]) -> dict[str, Any]:
    zones = {part.tz or "UTC" for name in _windows(shift) for part in matrix(plan).windows[name].parts}
    return {
        "when": shift.when,
        "open": [sorted(names) for names in shift.open],
        "hours": round(shift.minutes / 60, 4),
        "spans": [[_clock(start), _clock(end)] for start, end in shift.spans],
        "zone": zones.pop() if len(zones) == 1 else None,
        "told": [_told(n, topics) for n in shift.told],
        "silenced": [{**_told(n, topics), "by": n.silenced_by} for n in shift.silenced],
    }


def _windows(shift: Shift) -> set[str]:
    return {name for n in (*shift.told, *shift.silenced) for name in (*n.active, *n.muted)}


def _told(n: Notification, topics: dict[str, list[str]]) -> dict[str, Any]:
    out: dict[str, Any] = {"receiver": n.receiver, "after": _seconds(n.after), "route": ".".join(n.route) or "default"}
    if topics:
        return {**out, "topics": topics.get(n.receiver, [])}
    return {
        **out,
        "group_by": list(n.group_by),
        "group_wait": _seconds(n.group_wait),
        "group_interval": _seconds(n.group_interval),
        "repeat_interval": _seconds(n.repeat_interval),
    }


def _clock(minute: int) -> str:
    """Of a week: `mon 08:00`; its end is `mon 00:00` again."""
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[minute // 1440 % 7]
    return f"{day} {minute % 1440 // 60:02}:{minute % 60:02}"


def _seconds(ms: int) -> int | float:
    return ms // 1000 if ms % 1000 == 0 else ms / 1000
