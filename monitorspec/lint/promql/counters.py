"""Lint of metrics by their types: counters that are read like gauges, and gauges that are read like counters.

In: a node of an expression. Out: flaws `metrics/…`, `promql/…`, `dashboards/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitorspec.lint.promql.reading import GROWTH, Flaw, Reading
from monitorspec.promql.nodes import (
    COMPARISONS,
    Aggregate,
    Binary,
    Call,
    Node,
    Selector,
    Subquery,
    bare,
    children,
    kind,
)

# What reads a counter's growth, asks only how many series or samples there are, or has a rule of its own.
_FIT_FOR_COUNTERS = (
    GROWTH
    | {"count", "count_over_time", "group", "absent", "absent_over_time", "present_over_time", "resets", "changes"}
    | {"timestamp", "delta", "idelta", "deriv", "predict_linear", "histogram_quantile", "histogram_fraction"}
)


def bare_counter(node: Node, reading: Reading) -> Iterable[Flaw]:
    """A counter is compared without rate() or increase().

    A counter only grows: above any limit it stays there until its process restarts. What is declared a counter
    under `metrics` is one, and what ends in `_total` unless it is declared something else.

    ```yaml wrong
    services:
      api:
        metrics: {errors_total: {type: counter}}
        thresholds: {errors: {expr: errors_total, above: {critical: 5}}}
    ```
    ```yaml right
    services:
      api:
        metrics: {errors_total: {type: counter}}
        thresholds: {errors: {expr: 'rate(errors_total[5m])', above: {critical: 5}}}
    ```
    """
    if node is reading.root and reading.expression.role in ("signal", "alert"):
        for counter in _as_is(node, reading):
            yield Flaw(
                f"the counter `{counter.name}` is compared as it is",
                counter.start,
                counter.end,
                help=(f"did you mean `rate({reading.text(counter)}[5m])`?",),
                effect="once over the limit, it stays there until a restart",
            )


def on_dashboard(node: Node, reading: Reading) -> Iterable[Flaw]:
    """A panel shows a counter without rate() or increase().

    A counter only grows, until it starts at zero again: the graph is a slope that says nothing about now.

    ```yaml wrong
    dashboards: {main: {panels: {Orders: {expr: sum(orders_total)}}}}
    ```
    ```yaml right
    dashboards: {main: {panels: {Orders: {expr: 'sum(rate(orders_total[$__rate_interval]))'}}}}
    ```
    """
    if node is reading.root and not reading.in_rule:
        for counter in _as_is(node, reading):
            yield Flaw(
                f"the counter `{counter.name}` is shown as it is",
                counter.start,
                counter.end,
                help=(f"did you mean `rate({reading.text(counter)}[$__rate_interval])`?",),
            )


def rate_of_gauge(node: Node, reading: Reading) -> Iterable[Flaw]:
    """rate(), irate() or increase() of a gauge.

    These functions take every fall for a counter's restart. Use deriv() or delta() on gauges, or correct the
    declaration. What is declared a gauge under `metrics` is one, and what its name says: `up`, `…_ratio`,
    `…_percent`, `…_celsius`, `…_info`, `…_timestamp_seconds`.

    ```yaml wrong
    services:
      api:
        metrics: {queue_length: {type: gauge}}
        thresholds: {queue: {expr: 'rate(queue_length[5m])', above: {critical: 5}}}
    ```
    ```yaml right
    services:
      api:
        metrics: {queue_length: {type: gauge}}
        thresholds: {queue: {expr: 'deriv(queue_length[5m])', above: {critical: 5}}}
    ```
    """
    if not isinstance(node, Call) or node.function not in GROWTH:
        return
    argument = bare(node.arguments[0])
    inner = bare(argument.expr) if isinstance(argument, Subquery) else argument
    if isinstance(inner, Selector) and reading.expression.kind(inner.name) == "gauge":
        other = "delta" if node.function == "increase" else "deriv"
        yield Flaw(
            f"{node.function}() of the gauge `{inner.name}`",
            node.start,
            node.end,
            help=(f"use {other}()",),
            effect="each fall counts as a restart",
        )


def delta_of_counter(node: Node, reading: Reading) -> Iterable[Flaw]:
    """delta(), deriv() or predict_linear() of a counter.

    These are for gauges: they take the restart of a counter for a fall. Use increase() and rate().

    ```yaml wrong
    thresholds: {errors: {expr: 'sum(delta(errors_total[5m]))', above: {critical: 5}}}
    ```
    ```yaml right
    thresholds: {errors: {expr: 'sum(increase(errors_total[5m]))', above: {critical: 5}}}
    ```
    """
    if not isinstance(node, Call) or node.function not in ("delta", "idelta", "deriv", "predict_linear"):
        return
    argument = bare(node.arguments[0])
    if isinstance(argument, Selector) and reading.expression.kind(argument.name) == "counter":
        other = {"delta": "increase", "idelta": "irate"}.get(node.function, "rate")
        yield Flaw(
            f"{node.function}() is taken of the counter `{argument.name}`",
            argument.start,
            argument.end,
            label="it falls to 0 at a restart",
            help=(f"use {other}()",),
        )


def _as_is(node: Node, reading: Reading) -> Iterator[Selector]:
    """The counters whose value, and not whose growth, is part of a tree's value."""
    node = bare(node)
    if isinstance(node, Selector):
        if reading.expression.kind(node.name) == "counter":
            yield node
    elif isinstance(node, Binary):
        if node.op in ("and", "unless"):
            yield from _as_is(node.lhs, reading)
        elif kind(node.lhs) == "s" or kind(node.rhs) == "s" or node.op not in COMPARISONS | {"-"}:
            # Two counters may well be held against each other: what came in, and what went out.
            yield from _as_is(node.lhs, reading)
            yield from _as_is(node.rhs, reading)
    elif not (
        (isinstance(node, Call) and node.function in _FIT_FOR_COUNTERS)
        or (isinstance(node, Aggregate) and node.op in _FIT_FOR_COUNTERS)
    ):
        for child in children(node):
            yield from _as_is(child, reading)
