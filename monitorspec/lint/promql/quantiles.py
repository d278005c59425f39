"""Lint of quantiles.

In: a node of an expression. Out: flaws `promql/…`.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec.lint.promql.reading import Flaw, Reading
from monitorspec.promql.labels import labels_of
from monitorspec.promql.nodes import Aggregate, Call, Node, Number, Selector, bare, kind, walk


def quantile(node: Node, _: Reading) -> Iterable[Flaw]:
    """A quantile that cannot be computed.

    histogram_quantile() needs the buckets' label `le`: an aggregation has to keep it, as `sum by (le) (…)` does.
    And a quantile is given as a share: 0.95, not 95.

    ```yaml wrong
    thresholds:
      slow: {expr: 'histogram_quantile(0.95, sum(rate(request_seconds_bucket[5m])))', above: {critical: 2}}
    ```
    ```yaml right
    thresholds:
      slow: {expr: 'histogram_quantile(0.95, sum by (le) (rate(request_seconds_bucket[5m])))', above: {critical: 2}}
    ```
    """
    rank: Node | None = None
    if isinstance(node, Aggregate) and node.op == "quantile":
        rank = node.parameter
    elif isinstance(node, Call) and node.function in ("histogram_quantile", "quantile_over_time"):
        rank = node.arguments[0]
    number = bare(rank) if rank is not None else None
    if isinstance(number, Number) and not 0 <= number.value <= 1:
        inside = number.value / 100
        yield Flaw(
            f"there is no quantile {number.value:g}",
            number.start,
            number.end,
            "error",
            label="a share from 0 to 1",
            help=(f"did you mean {inside:g}?",) if 0 <= inside <= 1 else (),
            effect="the result is infinite",
        )
    if not isinstance(node, Call) or node.function != "histogram_quantile":
        return
    buckets = node.arguments[1]
    read = [part for part in walk(buckets) if isinstance(part, Selector)]
    if not read or not all(part.name.endswith("_bucket") for part in read):
        return
    if not labels_of(buckets).can_carry("le"):
        lost = next((part for part in walk(buckets) if isinstance(part, Aggregate)), buckets)
        op = lost.op if isinstance(lost, Aggregate) else "sum"
        kept = lost.labels if isinstance(lost, Aggregate) and lost.by else ()
        yield Flaw(
            "histogram_quantile() gets buckets without their `le`",
            lost.start,
            lost.end,
            "error",
            help=(f"write `{op} by ({', '.join(('le', *kept))}) (…)`",),
            effect="the result is empty",
        )
    elif all(part.range_ms is None for part in read):
        yield Flaw(
            "histogram_quantile() of buckets since the start of the process",
            buckets.start,
            buckets.end,
            label="they only grow",
            help=("take their rate: `rate(…[5m])`",),
            effect="what is slow now drowns in everything before",
        )


def average(node: Node, _: Reading) -> Iterable[Flaw]:
    """Quantiles are averaged or added up.

    The mean of two 99th percentiles is the 99th percentile of nothing: a server with one request weighs as much as
    one with a million. Add up the buckets and take the quantile of the sum. A summary's quantiles cannot be put
    together: take the worst, by max().

    ```yaml wrong
    thresholds: {slow: {expr: 'avg(request_seconds{quantile="0.99"})', above: {critical: 2}}}
    ```
    ```yaml right
    thresholds: {slow: {expr: 'max(request_seconds{quantile="0.99"})', above: {critical: 2}}}
    ```
    """
    if not isinstance(node, Aggregate) or node.op not in ("avg", "sum"):
        return
    inner = bare(node.expr)
    if isinstance(inner, Call) and inner.function.endswith("_over_time") and kind(inner.arguments[-1]) == "m":
        inner = bare(inner.arguments[-1])
    how = "averaged" if node.op == "avg" else "added up"
    help_ = ""
    if isinstance(inner, Call) and inner.function == "histogram_quantile":
        help_ = "histogram_quantile(…, sum by (le) (rate(…_bucket[5m])))"
    elif isinstance(inner, Selector) and any(m.label == "quantile" for m in inner.matchers):
        help_ = "max(…), the worst of them"
    if help_:
        yield Flaw(f"quantiles are {how}", node.start, node.end, label="that is no quantile", help=(f"use {help_}",))
