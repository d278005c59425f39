"""The tree of a PromQL expression: its nodes, and what can be asked of any node.

In: nothing. Out: the node types with their places in the text, `kind`, `children`, `bare`, `walk`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from monitorspec.promql.functions import FUNCTIONS


class Matcher(NamedTuple):
    """One label matcher; `op` is =, !=, =~ or !~."""

    label: str
    op: str
    value: str


class Number(NamedTuple):
    """A number literal."""

    value: float
    start: int
    end: int


class Text(NamedTuple):
    """A string literal, unquoted."""

    value: str
    start: int
    end: int


class Selector(NamedTuple):
    """A vector selector; with `range_ms`, a range vector selector. `braces` is the place of its {…}, if it has one."""

    name: str
    matchers: tuple[Matcher, ...]
    range_ms: int | None
    offset_ms: int | None
    at: str
    start: int
    end: int
    name_end: int
    braces: tuple[int, int] | None


class Subquery(NamedTuple):
    """`expr[range:step]`; step None is the evaluation interval."""

    expr: Node
    range_ms: int
    step_ms: int | None
    offset_ms: int | None
    at: str
    start: int
    end: int


class Paren(NamedTuple):
    """An expression in parentheses."""

    expr: Node
    start: int
    end: int


class Unary(NamedTuple):
    """`-expr` or `+expr`."""

    op: str
    expr: Node
    start: int
    end: int


class Matching(NamedTuple):
    """How a binary operator pairs its sides: on(labels) or ignoring(labels), and group_left or group_right."""

    on: bool | None
    labels: tuple[str, ...]
    group: str
    included: tuple[str, ...]


class Binary(NamedTuple):
    """`lhs op rhs`; `returns_bool` for a comparison with `bool`."""

    op: str
    lhs: Node
    rhs: Node
    returns_bool: bool
    matching: Matching | None
    start: int
    end: int


class Aggregate(NamedTuple):
    """`op by (labels) (parameter, expr)`; `by` is None where neither by nor without is written."""

    op: str
    expr: Node
    parameter: Node | None
    by: bool | None
    labels: tuple[str, ...]
    start: int
    end: int


class Call(NamedTuple):
    """A function call."""

    function: str
    arguments: tuple[Node, ...]
    start: int
    end: int


Node: TypeAlias = Number | Text | Selector | Subquery | Paren | Unary | Binary | Aggregate | Call

COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
SET_OPERATORS = frozenset({"and", "or", "unless"})


def kind(node: Node) -> str:
    """The value type of a tree: s scalar, v instant vector, m range vector, t string."""
    while isinstance(node, Paren | Unary):
        node = node.expr
    if isinstance(node, Number):
        return "s"
    if isinstance(node, Text):
        return "t"
    if isinstance(node, Selector):
        return "v" if node.range_ms is None else "m"
    if isinstance(node, Subquery):
        return "m"
    if isinstance(node, Binary):
        return "s" if kind(node.lhs) == "s" == kind(node.rhs) else "v"
    if isinstance(node, Call):
        return FUNCTIONS[node.function].returns
    return "v"


def children(node: Node) -> tuple[Node, ...]:
    """The direct operands of a node, in the order they are written."""
    if isinstance(node, Binary):
        return (node.lhs, node.rhs)
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Aggregate):
        return (node.expr,) if node.parameter is None else (node.parameter, node.expr)
    if isinstance(node, Paren | Unary | Subquery):
        return (node.expr,)
    return ()


def bare(node: Node) -> Node:
    """A node without the parentheses around it."""
    while isinstance(node, Paren):
        node = node.expr
    return node


def walk(node: Node) -> Iterator[Node]:
    """A tree's nodes, in the order they are written."""
    yield node
    for child in children(node):
        yield from walk(child)
