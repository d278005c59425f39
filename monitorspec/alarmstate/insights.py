"""Metrics Insights: which metrics a query reads, and what it makes of their samples.

In: `SELECT …`. Out: a `Selection`. Grammar: the CloudWatch user guide, "Metrics Insights query components and syntax". A query
with GROUP BY is not computed: an alarm on it has a state for each of its series.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple, NoReturn

from monitorspec.alarmstate.errors import MathError, Unsupported
from monitorspec.alarmstate.samples import Metric

FUNCTIONS = {"AVG": "Average", "COUNT": "SampleCount", "MAX": "Maximum", "MIN": "Minimum", "SUM": "Sum"}
"""What a query calls a statistic → what metrics call it."""
_token = re.compile(
    r"""(?P<name>"(?:[^"\\]|\\.)*")|(?P<text>'(?:[^'\\]|\\.)*')|(?P<word>[\w.]+)|(?P<mark>!=|[(),=])|(?P<other>\S)"""
)
_escaped = re.compile(r"\\(.)").sub


class Condition(NamedTuple):
    """`label` `op` ("=" or "!=") `value`."""

    label: str
    op: str
    value: str


class Selection(NamedTuple):
    """The metrics that a query reads. `labels`: all of their dimensions; None: whichever they are."""

    namespace: str
    name: str
    labels: frozenset[str] | None
    conditions: tuple[Condition, ...]
    statistic: str

    def matches(self, metric: Metric) -> bool:
        """Whether it reads a metric."""
        dimensions = dict(metric.dimensions)
        return (
            (metric.namespace, metric.name) == (self.namespace, self.name)
            and (self.labels is None or dimensions.keys() == self.labels)
            and all(
                c.label in dimensions and (dimensions[c.label] == c.value) == (c.op == "=") for c in self.conditions
            )
        )


@functools.lru_cache(maxsize=1_000)
def read(text: str) -> Selection:
    """What a query selects; MathError says what is wrong and where, Unsupported what is not computed."""
    return _Reader(text).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_token.finditer(text))
        self.at = 0

    def whole(self) -> Selection:
        self._wants("SELECT")
        function = self._next("a function")
        if function.upper() not in FUNCTIONS:
            self.at -= 1
            self._fail(f"`{function}` is none of {', '.join(FUNCTIONS)}")
        self._wants("(")
        name = self._identifier("the name of a metric")
        self._wants(")")
        self._wants("FROM")
        namespace, labels = self._source()
        conditions: list[Condition] = []
        if self._takes("WHERE"):
            conditions.append(self._condition())
            while self._takes("AND"):
                conditions.append(self._condition())
        if self._takes("GROUP"):
            raise Unsupported("a Metrics Insights query with GROUP BY has a state for each of its series")
        if self._takes("ORDER"):
            # There is but one series to be put in order.
            self._wants("BY")
            self._next("a function")
            self._wants("(")
            self._wants(")")
            self._takes("ASC") or self._takes("DESC")
        if self._takes("LIMIT") and not self._next("a number").isdigit():
            self.at -= 1
            self._fail(f"`{self.tokens[self.at][0]}` is no number")
        if self.at < len(self.tokens):
            self._fail(f"`{self.tokens[self.at][0]}` cannot stand there")
        return Selection(namespace, name, labels, tuple(conditions), FUNCTIONS[function.upper()])

    def _source(self) -> tuple[str, frozenset[str] | None]:
        if not self._takes("SCHEMA"):
            return self._identifier("a namespace"), None
        self._wants("(")
        namespace = self._identifier("a namespace")
        labels: list[str] = []
        while self._takes(","):
            labels.append(self._identifier("a dimension"))
        self._wants(")")
        return namespace, frozenset(labels)

    def _condition(self) -> Condition:
        label = self._identifier("a dimension")
        if label.startswith(("tag.", "AWS.")):
            raise Unsupported(f"no sample tells `{label}` of a Metrics Insights query")
        op = self._next("`=` or `!=`")
        if op.upper() in ("IN", "LIKE", "NOT"):
            raise Unsupported(f"{op} of a Metrics Insights query is not computed")
        if op not in ("=", "!="):
            self.at -= 1
            self._fail(f"`{op}` is neither `=` nor `!=`")
        value = self._next("a value")
        if self.tokens[self.at - 1].lastgroup != "text":
            self.at -= 1
            self._fail(f"{value} is no value in single quotes")
        return Condition(label, op, _bare(value))

    def _identifier(self, what: str) -> str:
        found = self._next(what)
        if self.tokens[self.at - 1].lastgroup not in ("name", "word"):
            self.at -= 1
            self._fail(f"`{found}` is not {what}")
        return _bare(found) if found[0] == '"' else found

    def _next(self, what: str) -> str:
        if self.at >= len(self.tokens):
            self._fail(f"{what} is missing at its end")
        self.at += 1
        return self.tokens[self.at - 1][0]

    def _takes(self, word: str) -> bool:
        found = self.at < len(self.tokens) and self.tokens[self.at][0].upper() == word
        self.at += found
        return found

    def _wants(self, word: str) -> None:
        if not self._takes(word):
            found = f", not `{self.tokens[self.at][0]}`" if self.at < len(self.tokens) else " at its end"
            self._fail(f"it wants `{word}` there{found}")

    def _fail(self, what: str) -> NoReturn:
        place = f" (character {self.tokens[self.at].start() + 1})" if self.at < len(self.tokens) else ""
        raise MathError(f"the query `{self.text}` cannot be read: {what}{place}")


def _bare(quoted: str) -> str:
    return _escaped(r"\1", quoted[1:-1])
