"""Datapoints: what a statistic makes of the samples of one period.

In: the samples of a period as (value, count), a statistic's name. Out: the datapoint, or None. Definitions: the
CloudWatch user guide, "CloudWatch statistics definitions". It leaves open how a percentile is found between two samples;
here it is the smallest value that so many percent of the samples do not exceed. A sample on the bound of a trimmed range is
taken in part.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Sequence

from monitorspec.alarmstate.errors import PropertyError
from monitorspec.cloudformation.statistics import SIMPLE, statistic_problem

Weighted = Sequence[tuple[float, float]]
"""(value, count)."""
Statistic = Callable[[Weighted], float | None]
"""A datapoint of the samples of a period; None without samples, or where CloudWatch has no such datapoint."""

_short = re.compile(r"(p|tm|wm|tc|ts)([\d.]+)").fullmatch
_ranged = re.compile(r"(TM|WM|TC|TS|PR)\((?:(-?[\d.]+)(%?))?:(?:(-?[\d.]+)(%?))?\)").fullmatch


@functools.cache
def statistic(name: str) -> Statistic:
    """The statistic called `name` (`Average`, `p99.9`, `TM(5%:95%)`, …); PropertyError if there is none."""
    message, help = statistic_problem(name)
    if message:
        raise PropertyError(f"{message}; {help}" if help else message)
    if name in SIMPLE:
        return _SIMPLE[name]
    if name == "IQM":
        return _raw(functools.partial(_shares, "TM", 25.0, 75.0))
    if m := _short(name):
        kind, number = m[1], float(m[2])
        if kind == "p":
            return _raw(functools.partial(_percentile, number))
        return _raw(functools.partial(_shares, kind.upper(), 0.0, number))
    m = _ranged(name)
    assert m is not None, name
    kind, low, low_share, high, high_share = m.groups()
    if low_share or high_share:
        return _raw(functools.partial(_shares, kind, float(low or 0), float(high or 100)))
    bounds = (-math.inf if low is None else float(low), math.inf if high is None else float(high))
    return _raw(functools.partial(_values, kind, *bounds))


def percentile_of(name: str) -> float | None:
    """The share from 0 to 1 of a percentile's name; None for another statistic."""
    m = _short(name)
    return float(m[2]) / 100 if m and m[1] == "p" else None


def sample_count(samples: Weighted) -> float:
    """How many samples there are."""
    return math.fsum(count for _, count in samples)


def _total(samples: Weighted) -> float:
    return math.fsum(value * count for value, count in samples)


_SIMPLE: dict[str, Statistic] = {
    "Average": lambda samples: _total(samples) / sample_count(samples) if samples else None,
    "Sum": lambda samples: _total(samples) if samples else None,
    "Minimum": lambda samples: min(value for value, _ in samples) if samples else None,
    "Maximum": lambda samples: max(value for value, _ in samples) if samples else None,
    "SampleCount": lambda samples: sample_count(samples) if samples else None,
}


def _raw(made: Statistic) -> Statistic:
    """A statistic of raw samples: there is none with negative values among them."""

    def checked(samples: Weighted) -> float | None:
        if not samples or any(value < 0 for value, _ in samples):
            return None
        return made(sorted(samples))

    return checked


def _percentile(percent: float, ordered: Weighted) -> float:
    wanted = sample_count(ordered) * percent / 100
    seen = 0.0
    for value, count in ordered:
        seen += count
        # Counts are sums of floats: a rounding error is no sample.
        if seen >= wanted - 1e-9 * max(wanted, 1):
            return value
    return ordered[-1][0]


def _shares(kind: str, low: float, high: float, ordered: Weighted) -> float | None:
    """TM, WM, TC and TS between two percentiles."""
    if kind == "WM":
        bounds = (_percentile(low, ordered), _percentile(high, ordered))
        return _SIMPLE["Average"]([(min(max(value, bounds[0]), bounds[1]), count) for value, count in ordered])
    total = sample_count(ordered)
    start, end = total * low / 100, total * high / 100
    kept: list[tuple[float, float]] = []
    seen = 0.0
    for value, count in ordered:
        part = min(seen + count, end) - max(seen, start)
        seen += count
        if part > 1e-9 * total:
            kept.append((value, part))
    return _of_kept(kind, kept, total)


def _values(kind: str, low: float, high: float, ordered: Weighted) -> float | None:
    """TM, WM, TC, TS and PR between two values: above the lower one, up to the upper one."""
    if kind == "WM":
        return _SIMPLE["Average"]([(min(max(value, low), high), count) for value, count in ordered])
    return _of_kept(kind, [(v, count) for v, count in ordered if low < v <= high], sample_count(ordered))


def _of_kept(kind: str, kept: Weighted, total: float) -> float | None:
    if kind == "TM":
        return _SIMPLE["Average"](kept)
    if kind == "TS":
        return _total(kept)
    return sample_count(kept) * (100 / total if kind == "PR" else 1)
