"""Whether two trees ask the same, and which values of labels a tree's result is known to have.

In: trees. Out: `meaning` (equal for trees that differ in places and parentheses only), `known_values`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitorspec.promql.labels import labels_of
from monitorspec.promql.nodes import (
    SET_OPERATORS,
    Aggregate,
    Binary,
    Call,
    Node,
    Number,
    Paren,
    Selector,
    Subquery,
    Text,
    Unary,
    bare,
    children,
    kind,
)

_RELABELS = frozenset({"label_replace", "label_join", "info", "absent", "absent_over_time", "histogram_quantiles"})


def meaning(node: Node) -> tuple[Any, ...]:
    """What a tree says, without where it stands: matchers and grouping labels in any order, no parentheses."""
    node = bare(node)
    parts = tuple(meaning(child) for child in children(node))
    if isinstance(node, Number | Text):
        return (type(node).__name__, node.value)
    if isinstance(node, Selector):
        return ("Selector", node.name, frozenset(node.matchers), node.range_ms, node.offset_ms, node.at)
    if isinstance(node, Subquery):
        return ("Subquery", node.range_ms, node.step_ms, node.offset_ms, node.at, parts)
    if isinstance(node, Unary):
        return ("Unary", node.op, parts)
    if isinstance(node, Binary):
        matching = node.matching and (node.matching.on, frozenset(node.matching.labels), *node.matching[2:])
        return ("Binary", node.op, node.returns_bool, matching, parts)
    if isinstance(node, Aggregate):
        return ("Aggregate", node.op, node.by or False, frozenset(node.labels), node.by is None, parts)
    return ("Call", node.function, parts) if isinstance(node, Call) else ("?", parts)


def known_values(node: Node) -> Mapping[str, str]:
    """Labels that every series of the result has with one known value."""
    node = bare(node)
    if isinstance(node, Selector):
        return {m.label: m.value for m in node.matchers if m.op == "=" and m.value}
    if isinstance(node, Subquery | Unary | Paren):
        return known_values(node.expr)
    if isinstance(node, Aggregate):
        inner = known_values(node.expr)
        carried = labels_of(node)
        return {label: value for label, value in inner.items() if carried.can_carry(label)}
    if isinstance(node, Call):
        vectors = [argument for argument in node.arguments if kind(argument) in "vm"]
        return known_values(vectors[0]) if len(vectors) == 1 and node.function not in _RELABELS else {}
    if isinstance(node, Binary):
        if kind(node.lhs) == "s" or kind(node.rhs) == "s":
            return known_values(node.rhs if kind(node.lhs) == "s" else node.lhs)
        if node.op in SET_OPERATORS:
            return known_values(node.lhs) if node.op != "or" else {}
        if node.matching is None:
            return known_values(node.lhs)
    return {}
