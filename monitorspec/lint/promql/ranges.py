"""Lint of the times that an expression reads: ranges and offsets.

In: a node of an expression. Out: flaws `promql/…`.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec.lint.promql.reading import Flaw, Reading
from monitorspec.promql.nodes import Node, Selector, Subquery, children
from monitorspec.spec.units import duration_text


def offset(node: Node, reading: Reading) -> Iterable[Flaw]:
    """A rule reads the future.

    A negative offset looks ahead of the time of evaluation. A rule is evaluated now, and there is no data yet.

    ```yaml wrong
    thresholds: {queue: {expr: 'queue_length - queue_length offset -1h', above: {critical: 100}}}
    ```
    ```yaml right
    thresholds: {queue: {expr: 'queue_length - queue_length offset 1h', above: {critical: 100}}}
    ```
    """
    if reading.in_rule and isinstance(node, Selector | Subquery) and (node.offset_ms or 0) < 0:
        back = duration_text(-(node.offset_ms or 0))
        yield Flaw(
            f"`offset -{back}` reads what is to come",
            node.start,
            node.end,
            "error",
            label="a rule has no data of the future",
            help=(f"write `offset {back}`",),
        )


def retention(node: Node, reading: Reading) -> Iterable[Flaw]:
    """An expression reads further back than Prometheus keeps samples.

    What is older than `prometheus.retention` is gone: an average over 30 days is one over 15 where no more is kept,
    and an offset beyond it finds nothing.

    ```yaml wrong
    prometheus: {retention: 15d}
    services:
      api:
        thresholds: {queue: {expr: 'queue_length - queue_length offset 4w', above: {critical: 100}}}
    ```
    ```yaml right
    prometheus: {retention: 30d}
    services:
      api:
        thresholds: {queue: {expr: 'queue_length - queue_length offset 4w', above: {critical: 100}}}
    ```
    """
    kept = reading.facts.retention
    if kept is None or node is not reading.root:
        return
    deepest = _deepest(node, 0)
    if deepest is not None and deepest[0] > kept:
        far, where = deepest
        yield Flaw(
            f"this reads {duration_text(far)} back, and {duration_text(kept)} are kept",
            where.start,
            where.end,
            "error" if (where.offset_ms or 0) > kept else "warning",
            label="`prometheus.retention`",
            effect="there is no data so far back" if (where.offset_ms or 0) > kept else "only what is kept counts",
        )


def _deepest(node: Node, above: int) -> tuple[int, Selector | Subquery] | None:
    """How far back a tree reads, in ms, and by which part of it. `above`: how far back it is evaluated itself."""
    reach = above
    if isinstance(node, Selector | Subquery):
        reach += max(node.offset_ms or 0, 0) + (node.range_ms or 0)
    found = [deeper for child in children(node) if (deeper := _deepest(child, reach)) is not None]
    if isinstance(node, Selector | Subquery):
        found.append((reach, node))
    return max(found, key=lambda item: item[0], default=None)
