"""PromQL's grammar: text into a typed tree in which every node knows its place.

In: an expression and the Prometheus release that must understand it. Out: `parse`, a tree or the first `Problem`.
The promql-parser wheel is quicker at saying yes; this reader says where and why not, knows which release has what, and
keeps the places that rewriting a user's own text needs.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

from monitorspec.promql import functions, literals, regex
from monitorspec.promql.functions import AGGREGATIONS, FUNCTIONS, Version
from monitorspec.promql.literals import LONGEST_MS, milliseconds
from monitorspec.promql.nodes import (
    COMPARISONS,
    SET_OPERATORS,
    Aggregate,
    Binary,
    Call,
    Matcher,
    Matching,
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
    walk,
)
from monitorspec.promql.tokens import Problem, Token, tokens, unquote

# A reader of trees needs their nodes: one import serves.
__all__ = [
    "COMPARISONS",
    "SET_OPERATORS",
    "Aggregate",
    "Binary",
    "Call",
    "Matcher",
    "Matching",
    "Node",
    "Number",
    "Paren",
    "Selector",
    "Subquery",
    "Text",
    "Unary",
    "bare",
    "children",
    "kind",
    "parse",
    "walk",
]  # fmt: skip

ANY_VERSION: Version = (99, 0)


_PRECEDENCE = {"or": 1, "and": 2, "unless": 2, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6}
_PRECEDENCE |= dict.fromkeys(COMPARISONS, 3)
_POWER = 6
_NO_METRIC = frozenset({"bool", "on", "ignoring", "group_left", "group_right", "atan2"})
_NO_LABEL = frozenset({"without", "inf", "nan"})
_TYPES = {"s": "a scalar", "v": "an instant vector", "m": "a range vector", "t": "a string"}
_FLAG = "--enable-feature=promql-experimental-functions"


class _Wrong(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@lru_cache(maxsize=16384)
def parse(expr: str, version: Version = ANY_VERSION, experimental: bool = False) -> Node | Problem:
    """The tree of `expr` as Prometheus `version` reads it; `experimental` admits what a feature flag hides."""
    listed = tokens(expr)
    if isinstance(listed, Problem):
        return listed
    try:
        return _Reader(expr, listed, version, experimental).whole()
    except _Wrong as wrong:
        return wrong.problem


class _Reader:
    """Recursive descent over one expression's tokens."""

    def __init__(self, expr: str, listed: list[Token], version: Version, experimental: bool) -> None:
        self.expr = expr
        self.tokens = listed
        self.index = 0
        self.version = version
        self.experimental = experimental

    # --- tokens -------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def take(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def word(self) -> str:
        """The current token in lower case when it is a word, else ""."""
        return self.token.text.lower() if self.token.kind == "word" else ""

    def at_sign(self, text: str) -> bool:
        return self.token.text == text and self.token.kind == "sign"

    def expect(self, sign: str, where: str) -> Token:
        if not self.at_sign(sign):
            raise self.unexpected(f"{sign!r} {where}")
        return self.take()

    def wrong(self, message: str, at: Token | Node, hint: str = "") -> _Wrong:
        return _Wrong(Problem(message, at.start, max(1, at.end - at.start), hint))

    def unexpected(self, wanted: str, hint: str = "") -> _Wrong:
        if self.token.kind == "end":
            return _Wrong(Problem(f"the expression ends where {wanted} was expected", len(self.expr), 1, hint))
        return self.wrong(f"unexpected {self.token.text!r}; expected {wanted}", self.token, hint)

    def needs(self, since: Version, what: str, at: Token | Node) -> None:
        if self.version < since:
            message = f"{what} needs Prometheus {_written(since)}; the target is {_written(self.version)}"
            raise self.wrong(message, at)

    def needs_flag(self, stable: Version | None, what: str, at: Token) -> None:
        if not self.experimental and (stable is None or self.version < stable) and self.version != ANY_VERSION:
            raise self.wrong(f"{what} is experimental in Prometheus {_written(self.version)}", at, f"it needs {_FLAG}")

    # --- expressions --------------------------------------------------------------------------------------------

    def whole(self) -> Node:
        if self.token.kind == "end":
            raise _Wrong(Problem("the expression is empty", 0))
        node = self.binary(1)
        if self.token.kind != "end":
            raise self.trailing(node)
        return node

    def trailing(self, node: Node) -> _Wrong:
        """What stands where an operator, or the end, was expected."""
        text = self.token.text
        if text == "=":
            return self.unexpected("an operator", "PromQL compares with ==")
        if text in ("=~", "!~"):
            return self.unexpected("an operator", "regular expressions match labels only, inside {…}")
        if text == "{" and isinstance(node, Call | Aggregate | Paren):
            return self.unexpected("an operator", "matchers go inside, right after the metric's name")
        if text.lower() in ("by", "without"):
            return self.unexpected("an operator", f"{text} follows an aggregation such as sum(…)")
        if text.lower() in ("fill", "fill_left", "fill_right"):
            return self.unexpected("an operator", f"{text}() is an experimental modifier of Prometheus 3.10")
        if self.token.kind == "text":
            return self.unexpected("an operator", "label values go inside {…}")
        return self.unexpected("an operator")

    def binary(self, least: int) -> Node:
        lhs = self.unary()
        while True:
            sign = self.token
            op = sign.text.lower() if sign.kind in ("sign", "word") else ""
            precedence = _PRECEDENCE.get(op, 0)
            if precedence < least or not precedence:
                return lhs
            self.take()
            returns_bool = False
            if self.word() == "bool":
                self.take()
                returns_bool = True
                if op not in COMPARISONS:
                    raise self.wrong(f"bool goes with comparisons only, not with {op}", self.tokens[self.index - 1])
            matching = self.matching()
            rhs = self.binary(precedence if op == "^" else precedence + 1)
            lhs = self.checked(Binary(op, lhs, rhs, returns_bool, matching, lhs.start, rhs.end), sign)

    def checked(self, node: Binary, sign: Token) -> Binary:
        left, right = kind(node.lhs), kind(node.rhs)
        for side, type_ in ((node.lhs, left), (node.rhs, right)):
            if type_ not in "sv":
                hint = "wrap it in a function such as rate(…) or avg_over_time(…)" if type_ == "m" else ""
                raise self.wrong(f"{sign.text} cannot take {_TYPES[type_]}", side, hint)
        scalars = (left == "s") + (right == "s")
        if scalars == 2 and node.op in COMPARISONS and not node.returns_bool:
            raise self.wrong("a comparison of two scalars needs bool", sign, f"write {sign.text} bool")
        if scalars and node.op in SET_OPERATORS:
            side = node.lhs if left == "s" else node.rhs
            raise self.wrong(f"{node.op} takes instant vectors, not a scalar", side, "vector(…) makes one of a scalar")
        if node.matching is not None:
            if scalars and (node.matching.labels or node.matching.group):
                raise self.wrong("on, ignoring and group need an instant vector on both sides", sign)
            if node.op in SET_OPERATORS and node.matching.group:
                raise self.wrong(f"{node.op} takes no {node.matching.group}", sign)
            both = [label for label in node.matching.included if label in node.matching.labels]
            if both and node.matching.on:
                raise self.wrong(f"label {both[0]!r} is both in on and in {node.matching.group}", sign)
        return node

    def matching(self) -> Matching | None:
        if self.word() not in ("on", "ignoring"):
            if self.word() in ("group_left", "group_right"):
                raise self.wrong(f"{self.token.text} needs on(…) or ignoring(…) before it", self.token)
            return None
        on = self.take().text.lower() == "on"
        labels = self.grouping()
        group: str = ""
        included: tuple[str, ...] = ()
        if self.word() in ("group_left", "group_right"):
            group = self.take().text.lower()
            if self.at_sign("("):
                included = self.grouping()
        return Matching(on, labels, group, included)

    def unary(self) -> Node:
        signs: list[Token] = []
        while self.token.kind == "sign" and self.token.text in "+-":
            signs.append(self.take())
        if not signs:
            return self.postfix(self.primary())
        node = self.binary(_POWER)
        for sign in reversed(signs):
            if kind(node) not in "sv":
                raise self.wrong(f"{sign.text} cannot take {_TYPES[kind(node)]}", node)
            node = Unary(sign.text, node, sign.start, node.end)
        return node

    def primary(self) -> Node:
        token = self.token
        if token.kind == "number":
            self.take()
            return Number(self.number(token), token.start, token.end)
        if token.kind == "duration":
            self.needs(functions.DURATIONS_AS_NUMBERS, f"{token.text} as a number", token)
            return Number(self.duration(self.take()) / 1000, token.start, token.end)
        if token.kind == "text":
            return Text(self.text(self.take()), token.start, token.end)
        if self.at_sign("("):
            self.take()
            if self.at_sign(")"):
                raise self.unexpected("an expression in the parentheses")
            inner = self.binary(1)
            if not self.at_sign(")"):
                raise self.trailing(inner)
            return Paren(inner, token.start, self.take().end)
        if self.at_sign("{"):
            return self.selector("", token.start, token.start)
        if token.kind == "word":
            return self.named()
        raise self.unexpected("an expression", _missing_operand(self.tokens, self.index))

    def named(self) -> Node:
        """A word: a number such as Inf, an aggregation, a call or a metric's name."""
        token = self.take()
        lower = token.text.lower()
        if lower in ("inf", "nan"):
            return Number(float(lower), token.start, token.end)
        if lower in AGGREGATIONS and (self.at_sign("(") or self.word() in ("by", "without")):
            if AGGREGATIONS[lower].since <= self.version:
                return self.aggregate(token, lower)
            if self.at_sign("("):
                self.needs(AGGREGATIONS[lower].since, f"{lower}()", token)
        if self.at_sign("("):
            return self.call(token)
        if lower in _NO_METRIC:
            self.index -= 1
            raise self.unexpected("an expression", _missing_operand(self.tokens, self.index))
        return self.selector(token.text, token.start, token.end)

    # --- aggregations and calls ---------------------------------------------------------------------------------

    def grouping(self) -> tuple[str, ...]:
        """Label names in parentheses."""
        self.expect("(", "before the label names")
        labels: list[str] = []
        while not self.at_sign(")"):
            token = self.token
            if token.kind == "text":
                self.needs(functions.QUOTED_NAMES, "a quoted label name", token)
                labels.append(self.text(self.take()))
            elif token.kind == "word" and ":" not in token.text and token.text.lower() not in _NO_LABEL:
                labels.append(self.take().text)
            else:
                raise self.unexpected("a label name")
            if not self.at_sign(")"):
                self.expect(",", "or ')' after a label name")
        self.take()
        return tuple(labels)

    def aggregate(self, token: Token, op: str) -> Node:
        aggregation = AGGREGATIONS[op]
        self.needs_flag(aggregation.stable, f"{op}()", token)
        by: bool | None = None
        labels: tuple[str, ...] = ()
        if self.word() in ("by", "without"):
            by = self.take().text.lower() == "by"
            labels = self.grouping()
        arguments, closer = self.arguments(f"after {op}")
        end = closer.end
        if by is None and self.word() in ("by", "without"):
            by = self.take().text.lower() == "by"
            labels = self.grouping()
            end = self.tokens[self.index - 1].end
        wanted = 2 if aggregation.parameter else 1
        if len(arguments) != wanted:
            takes = "a parameter and an instant vector" if wanted == 2 else "one instant vector"
            raise self.wrong(f"{op} takes {takes}, not {len(arguments)} arguments", token)
        parameter = arguments[0] if wanted == 2 else None
        if parameter is not None and kind(parameter) != aggregation.parameter:
            type_ = _TYPES[aggregation.parameter]
            raise self.wrong(f"{op} takes {type_} first, not {_TYPES[kind(parameter)]}", parameter)
        self.typed(arguments[-1], "v", op)
        return Aggregate(op, arguments[-1], parameter, by, labels, token.start, end)

    def arguments(self, where: str) -> tuple[list[Node], Token]:
        self.expect("(", where)
        found: list[Node] = []
        while not self.at_sign(")"):
            found.append(self.binary(1))
            if self.at_sign(")"):
                break
            if not self.at_sign(","):
                raise self.trailing(found[-1])
            comma = self.take()
            if self.at_sign(")"):
                raise self.wrong("a comma before ')' is not allowed here", comma, "remove it")
        return found, self.take()

    def call(self, token: Token) -> Call:
        function = FUNCTIONS.get(token.text)
        if function is None:
            raise self.wrong(f"unknown function {token.text!r}", token, _near(token.text, self.version))
        if function.until and self.version >= function.until and self.version != ANY_VERSION:
            message = f"{function.name}() was removed in Prometheus {_written(function.until)}"
            raise self.wrong(message, token, f"{function.successor}() replaces it" if function.successor else "")
        self.needs(function.since, f"{function.name}()", token)
        self.needs_flag(function.stable, f"{function.name}()", token)
        found, closer = self.arguments(f"after {function.name}")
        if len(found) < function.least or (function.most is not None and len(found) > function.most):
            takes = f"{function.least}" if function.least == function.most else f"at least {function.least}"
            if function.most is not None and function.least != function.most:
                takes = f"{function.least} to {function.most}"
            plural = "" if takes == "1" else "s"
            raise self.wrong(f"{function.name} takes {takes} argument{plural}, not {len(found)}", token)
        for index, argument in enumerate(found):
            self.typed(argument, function.argument(index), function.name)
        return Call(function.name, tuple(found), token.start, closer.end)

    def typed(self, node: Node, wanted: str, where: str) -> None:
        got = kind(node)
        if got == wanted:
            return
        hint = ""
        if wanted == "m" and isinstance(bare(node), Selector):
            hint = f"add a range such as [5m]: {where}({self.expr[node.start : node.end]}[5m])"
        elif wanted == "m" and got == "v":
            hint = f"make it a subquery: ({self.expr[node.start : node.end]})[1h:1m]"
        elif wanted == "v" and got == "m":
            hint = "remove the range, or wrap it in a function such as rate(…)"
        elif wanted == "v" and got == "s":
            hint = "vector(…) makes an instant vector of a scalar"
        elif wanted == "s" and got == "v":
            hint = "scalar(…) makes a scalar of a single series"
        raise self.wrong(f"{where} takes {_TYPES[wanted]} here, not {_TYPES[got]}", node, hint)

    # --- selectors ----------------------------------------------------------------------------------------------

    def selector(self, name: str, start: int, end: int) -> Selector:
        braces: tuple[int, int] | None = None
        matchers: list[Matcher] = []
        name_end = end
        if self.at_sign("{"):
            opener = self.take()
            while not self.at_sign("}"):
                if self.token.kind == "text" and self.tokens[self.index + 1].text in (",", "}"):
                    self.needs(functions.QUOTED_NAMES, "a quoted metric name", self.token)
                    if name:
                        raise self.wrong("the metric's name is given twice", self.token)
                    matchers.append(Matcher("__name__", "=", self.text(self.take())))
                else:
                    matchers.append(self.matcher(name))
                if not self.at_sign("}"):
                    self.expect(",", "or '}' after a matcher")
            end = self.take().end
            braces = (opener.start, end)
        if not name and not any(_needs_value(matcher) for matcher in matchers):
            problem = "this selects every series" if not matchers else "these matchers select every series"
            hint = "name a metric, or give one matcher that the empty string does not satisfy"
            raise _Wrong(Problem(problem, start, max(1, end - start), hint))
        return Selector(name, tuple(matchers), None, None, "", start, end, name_end, braces)

    def matcher(self, name: str) -> Matcher:
        token = self.token
        if token.kind == "text":
            self.needs(functions.QUOTED_NAMES, "a quoted label name", token)
            label = self.text(self.take())
        elif token.kind == "word" and ":" not in token.text:
            label = self.take().text
        else:
            raise self.unexpected("a label name")
        op = self.token.text
        if op == "==":
            raise self.wrong("a matcher has one '='", self.token, f'write {label}="…"')
        if self.token.kind != "sign" or op not in ("=", "!=", "=~", "!~"):
            raise self.unexpected(f"=, !=, =~ or !~ after label {label!r}")
        self.take()
        value = self.token
        if value.kind != "text":
            hint = f'write {label}{op}"{value.text}"' if value.kind in ("word", "number", "duration") else ""
            raise self.unexpected("a value in quotes", hint)
        text = self.text(self.take())
        if "~" in op and isinstance(fault := regex.compiled(text), regex.Fault):
            # Behind an escape the two texts run apart; then the whole literal is marked.
            exact = self.expr[value.start + 1 : value.end - 1] == text
            offset, length = value.start, value.end - value.start
            if exact:
                offset, length = value.start + 1 + fault.offset, fault.length
            raise _Wrong(Problem(f"bad regular expression: {fault.message}", offset, length, fault.help))
        if label == "__name__" and name:
            raise self.wrong("the metric's name is given twice", token, f"remove {name!r} or this matcher")
        return Matcher(label, op, text)

    def postfix(self, node: Node) -> Node:
        while True:
            if self.at_sign("["):
                node = self.bracket(node)
            elif self.word() == "offset":
                node = self.offset(node)
            elif self.at_sign("@"):
                node = self.pinned(node)
            else:
                return node

    def bracket(self, node: Node) -> Node:
        opener = self.take()
        range_ms = self.span("a range such as 5m", positive=True)
        if self.at_sign(":"):
            self.take()
            step = None if self.at_sign("]") else self.span("a step such as 1m", positive=True)
            if not self.at_sign("]"):
                raise self.unexpected("']' after the step")
            closer = self.take()
            if kind(node) != "v":
                raise self.wrong(f"a subquery needs an instant vector, not {_TYPES[kind(node)]}", node)
            return Subquery(node, range_ms, step, None, "", node.start, closer.end)
        if not self.at_sign("]"):
            raise self.unexpected("']' after the range")
        closer = self.take()
        if not isinstance(node, Selector) or node.range_ms is not None:
            hint = f"a subquery ranges over any expression: {self.expr[opener.start : closer.end - 1]}:1m]"
            raise self.wrong("a range goes right after a selector only", opener, hint)
        if node.offset_ms is not None or node.at:
            raise self.wrong("the range goes before offset and @", opener)
        return node._replace(range_ms=range_ms, end=closer.end)

    def offset(self, node: Node) -> Node:
        word = self.take()
        sign = -1 if self.at_sign("-") else 1
        if self.at_sign("+"):
            self.needs(functions.DURATIONS_AS_NUMBERS, "offset +", self.token)
        if self.at_sign("-") or self.at_sign("+"):
            self.take()
        value = sign * self.span("a duration such as 5m", positive=False)
        if not isinstance(node, Selector | Subquery):
            raise self.wrong("offset follows a selector or a subquery only", word)
        if node.offset_ms:
            raise self.wrong("offset is given twice", word)
        return node._replace(offset_ms=value, end=self.tokens[self.index - 1].end)

    def pinned(self, node: Node) -> Node:
        sign = self.take()
        start = self.token.start
        if self.word() in ("start", "end"):
            self.take()
            self.expect("(", "after @ start or @ end")
            self.expect(")", "after '('")
        else:
            if self.at_sign("-") or self.at_sign("+"):
                self.take()
            if self.token.kind == "duration":
                self.needs(functions.DURATIONS_AS_NUMBERS, f"{self.token.text} as a number", self.token)
                self.duration(self.token)
            elif self.token.kind != "number" and self.word() not in ("inf", "nan"):
                raise self.unexpected("a Unix timestamp, start() or end()")
            if self.word() or abs(self.number(self.token) if self.token.kind == "number" else 0) > LONGEST_MS:
                raise self.wrong("this timestamp is out of bounds", self.token)
            self.take()
        if not isinstance(node, Selector | Subquery):
            raise self.wrong("@ follows a selector or a subquery only", sign)
        if node.at:
            raise self.wrong("@ is given twice", sign)
        end = self.tokens[self.index - 1].end
        return node._replace(at=self.expr[start:end], end=end)

    # --- literals -----------------------------------------------------------------------------------------------

    def text(self, token: Token) -> str:
        value = unquote(token.text, token.start)
        if isinstance(value, Problem):
            raise _Wrong(value)
        return value

    def number(self, token: Token) -> float:
        text = token.text
        if "_" in text:
            self.needs(functions.NUMBER_UNDERSCORES, f"{text} with underscores", token)
            if text.endswith("_") or "__" in text or "_." in text or "._" in text:
                raise self.wrong(f"{text!r} is no number", token)
            text = text.replace("_", "")
        value = literals.number(text)
        if value == float("inf"):
            raise self.wrong(f"{_shortened(text)} is out of range", token)
        return value

    def duration(self, token: Token) -> int:
        value = milliseconds(token.text)
        if value is None:
            hint = "units descend, each once: 1h30m, 2d12h, 500ms"
            raise self.wrong(f"{token.text!r} is no duration", token, hint)
        if value > LONGEST_MS:
            raise self.wrong(f"{_shortened(token.text)} is out of range", token)
        return value

    def span(self, wanted: str, positive: bool) -> int:
        """A range, step or offset in milliseconds; newer releases also take numbers (seconds) and arithmetic."""
        first = self.token
        if first.kind == "duration" and self.tokens[self.index + 1].text not in ("+", "-", "*", "/", "%", "^"):
            value = self.duration(self.take())
        elif first.kind == "duration" and not positive:
            # `x offset 5m - y` subtracts y: arithmetic in an offset is written in parentheses.
            value = self.duration(self.take())
        elif first.kind == "number" and not (positive and self.tokens[self.index + 1].text not in (":", "]")):
            since = _written(functions.DURATIONS_AS_NUMBERS)
            hint = f"add a unit: {first.text}s, {first.text}m; Prometheus {since} reads bare numbers as seconds"
            if self.version < functions.DURATIONS_AS_NUMBERS:
                raise self.wrong(f"{first.text} has no unit; expected {wanted}", first, hint)
            value = self.rounded(self.number(self.take()), first)
        elif first.kind in ("duration", "number") or first.text in ("(", "+", "-"):
            self.needs(functions.DURATION_ARITHMETIC, "arithmetic in durations", first)
            value = self.rounded(self.arithmetic(1 if positive else _POWER), first)
        else:
            raise self.unexpected(wanted)
        if positive and value <= 0:
            raise self.wrong("a duration must be longer than 0", first)
        return value

    def rounded(self, seconds: float, at: Token) -> int:
        """Milliseconds."""
        if not abs(seconds) * 1000 <= LONGEST_MS:  # nor no number
            raise self.wrong("this duration is out of range", at)
        return round(seconds * 1000)

    def arithmetic(self, least: int) -> float:
        """Duration arithmetic, in seconds."""
        token = self.take()
        if token.text == "(":
            value = self.arithmetic(1)
            self.expect(")", "after the duration")
        elif token.text in ("-", "+"):
            value = self.arithmetic(_POWER) * (-1 if token.text == "-" else 1)
        elif token.kind == "duration":
            value = self.duration(token) / 1000
        elif token.kind == "number":
            value = self.number(token)
        else:
            self.index -= 1
            raise self.unexpected("a duration", "step(), range() and the like cannot be analysed here")
        while (precedence := _PRECEDENCE.get(op := self.token.text, 0)) >= max(least, 4):
            sign = self.take()
            other = self.arithmetic(precedence if op == "^" else precedence + 1)
            computed = literals.computed(op, value, other)
            if computed is None:
                raise self.wrong("this duration has no value", sign)
            value = computed
        return value


def _needs_value(matcher: Matcher) -> bool:
    """Whether the empty string fails the matcher."""
    if matcher.op == "=":
        return matcher.value != ""
    if matcher.op == "!=":
        return matcher.value == ""
    pattern = regex.compiled(matcher.value)
    if isinstance(pattern, regex.Fault):
        return True
    return pattern.matches_empty == (matcher.op == "!~")


def _missing_operand(listed: list[Token], index: int) -> str:
    before = listed[index - 1].text if index else ""
    if before.lower() in _PRECEDENCE or before in ("+", "-"):
        return f"{before} has nothing on its right"
    if listed[index].text.lower() in _PRECEDENCE:
        return f"{listed[index].text} has nothing on its left"
    return ""


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:20]}…"


def _near(name: str, version: Version) -> str:
    known = [f.name for f in FUNCTIONS.values() if f.since <= version and not (f.until and version >= f.until)]
    if name.lower() in FUNCTIONS:
        return f"functions are written in lower case: {name.lower()}"
    close = get_close_matches(name, [*known, *AGGREGATIONS], n=2, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else ""


def _written(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
