"""What an expression's own structure makes of a change in it: nothing, where another part says the same.

In: the tree of an expression and a node of it. Out: the reason, or "".
"""

from __future__ import annotations

from monitorspec.promql.nodes import (
    SET_OPERATORS,
    Aggregate,
    Binary,
    Call,
    Matcher,
    Node,
    Paren,
    Selector,
    Subquery,
    Unary,
    bare,
    children,
    kind,
)

# Functions whose result has not the labels of their argument.
_RELABELLING = frozenset({"absent", "absent_over_time", "scalar", "vector", "label_replace", "label_join"})


def paired(tree: Node, node: Selector, gone: Matcher) -> str:
    """Series that a selector reads without its matcher have no partner, because the other side of an operator has it, too."""
    if gone.op != "=":
        return ""
    path = _path(tree, node)
    for below, above in zip(path[::-1], path[-2::-1], strict=False):
        if isinstance(above, Binary) and kind(above.lhs) == "v" == kind(above.rhs):
            left = below is above.lhs
            other = above.rhs if left else above.lhs
            pairs = above.matching is None and above.op != "or" and not (above.op == "unless" and left)
            if pairs and carries(other, gone.label, gone.value):
                return f"the other side of `{above.op}` reads {gone.label}={gone.value!r} only, and nothing else has a partner"
            if not pairs:
                return ""
        elif not _keeps(above, gone.label):
            return ""
    return ""


def carries(node: Node, label: str, value: str) -> bool:
    """Whether every series of the result has the label with this very value."""
    node = bare(node)
    if isinstance(node, Selector):
        return Matcher(label, "=", value) in node.matchers
    if isinstance(node, Binary):
        if kind(node) != "v" or (node.matching is not None and node.op not in SET_OPERATORS):
            return False
        sides = [side for side in (node.lhs, node.rhs) if kind(side) == "v"]
        if node.op == "or":
            return all(carries(side, label, value) for side in sides)
        if node.op == "unless" or node.matching is not None:
            return carries(node.lhs, label, value)
        return any(carries(side, label, value) for side in sides)
    if not _keeps(node, label):
        return False
    return any(carries(child, label, value) for child in children(node) if kind(child) in "vm")


def _keeps(node: Node, label: str) -> bool:
    """Whether the result of a node has the label as its operand has it."""
    if isinstance(node, Aggregate):
        return node.by is not None and (label in node.labels) == node.by
    if isinstance(node, Call):
        return node.function not in _RELABELLING
    return isinstance(node, Paren | Unary | Subquery | Binary)


def _path(tree: Node, node: Node) -> list[Node]:
    """From the root to the node."""
    if tree is node:
        return [tree]
    for child in children(tree):
        found = _path(child, node)
        if found:
            return [tree, *found]
    return []
