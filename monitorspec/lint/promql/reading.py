"""What the rules over PromQL are given and what they return.

In: nothing. Out: `Reading`, `Flaw`, `Check`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from monitorspec.diagnostics import Level
from monitorspec.lint.expressions import Expression, Facts
from monitorspec.promql.nodes import Binary, Node, Selector, kind

_VARIABLE = re.compile(r"\$\{?[A-Za-z_]|\[\[\w+\]\]")


class Reading(NamedTuple):
    """The whole expression that a node belongs to, and what is known of the servers."""

    expression: Expression
    root: Node
    facts: Facts

    @property
    def in_rule(self) -> bool:
        """Whether a rule evaluates it, and not a dashboard."""
        return self.expression.role != "panel"

    @property
    def in_alert(self) -> bool:
        """Whether an alert's own expression is read."""
        return self.expression.role in ("alert", "signal", "absent")

    def varies(self, value: str) -> bool:
        """Whether a matcher's value has one of Grafana's variables in it, and so can be anything."""
        return not self.in_rule and _VARIABLE.search(value) is not None

    def text(self, node: Node) -> str:
        """A node as it is written, on one line."""
        return " ".join(self.expression.written[node.start : node.end].split())


class Flaw(NamedTuple):
    """What is wrong from character `start` to `end` of an expression."""

    message: str
    start: int
    end: int
    level: Level = "warning"
    label: str = ""
    help: tuple[str, ...] = ()
    effect: str = ""
    put: tuple[int, int, str] | None = None
    """What certainly puts it right: offset and length in the expression, and what belongs there."""


Check = Callable[[Node, Reading], Iterable[Flaw]]
"""A rule over PromQL: looks at one node of an expression. It is called for each node of the tree."""

GROWTH = frozenset({"rate", "irate", "increase"})
"""Functions that read how much a counter grows."""


def joins(node: Node) -> bool:
    """Whether a node matches the series of two vectors."""
    return isinstance(node, Binary) and kind(node.lhs) == "v" == kind(node.rhs)


def contrasts(node: Node) -> str:
    """What rules may say of the values of a node's matchers, which `shape` leaves out.

    "any": several matchers of one label; "texts": two sides that have to agree; "patterns": regular expressions; else "".
    """
    if isinstance(node, Selector):
        labels = [matcher.label for matcher in node.matchers]
        if len(set(labels)) < len(labels):
            return "any"
        return "patterns" if any("~" in matcher.op for matcher in node.matchers) else ""
    return "texts" if joins(node) else ""
