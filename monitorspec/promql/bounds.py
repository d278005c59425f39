"""Between which numbers the values of an expression lie, and what a comparison with such values can say.

In: a tree. Out: `Bounds`; `verdict` of a comparison: "never", "always", or "" where it depends on the data. NaN, which fails
every comparison but `!=`, is left out of account.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from monitorspec.promql.expression import shape, shape_text
from monitorspec.promql.nodes import (
    COMPARISONS,
    SET_OPERATORS,
    Aggregate,
    Binary,
    Call,
    Node,
    Number,
    Paren,
    Selector,
    Subquery,
    Unary,
    bare,
    kind,
)

_INF = math.inf


class Bounds(NamedTuple):
    """Values from `low` to `high`; `whole` when they are whole numbers."""

    low: float = -_INF
    high: float = _INF
    whole: bool = False


ANY = Bounds()
_POSITIVE = Bounds(0, _INF)
_COUNT = Bounds(1, _INF, True)
_ONE = Bounds(1, 1, True)
# What functions return whatever they are given (Prometheus' documentation, "Query functions").
_FIXED = {
    "absent": _ONE,
    "absent_over_time": _ONE,
    "present_over_time": _ONE,
    "count_over_time": _COUNT,
    "changes": Bounds(0, _INF, True),
    "resets": Bounds(0, _INF, True),
    "sgn": Bounds(-1, 1, True),
    "minute": Bounds(0, 59, True),
    "hour": Bounds(0, 23, True),
    "day_of_week": Bounds(0, 6, True),
    "day_of_month": Bounds(1, 31, True),
    "day_of_year": Bounds(1, 366, True),
    "days_in_month": Bounds(28, 31, True),
    "month": Bounds(1, 12, True),
} | dict.fromkeys(
    ("rate", "irate", "increase", "abs", "stddev_over_time", "stdvar_over_time", "exp", "sqrt", "time", "timestamp"),
    _POSITIVE,
)
# Functions whose values are values of their last vector, or lie between them.
_KEEPS = frozenset(
    {"sort", "sort_desc", "sort_by_label", "sort_by_label_desc", "label_replace", "label_join", "vector"}
    | {"last_over_time", "first_over_time", "min_over_time", "max_over_time"}
)
_BETWEEN = frozenset({"avg_over_time", "quantile_over_time"})
_MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


@lru_cache(maxsize=8192)
def _of_shape(text: str) -> Bounds:
    return bounds(shape(text))


def bounds_of(expr: str) -> Bounds:
    """The bounds of a valid expression's values."""
    return _of_shape(shape_text(expr))


def verdict(op: str, left: Bounds, right: Bounds) -> str:
    """Whether `left op right` holds: "never", "always", or "" where that depends."""
    if op in ("<", "<="):
        return verdict(_MIRRORED[op], right, left)
    if op == ">":
        return "never" if left.high <= right.low else "always" if left.low > right.high else ""
    if op == ">=":
        return "never" if left.high < right.low else "always" if left.low >= right.high else ""
    apart = left.high < right.low or left.low > right.high or _between(left, right) or _between(right, left)
    equal = left.low == left.high == right.low == right.high
    if op == "!=":
        apart, equal = equal, apart
    return "never" if apart else "always" if equal else ""


def _between(whole: Bounds, fixed: Bounds) -> bool:
    """Whether `fixed` is one number that lies between the whole numbers that the other side has."""
    return whole.whole and fixed.low == fixed.high and math.isfinite(fixed.low) and fixed.low % 1 != 0


def allowed(op: str, limit: float) -> Bounds:
    """The values that pass `value op limit`; for a strict comparison, with the limit itself."""
    if op in (">", ">="):
        return Bounds(limit, _INF)
    if op in ("<", "<="):
        return Bounds(-_INF, limit)
    return Bounds(limit, limit, limit % 1 == 0) if op == "==" and math.isfinite(limit) else ANY


def bounds(node: Node) -> Bounds:
    """The bounds of a tree's values; of a range, those of its samples."""
    if isinstance(node, Number):
        return ANY if math.isnan(node.value) else Bounds(node.value, node.value, node.value % 1 == 0)
    if isinstance(node, Selector):
        return _selected(node)
    if isinstance(node, Paren | Subquery):
        return bounds(node.expr)
    if isinstance(node, Unary):
        inner = bounds(node.expr)
        return Bounds(-inner.high, -inner.low, inner.whole) if node.op == "-" else inner
    if isinstance(node, Aggregate):
        return _aggregated(node)
    if isinstance(node, Call):
        return _called(node)
    if isinstance(node, Binary):
        return _combined(node)
    return ANY


def _selected(node: Selector) -> Bounds:
    if node.name == "up":
        return Bounds(0, 1, True)
    # Only counters have these endings, and counters begin at zero.
    return _POSITIVE if node.name.endswith(("_total", "_bucket")) and ":" not in node.name else ANY


def _aggregated(node: Aggregate) -> Bounds:
    inner = bounds(node.expr)
    if node.op in ("count", "count_values"):
        return _COUNT
    if node.op == "group":
        return _ONE
    if node.op in ("stddev", "stdvar"):
        return _POSITIVE
    if node.op == "sum":
        return _summed(inner)
    if node.op == "quantile":
        rank = bare(node.parameter) if node.parameter is not None else None
        within = isinstance(rank, Number) and 0 <= rank.value <= 1
        return inner._replace(whole=False) if within else ANY
    return inner._replace(whole=False) if node.op == "avg" else inner


def _summed(inner: Bounds) -> Bounds:
    """The sum of at least one value."""
    return Bounds(inner.low if inner.low >= 0 else -_INF, inner.high if inner.high <= 0 else _INF, inner.whole)


def _called(node: Call) -> Bounds:
    name = node.function
    if name in _FIXED:
        return _FIXED[name]
    if not node.arguments:
        return ANY
    inner = bounds(node.arguments[0])
    if name in _KEEPS:
        return inner
    if name in _BETWEEN:
        rank = bare(node.arguments[0])
        if name == "quantile_over_time" and not (isinstance(rank, Number) and 0 <= rank.value <= 1):
            return ANY
        return bounds(node.arguments[-1])._replace(whole=False)
    if name == "sum_over_time":
        return _summed(inner)
    if name in ("ceil", "floor"):
        turn = math.ceil if name == "ceil" else math.floor
        low, high = (float(turn(end)) if math.isfinite(end) else end for end in inner[:2])
        return Bounds(low, high, True)
    if name in ("clamp", "clamp_min", "clamp_max"):
        limits = [bounds(argument) for argument in node.arguments[1:]]
        low = limits[0].low if name != "clamp_max" else -_INF
        high = limits[-1].high if name != "clamp_min" else _INF
        whole = inner.whole and all(limit.whole for limit in limits)
        return Bounds(min(max(inner.low, low), high), max(min(inner.high, high), low), whole) if low <= high else ANY
    return ANY


def _combined(node: Binary) -> Bounds:
    left, right = bounds(node.lhs), bounds(node.rhs)
    if node.op == "or":
        return Bounds(min(left.low, right.low), max(left.high, right.high), left.whole and right.whole)
    if node.op in SET_OPERATORS:
        return left
    if node.op in COMPARISONS:
        if node.returns_bool or kind(node) == "s":
            return Bounds(0, 1, True)
        op, value, limit = node.op, left, right
        if kind(node.lhs) == "s":
            op, value, limit = _MIRRORED.get(op, op), right, left
        if limit.low != limit.high:
            return value
        passed = allowed(op, limit.low)
        low, high = max(value.low, passed.low), min(value.high, passed.high)
        return Bounds(low, high, value.whole) if low <= high else value
    return _arithmetic(node.op, left, right)


def _arithmetic(op: str, left: Bounds, right: Bounds) -> Bounds:
    whole = left.whole and right.whole and op in "+-*"
    if op == "-":
        op, right = "+", Bounds(-right.high, -right.low, right.whole)
    if op == "/" and right.low > 0:
        op, right = "*", Bounds(1 / right.high, 1 / right.low)
    elif op == "/" and left.low >= 0 and right.low >= 0:
        return _POSITIVE
    if op == "+":
        ends = [left.low + right.low, left.high + right.high]
    elif op == "*":
        ends = [_product(a, b) for a in left[:2] for b in right[:2]]
    else:
        return ANY
    return ANY if any(map(math.isnan, ends)) else Bounds(min(ends), max(ends), whole)


def _product(one: float, other: float) -> float:
    """A product in which an unbounded factor beside zero is only a very large number."""
    return 0.0 if not one or not other else one * other
