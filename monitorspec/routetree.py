"""Alertmanager's routing tree, compiled from the plan's: the one that is written, and the one that `routing` asks.

In: the plan's routes, targets and mutes. Out: a tree of nodes that tell one receiver each.

The rules of the spec's tree:
- Of a route's finer routes the first that matches takes the alert, unless it continues; then the ones behind it are
  tried as well.
- What none of them takes is told to the route's own targets. A route that continues is told, but takes nothing.
- A route without targets tells those of the route around it.
- In a mute's window nobody is told of what it matches; a muted route still takes its alerts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from monitorspec.matching import predicate
from monitorspec.plan import Matcher, Path, Plan, Route, Target
from monitorspec.spec.units import duration_text

# Alertmanager's own default is one group of everything that fires anywhere. By severity too, so that an alert that gets
# worse is told after `group_wait`, not with the next message of its group.
GROUP_BY = ("alertname", "service", "severity")

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
    origin: Path
    """Path of the spec's route that it comes from."""


def nobody(plan: Plan) -> str:
    """Name of the receiver without integrations that takes what no target is told about."""
    taken = {receiver.name for receiver in plan.receivers}
    name = "nobody"
    while name in taken:
        name += "-else"
    return name


def compile_tree(plan: Plan) -> Node:
    """The root of Alertmanager's tree: each node tells one receiver, and mutes are in the nodes that they silence."""
    mutes = tuple((matchers, mute.window) for mute in plan.mutes for matchers in mute.any_of)
    targets = plan.root.targets or (Target(nobody(plan), 0, None, (), ()),)
    own = plan.root._replace(
        matchers=(), continue_=False, group_by=plan.root.group_by if plan.root.group_by is not None else GROUP_BY
    )
    root = _compile(own, targets, None, (), mutes)
    if root.active or root.muted:
        # Alertmanager's root takes no windows: a last child that takes everything has them.
        leaf = _leaf(_blank(root.name, False, root.origin), targets[0], (), mutes)
        finer = root.routes[: len(plan.root.routes)]
        root = root._replace(
            group_wait=plan.root.group_wait,
            repeat_interval=plan.root.repeat_interval,
            active=(),
            muted=(),
            after=0,
            routes=(*finer, leaf),
        )
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
    node = _blank(path, route.continue_, route.origin)._replace(
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
        blank = _blank(path, number < len(targets), route.origin)
        if again:
            # Alertmanager knows a notification by its matchers and receiver: a second one to the same receiver would
            # count as sent already. This matcher takes every alert, and makes it another one.
            always = f"{duration_text(target.after)}_{again}|(?s:.*)"
            blank = blank._replace(matchers=(Matcher("escalation", "=~", always),))
        own.append(_leaf(blank, target, around, mutes))
    return node._replace(routes=(*finer, *own))


def _blank(name: tuple[str, ...], continue_: bool, origin: Path) -> Node:
    """A node that takes everything and sets nothing."""
    return Node(name, "", (), continue_, None, None, None, None, (), (), 0, (), origin)


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
        node = _blank(leaf.name, False, leaf.origin)._replace(
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
                (a.op == "=" and not predicate(b.op, b.value)(a.value))
                or (b.op == "=" and not predicate(a.op, a.value)(b.value))
            ):
                return True
    return False
