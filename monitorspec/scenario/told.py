"""From what fires to who is told: routes, windows, mutes and inhibitions.

In: a plan to route by, what fires at a time, the wall clock (None: any hour). Out: `Telling` for each alert that fires. All
that is asked here is `routing`, so that another plan's routes can be held against one plan's expectations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from monitorspec.plan import Plan, Window
from monitorspec.routing import Notification, in_window, inhibited, router
from monitorspec.scenario.seen import Fired


class Telling(NamedTuple):
    """Who is told of one alert that fires.

    `always`: receivers told, whatever the hour. `sometimes`: receiver → the window that decides. `silent`: receiver → the window
    that keeps it from being told. `inhibited`: name of the inhibition, and the firing alert that it is by. `later`: receiver →
    ms until its escalation. `told`: notifications that go out, for those who count routes.
    """

    fired: Fired
    always: tuple[str, ...]
    sometimes: Mapping[str, str]
    silent: Mapping[str, str]
    later: Mapping[str, int]
    inhibited: tuple[str, str] | None
    told: tuple[Notification, ...]

    @property
    def anybody(self) -> bool:
        """Whether somebody is told, at some hour at least."""
        return bool(self.always or self.sometimes)


def tellings(
    plan: Plan, fired: Sequence[Fired], at: int, start: datetime | None, without: tuple[str, ...] | None = None
) -> list[Telling]:
    """Who is told at `at` ms of everything that fires then. `without`: a route of the spec that tells nobody."""
    out = []
    for one in fired:
        others = [f for f in fired if f is not one and f.targets is None]
        out.append(_topics(plan, one) if one.targets is not None else _routed(plan, one, others, at, start, without))
    return out


def _topics(plan: Plan, one: Fired) -> Telling:
    """CloudWatch tells topics, which have receivers."""
    targets = one.targets or ()
    # Receivers may share a topic, such as one that hears of everything.
    told = tuple(r.name for r in plan.receivers if r.topics and all(topic in targets for topic in r.topics))
    unknown = tuple(t for t in targets if not any(t in r.topics for r in plan.receivers))
    if one.why_silent.startswith("muted at"):
        return Telling(one, (), dict.fromkeys((*told, *unknown), one.why_silent), {}, {}, None, ())
    return Telling(one, (*told, *unknown), {}, {}, {}, None, ())


def _routed(
    plan: Plan,
    one: Fired,
    others: Sequence[Fired],
    at: int,
    start: datetime | None,
    without: tuple[str, ...] | None,
) -> Telling:
    rule = inhibited(plan, one.labels, [other.labels for other in others]) if others else None
    by = None
    if rule is not None:
        source = next(o for o in others if inhibited(plan, one.labels, [o.labels]) == rule)
        by = rule.name, source.alert or source.labels.get("alertname", "")
    now = start + timedelta(milliseconds=at) if start else None
    always: dict[str, None] = {}
    sometimes: dict[str, str] = {}
    silent: dict[str, str] = {}
    later: dict[str, int] = {}
    told = []
    for n in router(plan).receivers_of(one.labels, now):
        if n.route == without:
            continue
        if n.after > at - one.since:
            later.setdefault(n.receiver, n.after - (at - one.since))
            continue
        state = n.silenced_by if now else _at_any_hour(plan, n)
        if now is None and state.startswith("?"):
            sometimes.setdefault(n.receiver, state[1:])
        elif state:
            silent.setdefault(n.receiver, state)
            continue
        else:
            always[n.receiver] = None
        told.append(n)
    for name in always:
        sometimes.pop(name, None)
    if by is not None:
        return Telling(one, (), {}, silent, later, by, tuple(told))
    return Telling(one, tuple(always), sometimes, silent, later, None, tuple(told))


def _at_any_hour(plan: Plan, n: Notification) -> str:
    """ "" where it goes out at every hour, a window's name where at none, `?` and its name where that depends on the hour."""
    if not n.active and not n.muted:
        return ""
    windows = {window.name: window for window in plan.windows}
    return _constant(tuple(windows[name] for name in n.active), tuple(windows[name] for name in n.muted))


@lru_cache(maxsize=1_000)
def _constant(active: tuple[Window, ...], muted: tuple[Window, ...]) -> str:
    goes = {
        (not active or any(in_window(w, at) for w in active)) and not any(in_window(w, at) for w in muted)
        for at in _hours((*active, *muted))
    }
    name = (*active, *muted)[0].name
    return f"?{name}" if len(goes) > 1 else "" if goes == {True} else name


def _hours(windows: Sequence[Window]) -> Iterator[datetime]:
    """Every edge of the windows on all days that they can tell apart: two weeks, or a whole year."""
    parts = [part for window in windows for part in window.parts]
    edges = {minute % 1440 for part in parts for span in part.minutes for edge in span for minute in (edge, edge - 1)}
    # Zones are off by whole quarters of an hour, so these minutes hold every edge in any of them.
    minutes = sorted({0, *((edge + 15 * n) % 60 for edge in edges for n in range(4))})
    dated = any(part.dates or part.months for part in parts)
    for begins, days in (
        ((datetime(2024, 1, 1, tzinfo=UTC), 366),)
        if dated
        else (
            (datetime(2024, 1, 15, tzinfo=UTC), 7),
            (datetime(2024, 5, 13, tzinfo=UTC), 7),
        )
    ):
        for day in range(days):
            for hour in range(24):
                yield from (begins + timedelta(days=day, hours=hour, minutes=minute) for minute in minutes)
