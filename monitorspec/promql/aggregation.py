"""Lines, labelled lines, and PromQL's aggregations over them.

In: labelled lines. Out: one labelled line a group.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from monitorspec.promql.labels import NAME
from monitorspec.promql.nodes import Aggregate


class Unsteady(Exception):
    """The expression has no steady value here; the text is the reason."""


class Line(NamedTuple):
    """A value in time: `at_zero + slope * seconds`."""

    at_zero: float
    slope: float


class Point(NamedTuple):
    """One series of a result."""

    labels: Mapping[str, str]
    line: Line


def constant(line: Line) -> float:
    """The line's value where it has just one."""
    if line.slope:
        raise Unsteady("the value changes with time")
    return line.at_zero


def aggregated(node: Aggregate, points: Sequence[Point], parameter: float | str) -> list[Point]:
    """One result a group; topk and bottomk keep the series themselves."""
    groups: dict[frozenset[tuple[str, str]], list[Point]] = {}
    for point in points:
        groups.setdefault(frozenset(_group(node, point.labels).items()), []).append(point)
    result: list[Point] = []
    for key, members in groups.items():
        labels = dict(sorted(key))
        if node.op in ("topk", "bottomk"):
            ranked = sorted(members, key=lambda p: constant(p.line), reverse=node.op == "topk")
            result += ranked[: max(0, int(_number(parameter)))]
        elif node.op == "count_values":
            values = [constant(member.line) for member in members]
            result += [
                Point({**labels, str(parameter): f"{value:g}"}, Line(float(values.count(value)), 0.0))
                for value in sorted(set(values))
            ]
        elif node.op in ("sum", "avg"):
            by = len(members) if node.op == "avg" else 1
            at_zero = math.fsum(member.line.at_zero for member in members) / by
            result.append(Point(labels, Line(at_zero, math.fsum(member.line.slope for member in members) / by)))
        elif len(members) == 1 and node.op in ("min", "max"):
            result.append(Point(labels, members[0].line))
        else:
            result.append(Point(labels, Line(_aggregate(node.op, members, parameter), 0.0)))
    return result


def _number(parameter: float | str) -> float:
    return float(parameter) if not isinstance(parameter, str) else math.nan


def _group(node: Aggregate, labels: Mapping[str, str]) -> dict[str, str]:
    if node.by is False:
        return {label: value for label, value in labels.items() if label not in node.labels and label != NAME}
    return {label: labels[label] for label in node.labels if label in labels}


def _aggregate(op: str, members: Sequence[Point], parameter: float | str) -> float:
    if op == "count":
        return float(len(members))
    if op == "group":
        return 1.0
    values = sorted(constant(member.line) for member in members)
    if op in ("min", "max"):
        return values[0] if op == "min" else values[-1]
    if op == "quantile":
        return interpolated(_number(parameter), values)
    if op in ("stddev", "stdvar"):
        mean = math.fsum(values) / len(values)
        variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
        return math.sqrt(variance) if op == "stddev" else variance
    raise Unsteady(f"{op}() is not simulated")


def interpolated(quantile: float, ordered: Sequence[float]) -> float:
    """The quantile of ordered numbers, linear between neighbours."""
    if not 0 <= quantile <= 1:
        return math.inf if quantile > 1 else -math.inf
    rank = quantile * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)


def quantiles(quantile: float, points: Sequence[Point]) -> list[Point]:
    """histogram_quantile over classic buckets, one result a histogram."""
    histograms: dict[frozenset[tuple[str, str]], list[tuple[float, float]]] = {}
    for point in points:
        if "le" not in point.labels:
            continue
        try:
            bound = float(point.labels["le"])
        except ValueError:
            continue
        key = frozenset((k, v) for k, v in point.labels.items() if k not in ("le", NAME))
        histograms.setdefault(key, []).append((bound, constant(point.line)))
    return [Point(dict(sorted(key)), Line(_quantile(quantile, sorted(b)), 0.0)) for key, b in histograms.items()]


def _quantile(quantile: float, buckets: list[tuple[float, float]]) -> float:
    if not 0 <= quantile <= 1 or len(buckets) < 2 or buckets[-1][0] != math.inf or not buckets[-1][1]:
        return math.nan
    rank = quantile * buckets[-1][1]
    index = next((i for i, (_, count) in enumerate(buckets[:-1]) if count >= rank), len(buckets) - 1)
    if index == len(buckets) - 1:
        return buckets[-2][0]
    bound, count = buckets[index]
    if index == 0:
        below, start = 0.0, 0.0
        if bound <= 0:
            return bound
    else:
        start, below = buckets[index - 1]
    if count == below:
        return bound
    return start + (bound - start) * ((rank - below) / (count - below))
