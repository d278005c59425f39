"""Who is told: labels and time → receivers, by the very tree that is written into Alertmanager's configuration.

In: the plan's routes, mutes, windows and inhibitions. Out: the compiled tree (`compile_tree`), and what Alertmanager
does with it (`receivers_of`, `inhibited`, `in_window`). Pure; lint, tests, diff and runbooks ask here.

The rules of the spec's tree:
- Of a route's finer routes the first that matches takes the alert, unless it continues; then the ones behind it are
  tried as well.
- What none of them takes is told to the route's own targets. A route that continues is told, but takes nothing.
- A route without targets tells those of the route around it.
- In a mute's window nobody is told of what it matches; a muted route still takes its alerts.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from monitorspec import re2
from monitorspec.plan import Inhibit, Labels, Matcher, Plan, Route, Target, Window, WindowPart
from monitorspec.spec.units import duration_text

# What Alertmanager does where nothing is said (dispatch/route.go, DefaultRouteOpts).
GROUP_WAIT = 30_000
GROUP_INTERVAL = 300_000
REPEAT_INTERVAL = 14_400_000

Conjunction = tuple[Matcher, ...]


class Node(NamedTuple):
    """One route of Alertmanager's tree. "" and None mean: as the node around it."""

    name: tuple[str, ...]
    """Names of the spec's routes that led here."""
    receiver: str
    matchers: Conjunction
    continue_: bool
    group_by: tuple[str, ...] | None
    group_wait: int | None
    group_interval: int | None
    repeat_interval: int | None
    active: tuple[str, ...]
    muted: tuple[str, ...]
    after: int
    """Of an escalation: how long after the alert began, in ms."""
    routes: tuple[Node, ...]


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


_NOTHING_SAID = Notification("", 0, REPEAT_INTERVAL, GROUP_WAIT, GROUP_INTERVAL, (), (), (), (), "")


def nobody(plan: Plan) -> str:
    """Name of the receiver without integrations that takes what no target is told about."""
    taken = {receiver.name for receiver in plan.receivers}
    name = "nobody"
    while name in taken:
        name += "-else"
    return name


# ---- the tree


def compile_tree(plan: Plan) -> Node:
    """The root of Alertmanager's tree: each node tells one receiver, and mutes are in the nodes that they silence."""
    mutes = tuple((matchers, mute.window) for mute in plan.mutes for matchers in mute.any_of)
    targets = plan.root.targets or (Target(nobody(plan), 0, None, (), ()),)
    root = _compile(plan.root._replace(matchers=(), continue_=False), targets, None, (), mutes)
    if root.active or root.muted:
        # Alertmanager's root takes no windows: a last child that takes everything has them.
        leaf = _leaf(_blank(root.name, False), targets[0], (), mutes)
        finer = root.routes[: len(plan.root.routes)]
        root = root._replace(group_wait=plan.root.group_wait, active=(), muted=(), after=0, routes=(*finer, leaf))
    return root if root.receiver else root._replace(receiver=targets[0].receiver)


def leaves(node: Node) -> Iterator[Node]:
    """Every node below `node` that tells somebody, in order."""
    if node.receiver:
        yield node
    for route in node.routes:
        yield from leaves(route)


def _compile(
    route: Route,
    targets: tuple[Target, ...],
    outer: tuple[str, ...] | None,
    context: Conjunction,
    mutes: Sequence[tuple[Conjunction, str]],
) -> Node:
    """The node of one route of the spec; `outer`: names around it, None at the root; `context`: matchers around it."""
    path = (*(outer or ()), route.name) if route.name else outer or ()
    around = (*context, *route.matchers)
    names = () if outer is None else path
    finer = tuple(_compile(r, r.targets or targets, names, around, mutes) for r in route.routes)
    node = _blank(path, route.continue_)._replace(
        matchers=route.matchers,
        group_by=route.group_by,
        group_wait=route.group_wait,
        group_interval=route.group_interval,
        repeat_interval=route.repeat_interval,
        routes=finer,
    )
    # A node's own receiver is told where no child matched, so not where one matched and continues; and settings of the
    # target alone would reach the finer routes. There, as with several targets, they are nodes behind the finer routes.
    only = targets[0]
    own_settings = only.after or only.repeat_interval is not None
    if len(targets) == 1 and not (finer and own_settings) and not any(r.continue_ for r in route.routes):
        return _leaf(node, only, around, mutes)
    seen: dict[str, int] = {}
    own = []
    for number, target in enumerate(targets, 1):
        again = seen.get(target.receiver, 0)
        seen[target.receiver] = again + 1
        blank = _blank(path, number < len(targets))
        if again:
            # Alertmanager knows a notification by its matchers and receiver: a second one to the same receiver would
            # count as sent already. This matcher takes every alert, and makes it another one.
            always = f"{duration_text(target.after)}_{again}|(?s:.*)"
            blank = blank._replace(matchers=(Matcher("escalation", "=~", always),))
        own.append(_leaf(blank, target, around, mutes))
    return node._replace(routes=(*finer, *own))


def _blank(name: tuple[str, ...], continue_: bool) -> Node:
    """A node that takes everything and sets nothing."""
    return Node(name, "", (), continue_, None, None, None, None, (), (), 0, ())


def _leaf(node: Node, target: Target, context: Conjunction, mutes: Sequence[tuple[Conjunction, str]]) -> Node:
    """`node` with a target told from it."""
    node = node._replace(
        receiver=target.receiver,
        group_wait=target.after or node.group_wait,
        repeat_interval=node.repeat_interval if target.repeat_interval is None else target.repeat_interval,
        active=target.active,
        muted=_always(mutes, target.muted, context),
        after=target.after,
    )
    return node._replace(routes=(*node.routes, *_mutes(node, mutes, node.muted, context)))


def _mutes(
    leaf: Node, mutes: Sequence[tuple[Conjunction, str]], muted: tuple[str, ...], context: Conjunction
) -> tuple[Node, ...]:
    """Children of `leaf` that take what a mute matches; those of several mutes are nested, so that windows add up."""
    nodes = []
    for index, (matchers, window) in enumerate(mutes):
        if window in muted or _disjoint(matchers, context):
            continue
        beyond = _beyond(matchers, context)
        inside = (*context, *beyond)
        later = mutes[index + 1 :]
        windows = _always(later, (*muted, window), inside)
        node = _blank(leaf.name, False)._replace(
            receiver=leaf.receiver, matchers=beyond, active=leaf.active, muted=windows, after=leaf.after
        )
        nodes.append(node._replace(routes=_mutes(leaf, later, windows, inside)))
    return tuple(nodes)


def _always(mutes: Sequence[tuple[Conjunction, str]], muted: tuple[str, ...], context: Conjunction) -> tuple[str, ...]:
    """`muted` and the windows of the mutes that take all of the context."""
    windows = (window for matchers, window in mutes if not _beyond(matchers, context))
    return tuple(dict.fromkeys((*muted, *windows)))


def _beyond(matchers: Conjunction, context: Conjunction) -> Conjunction:
    """The matchers that the context does not ask for already."""
    return tuple(m for m in matchers if m not in context)


def _disjoint(some: Conjunction, others: Conjunction) -> bool:
    """Whether surely no alert matches both."""
    for a in some:
        for b in others:
            if a.label == b.label and (
                (a.op == "=" and not _predicate(b.op, b.value)(a.value))
                or (b.op == "=" and not _predicate(a.op, a.value)(b.value))
            ):
                return True
    return False


# ---- matching


@lru_cache(maxsize=50_000)
def _predicate(op: str, value: str) -> Callable[[str], bool]:
    """The test of one label's value. Raises re2.Unsupported."""
    if op == "=":
        return value.__eq__
    if op == "!=":
        return value.__ne__
    found = re2.matcher(value)
    return found if op == "=~" else lambda text: not found(text)


def matches(matchers: Sequence[Matcher], labels: Labels) -> bool:
    """Whether all matchers hold; a label that is missing is "" (so `team!="x"` holds without a team)."""
    return all(_predicate(m.op, m.value)(labels.get(m.label, "")) for m in matchers)


class Router:
    """A plan's tree, and the answers it has given: alerts that differ in unused labels share one."""

    def __init__(self, plan: Plan) -> None:
        self.tree = compile_tree(plan)
        self._root = _Branch(self.tree, _NOTHING_SAID)
        self._nobody = nobody(plan)
        self._windows = {window.name: window for window in plan.windows}
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
            self._open[key] = in_window(self._windows[name], at)
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


def _matchers_of(node: Node) -> Iterator[Matcher]:
    yield from node.matchers
    for route in node.routes:
        yield from _matchers_of(route)


class _Branch:
    """A node made ready for many alerts: tests and what it says prepared, many children found by an index."""

    def __init__(self, node: Node, around: Notification) -> None:
        self.tests = [(m.label, _predicate(m.op, m.value)) for m in node.matchers]
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


def in_window(window: Window, at: datetime) -> bool:
    """Whether a time is in the window. A time without a zone is UTC."""
    return any(_in_part(part, at) for part in window.parts)


def _in_part(part: WindowPart, at: datetime) -> bool:
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
    length = monthrange(at.year, at.month)[1]
    return any(
        (start := _day(span.start, length)) <= length and start <= at.day <= _day(span.end, length)
        for span in part.dates
    )


def _day(day: int, length: int) -> int:
    """-1 is the month's last day."""
    return day if day > 0 else length + day + 1


@cache
def _zone(name: str) -> ZoneInfo:
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
