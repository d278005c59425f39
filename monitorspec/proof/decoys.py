"""Decoys: series that one matcher of a signal keeps out, and that would change what fires if it did not.

In: a drive and the limit that it is set around. Out: raw series that a test has beside those that drive the signal.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from monitorspec.plan import Limit
from monitorspec.promql.aggregation import Line, Point, Unsteady
from monitorspec.promql.evaluation import World, evaluate
from monitorspec.promql.labels import NAME
from monitorspec.promql.nodes import Matcher, Node, Selector, walk
from monitorspec.promql.pool import reads
from monitorspec.promql.stimulus import SeriesPlan, Stimulus
from monitorspec.promql.syntax import parse
from monitorspec.promql.tokens import Problem
from monitorspec.proof.drive import Drive, laid_out
from monitorspec.proof.levels import Unreachable
from monitorspec.proof.model import beyond
from monitorspec.proof.witness import outside

# What a decoy is of the series that it stands beside: loud where more fires, quiet where less does.
_TIMES = (10.0, 0.0, 0.1)

Fired = frozenset[tuple[tuple[tuple[str, str], ...], bool]]


def decoys_of(drive: Drive, limits: Sequence[Limit], length: int, sample: int) -> tuple[tuple[str, str], ...]:
    """Series of `length` ms, one for each matcher that can be told by one. Without limits, data itself tells."""
    if "{" not in drive.expr:
        return ()
    try:
        levels = [drive.reach.nearest(limits[-1], over) for over in (False, True)] if limits else [drive.reach.present]
        stimuli = [drive.at(level, sample) for level in levels]
    except Unreachable:
        return ()
    node = parse(drive.expr)
    if isinstance(node, Problem):
        return ()
    limit = limits[-1] if limits else None
    plans = dict.fromkeys(_chosen(node, stimuli, limit, sample))
    alone = Stimulus(tuple(_plan(*plan) for plan in plans), {}, 0.0, 0.0)
    return laid_out([alone], [length], sample)


_Frozen = tuple[tuple[tuple[str, str], ...], float, float, str]


def _plan(labels: tuple[tuple[str, str], ...], start: float, per_second: float, kind: str) -> SeriesPlan:
    return SeriesPlan(dict(labels), start, per_second, "counter" if kind == "counter" else "level")


def _chosen(node: Node, stimuli: Sequence[Stimulus], limit: Limit | None, sample: int) -> Iterator[_Frozen]:
    selectors = [part for part in walk(node) if isinstance(part, Selector)]
    for selector in dict.fromkeys(selectors):
        for matcher in selector.matchers:
            if matcher.label == NAME:
                continue
            for beside in stimuli[0].series:
                if beside.kind == "clock" or not reads(selector, beside.labels):
                    continue
                labels = _missed(selector, matcher, beside)
                if labels is None or any(reads(other, labels) for other in selectors):
                    continue
                found = _telling(node, selector, matcher, labels, beside, stimuli, limit, sample)
                if found is not None:
                    yield tuple(sorted(labels.items())), found.start, found.per_second, found.kind
                    break


def _missed(selector: Selector, matcher: Matcher, beside: SeriesPlan) -> dict[str, str] | None:
    """Labels like those of a series that is read, but for the one that the matcher asks for."""
    others = [other for other in selector.matchers if other != matcher and other.label != NAME]
    extra = {label: value for label, value in beside.labels.items() if label != NAME}
    labels = outside([matcher], others, extra)
    return None if labels is None else {**labels, NAME: beside.labels[NAME]}


def _telling(
    node: Node,
    selector: Selector,
    matcher: Matcher,
    labels: dict[str, str],
    beside: SeriesPlan,
    stimuli: Sequence[Stimulus],
    limit: Limit | None,
    sample: int,
) -> SeriesPlan | None:
    """The decoy by which something else fires when the matcher is not there; None if there is none."""
    blind = selector._replace(matchers=tuple(m for m in selector.matchers if m != matcher))
    for times in _TIMES:
        decoy = SeriesPlan(labels, beside.start * times, beside.per_second * times, beside.kind)
        if limit is None:
            return decoy
        for stimulus in stimuli:
            right = _fired(node, stimulus.series, limit, sample, selector, selector)
            wrong = _fired(node, (*stimulus.series, decoy), limit, sample, selector, blind)
            if right is not None and right != wrong:
                return decoy
    return None


def _fired(
    node: Node, plans: Iterable[SeriesPlan], limit: Limit, sample: int, selector: Selector, read: Selector
) -> Fired | None:
    """The series of the result and whether they are past the limit, where `selector` reads what `read` would."""
    listed = list(plans)
    found = {
        part: [
            Point(plan.labels, Line(plan.start, plan.per_second if plan.kind == "counter" else 0.0))
            for plan in listed
            if reads(read if part == selector else part, plan.labels)
        ]
        for part in walk(node)
        if isinstance(part, Selector)
    }
    try:
        points = evaluate(node, World(found, sample / 1000, True))
    except (Unsteady, ArithmeticError, ValueError):
        return None
    past = functools.partial(beyond, limit.op)
    return frozenset(
        (tuple(sorted(p.labels.items())), past(Decimal(repr(p.line.at_zero)), limit.value))
        for p in points
        if p.line.at_zero == p.line.at_zero
    )
