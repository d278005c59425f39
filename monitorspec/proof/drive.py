"""Signals that tests can set: which raw series make an expression have a wanted value.

In: a signal's expression. Out: a `Drive`, or why there is none. `promql.stimulus` finds the series; here they are found once
for all expressions that differ in their matchers' values only, and laid out over the phases of a timeline.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from monitorspec.plan import Limit
from monitorspec.promql.aggregation import Unsteady
from monitorspec.promql.nodes import Aggregate, Binary, Call, Node, Selector, Subquery, bare, walk
from monitorspec.promql.pool import reads
from monitorspec.promql.stimulus import SeriesPlan, Stimulus, Undriven, drive
from monitorspec.promql.syntax import parse
from monitorspec.promql.tokens import Problem
from monitorspec.proof.levels import NEAR, Reach, Unreachable
from monitorspec.proof.notation import line, selector, steady
from monitorspec.proof.timeline import Phase
from monitorspec.proof.witness import source_of

Series = tuple[tuple[str, str], ...]

_NAME = "__name__"
# Looking back at a sample goes this far; a little less, because Prometheus 2 and 3 differ at the edge.
_FORGOTTEN = 240_000
# Aggregations that give a whole number, or that of their only series, without rounding.
_EXACT = frozenset({"sum", "avg", "min", "max", "count", "group"})
_STEADY = frozenset({"min_over_time", "max_over_time", "last_over_time", "abs"})
_LINEAR = frozenset({"sum", "avg", "min", "max"})
# Functions whose value moves with the share of the window that is new.
_AVERAGES = frozenset({"rate", "increase", "delta", "avg_over_time"})
_EQUALS = re.compile(r"""([A-Za-z_]\w*)\s*=\s*(?:"([^"\\{}$]+)"|'([^'\\{}$]+)')""")
_OTHERWISE = re.compile(r"([A-Za-z_]\w*)\s*(?:=~|!~|!=)")
# Values of these labels are numbers to Prometheus; of these functions' arguments, texts.
_NUMBERS = frozenset({"le", "quantile"})
_TEXTS = ("label_replace", "label_join", "count_values")


class Drive(NamedTuple):
    """How to set the signal `expr`.

    `settle`: ms until it is there. `sample`: the longest time between its samples, in ms. `labels`: of its result.
    `reach`: how near it can be set to a limit. `precise`: floating point takes nothing from its values.
    `even`: after a jump it gets there evenly, as the average of one window.
    """

    expr: str
    scale: Decimal
    metrics: frozenset[str]
    labels: Mapping[str, str]
    settle: int
    sample: int
    reach: Reach
    precise: bool
    even: bool = False

    @property
    def absent_labels(self) -> Mapping[str, str]:
        """What `absent()` says of the expression: the values that its matchers name."""
        source = source_of(self.expr)
        matchers = source.matchers if source else ()
        listed = [matcher.label for matcher in matchers]
        return {m.label: m.value for m in matchers if m.op == "=" and listed.count(m.label) == 1}

    def series(self, phases: Sequence[Phase], sample: int) -> Series:
        """The raw series through all phases, with a sample every `sample` ms."""
        stimuli = [None if phase.value is None else self.at(phase.value, sample) for phase in phases]
        return laid_out(stimuli, [phase.length for phase in phases], sample)

    def at(self, value: Decimal, sample: int) -> Stimulus:
        """The series at a value that `reach` has found."""
        stimulus = _found(self.expr, value, None, sample, self.scale)
        for side in ("above", "below"):
            if isinstance(stimulus, str):
                stimulus = _found(self.expr, value, side, sample, self.scale)
        if isinstance(stimulus, str):
            raise Unreachable(stimulus)
        return stimulus

    def line(self, first: Decimal, rise: Decimal, count: int, sample: int) -> Series | None:
        """The raw series of a signal on a line, `rise` from sample to sample; None where they are no lines."""
        # Far enough apart for the search's precision to say whether the raw values go with the signal's.
        far = (abs(first) or Decimal(1)) / (10 if rise > 0 else -10)
        a, b, c = (self.at(first + far * n, sample) for n in (0, 1, 2))
        if self.settle or not len(a.series) == len(b.series) == len(c.series):
            return None
        out = []
        for one, two, three in zip(a.series, b.series, c.series, strict=True):
            low, middle, high = (Decimal(repr(plan.start)) for plan in (one, two, three))
            if one.kind != "level" or not _text(one) == _text(two) == _text(three):
                return None
            if abs(low - 2 * middle + high) > abs(high - low) / 10_000:
                return None
            out.append((_text(one), line(low, Decimal(f"{(high - low) / (2 * far) * rise:.12g}"), count)))
        return tuple(out)


def laid_out(stimuli: Sequence[Stimulus | None], lengths: Sequence[int], sample: int) -> Series:
    """The raw series of stimuli one after the other, each for so many ms; None is no data."""
    names = dict.fromkeys(_text(plan) for stimulus in stimuli if stimulus for plan in stimulus.series)
    counts = [length // sample for length in lengths]
    return tuple((name, _values(name, stimuli, counts, sample)) for name in names)


def drive_of(expr: str, step: int, limits: Sequence[Limit]) -> Drive | str:
    """The drive of `expr` for tests that evaluate every `step` ms, for signals that have these limits; or why not."""
    node = parse(expr)
    if isinstance(node, Problem):
        return node.message
    sample = _sample(node, step)
    scale = limits[0].value if limits else Decimal(1)
    problem = ""
    # What has not changed has a rate of exactly 0.
    zero = bool(limits) and all(limit.value == 0 for limit in limits)
    for near in NEAR:
        reach = Reach(near, zero, functools.partial(_fit, expr, sample, scale))
        try:
            for limit in limits:
                reach.nearest(limit, over=True)
                reach.nearest(limit, over=False)
        except Unreachable as error:
            problem = problem or str(error)
            continue
        break
    else:
        return problem
    wanted = [limit.value for limit in limits] or [Decimal(n) for n in (1, 0, 100, -1)]
    found = [_found(expr, value, None, sample, scale) for value in wanted]
    stimuli = [stimulus for stimulus in found if isinstance(stimulus, Stimulus)]
    if not stimuli and limits:
        # It moves in steps that miss the limit.
        value = reach.nearest(limits[0], over=True)
        stepped = _found(expr, value, None, sample, scale)
        stimuli = [stepped] if isinstance(stepped, Stimulus) else []
    if not stimuli:
        return next(text for text in found if isinstance(text, str))
    exact = all(
        isinstance(item, Stimulus) and _exact(node, item, value) for item, value in zip(found, wanted, strict=True)
    )
    first = stimuli[0]
    present = (
        next(value for value, item in zip(wanted, found, strict=True) if isinstance(item, Stimulus))
        if not limits
        else scale
    )
    return Drive(
        expr,
        scale,
        frozenset(plan.labels[_NAME] for item in stimuli for plan in item.series),
        first.labels,
        round(first.settle_s * 1000),
        sample,
        Reach(reach.near, exact or zero, reach.fit, present),
        exact,
        bool(limits and first.settle_s) and _even(node, expr, sample, scale, _sides(limits[0], reach)),
    )


def _sides(limit: Limit, reach: Reach) -> tuple[Decimal, Decimal]:
    """Values above and below the limit that the signal can have."""
    over, under = reach.nearest(limit, over=True), reach.nearest(limit, over=False)
    return (over, under) if limit.op[0] == ">" else (under, over)


def _fit(expr: str, sample: int, scale: Decimal, value: Decimal, up: bool) -> Decimal:
    """The value nearest to `value` that the signal can have, not below it (`up`) or not above."""
    stimulus = _found(expr, value, "above" if up else "below", sample, scale)
    if isinstance(stimulus, str):
        raise Unreachable(stimulus)
    achieved = Decimal(repr(stimulus.achieved))
    return value if abs(achieved - value) <= abs(value) * Decimal("0.000001") else achieved


def _even(node: Node, expr: str, sample: int, scale: Decimal, levels: Sequence[Decimal]) -> bool:
    """Whether the value is the average over one window of one metric, but for a factor and what stays as it is."""
    found = [_found(expr, level, side, sample, scale) for level, side in zip(levels, ("above", "below"), strict=True)]
    stimuli = [stimulus.series for stimulus in found if isinstance(stimulus, Stimulus)]
    if len(stimuli) < 2:
        return False
    moving = [plan.labels for plan in (*stimuli[0], *stimuli[1]) if not (plan in stimuli[0] and plan in stimuli[1])]
    longest = max((part.range_ms or 0 for part in walk(node) if isinstance(part, Selector)), default=0)
    return bool(moving) and _averages(node, moving, longest)


def _averages(node: Node, moving: Sequence[Mapping[str, str]], window: int) -> bool:
    """`moving`: labels of the series that change; `window`: the longest one of the expression, in ms."""
    node = bare(node)
    if isinstance(node, Aggregate):
        return node.op in _LINEAR and _averages(node.expr, moving, window)
    if isinstance(node, Binary):
        left, right = (_stays(side, moving) for side in (node.lhs, node.rhs))
        if left == right or node.op not in ("+", "-", "*", "/") or (node.op == "/" and left):
            return False
        return _averages(node.rhs if left else node.lhs, moving, window)
    if not isinstance(node, Call) or node.function not in _AVERAGES:
        return False
    ranged = bare(node.arguments[0])
    return isinstance(ranged, Selector) and ranged.range_ms == window and not ranged.offset_ms and not ranged.at


def _stays(node: Node, moving: Sequence[Mapping[str, str]]) -> bool:
    return not any(isinstance(part, Selector) and any(reads(part, labels) for labels in moving) for part in walk(node))


def _exact(node: Node, stimulus: Stimulus, value: Decimal) -> bool:
    """Whether Prometheus' arithmetic cannot miss the value."""
    if stimulus.achieved != float(value):
        return False
    whole = value == value.to_integral_value()
    for part in walk(node):
        if isinstance(part, Call):
            if part.function not in _STEADY and not (part.function == "avg_over_time" and whole):
                return False
        elif isinstance(part, Subquery) or (isinstance(part, Aggregate) and part.op not in _EXACT):
            return False
    # One series for each selector: nothing is added up, and a quotient of two numbers is rounded as its literal is.
    alone = len(stimulus.series) == sum(isinstance(part, Selector) for part in walk(node))
    return alone or len(stimulus.series) == 1 or whole


def _sample(node: Node, step: int) -> int:
    """The longest time between samples that is a whole part of the step and leaves four of them in every range."""
    ranges = [part.range_ms or _FORGOTTEN for part in walk(node) if isinstance(part, Selector | Subquery)]
    longest = min([_FORGOTTEN, *(range_ms // 4 for range_ms in ranges if range_ms < 4 * _FORGOTTEN)])
    parts = max(-(-step // max(longest, 1)), 1)
    while step % parts:
        parts += 1
    return step // parts


def _found(expr: str, value: Decimal, side: str | None, sample: int, scale: Decimal) -> Stimulus | str:
    """The stimulus, or why there is none."""
    template, values = _template(expr)
    stimulus = _drive(template, float(value), side, sample, float(scale))
    if isinstance(stimulus, str):
        return stimulus
    return stimulus._replace(
        series=tuple(plan._replace(labels=_filled(plan.labels, values)) for plan in stimulus.series),
        labels=_filled(stimulus.labels, values),
    )


@functools.lru_cache(maxsize=20_000)
def _drive(expr: str, value: float, side: str | None, sample: int, scale: float) -> Stimulus | str:
    try:
        found = drive(expr, value, side=side, scale=scale, interval_s=sample / 1000, version=(2, 42))  # type: ignore[arg-type]
        if isinstance(found, Undriven) or not found.settle_s:
            return found.reason if isinstance(found, Undriven) else found
        other = drive(expr, value, side=side, scale=scale, interval_s=sample / 1000, version=(3, 0))  # type: ignore[arg-type]
    except (Unsteady, ArithmeticError, ValueError) as error:
        return str(error) or "it cannot be evaluated ahead of time"
    # A sample on a range's edge is in it for Prometheus 2 and not for 3.
    return found if found == other else "its value depends on the Prometheus version, at the edges of ranges"


@functools.lru_cache(maxsize=20_000)
def _template(expr: str) -> tuple[str, dict[str, str]]:
    """The expression with names for the values of its matchers, as far as they are only compared; and those values."""
    if any(name in expr for name in _TEXTS):
        return expr, {}
    fixed = _NUMBERS | {match[1] for match in _OTHERWISE.finditer(expr)} | {_NAME}
    values: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        value = match[2] or match[3]
        if match[1] in fixed:
            return match[0]
        return f'{match[1]}="{values.setdefault(value, f"value-{len(values)}")}"'

    return _EQUALS.sub(named, expr), {name: value for value, name in values.items()}


def _filled(labels: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    return {label: values.get(value, value) for label, value in labels.items()}


def _text(plan: SeriesPlan) -> str:
    return selector(plan.labels[_NAME], {label: value for label, value in plan.labels.items() if label != _NAME})


def _values(name: str, stimuli: Sequence[Stimulus | None], lengths: Sequence[int], sample: int) -> str:
    """The values of one series: counters go on from where they were, a series that ends is marked as stale."""
    parts: list[str] = []
    last: Decimal | None = None
    index = 0
    had = False
    for stimulus, count in zip(stimuli, lengths, strict=True):
        plan = next((plan for plan in stimulus.series if _text(plan) == name), None) if stimulus else None
        if not count:
            continue
        if plan is None:
            parts += ["stale"] if had else []
            parts.append(steady([(None, count - had)]))
        elif plan.kind == "level":
            last = Decimal(repr(plan.start))
            parts.append(steady([(last, count)]))
        else:
            rise = Decimal(repr(plan.per_second)) * sample / 1000
            first = Decimal(repr(plan.start))
            if plan.kind == "clock":
                first += rise * index
            elif last is not None:
                first = last + rise
            last = first + rise * (count - 1)
            parts.append(line(first, rise, count))
        had = plan is not None
        index += count
    return " ".join(part for part in parts if part)
