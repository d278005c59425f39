"""Who is told of each alert at each hour of the week, for every week there is: what `routing` says, put together over time.

In: a plan. Out: `Shift`s: the spans of hours in which the same receivers are told of an alert (`paging`). Only windows cut a
week, so alerts that are routed alike share their shifts, and a plan of thousands of alerts has few of them.

A CloudWatch alarm tells the topics of the receivers that are told at once, at any hour: SNS knows neither waiting nor windows.
Only a maintenance window keeps it silent, where a mute rule of CloudWatch can say when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from monitorspec.hours import Hours, Spans, joined, week
from monitorspec.plan import Alert, Plan, Window
from monitorspec.routing import Notification, mutes_of, router

ALWAYS, OTHERWISE = "always", "otherwise"


class Shift(NamedTuple):
    """A part of the week in which the same receivers are told."""

    when: str
    """The windows' own words, `otherwise` for what no other shift of the alert has, or `always`."""
    open: tuple[frozenset[str], ...]
    """Every combination of open windows (of those that matter to the alert) that belongs to it."""
    minutes: float
    """How long it is in an average week."""
    spans: Spans
    """Minutes from Monday 00:00 in the zone of the windows; () where weeks differ, or where it is always."""
    told: tuple[Notification, ...]
    """In the order of the tree; an escalation has `after`."""
    silenced: tuple[Notification, ...]
    """Those that a window keeps silent, named in `silenced_by`."""

    @property
    def at_once(self) -> tuple[str, ...]:
        """Receivers that are told without an escalation."""
        return tuple(dict.fromkeys(n.receiver for n in self.told if not n.after))


def paging(plan: Plan) -> Mapping[str, tuple[Shift, ...]]:
    """Id of each alert → its shifts, which together are all of the week."""
    asked = matrix(plan)
    return {alert.id: asked.shifts_of(alert) for alert in plan.alerts}


class Matrix:
    """A plan's shifts, and the answers it has given."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.windows = {window.name: window for window in plan.windows}
        self._topics = {receiver.name for receiver in plan.receivers if receiver.topics}
        self._shifts: dict[tuple[Notification, ...], tuple[Shift, ...]] = {}
        self._groups: dict[tuple[Notification, ...], list[Alert]] | None = None
        self._routed: dict[tuple[Notification, ...], list[Alert]] | None = None

    def notifications(self, alert: Alert) -> tuple[Notification, ...]:
        """Who is told of an alert at some time; `active` and `muted` say when."""
        return self._told(alert, router(self.plan).receivers_of({**alert.labels, "alertname": alert.name}))

    @property
    def routed(self) -> Mapping[tuple[Notification, ...], Sequence[Alert]]:
        """All alerts, by what the routes say of them, whatever carries it."""
        if self._routed is None:
            self._routed = {}
            ask = router(self.plan).receivers_of
            for alert in self.plan.alerts:
                self._routed.setdefault(ask({**alert.labels, "alertname": alert.name}), []).append(alert)
        return self._routed

    @property
    def groups(self) -> Mapping[tuple[Notification, ...], Sequence[Alert]]:
        """The alerts that may tell, by who is told of them."""
        if self._groups is None:
            self._groups = {}
            for told, alerts in self.routed.items():
                for alert in alerts:
                    if tells(alert):
                        self._groups.setdefault(self._told(alert, told), []).append(alert)
        return self._groups

    def shifts_of(self, alert: Alert) -> tuple[Shift, ...]:
        """The shifts of an alert."""
        return self.shifts(self.notifications(alert))

    def shifts(self, told: tuple[Notification, ...]) -> tuple[Shift, ...]:
        """The shifts of what `routing.receivers_of` answers for some labels."""
        made = self._shifts.get(told)
        if made is None:
            names = dict.fromkeys(name for n in told for name in (*n.active, *n.muted))
            made = self._shifts[told] = _shifts(told, [self.windows[name] for name in names])
        return made

    def _told(self, alert: Alert, told: tuple[Notification, ...]) -> tuple[Notification, ...]:
        return self._of_alarm(alert, told) if alert.on_cloudwatch else told

    def _of_alarm(self, alert: Alert, told: Iterable[Notification]) -> tuple[Notification, ...]:
        reached = {n.receiver: n for n in reversed([*told]) if not n.after and n.receiver in self._topics}
        muted: tuple[str, ...] = ()
        if reached and self.plan.mutes:
            from monitorspec.cloudformation.muteschedule import problem

            mutes = dict.fromkeys(mute.window for mute in mutes_of(self.plan, alert))
            muted = tuple(name for name in mutes if not any(problem(part) for part in self.windows[name].parts))
        plain = (n for n in reversed(reached.values()))
        return tuple(Notification(n.receiver, 0, 0, 0, 0, (), n.route, (), muted, "", n.origin) for n in plain)


_last: list[Matrix] = []


def matrix(plan: Plan) -> Matrix:
    """The plan's matrix; the last one is kept, because every rule of lint asks it."""
    if not _last or _last[0].plan is not plan:
        _last[:] = [Matrix(plan)]
    return _last[0]


def tells(alert: Alert) -> bool:
    """Whether routes decide who is told of it: not of an alarm whose actions are off, or its own."""
    return alert.actions_enabled and "AlarmActions" not in alert.properties


def _shifts(told: tuple[Notification, ...], windows: Sequence[Window]) -> tuple[Shift, ...]:
    if not windows:
        return (Shift(ALWAYS, (frozenset(),), 10080.0, (), told, ()),)
    parts: dict[tuple[tuple[Notification, ...], tuple[Notification, ...]], list[Hours]] = {}
    for hours in week(windows).hours:
        asked = [n._replace(silenced_by=_silence(n, hours.open)) for n in told]
        speaking = tuple(n for n in asked if not n.silenced_by)
        silent = tuple(n for n in asked if n.silenced_by)
        parts.setdefault((speaking, silent), []).append(hours)
    groups = list(parts.items())
    out = []
    for number, ((speaking, silent), own) in enumerate(groups):
        others = [hours.open for other, (_, found) in enumerate(groups) if other != number for hours in found]
        spans = [span for hours in own for span in hours.spans]
        minutes = sum(hours.minutes for hours in own)
        opens = tuple(hours.open for hours in own)
        # What is open at no time comes last (`hours.week`): it is all that the others have not.
        last = number == len(groups) - 1 and frozenset() in opens
        when = ALWAYS if not others else OTHERWISE if last else words(opens, others, windows)
        out.append(Shift(when, opens, minutes, joined(spans), speaking, silent))
    return tuple(out)


def _silence(n: Notification, open_: frozenset[str]) -> str:
    """The window that keeps a notification silent while just these are open, or ""."""
    if n.active and not open_.intersection(n.active):
        return n.active[0]
    return next((name for name in n.muted if name in open_), "")


def words(own: Sequence[frozenset[str]], others: Sequence[frozenset[str]], windows: Sequence[Window]) -> str:
    """The fewest words that tell some combinations of open windows from others: `mon-fri 08:00-18:00 UTC outside sun UTC`."""
    terms: dict[tuple[tuple[str, ...], tuple[str, ...]], None] = {}
    for open_ in own:
        inside = [window.name for window in windows if window.name in open_]
        outside = [window.name for window in windows if window.name not in open_]
        for names in (outside, inside):
            for name in list(names):
                names.remove(name)
                if any(set(inside) <= other and not other.intersection(outside) for other in others):
                    names.append(name)
        order = [window.name for window in windows]
        key = tuple(sorted(inside, key=order.index)), tuple(sorted(outside, key=order.index))
        terms[key] = None
    texts = {window.name: window.text or window.name for window in windows}
    said = []
    for inside_of, outside_of in terms:
        text = " and ".join(texts[name] for name in inside_of)
        out = " and ".join(texts[name] for name in outside_of)
        said.append(f"{text} outside {out}" if text and out else text or f"outside {out}")
    return "; ".join(said)


def hours_of(shifts: Sequence[Shift], shift: Shift) -> str:
    """The hours of one shift within a sentence: `in sun UTC`, `outside mon-fri UTC`, or "" for always."""
    if shift.when == ALWAYS:
        return ""
    if shift.when == OTHERWISE:
        return f"outside {'; '.join(other.when for other in shifts if other is not shift)}"
    return shift.when if shift.when.startswith("outside ") else f"in {shift.when}"
