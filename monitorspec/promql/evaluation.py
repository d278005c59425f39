"""The steady state of an expression over series that are straight lines in time.

In: a tree and the lines of every series. Out: the resulting series, each again a line. What is no line (the maximum of
a growing gauge, the hour of the day) raises `Unsteady` with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from monitorspec import re2
from monitorspec.promql import aggregation, regex
from monitorspec.promql.aggregation import Line, Point, Unsteady, constant
from monitorspec.promql.labels import NAME
from monitorspec.promql.matching import combined, operate
from monitorspec.promql.nodes import (
    Aggregate,
    Binary,
    Call,
    Node,
    Number,
    Paren,
    Selector,
    Subquery,
    Text,
    Unary,
    bare,
    kind,
)

CLOCK = Line(0.0, 1.0)
_KEEP_NAME = frozenset({"last_over_time", "first_over_time"})
_TWO_SAMPLES = frozenset({"rate", "irate", "increase", "delta", "idelta", "deriv"})
_SAME = frozenset(
    {"avg_over_time", "min_over_time", "max_over_time", "first_over_time", "quantile_over_time"}
    | {"holt_winters", "double_exponential_smoothing"}
)
_ZERO = frozenset({"stddev_over_time", "stdvar_over_time", "mad_over_time"})
_NUMBERS: dict[str, Callable[[float], float]] = {
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "ln": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sgn": lambda value: math.copysign(1.0, value) if value else 0.0,
    "deg": math.degrees,
    "rad": math.radians,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "asinh": math.asinh,
    "acosh": math.acosh,
    "atanh": math.atanh,
}


class World(NamedTuple):
    """The series that exist, what each selector reads of them, and how often they are sampled.

    `left_closed` is how Prometheus 2 counts: a sample exactly a range ago still belongs to the range.
    """

    read: Mapping[Selector, Sequence[Point]]
    interval: float
    left_closed: bool


def evaluate(node: Node, world: World) -> list[Point]:
    """The resulting series; a scalar is one series without labels."""
    if isinstance(node, Number):
        return [Point({}, Line(node.value, 0.0))]
    if isinstance(node, Paren):
        return evaluate(node.expr, world)
    if isinstance(node, Selector):
        return _selected(node, world)
    if isinstance(node, Unary):
        points = evaluate(node.expr, world)
        if node.op == "+":
            return points
        return [Point(_nameless(p.labels), Line(-p.line.at_zero, -p.line.slope)) for p in points]
    if isinstance(node, Aggregate):
        return _aggregated(node, world)
    if isinstance(node, Binary):
        left, right = evaluate(node.lhs, world), evaluate(node.rhs, world)
        if kind(node) == "s":
            return [Point({}, operate(node, left[0].line, right[0].line) or Line(0.0, 0.0))]
        return combined(node, left, right, kind(node.lhs) == "s", kind(node.rhs) == "s")
    if isinstance(node, Call):
        return _called(node, world)
    raise Unsteady("a string has no value")


def _grown(line: Line) -> float:
    if line.slope < 0:
        raise Unsteady("a counter cannot fall")
    return line.slope


def _nameless(labels: Mapping[str, str]) -> dict[str, str]:
    return {label: value for label, value in labels.items() if label != NAME}


def _selected(node: Selector | Subquery, world: World) -> list[Point]:
    if node.at:
        raise Unsteady("@ pins a time")
    points = world.read[node] if isinstance(node, Selector) else evaluate(node.expr, world)
    shift = (node.offset_ms or 0) / 1000
    return [Point(p.labels, Line(p.line.at_zero - p.line.slope * shift, p.line.slope)) for p in points]


def _scalar(node: Node, world: World) -> float:
    points = evaluate(node, world)
    return constant(points[0].line) if points else math.nan


def _aggregated(node: Aggregate, world: World) -> list[Point]:
    points = evaluate(node.expr, world)
    parameter: float | str = 0.0
    if node.parameter is not None:
        text = bare(node.parameter)
        parameter = text.value if isinstance(text, Text) else _scalar(node.parameter, world)
    return aggregation.aggregated(node, points, parameter)


def _called(node: Call, world: World) -> list[Point]:
    name, arguments = node.function, node.arguments
    if name == "time":
        return [Point({}, CLOCK)]
    if name == "pi":
        return [Point({}, Line(math.pi, 0.0))]
    ranged = next((bare(argument) for argument in arguments if kind(argument) == "m"), None)
    if isinstance(ranged, Selector | Subquery):
        return _over_time(node, ranged, world)
    if not arguments:
        raise Unsteady(f"{name}() follows the clock")
    if name in ("vector", "scalar"):
        points = evaluate(arguments[0], world)
        if name == "scalar" and len(points) != 1:
            return [Point({}, Line(math.nan, 0.0))]
        return [Point({}, points[0].line)]
    if name == "histogram_quantile":
        quantile = _scalar(arguments[0], world)
        return aggregation.quantiles(quantile, evaluate(arguments[1], world))
    points = evaluate(arguments[0], world)
    if name == "absent":
        return [] if points else [_absence(arguments[0])]
    if name in ("sort", "sort_desc", "sort_by_label", "sort_by_label_desc"):
        return points
    if name in ("label_replace", "label_join"):
        return _relabelled(node, points)
    if name == "timestamp":
        return [Point(_nameless(p.labels), CLOCK) for p in points]
    return [
        Point(_nameless(p.labels), Line(_number(name, constant(p.line), arguments[1:], world), 0.0)) for p in points
    ]


def _number(name: str, value: float, rest: tuple[Node, ...], world: World) -> float:
    """A function of one number, perhaps with scalar parameters."""
    limits = [_scalar(argument, world) for argument in rest]
    if name == "clamp":
        return max(limits[0], min(limits[1], value))
    if name == "clamp_min":
        return max(limits[0], value)
    if name == "clamp_max":
        return min(limits[0], value)
    if name == "round":
        nearest = limits[0] if limits else 1.0
        return math.floor(value / nearest + 0.5) * nearest
    if name not in _NUMBERS:
        raise Unsteady(f"{name}() is not simulated")
    try:
        return float(_NUMBERS[name](value))
    except (ValueError, OverflowError):
        return math.nan


def _over_time(node: Call, ranged: Selector | Subquery, world: World) -> list[Point]:
    name = node.function
    points = _selected(ranged, world)
    seconds = (ranged.range_ms or 0) / 1000
    step = world.interval
    if isinstance(ranged, Subquery):
        step = (ranged.step_ms or world.interval * 1000) / 1000
    if name == "absent_over_time":
        return [] if points else [_absence(ranged)]
    if name == "predict_linear":
        ahead = _scalar(node.arguments[1], world)
        return [
            Point(_nameless(p.labels), p.line._replace(at_zero=p.line.at_zero + p.line.slope * ahead)) for p in points
        ]
    samples = math.floor(seconds / step) + (1 if world.left_closed or seconds % step else 0)
    result: list[Point] = []
    for point in points:
        labels = dict(point.labels) if name in _KEEP_NAME else _nameless(point.labels)
        result.append(Point(labels, _ranged(name, point.line, seconds, step, samples)))
    return result


def _ranged(name: str, line: Line, seconds: float, step: float, samples: int) -> Line:
    """A function of one line's samples, `step` seconds apart, over so many seconds."""
    if name in _TWO_SAMPLES and samples < 2:
        raise Unsteady(f"{name}() needs two samples; its range is {seconds:g}s at one sample in {step:g}s")
    if name == "last_over_time":
        return line
    if name == "present_over_time":
        return Line(1.0, 0.0)
    if name == "count_over_time":
        return Line(float(samples), 0.0)
    if name == "sum_over_time":
        return Line(constant(line) * samples, 0.0)
    if name == "changes":
        return Line(float(samples - 1) if line.slope else 0.0, 0.0)
    if name in ("rate", "irate", "increase", "resets"):
        factor = {"increase": seconds, "resets": 0.0}.get(name, 1.0)
        return Line(_grown(line) * factor, 0.0)
    if name in ("delta", "idelta", "deriv"):
        return Line(line.slope * {"delta": seconds, "idelta": step, "deriv": 1.0}[name], 0.0)
    if name in _SAME:
        return Line(constant(line), 0.0)
    if name in _ZERO:
        return Line(0.0 * constant(line), 0.0)
    raise Unsteady(f"{name}() is not simulated")


def _absence(node: Node) -> Point:
    """What absent() returns: the labels that the selector's equalities name."""
    node = bare(node)
    labels: dict[str, str] = {}
    if isinstance(node, Selector):
        counted = [matcher.label for matcher in node.matchers]
        labels = {
            m.label: m.value
            for m in node.matchers
            if m.op == "=" and m.value and m.label != NAME and counted.count(m.label) == 1
        }
    return Point(labels, Line(1.0, 0.0))


def _relabelled(node: Call, points: Sequence[Point]) -> list[Point]:
    target, *texts = [text.value for argument in node.arguments if isinstance(text := bare(argument), Text)]
    result: list[Point] = []
    for point in points:
        labels = dict(point.labels)
        if node.function == "label_join":
            labels[target] = texts[0].join(labels.get(source, "") for source in texts[1:])
        else:
            value = _replacement(texts[0], labels.get(texts[1], ""), texts[2])
            labels[target] = labels.get(target, "") if value is None else value
        result.append(Point({label: value for label, value in labels.items() if value}, point.line))
    return result


def _replacement(replacement: str, source: str, pattern: str) -> str | None:
    """label_replace's new value; None when the pattern does not match."""
    found = regex.compiled(pattern)
    if isinstance(found, regex.Fault):
        raise Unsteady("label_replace has a bad regular expression")
    try:
        return found.replaced(source, replacement)
    except re2.Unsupported as error:
        raise Unsteady("label_replace has a regular expression that cannot be simulated") from error
