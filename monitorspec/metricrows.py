"""CloudWatch signals as the rows of a graph: metric math taken apart into the metrics and expressions that it is made of.

In: signals with their legends. Out: `MetricRow`s whose ids are unique, with every expression speaking of the ids that hold now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from monitorspec.plan import CloudWatchSignal

_IDENTIFIERS = re.compile(r"'[^']*'|\"[^\"]*\"|[A-Za-z_][A-Za-z0-9_]*")


class MetricRow(NamedTuple):
    """One metric or expression; `id` is "" where nothing speaks of it, `signal` a metric or (without its metrics) an expression."""

    id: str
    signal: CloudWatchSignal
    label: str
    visible: bool


def metric_rows(signal: CloudWatchSignal, label: str, taken: set[str]) -> Iterator[MetricRow]:
    """The rows of one signal, what an expression needs before the expression; ids are unique among `taken`, and added to it."""
    if signal.expression:
        yield from _math(signal, "", label or signal.label, taken, visible=True)
    else:
        yield MetricRow("", signal, label or signal.label, True)


def _math(signal: CloudWatchSignal, id: str, label: str, taken: set[str], *, visible: bool) -> Iterator[MetricRow]:
    renamed: dict[str, str] = {}
    for name, _ in signal.metrics:
        new, n = name, 2
        while new in taken:
            new, n = f"{name}_{n}", n + 1
        taken.add(new)
        if new != name:
            renamed[name] = new
    # A metric may itself be an expression over its siblings, and then speaks of them by their new names too.
    for name, metric in signal.metrics:
        new = renamed.get(name, name)
        if not metric.expression:
            yield MetricRow(new, metric, metric.label, False)
            continue
        for row in _math(metric, new, metric.label, taken, visible=False):
            yield row._replace(signal=_speaking_of(row.signal, renamed))
    yield MetricRow(id, _speaking_of(signal._replace(metrics=()), renamed), label, visible)


def _speaking_of(signal: CloudWatchSignal, renamed: Mapping[str, str]) -> CloudWatchSignal:
    """An expression with metric ids under their new names; quoted texts stay."""
    if not renamed or not signal.expression:
        return signal
    return signal._replace(expression=_IDENTIFIERS.sub(lambda m: renamed.get(m[0], m[0]), signal.expression))
