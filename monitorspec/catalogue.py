"""The catalogue of CloudWatch metrics: which there are, in which unit, with which dimensions they are published.

In: the files of AWS services in `presets/`. Out: `Metric`s by namespace and name. Only the file that describes a namespace is
read, once. A name with `*` stands for all that match it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

from monitorspec.plan import CloudWatchSignal
from monitorspec.presets.files import namespaces, read

DimensionSet = frozenset[str]
# Metric math that leaves the unit of its metrics as it is: sums, differences, the largest of them.
_KEEPS_UNIT = re.compile(r"(?:\b(?:SUM|MAX|MIN|AVG|ABS|FILL|METRICS|REPEAT|LINEAR)\b|[a-z]\w*|\b0\b|[-+,()\[\]\s])*")


class Metric(NamedTuple):
    """`unit` is a name of `spec.units.UNITS`, or "" where it is not known; `stat` the statistic to look at first, or "".

    `average`: what an average means where the metric counts: the unit of it ("ratio": the share of requests), or "".
    """

    unit: str
    stat: str
    average: str
    help: str
    dimension_sets: tuple[DimensionSet, ...] | None
    """What it is published with, each set by itself; None where that is not known for sure."""


def described() -> tuple[str, ...]:
    """The namespaces that the catalogue describes."""
    return tuple(namespaces())


@cache
def metrics(namespace: str) -> Mapping[str, Metric] | None:
    """The metrics of a namespace by name, None for one that the catalogue does not describe."""
    preset = namespaces().get(namespace)
    if preset is None:
        return None
    out: dict[str, Metric] = {}
    for group in read(preset)["namespaces"][namespace]:
        sets = _sets(group.get("dimensions"))
        for name, given in group["metrics"].items():
            out[str(name)] = Metric(given["unit"], given["stat"], given.get("average", ""), given["help"], sets)
    return out


def find(known: Mapping[str, Metric], name: str) -> Metric | None:
    """The metric of that name."""
    found = known.get(name)
    if found is not None:
        return found
    return next((metric for pattern, metric in known.items() if "*" in pattern and fnmatchcase(name, pattern)), None)


def unit_of(metric: Metric, stat: str) -> str:
    """The unit of a statistic of a metric, "" where it is not known.

    CloudWatch user guide, "CloudWatch statistics definitions": SampleCount and TC are numbers of samples, PR is a percentage.
    """
    if stat == "SampleCount" or stat[:2].upper() == "TC":
        return "count"
    if stat.startswith("PR("):
        return "percent"
    if stat == "Average" and metric.average:
        return metric.average
    return metric.unit


def signal_unit(signal: CloudWatchSignal, look_up: Callable[[str, str], Metric | None]) -> str:
    """Our unit of a signal, "" where it is not known: the metric's, or that of metrics that math only adds up.

    `look_up` gives the metric of a namespace and a name.
    """
    if signal.expression:
        units = {signal_unit(part, look_up) for _, part in signal.metrics}
        return units.pop() if len(units) == 1 and _KEEPS_UNIT.fullmatch(signal.expression) else ""
    metric = look_up(signal.namespace, signal.metric)
    return unit_of(metric, signal.stat) if metric else ""


def _sets(given: Iterable[Iterable[Any]] | None) -> tuple[DimensionSet, ...] | None:
    return None if given is None else tuple(frozenset(names) for names in given)
