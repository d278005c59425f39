"""What metric math computes with: numbers, series over the periods that are looked at, arrays of series.

In: values. Out: the results of operators, by the rules of the CloudWatch user guide ("Basic arithmetic functions",
"Comparison and logical operators"): a missing value beside an existing one is 0, division by zero makes no datapoint.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from monitorspec.alarmstate.errors import MathError

Number: TypeAlias = float | None
"""None: there is no such value."""


class Series(NamedTuple):
    """One value for each period, oldest first; None where it is missing. `metric` is its id where it is no result."""

    values: tuple[Number, ...]
    metric: str = ""


class Array(NamedTuple):
    """Several series, such as `[m1, m2]` and METRICS()."""

    series: tuple[Series, ...]


class Word(NamedTuple):
    """A keyword or a text as a function's argument."""

    text: str


Value: TypeAlias = Number | Series | Array | Word


def binary(op: str, left: Value, right: Value) -> Value:
    """`left op right`; MathError for two arrays, and for words."""
    step = _BINARY[op]
    for side in (left, right):
        if isinstance(side, Word):
            raise MathError(f"`{side.text}` is no value that `{op}` can take")
    assert not isinstance(left, Word)
    assert not isinstance(right, Word)
    if isinstance(left, Array):
        if isinstance(right, Array):
            raise MathError(f"`{op}` cannot stand between two arrays of series")
        return Array(tuple(_pair(step, one, right) for one in left.series))
    if isinstance(right, Array):
        return Array(tuple(_pair(step, left, one) for one in right.series))
    if isinstance(left, Series) or isinstance(right, Series):
        return _pair(step, left, right)
    return None if left is None or right is None else step(left, right)


def _pair(step: Callable[[float, float], Number], left: Number | Series, right: Number | Series) -> Series:
    """A series of two, one of which may be a number."""
    if isinstance(left, Series) and isinstance(right, Series):
        both = zip(left.values, right.values, strict=True)
        return Series(tuple(None if a is None and b is None else step(a or 0.0, b or 0.0) for a, b in both))
    if isinstance(left, Series):
        assert not isinstance(right, Series)
        return Series(tuple(None if a is None or right is None else step(a, right) for a in left.values))
    assert isinstance(right, Series)
    return Series(tuple(None if b is None or left is None else step(left, b) for b in right.values))


def each(step: Callable[[float], Number], value: Value, name: str) -> Value:
    """`step` on every existing value; MathError names the function or operator for words."""
    if isinstance(value, Word):
        raise MathError(f"`{value.text}` is no value that {name} can take")
    if isinstance(value, Array):
        return Array(tuple(over(step, one) for one in value.series))
    if isinstance(value, Series):
        return over(step, value)
    return None if value is None else step(value)


def over(step: Callable[[float], Number], series: Series) -> Series:
    """`step` on every existing value of one series."""
    return Series(tuple(None if value is None else step(value) for value in series.values))


def finite(value: float) -> Number:
    """The value, None for what is no number."""
    return value if math.isfinite(value) else None


def _power(base: float, exponent: float) -> Number:
    try:
        return finite(math.pow(base, exponent))
    except (ValueError, OverflowError):
        return None


_BINARY: dict[str, Callable[[float, float], Number]] = {
    "+": lambda a, b: finite(a + b),
    "-": lambda a, b: finite(a - b),
    "*": lambda a, b: finite(a * b),
    "/": lambda a, b: finite(a / b) if b else None,
    "^": _power,
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "<": lambda a, b: float(a < b),
    "<=": lambda a, b: float(a <= b),
    ">": lambda a, b: float(a > b),
    ">=": lambda a, b: float(a >= b),
    "AND": lambda a, b: float(bool(a) and bool(b)),
    "OR": lambda a, b: float(bool(a) or bool(b)),
}
