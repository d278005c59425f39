"""Metric math the other way round: datapoints of its metrics that take an expression over a limit.

In: an expression, a limit. Out: drives without the names of their metrics, the best one first. All metrics but one stay at a
plausible constant, the one is moved until the computed expression crosses the limit; where levels do not, one rises.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isclose
from typing import NamedTuple

from monitorspec.alarmstate.errors import AlarmError
from monitorspec.alarmstate.mathframe import Frame
from monitorspec.alarmstate.mathfunctions import CLOCK
from monitorspec.alarmstate.mathsyntax import Call, parse, walk
from monitorspec.alarmstate.mathvalues import Number, Series
from monitorspec.alarmstate.metricmath import Computation
from monitorspec.proof.alarms.case import START
from monitorspec.proof.alarms.clusters import fitting, is_exact
from monitorspec.proof.alarms.levels import NEAR, Drive, Edge, Level

FAR = 0.13
"""A level counts as far away beyond this share of the limit."""
_LENGTH = 5
# Values that metrics are given; the first ones are those that people think in.
_BASES = (1000.0, 100.0, 10_000.0, 1.0, 10.0, 1e6, 0.5, 1e9, 0.0)
_GRID = (0.0, *(sign * digit * 10.0**power for sign in (1, -1) for power in range(-4, 10) for digit in (1, 3)))


class Shape(NamedTuple):
    """An expression without its metrics' names: many alarms of a large system share one."""

    expression: str
    ids: tuple[str, ...]
    stats: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    """Expressions that it uses, by id."""
    period: int


class Crossing(NamedTuple):
    """Inputs on both sides of the limit, `distance` from it as a share of it."""

    distance: float
    short: tuple[float, ...]
    past: tuple[float, ...]


@functools.lru_cache(maxsize=10_000)
def solved(shape: Shape, edge: Edge) -> tuple[Drive, ...] | str:
    """The drives without their inputs, or why there is none."""
    try:
        trees = [parse(text) for text in (shape.expression, *(text for _, text in shape.others))]
        clocks = sorted({n.name for tree in trees for n in walk(tree) if isinstance(n, Call) and n.name in CLOCK})
        if clocks:
            return f"{clocks[0]} makes it depend on the time"
        for rises in (None, *range(len(shape.ids))):
            math = Function(shape, rises)
            movers = range(len(shape.ids)) if rises is None else (rises,)
            found = [best for mover in movers if (best := _nearest(math.crossings(edge, mover)))]
            if found:
                if not all(math.is_steady(crossing.past) for crossing in found):
                    return "its value depends on how many periods CloudWatch looks back"
                found.sort(key=lambda crossing: crossing.distance > 2 * NEAR)
                return tuple(_drive(math, edge, crossing) for crossing in found)
    except AlarmError as error:
        return str(error)
    return f"no values of its metrics were found that take it over {edge.value:g}"


@functools.lru_cache(maxsize=10_000)
def present(shape: Shape) -> tuple[Level, float | None] | str:
    """A level at which there is a value, and the value without any data; or why there is none."""
    try:
        math = Function(shape, None)
        for base in _BASES:
            inputs = tuple(math.fitted(at, base) for at in range(len(shape.ids)))
            value = math.value(inputs)
            if value is not None:
                return Level(value, inputs), math.value([None] * len(inputs))
    except AlarmError as error:
        return str(error)
    return "no values of its metrics were found that give it a value"


@functools.lru_cache(maxsize=1_000)
def function_of(shape: Shape) -> Function:
    """An expression as a function of datapoints that stay as they are."""
    return Function(shape, None)


def _nearest(crossings: Iterator[Crossing]) -> Crossing | None:
    best: Crossing | None = None
    for found in crossings:
        if best is None or found.distance < best.distance:
            best = found
        if best.distance <= 2 * NEAR:
            break
    return best


def _drive(math: Function, edge: Edge, crossing: Crossing) -> Drive:
    short, past = math.level(crossing.short), math.level(crossing.past)
    exact = math.exact(edge, crossing)
    if exact is not None:
        short, past = (short, exact) if edge.past(exact.value) else (exact, past)
    return Drive(
        inputs=(),
        period=math.shape.period,
        least=0,
        short=short,
        past=past,
        far_short=math.far(edge, crossing.short, past=False),
        far_past=math.far(edge, crossing.past, past=True),
        rises=math.rises,
        aside=(*math.at_zero(crossing.short), *math.at_guards(crossing.past)),
        slow=math.remembers(crossing),
        empty=math.value([None] * len(crossing.short)),
    )


class Function:
    """An expression as a function of its metrics' datapoints; input number `rises` by its value in each period."""

    def __init__(self, shape: Shape, rises: int | None) -> None:
        self.shape = shape
        self.rises = rises
        self._tree = parse(shape.expression)
        self._others = dict(shape.others)

    def value(self, inputs: Sequence[Number], length: int = _LENGTH) -> Number:
        """The newest value while the inputs stay as they are."""
        return self._newest([self._column(at, value, length) for at, value in enumerate(inputs)])

    def level(self, inputs: tuple[float, ...]) -> Level:
        """The level that inputs make."""
        value = self.value(inputs)
        assert value is not None
        return Level(value, inputs)

    def crossings(self, edge: Edge, mover: int) -> Iterator[Crossing]:
        """Wherever moving one input takes the value over the limit."""
        for base in _BASES:
            inputs = [self.fitted(at, base) for at in range(len(self.shape.ids))]
            for bracket in self._brackets(edge, inputs, mover, base):
                short, past = (_with(inputs, mover, value) for value in self._narrowed(edge, inputs, mover, *bracket))
                values = [value for value in (self.value(short), self.value(past)) if value is not None]
                if len(values) == 2:
                    distance = max(abs(value - edge.value) for value in values) / edge.scale
                    yield Crossing(distance, short, past)

    def _brackets(self, edge: Edge, inputs: Sequence[float], mover: int, base: float) -> Iterator[tuple[float, float]]:
        """Neighbours on the grid, (short, past), between which it goes over the limit; from 0 on, then below."""
        grid = {self.fitted(mover, value) for value in (*_GRID, edge.value, base)}
        seen = []
        for value in sorted(grid, key=lambda v: (v < 0, abs(v))):
            found = self.value(_with(inputs, mover, value))
            if found is not None:
                seen.append((value, edge.past(found)))
        for (a, a_past), (b, b_past) in pairwise(seen):
            if a_past != b_past:
                yield (b, a) if a_past else (a, b)

    def _narrowed(
        self, edge: Edge, inputs: Sequence[float], mover: int, short: float, past: float
    ) -> tuple[float, float]:
        """Values of the mover nearer and nearer to each other, then with as few digits as they can have."""
        near = NEAR * edge.scale
        away = {value: abs((self.value(_with(inputs, mover, value)) or 0.0) - edge.value) for value in (short, past)}
        for _ in range(60):
            middle = self.fitted(mover, (short + past) / 2)
            if middle in (short, past) or max(away[short], away[past]) <= near:
                break
            found = self.value(_with(inputs, mover, middle))
            if found is None:
                break
            away[middle] = abs(found - edge.value)
            short, past = (short, middle) if edge.past(found) else (middle, past)

        def brief(exact: float, is_past: bool) -> float:
            for value in _rounded(exact):
                if self.fitted(mover, value) == value:
                    found = self.value(_with(inputs, mover, value))
                    beside = found is not None and abs(found - edge.value) <= max(2 * near, away[exact])
                    if found is not None and beside and edge.past(found) == is_past:
                        return value
            return exact

        return brief(short, False), brief(past, True)

    def exact(self, edge: Edge, crossing: Crossing) -> Level | None:
        """Inputs between those of a crossing that make the very limit."""
        for given, other in ((crossing.short, crossing.past), (crossing.past, crossing.short)):
            mover = next((at for at, (a, b) in enumerate(zip(given, other, strict=True)) if a != b), None)
            if mover is None:
                return None
            for value in _rounded((given[mover] + other[mover]) / 2):
                inputs = _with(given, mover, self.fitted(mover, value))
                if self.value(inputs) == edge.value and all(map(is_exact, self.shape.stats, inputs)):
                    return Level(edge.value, inputs)
        return None

    def far(self, edge: Edge, start: tuple[float, ...], *, past: bool) -> Level | None:
        """A level far away from the limit: one input ten times or a tenth of what it is."""
        best: Level | None = None
        for mover in range(len(start)):
            for factor in (10.0, 0.1):
                inputs = _with(start, mover, self.fitted(mover, start[mover] * factor))
                value = self.value(inputs)
                if value is None or edge.past(value) != past:
                    continue
                if best is None or abs(value - edge.value) > abs(best.value - edge.value):
                    best = Level(value, inputs)
        return best if best is not None and abs(best.value - edge.value) > FAR * edge.scale else None

    def at_zero(self, start: tuple[float, ...]) -> tuple[Level, ...]:
        """The levels with one input at 0, where there is a value then."""
        out = []
        for mover in range(len(start) if self.rises is None else 0):
            inputs = _with(start, mover, self.fitted(mover, 0.0))
            value = self.value(inputs)
            if value is not None and inputs != start:
                out.append(Level(value, inputs))
        return tuple(out)

    def at_guards(self, start: tuple[float, ...]) -> tuple[Level, ...]:
        """The levels with one input at a number that the expression compares it with, just below and just above; the other
        inputs as much smaller or larger, so that what is a share of it stays past the limit."""
        out: dict[tuple[float, ...], Level] = {}
        for found in _GUARD.finditer(self.shape.expression) if self.rises is None else ():
            if found[1] not in self.shape.ids:
                continue
            at, number = self.shape.ids.index(found[1]), float(found[2])
            for wanted in (number, number - 1, number + 1) if start[at] and number else ():
                scale = wanted / start[at]
                scaled = tuple(self.fitted(n, wanted if n == at else value * scale) for n, value in enumerate(start))
                value = self.value(scaled)
                if value is not None and scaled[at] == wanted:
                    out[scaled] = Level(value, scaled)
        return tuple(out.values())

    def is_steady(self, inputs: tuple[float, ...]) -> bool:
        """Whether looking back further gives the same value."""
        one, other = (self.value(inputs, length) for length in (_LENGTH, _LENGTH + 3))
        return one is not None and other is not None and isclose(one, other, rel_tol=1e-9)

    def remembers(self, crossing: Crossing) -> bool:
        """Whether the newest value also depends on the datapoints before it."""
        if self.rises is not None:
            return False
        for before, now in ((crossing.short, crossing.past), (crossing.past, crossing.short)):
            columns = [(*(a,) * (_LENGTH - 1), b) for a, b in zip(before, now, strict=True)]
            if self._newest(columns) != self.value(now):
                return True
        return False

    def fitted(self, at: int, value: float) -> float:
        """The nearest value that an input can have."""
        stat = self.shape.stats[at]
        found = fitting(stat, value, True)
        found = fitting(stat, value, False) if found is None else found
        return value if found is None else found

    def _column(self, at: int, value: Number, length: int) -> tuple[Number, ...]:
        if value is None or at != self.rises:
            return (value,) * length
        return tuple(value * n for n in range(length))

    def _newest(self, columns: Sequence[tuple[Number, ...]]) -> Number:
        length = len(columns[0]) if columns else _LENGTH
        starts = tuple(START + n * self.shape.period for n in range(length))
        metrics = {id: Series(values, id) for id, values in zip(self.shape.ids, columns, strict=True)}
        found = Computation(Frame(starts, self.shape.period, metrics, {}), self._others).of(self._tree)
        return found.values[-1] if isinstance(found, Series) else None


_GUARD = re.compile(r"\b([a-z]\w*) (?:>=|>|<=|<) (\d+(?:\.\d+)?)(?![\w.])")


def _with(inputs: Sequence[float], at: int, value: float) -> tuple[float, ...]:
    return tuple(value if n == at else old for n, old in enumerate(inputs))


def _rounded(value: float) -> Iterator[float]:
    """The value in one digit, then in more and more."""
    if value:
        yield from (float(f"{value:.{digits}g}") for digits in range(1, 13))
