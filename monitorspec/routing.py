"""Who is told: labels and time → receivers, by the very tree that is written into Alertmanager's configuration.

In: the plan's routes, mutes, windows and inhibitions. Out: the compiled tree (`compile_tree`), and what Alertmanager
does with it (`receivers_of`, `inhibited`, `in_window`). Pure; lint, tests, diff and runbooks ask here.

The tree and its rules are in `routetree`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from monitorspec.matching import matches as matches
from monitorspec.matching import predicate
from monitorspec.plan import Alert, Inhibit, Labels, Matcher, Mute, Path, Plan, Window, WindowPart
from monitorspec.routetree import Node as Node
from monitorspec.routetree import compile_tree as compile_tree
from monitorspec.routetree import leaves as leaves
from monitorspec.routetree import nobody as nobody

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# What Alertmanager does where nothing is said (dispatch/route.go, DefaultRouteOpts).
GROUP_WAIT = 30_000
GROUP_INTERVAL = 300_000
REPEAT_INTERVAL = 14_400_000
# Releases before this one take a month for its hours by 24: for a day less where clocks are put forward (daysInMonth).
WHOLE_MONTHS = (0, 35)


class Notification(NamedTuple):
    """One receiver that is told. Times are in ms."""

    receiver: str
    after: int
    repeat_interval: int
    group_wait: int
    group_interval: int
    group_by: tuple[str, ...]
    route: tuple[str, ...]
    """Names of the spec's routes, from the outermost."""
    active: tuple[str, ...]
    """Windows outside of which nothing is said, if any."""
    muted: tuple[str, ...]
    """Windows within which nothing is said."""
    silenced_by: str
    """The window that keeps it silent at the given time, or "": one of `muted`, or the first of `active`."""
    origin: Path = ()
    """Path of the spec's route that tells it."""


_NOTHING_SAID = Notification("", 0, REPEAT_INTERVAL, GROUP_WAIT, GROUP_INTERVAL, (), (), (), (), "")


class Router:
    """A plan's tree, and the answers it has given: alerts that differ in unused labels share one."""

    def __init__(self, plan: Plan) -> None:
        self.tree = compile_tree(plan)
        self._root = _Branch(self.tree, _NOTHING_SAID)
        self._nobody = nobody(plan)
        self._windows = {window.name: window for window in plan.windows}
        self._version = plan.versions.alertmanager
        self._used = tuple(sorted({m.label for m in _matchers_of(self.tree)}))
        self._answers: dict[tuple[str, ...], tuple[Notification, ...]] = {}
        self._open: dict[tuple[str, datetime], bool] = {}

    def receivers_of(self, labels: Labels, at: datetime | None = None) -> tuple[Notification, ...]:
        """Who is told of an alert with these labels; at a time, with the windows that silence some of them."""
        key = tuple(labels.get(label, "") for label in self._used)
        told = self._answers.get(key)
        if told is None:
            everybody: list[Notification] = []
            self._root.walk(labels, everybody)
            told = self._answers[key] = tuple(n for n in everybody if n.receiver != self._nobody)
        if at is None or not any(n.active or n.muted for n in told):
            return told
        return tuple(n._replace(silenced_by=self._silence(n, at)) for n in told)

    def _silence(self, n: Notification, at: datetime) -> str:
        if n.active and not any(self._in(name, at) for name in n.active):
            return n.active[0]
        return next((name for name in n.muted if self._in(name, at)), "")

    def _in(self, name: str, at: datetime) -> bool:
        key = (name, at)
        if key not in self._open:
            if len(self._open) > 100_000:
                self._open.clear()
            self._open[key] = in_window(self._windows[name], at, self._version)
        return self._open[key]


_last: list[tuple[Plan, Router]] = []


def router(plan: Plan) -> Router:
    """The plan's router; the last one is kept, because lint and tests ask thousands of times."""
    if not _last or _last[0][0] is not plan:
        _last[:] = [(plan, Router(plan))]
    return _last[0][1]


def receivers_of(plan: Plan, labels: Labels, at: datetime | None = None) -> tuple[Notification, ...]:
    """Who is told of an alert with these labels, in the tree's order; () if nobody ever is.

    With `at`, a notification that a window keeps silent then has its name in `silenced_by`.
    """
    return router(plan).receivers_of(labels, at)


def topics_of(plan: Plan, alert: Alert) -> tuple[str, ...]:
    """Names of the SNS topics that carry an alarm: those of the receivers told at once.

    SNS knows no waiting and no hours: who is told by an escalation is left out, who is told in a window only is told at
    any hour.
    """
    by_receiver = {receiver.name: receiver.topics for receiver in plan.receivers if receiver.topics}
    if not by_receiver:
        return ()
    told = [n.receiver for n in receivers_of(plan, {**alert.labels, "alertname": alert.name}) if not n.after]
    return tuple(dict.fromkeys(topic for name in told for topic in by_receiver.get(name, ())))


def mutes_of(plan: Plan, alert: Alert) -> tuple[Mute, ...]:
    """The maintenance windows in which nobody is told of an alert."""
    labels = {**alert.labels, "alertname": alert.name}
    return tuple(mute for mute in plan.mutes if any(matches(matchers, labels) for matchers in mute.any_of))


def _matchers_of(node: Node) -> Iterator[Matcher]:
    yield from node.matchers
    for route in node.routes:
        yield from _matchers_of(route)


class _Branch:
    """A node made ready for many alerts: tests and what it says prepared, many children found by an index."""

    def __init__(self, node: Node, around: Notification) -> None:
        self.tests = [(m.label, predicate(m.op, m.value)) for m in node.matchers]
        self.continue_ = node.continue_
        self.told = Notification(
            receiver=node.receiver or around.receiver,
            after=node.after,
            repeat_interval=around.repeat_interval if node.repeat_interval is None else node.repeat_interval,
            group_wait=around.group_wait if node.group_wait is None else node.group_wait,
            group_interval=around.group_interval if node.group_interval is None else node.group_interval,
            group_by=around.group_by if node.group_by is None else node.group_by,
            route=node.name,
            active=node.active,
            muted=node.muted,
            silenced_by="",
            origin=node.origin,
        )
        self.children = [_Branch(route, self.told) for route in node.routes]
        # Children by a value that they ask for, and those that ask for none; numbers keep the tree's order.
        self.asked: dict[str, dict[str, list[int]]] = {}
        self.others: list[int] = []
        for number, route in enumerate(node.routes):
            first = next((m for m in route.matchers if m.op == "="), None)
            if first is None:
                self.others.append(number)
            else:
                self.asked.setdefault(first.label, {}).setdefault(first.value, []).append(number)

    def walk(self, labels: Labels, told: list[Notification]) -> bool:
        """Alertmanager's walk (dispatch/route.go, Match): children first, the node itself if none of them matches."""
        for label, test in self.tests:
            if not test(labels.get(label, "")):
                return False
        taken = False
        if self.children:
            numbers = [*self.others]
            for label, values in self.asked.items():
                numbers += values.get(labels.get(label, ""), ())
            for number in sorted(numbers):
                child = self.children[number]
                if child.walk(labels, told):
                    taken = True
                    if not child.continue_:
                        break
        if not taken:
            told.append(self.told)
        return True


# ---- windows


def in_window(window: Window, at: datetime, alertmanager: tuple[int, int] | None = None) -> bool:
    """Whether a time is in the window, or is so for that release of Alertmanager. A time without a zone is UTC."""
    return any(_in_part(part, at, alertmanager is not None and alertmanager < WHOLE_MONTHS) for part in window.parts)


def _in_part(part: WindowPart, at: datetime, by_hours: bool) -> bool:
    at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(_zone(part.tz))
    minute = at.hour * 60 + at.minute
    if part.minutes and not any(span.start <= minute < span.end for span in part.minutes):
        return False
    if part.days and not any(span.start <= at.isoweekday() % 7 <= span.end for span in part.days):
        return False
    if part.months and not any(span.start <= at.month <= span.end for span in part.months):
        return False
    if not part.dates:
        return True
    length = monthrange(at.year, at.month)[1] - (by_hours and _lacks_an_hour(at))
    return any(
        (start := _day(span.start, length)) <= length and start <= at.day <= min(_day(span.end, length), length)
        for span in part.dates
    )


def _lacks_an_hour(at: datetime) -> bool:
    """Whether clocks are put forward in the month of `at`, in its zone."""
    first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    following = first.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
    before, after = first.utcoffset(), following.utcoffset()
    return before is not None and after is not None and before < after


def _day(day: int, length: int) -> int:
    """-1 is the month's last day."""
    return day if day > 0 else length + day + 1


@cache
def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name or "UTC")


# ---- inhibition


def inhibited(plan: Plan, labels: Labels, firing: Sequence[Mapping[str, str]]) -> Inhibit | None:
    """The first rule that silences an alert while those in `firing` fire, or None.

    Labels of `equal` that both lack are equal. An alert on both sides of a rule is not silenced by others on both.
    """
    for rule in plan.inhibits:
        if not matches(rule.target, labels):
            continue
        both = matches(rule.source, labels)
        for source in firing:
            if (
                matches(rule.source, source)
                and all(source.get(label, "") == labels.get(label, "") for label in rule.equal)
                and not (both and matches(rule.target, source))
            ):
                return rule
    return None
