"""Metric math as text: the expression language of the CloudWatch user guide, "Using math expressions".

In: an expression. Out: its tree. Operators, weakest first: OR, AND, NOT, comparisons, + and -, * and /, unary minus, ^.
The guide does not say how strongly they bind; this is what every other language does.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn, TypeAlias

from monitorspec.alarmstate.errors import MathError, Unsupported
from monitorspec.cloudformation.metricmath import is_insights

# Beyond these, real expressions do not go, and recursive readers of them crash.
NESTING, OPERATORS = 100, 400


class Number(NamedTuple):
    """A number."""

    value: float


class Text(NamedTuple):
    """A text in quotes."""

    value: str


class Id(NamedTuple):
    """The id of a metric or of another expression."""

    name: str


class Keyword(NamedTuple):
    """A word in capitals that is an argument: REPEAT, DESC, AVG, …"""

    name: str


class Call(NamedTuple):
    """A function."""

    name: str
    arguments: tuple[Node, ...]


class Unary(NamedTuple):
    """`-x` or `NOT x`."""

    op: str
    operand: Node


class Binary(NamedTuple):
    """Two operands; `op` is one of + - * / ^ == != < > <= >= AND OR."""

    op: str
    left: Node
    right: Node


class Listed(NamedTuple):
    """Series in square brackets."""

    items: tuple[Node, ...]


Node: TypeAlias = Number | Text | Id | Keyword | Call | Unary | Binary | Listed

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.])
    |(?P<text>"[^"]*"|'[^']*'|“[^”]*”)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^<>(),\[\]])
    )""",
    re.VERBOSE,
)
_WORDS = {"&&": "AND", "||": "OR"}
# From the weakest on; `^` and the unary minus are read apart.
_LEVELS = (("OR",), ("AND",), ("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "/"))
_COMPARISON = 2
_OPERATORS = frozenset({"NOT", "^", *(sign for level in _LEVELS for sign in level)})


class _Token(NamedTuple):
    kind: str
    text: str
    place: int
    """Of its first character, from 1 on."""


@functools.lru_cache(maxsize=10_000)
def parse(text: str) -> Node:
    """The tree of an expression; MathError says what is wrong and where. A query (`SELECT …`) is Unsupported."""
    if is_insights(text):
        raise Unsupported("a Metrics Insights query cannot be a part of an expression")
    return _Reader(text).whole()


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node."""
    match node:
        case Call(_, parts) | Listed(parts):
            return parts
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return left, right
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything in it."""
    yield node
    for part in children(node):
        yield from walk(part)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._scanned())
        self.at = 0
        self.depth = 0
        operators = sum(token.text in _OPERATORS for token in self.tokens if token.kind != "text")
        if operators > OPERATORS:
            self._fail(f"it has {operators} operators; {OPERATORS} are the limit")

    def _scanned(self) -> Iterator[_Token]:
        at = 0
        while self.text[at:].strip():
            found = _TOKEN.match(self.text, at)
            if found is None:
                at += len(self.text[at:]) - len(self.text[at:].lstrip())
                self._fail(f"`{self.text[at]}` at character {at + 1} cannot stand there")
            kind = str(found.lastgroup)
            token = found[kind]
            yield _Token(kind, _WORDS.get(token, token), found.start(kind) + 1)
            at = found.end()

    def whole(self) -> Node:
        if not self.tokens:
            self._fail("it is empty")
        node = self._level(0)
        if self.at < len(self.tokens):
            self._unexpected()
        return node

    def _level(self, level: int) -> Node:
        if level == _COMPARISON and self._takes("NOT"):
            return Unary("NOT", self._level(_COMPARISON))
        if level == len(_LEVELS):
            return self._signed()
        node = self._level(level + 1)
        while (op := self._peek()) and op.kind != "text" and op.text in _LEVELS[level]:
            self.at += 1
            node = Binary(op.text, node, self._level(level + 1))
        return node

    def _signed(self) -> Node:
        if self._takes("-"):
            return Unary("-", self._signed())
        base = self._single()
        if self._takes("^"):
            return Binary("^", base, self._signed())
        return base

    def _single(self) -> Node:
        token = self._peek()
        if token is None:
            self._fail("it ends where a value is expected")
        self.at += 1
        if token.kind == "number":
            return Number(float(token.text))
        if token.kind == "text":
            return Text(token.text[1:-1])
        if token.kind == "word":
            if self._takes("("):
                return Call(token.text, self._items(")"))
            return Id(token.text) if token.text[0].islower() else Keyword(token.text)
        if token.text == "(":
            self._deeper()
            node = self._level(0)
            self._close(")")
            return node
        if token.text != "[":
            self.at -= 1
            self._unexpected()
        return Listed(self._items("]"))

    def _items(self, close: str) -> tuple[Node, ...]:
        self._deeper()
        items: list[Node] = []
        if not (next_ := self._peek()) or next_.text != close:
            items.append(self._level(0))
            while self._takes(","):
                items.append(self._level(0))
        self._close(close)
        return tuple(items)

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > NESTING:
            self._fail(f"it is nested more than {NESTING} deep")

    def _close(self, sign: str) -> None:
        if not self._takes(sign):
            if self._peek() is None:
                self._fail(f"`{sign}` is missing at its end")
            self._unexpected()
        self.depth -= 1

    def _peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _takes(self, text: str) -> bool:
        token = self._peek()
        if token is None or token.kind == "text" or token.text != text:
            return False
        self.at += 1
        return True

    def _unexpected(self) -> NoReturn:
        token = self.tokens[self.at]
        self._fail(f"`{token.text}` at character {token.place} cannot stand there")

    def _fail(self, what: str) -> NoReturn:
        raise MathError(f"the expression `{self.text}` cannot be read: {what}")
