"""Lint of counters: how their growth is read.

In: a node of an expression. Out: flaws `promql/…`.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec.lint.expressions import Expression
from monitorspec.lint.promql.reading import GROWTH, Flaw, Reading
from monitorspec.promql.nodes import Aggregate, Binary, Call, Node, Selector, Subquery, bare, kind, walk
from monitorspec.spec.units import duration_text

_ADDS = frozenset({"sum", "avg", "min", "max", "count"})
# Functions that need two samples of a series, and those that need one.
_TWO = GROWTH | {"delta", "idelta", "deriv", "predict_linear"}
_SAID = {2: "two samples", 1: "a sample"}


def rate_of_sum(node: Node, reading: Reading) -> Iterable[Flaw]:
    """Counters are added up before their rate is taken.

    When one of the counters restarts, the sum falls by all that it had counted. rate() takes that for a restart of
    the sum, and counts everything again: a deploy looks like a flood. Take the rate first: `sum(rate(…[5m]))`.

    ```yaml wrong
    thresholds: {errors: {expr: 'rate(sum(errors_total)[5m:30s])', above: {critical: 5}}}
    ```
    ```yaml right
    thresholds: {errors: {expr: 'sum(rate(errors_total[5m]))', above: {critical: 5}}}
    ```
    """
    if not isinstance(node, Call) or node.function not in GROWTH:
        return
    argument = bare(node.arguments[0])
    if isinstance(argument, Subquery) and _adds(argument.expr, reading.expression):
        inner = bare(argument.expr)
        yield Flaw(
            f"{node.function}() is taken of a sum of counters",
            inner.start,
            inner.end,
            label="it falls when one of them restarts",
            help=(f"take the rate first, as in `sum({node.function}(…[{duration_text(argument.range_ms)}]))`",),
            effect="a restart looks like a flood",
        )
    elif isinstance(argument, Selector) and argument.name in reading.facts.records:
        recorded = reading.facts.records[argument.name]
        if _adds(recorded, reading.expression):
            yield Flaw(
                f"{node.function}() is taken of `{argument.name}`, which records a sum of counters",
                argument.start,
                argument.end,
                label="it falls when one of them restarts",
                help=(f"record `sum({node.function}(…[5m]))`, and read that",),
                effect="a restart looks like a flood",
            )


def rate_window(node: Node, reading: Reading) -> Iterable[Flaw]:
    """A range is too short for how often its series are scraped.

    A rate needs two samples. Within twice `prometheus.scrape_interval` there may be one only, and the result comes
    and goes; with less there is never one. Four times the interval also bears a scrape that fails.

    ```yaml wrong
    prometheus: {scrape_interval: 1m}
    services:
      api:
        thresholds: {errors: {expr: 'sum(rate(errors_total[1m]))', above: {critical: 5}}}
    ```
    ```yaml right
    prometheus: {scrape_interval: 1m}
    services:
      api:
        thresholds: {errors: {expr: 'sum(rate(errors_total[4m]))', above: {critical: 5}}}
    ```
    """
    if not isinstance(node, Call) or not node.arguments:
        return
    ranged = next((bare(a) for a in node.arguments if kind(a) == "m"), None)
    if not isinstance(ranged, Selector) or ranged.range_ms is None or ranged.name in reading.facts.records:
        return
    every = reading.facts.interval(ranged)
    if every is None or "$" in reading.expression.written[ranged.start : ranged.end]:
        return
    needed = 2 if node.function in _TWO else 1
    if ranged.range_ms >= (4 if needed == 2 else 1) * every:
        return
    short = ranged.range_ms < needed * every
    shown, scraped = duration_text(ranged.range_ms), duration_text(every)
    yield Flaw(
        f"{shown} may not hold {_SAID[needed]} of what is scraped every {scraped}"
        if short
        else f"{shown} of what is scraped every {scraped} does not bear a failed scrape",
        ranged.start,
        ranged.end,
        "warning" if short else "note",
        help=(f"use a range of {duration_text(4 * every)}",),
        effect="the result comes and goes" if short else "",
    )


def irate(node: Node, reading: Reading) -> Iterable[Flaw]:
    """An alert uses irate().

    irate() looks at the last two samples only. One quiet pair in between resets `for`, and an evaluation sees none
    of what happened since the one before. Use rate(); irate() is for graphs.

    ```yaml wrong
    thresholds: {errors: {expr: 'sum(irate(errors_total[5m]))', above: {critical: 5}}}
    ```
    ```yaml right
    thresholds: {errors: {expr: 'sum(rate(errors_total[5m]))', above: {critical: 5}}}
    ```
    """
    if reading.in_alert and isinstance(node, Call) and node.function in ("irate", "idelta"):
        other = "rate" if node.function == "irate" else "delta"
        yield Flaw(
            f"an alert uses {node.function}()",
            node.start,
            node.end,
            label="only the last two samples count",
            help=(f"use {other}()",),
        )


def rate_interval(node: Node, reading: Reading) -> Iterable[Flaw]:
    """A panel's rate does not follow the graph.

    `$__rate_interval` is as long as the graph's resolution asks for, and never shorter than four scrapes.
    `$__interval` can be shorter than two, and then there are holes; a fixed range leaves out what lies between its
    points when somebody zooms out.

    ```yaml wrong
    dashboards: {main: {panels: {Orders: {expr: 'sum(rate(orders_total[$__interval]))'}}}}
    ```
    ```yaml right
    dashboards: {main: {panels: {Orders: {expr: 'sum(rate(orders_total[$__rate_interval]))'}}}}
    ```
    """
    if reading.in_rule or not isinstance(node, Call) or node.function not in ("rate", "irate", "increase"):
        return
    argument = bare(node.arguments[0])
    if not isinstance(argument, Selector):
        return
    written = reading.expression.written[argument.start : argument.end]
    place = (argument.start, argument.end)
    help_ = ("write `[$__rate_interval]`",)
    if "$__interval" in written or "${__interval}" in written:
        yield Flaw(
            f"`{written}` may hold too few samples for {node.function}()",
            *place,
            help=help_,
            effect="the graph has holes when somebody zooms in",
        )
    elif "$" not in written and node.function != "increase":
        yield Flaw(
            f"the range of {node.function}() does not follow the graph",
            *place,
            "note",
            help=help_,
            effect="zoomed out, it shows a sample of what happened",
        )


def _adds(node: Node, expression: Expression) -> bool:
    """Whether a tree adds up counters as they are."""
    node = bare(node)
    adds = (isinstance(node, Aggregate) and node.op in _ADDS) or (isinstance(node, Binary) and node.op in "+-")
    parts = list(walk(node))
    grown = any(isinstance(part, Call) and part.function not in ("label_replace", "label_join") for part in parts)
    return (
        adds
        and not grown
        and any(isinstance(part, Selector) and expression.kind(part.name) == "counter" for part in parts)
    )
