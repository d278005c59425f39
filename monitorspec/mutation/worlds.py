"""Two expressions over series made up at random: what is claimed to change nothing has to give the same results.

In: expressions. Out: whether they differ in any world, or in how many worlds they agree. Lines stand for series
(`promql.evaluation`), so that windows of rates make no difference here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from monitorspec.promql.aggregation import Line, Point, Unsteady
from monitorspec.promql.evaluation import World, evaluate
from monitorspec.promql.labels import NAME
from monitorspec.promql.nodes import Call, Node, Number, Selector, walk
from monitorspec.promql.pool import grouping_labels, reads
from monitorspec.promql.syntax import parse
from monitorspec.promql.tokens import Problem

ENOUGH = 20
"""Worlds in which the expressions have a result, so that their agreement says something."""
_ATTEMPTS = 2_000
_SERIES = 4
_OFTEN = 0.85
_INTERVAL = 15.0
_RISES = frozenset({"rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear"})

Results = list[tuple[tuple[tuple[str, str], ...], Line]]


def agree(right: str, wrong: str) -> bool:
    """Whether both have the same results in as many worlds as it takes; False also where that cannot be seen."""
    trees = [tree for tree in (parse(right), parse(wrong)) if not isinstance(tree, Problem)]
    if len(trees) < 2:
        return False
    seen = 0
    for results in _results(trees, right):
        if results[0] != results[1]:
            return False
        seen += bool(results[0])
    return seen >= ENOUGH


def always(expr: str, label: str, value: str) -> bool:
    """Whether every result has the label with this value, in as many worlds as it takes."""
    tree = parse(expr)
    if isinstance(tree, Problem):
        return False
    seen = 0
    for (results,) in _results([tree], expr):
        if any((label, value) not in labels for labels, _ in results or ()):
            return False
        seen += bool(results)
    return seen >= ENOUGH


def _results(trees: Sequence[Node], seed: str) -> Iterator[list[Results | None]]:
    """The results of all trees in each world in which the first one can be told, until enough are not empty."""
    chance = random.Random(seed)
    selectors = [node for tree in trees for node in walk(tree) if isinstance(node, Selector)]
    names = sorted({node.name for node in selectors if node.name})
    values: dict[str, set[str]] = {label: {"one", "two"} for tree in trees for label in grouping_labels(tree)}
    for node in selectors:
        for matcher in node.matchers:
            values.setdefault(matcher.label, {"one", "two"}).update(
                {matcher.value} if matcher.op in ("=", "!=") else ()
            )
    usual = {m.label: m.value for node in selectors for m in node.matchers if m.op == "="}
    ranged = {inner.name for tree in trees for call in walk(tree) for inner in _counters(call)}
    numbers = [node.value for tree in trees for node in walk(tree) if isinstance(node, Number)]
    left = ENOUGH
    for _ in range(_ATTEMPTS):
        if not left:
            return
        rising = {name for name in ranged if chance.random() < _OFTEN}
        listed = [_labels(values, usual, chance) for _ in range(chance.randint(1, _SERIES))]
        # The same labels on series of several names, as those that operators join have them.
        kept = [{NAME: name, **labels} for labels in listed for name in names if chance.random() < _OFTEN]
        points = [Point(labels, _line(labels[NAME] in rising, numbers, chance)) for labels in kept]
        unique = list({tuple(sorted(point.labels.items())): point for point in points}.values())
        world = World({s: [p for p in unique if reads(s, p.labels)] for s in selectors}, _INTERVAL, False)
        found = [_evaluated(tree, world) for tree in trees]
        if found[0] is not None:
            left -= bool(found[0])
            yield found


def _counters(node: Node) -> Iterator[Selector]:
    """What a function of rises reads."""
    if isinstance(node, Call) and node.function in _RISES:
        yield from (inner for inner in walk(node) if isinstance(inner, Selector))


def _labels(values: Mapping[str, set[str]], usual: Mapping[str, str], chance: random.Random) -> dict[str, str]:
    """Labels of a series: those that are asked for, mostly, or others, or fewer."""
    out: dict[str, str] = {}
    for label, known in sorted(values.items()):
        value = usual.get(label, "") if chance.random() < _OFTEN else chance.choice(["", *sorted(known)])
        if value or label not in usual:
            out[label] = value or chance.choice(sorted(known))
    return out


def _line(rises: bool, numbers: Sequence[float], chance: random.Random) -> Line:
    """A level, or a counter, around the numbers of the expression."""
    value = float(chance.randint(0, 9)) * chance.choice((1.0, *numbers))
    return Line(0.0, abs(value)) if rises else Line(value, 0.0)


def _evaluated(tree: Node, world: World) -> Results | None:
    """The results; None where there is no telling, or where Prometheus would refuse, as it does series that match twice."""
    try:
        return sorted((tuple(sorted(point.labels.items())), point.line) for point in evaluate(tree, world))
    except Unsteady:
        return None
