"""The paging matrix for people: alerts of one severity with the same answers, and a line for each part of the week.

In: a plan, and alerts of it. Out: `Block`s; `phrase` says one line's receivers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from monitorspec.paging import Shift, matrix, tells
from monitorspec.plan import Alert, Plan
from monitorspec.routing import Notification, router
from monitorspec.spec.units import duration_text

NOBODY = "NOBODY"


class Block(NamedTuple):
    """`own`: why no route is asked ("" if routes are): an alarm's actions are off, or its own."""

    severity: str
    page: bool
    on_cloudwatch: bool
    alerts: tuple[Alert, ...]
    shifts: tuple[Shift, ...]
    own: str

    @property
    def silent(self) -> bool:
        """Whether nobody is told in some part of the week."""
        return not self.own and any(not shift.told for shift in self.shifts)


def blocks(plan: Plan, alerts: Iterable[Alert], extra: Mapping[str, str] | None = None) -> tuple[Block, ...]:
    """Alerts by severity and answer, the most severe first; `extra`: labels that they carry besides their own."""
    asked = matrix(plan)
    ranks = {severity.name: severity for severity in plan.severities}
    found: dict[tuple[object, ...], tuple[list[Alert], tuple[Shift, ...], str]] = {}
    for alert in alerts:
        routed = alert._replace(labels={**alert.labels, **extra}) if extra and not alert.on_cloudwatch else alert
        own, shifts = _own(alert), asked.shifts_of(routed)
        key = (alert.severity, alert.on_cloudwatch, own, () if own else tuple(map(_shown, shifts)))
        found.setdefault(key, ([], shifts, own))[0].append(alert)
    made = [
        Block(
            members[0].severity,
            ranks[members[0].severity].page,
            members[0].on_cloudwatch,
            tuple(members),
            shifts,
            own,
        )
        for members, shifts, own in found.values()
    ]
    return tuple(sorted(made, key=lambda block: (ranks[block.severity].rank, block.on_cloudwatch)))


def supposed(plan: Plan, labels: Mapping[str, str]) -> Block:
    """What would be told of an alert of Prometheus that had these labels and no others; it has no alerts."""
    severity = labels.get("severity", "")
    page = any(s.page for s in plan.severities if s.name == severity)
    shifts = matrix(plan).shifts(router(plan).receivers_of(labels))
    return Block(severity or "no severity", page, False, (), shifts, "")


def phrase(plan: Plan, shift: Shift, on_cloudwatch: bool) -> str:
    """Who is told: `oncall, chat at once; leads after 30m; repeated every 1h`."""
    if not shift.told:
        return NOBODY + _why(shift)
    names = _named(plan, on_cloudwatch)
    when: dict[int, list[str]] = {}
    for n in shift.told:
        when.setdefault(n.after, []).append(names.get(n.receiver, n.receiver))
    said = []
    for after, told in sorted(when.items()):
        said.append(f"{', '.join(dict.fromkeys(told))} {f'after {duration_text(after)}' if after else 'at once'}")
    return "; ".join((*said, *repeated(shift.told)))


def repeated(told: Sequence[Notification]) -> list[str]:
    """How often it is said again; nothing for CloudWatch, which tells changes only."""
    often: dict[int, list[str]] = {}
    for n in told:
        if n.repeat_interval:
            often.setdefault(n.repeat_interval, []).append(n.receiver)
    if len(often) == 1:
        return [f"repeated every {duration_text(next(iter(often)))}"]
    parts = [f"every {duration_text(ms)} to {', '.join(dict.fromkeys(who))}" for ms, who in sorted(often.items())]
    return [f"repeated {', '.join(parts)}"] if parts else []


def names(alerts: Sequence[Alert]) -> list[str]:
    """What people call alerts: `service.threshold` or `service.slo`, each once."""
    return list(dict.fromkeys(f"{alert.service}.{alert.key}" for alert in alerts))


def _named(plan: Plan, on_cloudwatch: bool) -> dict[str, str]:
    """Receivers with the topics that carry alarms to them."""
    if not on_cloudwatch:
        return {}
    return {
        receiver.name: f"{receiver.name} ({'topic' if len(receiver.topics) == 1 else 'topics'} {', '.join(receiver.topics)})"
        for receiver in plan.receivers
        if receiver.topics
    }


def _why(shift: Shift) -> str:
    if not shift.silenced:
        return ": no route takes it to anybody"
    closed = dict.fromkeys(n.silenced_by for n in shift.silenced if n.silenced_by in n.active)
    muted = dict.fromkeys(n.silenced_by for n in shift.silenced if n.silenced_by not in n.active)
    waiting = ", ".join(dict.fromkeys(n.receiver for n in shift.silenced if not n.after))
    why = [f"muted in {', '.join(muted)}"] if muted else []
    why += [f"outside {', '.join(closed)}"] if closed and not muted else []
    return f", {' and '.join(why)}; {waiting} later if it still fires" if waiting else f", {' and '.join(why)}"


def _own(alert: Alert) -> str:
    if tells(alert):
        return ""
    return "its actions are off" if not alert.actions_enabled else "as its own AlarmActions say"


def _shown(shift: Shift) -> tuple[object, ...]:
    told = tuple((n.receiver, n.after, n.repeat_interval) for n in shift.told)
    return shift.when, told, tuple((n.receiver, n.after, n.silenced_by) for n in shift.silenced)
