"""Metrics that a query of Metrics Insights reads, and those beside them that it must not read.

In: a `Selection`, the value that it is to have. Out: `Query`: metrics, and for each the value of its datapoints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

from monitorspec.alarmstate.insights import Selection
from monitorspec.alarmstate.samples import Metric, metric
from monitorspec.proof.alarms.case import Unproven
from monitorspec.proof.alarms.clusters import fitting
from monitorspec.proof.alarms.levels import Edge, Input, Level

_OTHER = "other"
_FAR = 1000.0
_COMBINED: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "Average": fmean,
    "SampleCount": sum,
}


class Query(NamedTuple):
    """`read` of the `inputs`, the first ones, are what the query reads."""

    inputs: tuple[Input, ...]
    read: int

    def level(self, level: Level, edge: Edge) -> Level:
        """The level of the query, whose other metrics would take it to the other side of the limit or keep it there."""
        stat = self.inputs[0].stat
        share = level.value / self.read if stat == "Sum" else level.value
        # What is least is not changed by more.
        wanted = edge.value + (-_FAR if stat == "Minimum" else _FAR) * edge.scale
        decoy = fitting(stat, wanted, stat != "Minimum")
        others = len(self.inputs) - self.read
        return Level(level.value, (share,) * self.read + (wanted if decoy is None else decoy,) * others)

    def value(self, inputs: Sequence[float]) -> float:
        """The value while the datapoints of the inputs are these."""
        return float(_COMBINED[self.inputs[0].stat](inputs[: self.read]))


def query_of(selection: Selection) -> Query:
    """The query; Unproven where it cannot read anything."""
    read = tuple(_read(selection))
    if not read or not all(map(selection.matches, read)):
        raise Unproven("no metric can match what its query asks for")
    others = [other for other in dict.fromkeys(_beside(selection, read[0])) if not selection.matches(other)]
    return Query(tuple(Input(each, selection.statistic) for each in (*read, *others)), len(read))


def _read(selection: Selection) -> Iterator[Metric]:
    """Two metrics that it reads, where it leaves any dimension open. A count is not halved: one of them is enough for it."""
    fixed = {c.label: c.value if c.op == "=" else f"{_OTHER}-{c.value}" for c in selection.conditions}
    open_ = ["Any"] if selection.labels is None else sorted(selection.labels - fixed.keys())
    for value in ("one", "two") if open_ and selection.statistic != "SampleCount" else ("one",):
        yield metric(selection.namespace, selection.name, {**dict.fromkeys(open_, value), **fixed})


def _beside(selection: Selection, read: Metric) -> Iterator[Metric]:
    """Metrics that differ from one that it reads in a single thing that it asks for."""
    dimensions = dict(read.dimensions)
    changed = [
        {**dimensions, c.label: c.value if c.op == "!=" else f"{_OTHER}-{c.value}"} for c in selection.conditions
    ]
    if selection.labels is not None:
        changed += [{**dimensions, "More": "more"}]
        changed += [{k: v for k, v in dimensions.items() if k != label} for label in sorted(selection.labels)]
    for each in changed:
        yield metric(read.namespace, read.name, each)
