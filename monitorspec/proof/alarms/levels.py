"""Levels of a signal around a limit, and the samples that hold it there.

In: levels, period by period. Out: `Drive`, and the samples of its metrics over a whole story.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from monitorspec.alarmstate.samples import Metric, Sample
from monitorspec.proof.alarms.case import START, Unproven
from monitorspec.proof.alarms.clusters import Part, cluster, few

NEAR = 0.001
"""How far past a limit, as a share of it."""


class Edge(NamedTuple):
    """A limit: `op` (">", ">=", "<", "<=") `value`."""

    op: str
    value: float

    def past(self, value: float) -> bool:
        """Whether `value` is past it."""
        if self.op == ">":
            return value > self.value
        if self.op == ">=":
            return value >= self.value
        return value < self.value if self.op == "<" else value <= self.value

    @property
    def scale(self) -> float:
        """What is near or far of it."""
        return abs(self.value) or 1.0


class Input(NamedTuple):
    """A metric of a signal, and the statistic that makes its datapoints."""

    metric: Metric
    stat: str


class Level(NamedTuple):
    """The value of a signal, and the datapoints of its inputs that make it; for one that `rises`, what it rises by."""

    value: float
    inputs: tuple[float, ...]


class Drive(NamedTuple):
    """The levels of a signal around a limit. `rises`: number of the input that is a counter: its level is what it rises by
    in a period. `slow`: a datapoint also depends on those before it. `empty`: the value without any data."""

    inputs: tuple[Input, ...]
    period: int
    """Seconds."""
    least: int
    """Samples that a datapoint needs."""
    short: Level
    past: Level
    far_short: Level | None
    far_past: Level | None
    rises: int | None = None
    slow: bool = False
    empty: float | None = None
    aside: tuple[Level, ...] = ()
    """Levels with one of the inputs at 0, or at a number that the expression compares it with."""

    alike: bool = False
    """The inputs are parts of one value, which they show at the same time."""

    def past_at(self, stretches: Sequence[Stretch], edge: Edge) -> list[bool | None]:
        """Whether the signal is past a limit in each period, None where it has no datapoint."""
        out: list[bool | None] = []
        before = False
        for stretch in stretches:
            for n in range(stretch.periods):
                if stretch.level is None:
                    out.append(None if self.empty is None else edge.past(self.empty))
                elif 0 < stretch.samples < self.least or (self.rises is not None and n == 0 and not before):
                    # A rise needs a datapoint to rise from.
                    out.append(None)
                else:
                    out.append(edge.past(stretch.level.value))
            before = stretch.level is not None
        return out

    def samples(self, stretches: Sequence[Stretch], start: int = START) -> dict[Metric, tuple[Sample, ...]]:
        """The samples of all inputs, in periods from `start` on."""
        periods = [stretch for stretch in stretches for _ in range(stretch.periods)]
        return {
            each.metric: tuple(self._input(number, each.stat, periods, start))
            for number, each in enumerate(self.inputs)
        }

    def _input(self, number: int, stat: str, periods: Sequence[Stretch], start: int) -> list[Sample]:
        out: list[Sample] = []
        counter = 0.0
        for at, stretch in enumerate(periods):
            if stretch.level is None:
                continue
            value = stretch.level.inputs[number]
            if number == self.rises:
                counter += value
                value = counter
            made = few(stat, value, stretch.samples) if stretch.samples else cluster(stat, value, self.least)
            if made is None:
                raise Unproven(f"no samples were found that give {stat} the value {value:g}")
            neighbours = (*periods[at - 1 : at], *periods[at + 1 : at + 2])
            # Beside a gap, a window that slides would see a part of the period alone.
            whole = (
                len(neighbours) < 2 or any(n.level is None or n.samples for n in neighbours) or self.rises is not None
            )
            # Just enough samples are too few for a shorter period where it sees one half of them.
            whole = whole and not 0 < self.least <= stretch.samples
            early = start + at * self.period + self.period // 8
            late = early if whole else start + at * self.period + self.period * 5 // 8
            # In turn, so that no two inputs show the same in a part of a period.
            parts = (made.early, made.late) if self.alike or number % 2 == 0 else (made.late, made.early)
            out += _at(early, parts[0])
            out += _at(late, parts[1])
        return out


class Stretch(NamedTuple):
    """So many `periods` in which the signal is at a level (None: no data); with just so many `samples` each, if any are
    named."""

    level: Level | None
    periods: int
    why: str
    samples: int = 0


def edge_of(op: str, value: Decimal) -> Edge:
    """A limit as CloudWatch compares it: as a floating point number."""
    return Edge(op, float(value))


def _at(time: int, part: Part) -> list[Sample]:
    return [Sample(time, value, weight) for value, weight in part]
