"""What changed in an expression, by its syntax tree: another layout of the same tree is no change.

In: two valid PromQL expressions. Out: a `Turn`: which way it went, and in words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from monitorspec.promql.expression import tree
from monitorspec.promql.nodes import Aggregate, Binary, Matcher, Node, Number, Selector, Subquery, Unary, bare, walk
from monitorspec.spec.units import duration_text

Way = Literal["same", "narrower", "wider", "selector", "window", "number", "other"]


class Turn(NamedTuple):
    """`way`: narrower and wider are about matchers only; `text` says what changed, "" where nothing but the layout did."""

    way: Way
    text: str = ""


def turn(old: str, new: str) -> Turn:
    """How `new` differs from `old`."""
    if old == new:
        return Turn("same")
    try:
        before, after = tree(old), tree(new)
    except ValueError:
        return Turn("other", "its expression changed")
    was, now = _normal(before), _normal(after)
    if was == now:
        return Turn("same")
    if _normal(before, matchers=False) == _normal(after, matchers=False):
        return _matchers(_selectors(before), _selectors(after))
    if _normal(before, ranges=False) == _normal(after, ranges=False):
        return Turn("window", _each("window", before, after, _ranges))
    if _normal(before, numbers=False) == _normal(after, numbers=False):
        return Turn("number", _each("number", before, after, _numbers))
    return Turn("other", "its expression changed")


def _normal(node: Node, *, matchers: bool = True, ranges: bool = True, numbers: bool = True) -> Any:
    """A tree without its places, its parentheses and the order of what has none; and without some of its parts."""

    def normal(node: Node) -> Any:
        node = bare(node)
        if isinstance(node, Selector):
            asked = tuple(sorted(set(node.matchers))) if matchers else ()
            return ("selector", node.name, asked, node.range_ms if ranges else None, node.offset_ms, node.at)
        if isinstance(node, Subquery):
            span = (node.range_ms, node.step_ms) if ranges else None
            return ("subquery", normal(node.expr), span, node.offset_ms, node.at)
        if isinstance(node, Number):
            return ("number", node.value if numbers else None)
        if isinstance(node, Aggregate):
            parameter = None if node.parameter is None else normal(node.parameter)
            # `sum(x)` and `sum by () (x)` are the same.
            by = node.by is not False
            return ("aggregate", node.op, by, tuple(sorted(set(node.labels))), parameter, normal(node.expr))
        if isinstance(node, Binary):
            pairing = node.matching and node.matching._replace(
                labels=tuple(sorted(node.matching.labels)), included=tuple(sorted(node.matching.included))
            )
            return ("binary", node.op, node.returns_bool, pairing, normal(node.lhs), normal(node.rhs))
        if isinstance(node, Unary):
            return normal(node.expr) if node.op == "+" else ("minus", normal(node.expr))
        arguments = getattr(node, "arguments", None)
        if arguments is None:
            return ("text", getattr(node, "value", ""))
        return ("call", getattr(node, "function", ""), tuple(normal(argument) for argument in arguments))

    return normal(node)


def _selectors(node: Node) -> list[Selector]:
    return [found for found in walk(node) if isinstance(found, Selector)]


def _matchers(old: list[Selector], new: list[Selector]) -> Turn:
    more: dict[str, None] = {}
    less: dict[str, None] = {}
    for before, after in zip(old, new, strict=True):
        more |= {_matcher(m): None for m in after.matchers if m not in before.matchers}
        less |= {_matcher(m): None for m in before.matchers if m not in after.matchers}
    if not less:
        return Turn("narrower", f"only {', '.join(more)}")
    if not more:
        return Turn("wider", f"no longer only {', '.join(less)}")
    return Turn("selector", f"{', '.join(less)} → {', '.join(more)}")


def _matcher(matcher: Matcher) -> str:
    value = matcher.value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{matcher.label}{matcher.op}"{value}"'


def _each(noun: str, old: Node, new: Node, values: Callable[[Node], list[str]]) -> str:
    changed = dict.fromkeys(
        f"{noun} {before} → {after}" for before, after in zip(values(old), values(new), strict=True) if before != after
    )
    return ", ".join(changed)


def _ranges(node: Node) -> list[str]:
    out = []
    for found in walk(node):
        if isinstance(found, Selector) and found.range_ms is not None:
            out.append(duration_text(found.range_ms))
        elif isinstance(found, Subquery):
            step = "" if found.step_ms is None else f" in steps of {duration_text(found.step_ms)}"
            out.append(f"{duration_text(found.range_ms)}{step}")
    return out


def _numbers(node: Node) -> list[str]:
    return [f"{found.value:.12g}" for found in walk(node) if isinstance(found, Number)]
