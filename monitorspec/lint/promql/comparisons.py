"""Lint of comparisons: those that data cannot change, and those that mean something else than they seem to.

In: a node of an expression. Out: flaws `promql/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitorspec.lint.promql.reading import GROWTH, Flaw, Reading
from monitorspec.promql.bounds import Bounds, allowed, bounds, verdict
from monitorspec.promql.identity import meaning
from monitorspec.promql.nodes import COMPARISONS, Binary, Call, Node, Number, bare, children, kind, walk

_MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_COUNTS = frozenset({"count", "count_over_time", "count_values"})


def impossible(node: Node, reading: Reading) -> Iterable[Flaw]:
    """A comparison that no value can pass.

    `count(…)` is never 0: where nothing matches, it has no value at all. `up` is 0 or 1, hour() ends at 23 and
    day_of_week() at 6. And nothing is above 5 and below 3. An alert on such a comparison never fires.

    ```yaml wrong
    rules:
      own:
        rules: [{alert: ApiGone, expr: 'count(up{job="api"} == 1) == 0', for: 5m, labels: {severity: critical}}]
    ```
    ```yaml right
    rules:
      own:
        rules: [{alert: ApiGone, expr: 'absent(up{job="api"} == 1)', for: 5m, labels: {severity: critical}}]
    ```
    """
    if not isinstance(node, Binary):
        return
    if node.op in COMPARISONS and verdict(node.op, bounds(node.lhs), bounds(node.rhs)) == "never":
        value = node.rhs if kind(node.lhs) == "s" else node.lhs
        help_: tuple[str, ...] = ()
        if getattr(bare(value), "op", "") in _COUNTS or getattr(bare(value), "function", "") in _COUNTS:
            help_ = ("what counts nothing has no value: ask with `absent(…)`, or add `or vector(0)` to the count",)
        what = "is never true" if node.returns_bool else "is never true: it has no result"
        yield _flaw(node, reading, f"`{reading.text(node)}` {what}", _range(bounds(value)), help_, "error")
    elif node.op == "and" and node.matching is None and (clash := _clash(node)):
        yield Flaw(
            f"no value passes both `{reading.text(clash[0])}` and `{reading.text(clash[1])}`",
            node.start,
            node.end,
            "error",
            help=("join them by `or`, if either is bad",),
            effect="the alert never fires" if reading.in_alert else "the result is empty",
        )


def always(node: Node, reading: Reading) -> Iterable[Flaw]:
    """A comparison that every value passes.

    It filters nothing: `up >= 0` is there as long as `up` is, and an alert on it would fire all the time.

    ```yaml wrong
    rules:
      own:
        rules: [{alert: ApiDown, expr: 'up{job="api"} <= 1', for: 5m, labels: {severity: critical}}]
    ```
    ```yaml right
    rules:
      own:
        rules: [{alert: ApiDown, expr: 'up{job="api"} < 1', for: 5m, labels: {severity: critical}}]
    ```
    """
    if not isinstance(node, Binary) or node.op not in COMPARISONS or isinstance(bare(node.lhs), Number):
        return
    if verdict(node.op, bounds(node.lhs), bounds(node.rhs)) == "always":
        yield _flaw(node, reading, f"`{reading.text(node)}` is always true", _range(bounds(node.lhs)), (), "warning")


def equality(node: Node, reading: Reading) -> Iterable[Flaw]:
    """A measured value is compared with a fraction by `==` or `!=`.

    Rates, averages and quotients are floating-point numbers: they are hardly ever equal to a number such as 0.3,
    even where they look so. Compare with `<` and `>`.

    ```yaml wrong
    rules:
      own:
        rules: [{alert: CacheCold, expr: cache_hit_ratio == 0.1, for: 5m, labels: {severity: warning}}]
    ```
    ```yaml right
    rules:
      own:
        rules: [{alert: CacheCold, expr: cache_hit_ratio <= 0.1, for: 5m, labels: {severity: warning}}]
    ```
    """
    if not isinstance(node, Binary) or node.op not in ("==", "!="):
        return
    for side, other in ((node.rhs, node.lhs), (node.lhs, node.rhs)):
        number = bare(side)
        if isinstance(number, Number) and number.value % 1 and kind(other) == "v" and not bounds(other).whole:
            yield Flaw(
                f"`{node.op}` holds a measured value against the fraction {reading.text(side)}",
                node.start,
                node.end,
                label="floating-point numbers are hardly ever equal",
                help=("compare with `<` or `>`",),
            )
            return


def precedence(node: Node, _: Reading) -> Iterable[Flaw]:
    """`or` stands beside `and` or `unless` without parentheses.

    `and` and `unless` bind more tightly than `or`: `a or b and c` is `a or (b and c)`. Parentheses cost nothing,
    and say what is meant.

    ```yaml wrong
    rules:
      own:
        rules: [{alert: Slow, expr: 'latency > 1 or errors > 5 and traffic > 10', for: 5m, labels: {severity: warning}}]
    ```
    ```yaml right
    rules:
      own:
        rules: [{alert: Slow, expr: '(latency > 1 or errors > 5) and traffic > 10', for: 5m, labels: {severity: warning}}]
    ```
    """
    if not isinstance(node, Binary) or node.op != "or":
        return
    for side in (node.lhs, node.rhs):
        if isinstance(side, Binary) and side.op in ("and", "unless"):
            yield Flaw(
                f"`{side.op}` binds more tightly than `or`",
                side.start,
                side.end,
                "note",
                label="this is one side of the `or`",
                help=("write the parentheses that you mean",),
            )
            return


def division(node: Node, reading: Reading) -> Iterable[Flaw]:
    """An alert divides by what may be zero.

    Where nothing happens, a rate is 0: something divided by it is infinite, which is above every limit, and 0 / 0
    is NaN, which passes no comparison. Ask for some traffic: `… and rate(…) > 0`, or divide by what is filtered:
    `(… > 0)`.

    ```yaml wrong
    rules:
      own:
        rules:
          - alert: Errors
            expr: rate(errors_total[5m]) / rate(calls_total[5m]) > 0.1
            for: 5m
            labels: {severity: warning}
    ```
    ```yaml right
    rules:
      own:
        rules:
          - alert: Errors
            expr: rate(errors_total[5m]) / (rate(calls_total[5m]) > 0) > 0.1
            for: 5m
            labels: {severity: warning}
    ```
    """
    if reading.expression.role != "alert" or not isinstance(node, Binary) or node.op not in ("/", "%"):
        return
    divisor = bounds(node.rhs)
    if kind(node.rhs) == "s" or divisor.low > 0 or divisor.high < 0 or not _may_be_zero(node.rhs):
        return
    wanted = meaning(node.rhs)
    if any(_guards(other, wanted) for other in walk(reading.root)):
        return
    yield Flaw(
        f"`{reading.text(node.rhs)}` may be 0",
        node.rhs.start,
        node.rhs.end,
        "note",
        label="dividing by it gives infinity, or no number",
        help=(f"divide by `({reading.text(bare(node.rhs))} > 0)`",),
    )


def _may_be_zero(node: Node) -> bool:
    """Whether a divisor is a rate or a difference, which is zero at quiet times; capacities are not."""
    return any(isinstance(part, Call) and part.function in GROWTH for part in walk(node)) and not any(
        isinstance(part, Binary) and part.op in COMPARISONS for part in walk(node)
    )


def _guards(node: Node, wanted: object) -> bool:
    """Whether a comparison leaves out series whose `wanted` value is 0."""
    return isinstance(node, Binary) and node.op in (">", "!=", ">=") and meaning(node.lhs) == wanted


def _clash(node: Binary) -> tuple[Binary, Binary] | None:
    """Two comparisons of the same values, joined by `and`, that nothing passes."""
    limits: list[tuple[object, Binary, str, float]] = []
    for part in _conjuncts(node):
        found = _limit(part)
        if found is None:
            continue
        value, op, limit = found
        for other, earlier, earlier_op, earlier_limit in limits:
            if other == value and _apart(op, limit, earlier_op, earlier_limit):
                return earlier, part
        limits.append((value, part, op, limit))
    return None


def _conjuncts(node: Node) -> Iterator[Binary]:
    node = bare(node)
    if isinstance(node, Binary) and node.op == "and" and node.matching is None:
        for side in children(node):
            yield from _conjuncts(side)
    elif isinstance(node, Binary):
        yield node


def _limit(node: Binary) -> tuple[object, str, float] | None:
    """What is compared, how, and with which number."""
    if node.op not in COMPARISONS or node.returns_bool:
        return None
    left, right = bare(node.lhs), bare(node.rhs)
    if isinstance(right, Number):
        return meaning(left), node.op, right.value
    if isinstance(left, Number):
        return meaning(right), _MIRRORED.get(node.op, node.op), left.value
    return None


def _apart(op: str, limit: float, other_op: str, other: float) -> bool:
    one, two = allowed(op, limit), allowed(other_op, other)
    low, high = max(one.low, two.low), min(one.high, two.high)
    strict = ">" in (op, other_op) or "<" in (op, other_op)
    return low > high or (low == high and strict)


def _flaw(node: Binary, reading: Reading, message: str, why: str, help_: tuple[str, ...], level: str) -> Flaw:
    effect = ""
    if any(
        isinstance(n, Binary) and n.op == "or" and n.start <= node.start < node.end <= n.end for n in walk(reading.root)
    ):
        # The other side of the `or` may well be what is meant.
        level = "warning"
    elif reading.in_alert:
        effect = "the alert never fires" if level == "error" else "the alert fires as long as there is data"
    return Flaw(message, node.start, node.end, "error" if level == "error" else "warning", why, help_, effect)


def _range(of: Bounds) -> str:
    """Where values lie, in words; "" where nothing is known."""
    if of.low == of.high:
        return f"its value is {of.low:g}"
    if of.high == float("inf"):
        return f"its values are {of.low:g} or more" if of.low > float("-inf") else ""
    least = f"from {of.low:g} to" if of.low > float("-inf") else "at most"
    return f"its values are {least} {of.high:g}"
