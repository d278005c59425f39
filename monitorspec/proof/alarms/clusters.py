"""Samples of one period that give a statistic a wanted value, and other statistics other values.

In: a statistic, a value, how many samples there have to be. Out: a `Cluster`. It has two parts, half a period apart, so that an
alarm with a wrong period sees something else. A window that slides over the late part of one period and the early part of the
next one sees the value of either, or one between them.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple

from monitorspec.alarmstate.statistics import percentile_of, statistic
from monitorspec.cloudformation.statistics import SIMPLE

Part = tuple[tuple[float, float], ...]
"""(value, weight)."""

_ranged = re.compile(r"(TM|WM|TC|TS|PR)\((?:(-?[\d.]+)(%?))?:(?:(-?[\d.]+)(%?))?\)").fullmatch
_short = re.compile(r"(tm|wm|tc|ts)([\d.]+)").fullmatch
# Any values that are neither 0 nor 1.
_SOME, _MANY = 7.0, 7e6
# So many others that no percentile in use is the largest or the smallest sample.
_REST = 400


class Cluster(NamedTuple):
    """The samples early and late in a period; `late` is () where they cannot be taken apart."""

    early: Part
    late: Part


class _Range(NamedTuple):
    kind: str
    low: float
    high: float
    share: bool


def fitting(stat: str, value: float, up: bool, least: int = 0) -> float | None:
    """The nearest value that the statistic can have, not below `value` (`up`) or not above; None for none."""
    found = _range(stat)
    if stat == "SampleCount" or (found and found.kind == "TC"):
        whole = math.ceil(value) if up else math.floor(value)
        lowest = max(least, 1 if stat == "SampleCount" else 0)
        return float(max(whole, lowest)) if up or whole >= lowest else None
    if found and found.kind == "PR":
        return None if (value > 100 if up else value < 0) else min(max(value, 0.0), 100.0)
    if stat not in SIMPLE and value < 0:
        # "not available for metrics when any of the metric values are negative numbers"
        return 0.0 if up else None
    return value


@functools.lru_cache(maxsize=20_000)
def cluster(stat: str, value: float, least: int = 0) -> Cluster | None:
    """The samples that give `stat` the value, at least `least` of them; None where none were found."""
    measure = statistic(stat)
    near: Cluster | None = None
    for found in _candidates(stat, value, max(least, 1)):
        weights = [weight for _, weight in (*found.early, *found.late)]
        if not weights or min(weights) <= 0 or sum(weights) < least:
            continue
        got = measure((*found.early, *found.late))
        if got == value:
            return found
        if near is None and got is not None and math.isclose(got, value, rel_tol=1e-9, abs_tol=1e-12):
            near = found
            # Neighbours of other forms would not go together in a window that slides.
            if stat not in SIMPLE:
                break
    return near


def is_exact(stat: str, value: float, least: int = 0) -> bool:
    """Whether samples can give a statistic a value without any rounding."""
    found = cluster(stat, value, least)
    return found is not None and statistic(stat)((*found.early, *found.late)) == value


def few(stat: str, value: float, weight: int) -> Cluster | None:
    """A value of so many samples, one half of them early."""
    each = value / weight if stat == "Sum" else value
    known = stat != "SampleCount" and (stat in SIMPLE or percentile_of(stat) is not None)
    early, late = float(weight - weight // 2), float(weight // 2)
    return Cluster(((each, early),), ((each, late),) if late else ()) if known else None


def _candidates(stat: str, value: float, least: int) -> Iterator[Cluster]:
    # A power of two, which a floating point number can be multiplied by without rounding.
    half = 2.0 ** max(least - 1, 1).bit_length() / 2 if least > 1 else 1.0
    share = percentile_of(stat)
    if stat in _SIMPLE:
        yield from _SIMPLE[stat](value, half)
    elif share is not None:
        yield from _of_percentile(Fraction(stat[1:]) / 100, value, half)
    elif found := _range(stat):
        yield from _of_range(found, value, least)


def _of_sum(value: float, half: float) -> Iterator[Cluster]:
    for parts in ((0.25, 0.75), (0.5, 0.5)):
        yield Cluster(tuple((value * part / half, half) for part in parts), ((0.0, half),))
    yield Cluster(((value, 1.0),), ((0.0, 2 * half),))


def _of_average(value: float, half: float) -> Iterator[Cluster]:
    yield Cluster(((2 * value, half),), ((0.0, half),))
    yield Cluster(((value, half),), ((value, half),))


def _of_maximum(value: float, half: float) -> Iterator[Cluster]:
    rest = _REST * half
    if value > 0:
        # Nothing late: half a period, or the least of one, sees none of it.
        yield Cluster(((value, 1.0), (value / 2, rest / 2)), ((0.0, rest / 2),))
    yield Cluster(((value, 1.0),), ((value / 2 if value >= 0 else value * 2, rest),))


def _of_minimum(value: float, half: float) -> Iterator[Cluster]:
    yield Cluster(((value, 1.0),), ((value * 2 or 1.0 if value >= 0 else value / 2, _REST * half),))


def _of_count(value: float, _: float) -> Iterator[Cluster]:
    early = float(math.ceil(value / 2))
    late = value - early
    yield Cluster(((_SOME, early),), ((_MANY, late),) if late else ())


_SIMPLE: dict[str, Callable[[float, float], Iterator[Cluster]]] = {
    "Sum": _of_sum,
    "Average": _of_average,
    "Maximum": _of_maximum,
    "Minimum": _of_minimum,
    "SampleCount": _of_count,
}


def _of_percentile(share: Fraction, value: float, half: float) -> Iterator[Cluster]:
    """Many lower values, a few that decide, fewer higher ones, with room on both sides of the percentile."""
    if share in (0, 1):
        yield from (_of_minimum if share == 0 else _of_maximum)(value, half)
        return
    room = min(share, 1 - share) / 2
    shares = (share - room, 2 * room, 1 - share - room)
    scale = math.lcm(*(part.denominator for part in shares)) * 2 * max(int(half), 1)
    low, core, high = (float(part * scale) for part in shares)
    lower, higher = value / 2, value * 2 or 1.0
    moved = min(1.0, low / 2)
    yield Cluster(((lower, low - moved), (value, core), (higher, high)), ((lower, moved),))
    yield Cluster(((lower, low), (value, core), (higher, high)), ())


def _range(stat: str) -> _Range | None:
    if stat == "IQM":
        return _Range("TM", 25.0, 75.0, True)
    if m := _short(stat):
        return _Range(m[1].upper(), 0.0, float(m[2]), True)
    if m := _ranged(stat):
        share = bool(m[3] or m[5])
        low = float(m[2]) if m[2] is not None else 0.0 if share else -math.inf
        high = float(m[4]) if m[4] is not None else 100.0 if share else math.inf
        return _Range(m[1], low, high, share)
    return None


def _of_range(r: _Range, value: float, least: int) -> Iterator[Cluster]:
    if r.share:
        yield from _of_shares(r, value, float(least))
        return
    inside = r.high if math.isfinite(r.high) else max(r.low, 0.0) * 2 + 1
    outside = r.high * 2 + 1 if math.isfinite(r.high) else r.low / 2
    beside = (outside, float(max(least, 3)))
    if r.kind == "PR":
        scale = max(2.0, least / 100)
        early, late = ((inside, value * scale),), ((outside, (100 - value) * scale),)
        yield Cluster(early if value > 0 else (), late if value < 100 else ())
    elif r.kind == "TC":
        half = float(math.ceil(value / 2))
        counted: Part = ((inside, half), beside) if half else (beside,)
        yield Cluster(counted, ((inside, value - half),) if value > half else ())
    elif r.kind == "TS":
        weight = value / inside / 2
        yield Cluster(((inside, weight), beside), ((inside, weight),))
    elif r.low < value <= r.high:
        yield Cluster(((value, float(least)), *((beside,) if r.kind == "TM" else ())), ())


def _of_shares(r: _Range, value: float, least: float) -> Iterator[Cluster]:
    """Between percentiles: half of what counts is lower and late, half of it higher and early."""
    top, kept = 100 - r.high, (r.high - r.low) / 100
    if r.kind == "TC":
        half = value / kept / 2
        yield Cluster(((_SOME, half),), ((_SOME, half),))
        return
    if r.kind == "TS":
        weight = 1000.0 * least
        each = value / kept / weight / 2
        yield Cluster(((each, weight),), ((each, weight),))
        return
    if r.kind == "TM":
        low, high, lower, upper = r.low, top, kept * 50, kept * 50
    else:
        # What is beyond counts as the value at the bound, so it is half of what may be.
        low, high, lower, upper = r.low / 2, top / 2, 50 - r.low / 2, 50 - top / 2
    beyond = tuple((v, w * least) for v, w in ((value / 8, low), (value * 4 or 1.0, high)) if w)
    yield Cluster(((value * 3 / 2, upper * least), *beyond), ((value / 2, lower * least),))
    # Half of what is trimmed is far away, the rest is the value.
    rest = 100 - r.low / 2 - top / 2
    beyond = tuple((v, w * least) for v, w in ((value / 2, r.low / 2), (value * 2 or 1.0, top / 2)) if w)
    yield Cluster(((value, rest * least), *beyond), ())
