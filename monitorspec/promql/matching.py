"""PromQL's binary operators over labelled lines: arithmetic, comparison and vector matching.

In: an operator's node and both sides' series. Out: the resulting series.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from monitorspec.promql.aggregation import Line, Point, Unsteady, constant
from monitorspec.promql.labels import NAME
from monitorspec.promql.nodes import COMPARISONS, SET_OPERATORS, Binary

_COMPARE = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
Key = frozenset[tuple[str, str]]


def operate(node: Binary, left: Line, right: Line) -> Line | None:
    """One operation on two lines; None where a comparison filters the left one out."""
    if node.op in COMPARISONS:
        difference = constant(Line(left.at_zero - right.at_zero, left.slope - right.slope))
        # Comparing the values themselves keeps what subtraction rounds away.
        both = (left.at_zero, right.at_zero) if left.slope == right.slope == 0 else (difference, 0.0)
        holds = bool(_COMPARE[node.op](*both))
        if node.returns_bool:
            return Line(float(holds), 0.0)
        return left if holds else None
    if node.op in ("+", "-"):
        sign = 1 if node.op == "+" else -1
        return Line(left.at_zero + sign * right.at_zero, left.slope + sign * right.slope)
    if node.op == "*" and not (left.slope and right.slope):
        steady, line = (left, right) if not left.slope else (right, left)
        return Line(steady.at_zero * line.at_zero, steady.at_zero * line.slope)
    if node.op == "/" and not right.slope and right.at_zero:
        return Line(left.at_zero / right.at_zero, left.slope / right.at_zero)
    return Line(_arithmetic(node.op, constant(left), constant(right)), 0.0)


def _arithmetic(op: str, left: float, right: float) -> float:
    try:
        if op == "/":
            return math.nan if not left else math.copysign(math.inf, left)
        if op == "%":
            return math.fmod(left, right)
        if op == "^":
            return math.pow(left, right)
        return math.atan2(left, right)
    except (ValueError, OverflowError):
        return math.nan


def combined(
    node: Binary, left: Sequence[Point], right: Sequence[Point], left_scalar: bool, right_scalar: bool
) -> list[Point]:
    """`left op right` where at least one side is a vector."""
    if left_scalar or right_scalar:
        return _with_scalar(node, left, right, left_scalar)
    if node.op in SET_OPERATORS:
        return _sets(node, left, right)
    return _matched(node, left, right)


def _keeps_name(node: Binary) -> bool:
    return node.op in COMPARISONS and not node.returns_bool


def _with_scalar(node: Binary, left: Sequence[Point], right: Sequence[Point], left_scalar: bool) -> list[Point]:
    result: list[Point] = []
    for point in right if left_scalar else left:
        line = operate(node, left[0].line, point.line) if left_scalar else operate(node, point.line, right[0].line)
        if line is None:
            continue
        labels = dict(point.labels) if _keeps_name(node) else _without(point.labels, {NAME})
        result.append(Point(labels, point.line if _keeps_name(node) else line))
    return result


def _without(labels: Mapping[str, str], gone: set[str]) -> dict[str, str]:
    return {label: value for label, value in labels.items() if label not in gone}


def _key(node: Binary, labels: Mapping[str, str]) -> Key:
    matching = node.matching
    if matching is not None and matching.on:
        return frozenset((label, labels[label]) for label in matching.labels if label in labels)
    ignored = {NAME, *(matching.labels if matching else ())}
    return frozenset(_without(labels, ignored).items())


def _sets(node: Binary, left: Sequence[Point], right: Sequence[Point]) -> list[Point]:
    if node.op == "or":
        known = {_key(node, point.labels) for point in left}
        return [*left, *(point for point in right if _key(node, point.labels) not in known)]
    known = {_key(node, point.labels) for point in right}
    return [point for point in left if (_key(node, point.labels) in known) == (node.op == "and")]


def _matched(node: Binary, left: Sequence[Point], right: Sequence[Point]) -> list[Point]:
    group = node.matching.group if node.matching else ""
    many, one = (right, left) if group == "group_right" else (left, right)
    ones: dict[Key, Point] = {}
    for point in one:
        if ones.setdefault(_key(node, point.labels), point) is not point:
            raise Unsteady("several series on the one side of a match")
    result: list[Point] = []
    seen: set[Key] = set()
    for point in many:
        key = _key(node, point.labels)
        other = ones.get(key)
        if other is None:
            continue
        if not group and key in seen:
            raise Unsteady("several series on the left side of a one-to-one match")
        seen.add(key)
        pair = (other.line, point.line) if group == "group_right" else (point.line, other.line)
        line = operate(node, *pair)
        if line is not None:
            result.append(Point(_result_labels(node, point.labels, other.labels), line))
    return result


def _result_labels(node: Binary, many: Mapping[str, str], one: Mapping[str, str]) -> dict[str, str]:
    labels = dict(many) if _keeps_name(node) else _without(many, {NAME})
    matching = node.matching
    if matching is None or not matching.group:
        if matching is not None and matching.on:
            return {label: value for label, value in labels.items() if label in matching.labels}
        return _without(labels, set(matching.labels) if matching else set())
    for label in matching.included:
        labels.pop(label, None)
        if one.get(label):
            labels[label] = one[label]
    return labels
