"""Alarms over time: the states of all alarms of some stacks while samples come in, and what they do about them.

In: stacks, samples. Out: a `History` for each alarm, by its name. Every alarm begins with INSUFFICIENT_DATA. A composite
alarm follows its children at once. Samples are there as soon as they are taken.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from monitorspec.alarmstate import alarmrule, metricalarm, schedule
from monitorspec.alarmstate.desk import Action, Desk, Orders, Suppressor, orders_of
from monitorspec.alarmstate.errors import AlarmError, PropertyError, RuleError
from monitorspec.alarmstate.mathframe import Band
from monitorspec.alarmstate.properties import Properties
from monitorspec.alarmstate.resolver import COMPOSITE, METRIC, Stack, resources_of
from monitorspec.alarmstate.samples import Metric, Samples
from monitorspec.alarmstate.verdict import ALARM, INSUFFICIENT, LOOK_BACK, OK


class Change(NamedTuple):
    """From `time` (seconds) on the alarm is in `state`."""

    time: int
    state: str


class History(NamedTuple):
    """What an alarm did. `changes` begins with the state at the start."""

    id: str
    """Its logical id."""
    changes: tuple[Change, ...]
    actions: tuple[Action, ...]

    def at(self, time: int) -> str:
        """The state at a time."""
        found = bisect_right(self.changes, time, key=lambda change: change.time)
        return self.changes[max(found - 1, 0)].state


class Composite(NamedTuple):
    """A composite alarm's rule."""

    rule: alarmrule.Rule
    children: tuple[str, ...]


class Alarms(NamedTuple):
    """All alarms that live together, by name: what they watch, what they do, when they are muted."""

    ids: Mapping[str, str]
    metrics: Mapping[str, metricalarm.MetricAlarm]
    composites: Mapping[str, Composite]
    """Each behind those that it looks at."""
    orders: Mapping[str, Orders]
    mutes: tuple[schedule.MuteRule, ...]

    def needed(self, names: Iterable[str]) -> set[str]:
        """The alarms that decide on what `names` do."""
        todo, found = list(names), set[str]()
        while todo:
            name = todo.pop()
            if name in found:
                continue
            if name not in self.ids:
                raise AlarmError(f"there is no alarm `{name}`")
            found.add(name)
            todo += self.composites[name].children if name in self.composites else ()
            suppressor = self.orders[name].suppressor
            todo += [suppressor.alarm] if suppressor else ()
        return found


def read(stacks: Sequence[Stack], look_back: int = LOOK_BACK, only: Collection[str] = ()) -> Alarms:
    """The alarms and mute rules of stacks in one region; an AlarmError tells what is wrong with one of them.

    `look_back`: how many periods beyond N are looked at. `only`: logical ids, of a part that stands alone.
    """
    ids: dict[str, str] = {}
    metrics: dict[str, metricalarm.MetricAlarm] = {}
    composites: dict[str, Composite] = {}
    orders: dict[str, Orders] = {}
    mutes = []
    for resource in resources_of(stacks, only):
        name = resource.name
        if resource.type not in (METRIC, COMPOSITE):
            mutes.append(schedule.read(name, resource.properties))
            continue
        if not isinstance(name, str):
            raise PropertyError(f"{resource.id}: AlarmName is `{name}`, no text")
        if name in ids:
            raise PropertyError(f"{resource.id}: the alarm's name {name} is that of {ids[name]}, too")
        ids[name] = resource.id
        p = Properties(f"alarm {name}", resource.properties)
        if resource.type == METRIC:
            metrics[name] = metricalarm.read(name, resource.properties, look_back)
            orders[name] = orders_of(p)
        else:
            composites[name] = _composite(p)
            orders[name] = orders_of(p, _suppressor(p))
    for name, composite in composites.items():
        suppressor = orders[name].suppressor
        for other in (*composite.children, *([suppressor.alarm] if suppressor else ())):
            if other not in ids:
                raise RuleError(f"alarm {name}: there is no alarm `{other}`")
    return Alarms(ids, metrics, _ordered(composites), orders, tuple(mutes))


def _composite(p: Properties) -> Composite:
    try:
        rule = alarmrule.parse(p.text("AlarmRule"))
    except RuleError as error:
        raise RuleError(f"{p.where}: {error}") from None
    return Composite(rule, alarmrule.alarms_of(rule))


def _suppressor(p: Properties) -> Suppressor | None:
    if "ActionsSuppressor" not in p:
        return None
    return Suppressor(
        alarmrule.name_of(p.text("ActionsSuppressor")),
        p.whole("ActionsSuppressorWaitPeriod", 0),
        p.whole("ActionsSuppressorExtensionPeriod", 0),
    )


def _ordered(composites: Mapping[str, Composite]) -> dict[str, Composite]:
    """Children first; RuleError for a circle."""
    out: dict[str, Composite] = {}
    for first in composites:
        path: list[tuple[str, list[str]]] = [(first, list(composites[first].children))]
        while path:
            name, left = path[-1]
            if name in out or not left:
                out.setdefault(name, composites[name])
                path.pop()
                continue
            child = left.pop(0)
            names = [above for above, _ in path]
            if child in names:
                raise RuleError(f"composite alarms go in a circle: {' → '.join([*names[names.index(child) :], child])}")
            if child in composites and child not in out:
                path.append((child, list(composites[child].children)))
    return out


def run(
    alarms: Alarms,
    samples: Samples,
    start: int,
    end: int,
    *,
    only: Collection[str] = (),
    bands: Mapping[Metric | str, Band] | None = None,
) -> dict[str, History]:
    """What the alarms do from `start` to `end` (seconds); of `only` some and those that decide on them."""
    names = alarms.needed(only or alarms.ids)
    watches = {
        name: metricalarm.Watch(alarm, samples, bands) for name, alarm in alarms.metrics.items() if name in names
    }
    due: dict[int, list[str]] = {}
    for name, watch in watches.items():
        for at in watch.ticks(start, end):
            due.setdefault(at, []).append(name)
    windows = [(rule, tuple(rule.windows(start, end))) for rule in alarms.mutes]
    for _, found in windows:
        for _, closes in found:
            if closes <= end:
                due.setdefault(closes, [])
    desks = {
        name: Desk(
            alarms.orders[name],
            [window for rule, found in windows for window in found if rule.targets is None or name in rule.targets],
        )
        for name in names
    }
    due.setdefault(start, [])
    run = _Run(alarms, watches, desks, start)
    for at in sorted(due):
        run.until(at - 1)
        run.step(at, due[at])
    run.until(end)
    return {
        name: History(alarms.ids[name], tuple(run.changes[name]), tuple(desks[name].actions))
        for name in alarms.ids
        if name in names
    }


class _Run:
    """The states on their way through time."""

    def __init__(
        self, alarms: Alarms, watches: Mapping[str, metricalarm.Watch], desks: Mapping[str, Desk], start: int
    ) -> None:
        self.watches = watches
        self.desks = desks
        self.states = dict.fromkeys(desks, INSUFFICIENT)
        self.changes = {name: [Change(start, INSUFFICIENT)] for name in desks}
        self._composites = [(name, c) for name, c in alarms.composites.items() if name in desks]
        suppressors = {name: alarms.orders[name].suppressor for name in desks}
        self._suppressed_by = {name: found.alarm for name, found in suppressors.items() if found}
        # These may act without a change of their own.
        self._attentive = {name for name, desk in desks.items() if name in self._suppressed_by or desk.has_mutes}
        self._deadlines: list[int] = []
        self._now, self._first = start - 1, True

    def until(self, end: int) -> None:
        """Every deadline up to `end`."""
        while self._deadlines and self._deadlines[0] <= end:
            at = heappop(self._deadlines)
            if at > self._now:
                self.step(at, ())

    def step(self, at: int, due: Iterable[str]) -> None:
        """Everything that happens at `at`; `due`: the metric alarms that are evaluated."""
        first, self._now, self._first = self._first, at, False
        changed = set[str]()
        for name in due:
            state = self.watches[name].seen(at).state
            if state is not None:
                self._enter(name, at, state, changed)
        if changed or first:
            for name, composite in self._composites:
                self._enter(name, at, ALARM if alarmrule.holds(composite.rule, self.states) else OK, changed)
        for name in sorted(changed | self._attentive):
            desk = self.desks[name]
            suppressor = self._suppressed_by.get(name)
            before = desk.deadline
            desk.step(
                at, self.states[name], name in changed, suppressor is not None and self.states[suppressor] == ALARM
            )
            if desk.deadline is not None and desk.deadline != before:
                heappush(self._deadlines, desk.deadline)

    def _enter(self, name: str, at: int, state: str, changed: set[str]) -> None:
        if state != self.states[name]:
            self.states[name] = state
            self.changes[name].append(Change(at, state))
            changed.add(name)
