"""Signals that tests can set: which raw series make an expression have a wanted value.

In: a signal's expression and the declared types of metrics. Out: a `Drive`, or why there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from monitorspec.plan import Limit
from monitorspec.proof.levels import NEAR
from monitorspec.proof.notation import line, selector, steady
from monitorspec.proof.timeline import Phase
from monitorspec.proof.witness import selected, source_of

Series = tuple[tuple[str, str], ...]


class Drive(NamedTuple):
    """How to set a signal.

    `settle`: ms until it is there. `exact`: it can be set to a limit itself. `near`: the share of a limit that it can be
    set past it by. `sample`: the longest time between its samples. `linear`: it can be made to rise on a line.
    """

    metrics: frozenset[str]
    labels: Mapping[str, str]
    absent_labels: Mapping[str, str]
    settle: int
    exact: bool
    near: Decimal
    sample: int
    linear: bool
    make: Callable[[Sequence[Phase], int], Series]
    make_line: Callable[[Decimal, Decimal, int], Series]
    present: Decimal = Decimal(1)
    one: Decimal = Decimal(1)

    def series(self, phases: Sequence[Phase], sample: int) -> Series:
        """The raw series through all phases, with a sample every `sample` ms."""
        return self.make(phases, sample)

    def line(self, first: Decimal, rise: Decimal, count: int) -> Series:
        """The raw series of a signal on a line; `rise` from sample to sample."""
        return self.make_line(first, rise, count)


def drive_of(expr: str, types: Mapping[str, str], step: int, limits: Sequence[Limit]) -> Drive | str:
    """The drive of `expr` for tests that evaluate every `step` ms, able to reach both sides of every limit."""
    source = source_of(expr)
    labels = selected(source.matchers) if source else None
    if source is None or labels is None:
        return "not a plain selector"
    name = selector(source.name, labels)

    def make(phases: Sequence[Phase], sample: int) -> Series:
        return ((name, steady([(phase.value, phase.length // sample) for phase in phases])),)

    def make_line(first: Decimal, rise: Decimal, count: int) -> Series:
        return ((name, line(first, rise, count)),)

    once = {m.label: m.value for m in source.matchers if m.op == "="}
    twice = [m.label for m in source.matchers]
    absent = {label: value for label, value in once.items() if twice.count(label) == 1}
    return Drive(frozenset({source.name}), labels, absent, 0, True, NEAR[0], 240_000, True, make, make_line)
