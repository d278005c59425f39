"""X-Ray filter expressions: whether X-Ray could read one.

In: an expression. Out: what is wrong with it and where, or None. Grammar: the X-Ray developer guide, "Using filter expressions".
X-Ray takes a group with a broken expression and then just leaves it out, so this is looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import NamedTuple

from monitorspec.fault import Fault, Misread

BOOLEANS = frozenset("ok error throttle fault partial inferred first last remote root".split())
NUMBERS = frozenset("responsetime duration http.status index coverage".split())
TEXTS = frozenset(
    "http.url http.method http.useragent http.clientip user name type message availabilityzone instance.id resource.arn "
    "group.name group.arn".split()
)
_CAUSES = frozenset(
    f"rootcause.{kind}.{part}"
    for kind in ("fault", "error", "responsetime")
    for part in ("service", "entity", "exception")
)
_JSON = frozenset(("json", "rootcause.json"))
_JOINTS = frozenset(("and", "or"))
_KEYWORDS = (*sorted(BOOLEANS | NUMBERS | TEXTS), "service", "edge", "annotation")
_DEPTH = 50
_COMPARISONS = ("=", "!=")
_OF_NUMBERS = (*_COMPARISONS, "<", "<=", ">", ">=")
_OF_TEXTS = (*_COMPARISONS, "contains", "beginswith", "endswith")

_token = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<json>\#\[)|(?P<word>[A-Za-z_][\w.-]*)"""
    r"""|(?P<mark>!=|<=|>=|[=<>!(){}\[\],:])|(?P<other>[\w.]+|\S)"""
)


class _Token(NamedTuple):
    kind: str
    text: str
    """Of words in lower case: X-Ray does not tell cases apart."""
    offset: int
    length: int


class _Wrong(Misread):
    def __init__(self, token: _Token, message: str, help: str = "") -> None:
        super().__init__(message, token.offset, token.length, help)


def problem(expression: str) -> Fault | None:
    """What keeps X-Ray from reading `expression`."""
    tokens = [
        _Token(m.lastgroup or "", m[0].lower() if m.lastgroup == "word" else m[0], m.start(), m.end() - m.start())
        for m in _token.finditer(expression)
    ]
    try:
        reader = _Reader(tokens, len(expression))
        reader.filter()
        if reader.next.kind != "end":
            raise _Wrong(reader.next, f"`{reader.next.text}` closes nothing that is open")
    except _Wrong as wrong:
        return wrong.fault
    return None


class _Reader:
    """Recursive descent; every method reads one thing and raises `_Wrong` where it is not there."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = [*tokens, _Token("end", "", max(end - 1, 0), 1)]
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> _Token:
        return self._tokens[self._at]

    def take(self) -> _Token:
        token = self.next
        self._at += token.kind != "end"
        return token

    def expect(self, mark: str, why: str) -> None:
        if self.next.text != mark or self.next.kind != "mark":
            raise _Wrong(self.next, f"`{mark}` is missing {why}")
        self.take()

    def filter(self) -> None:
        """Terms side by side, which all have to hold, or joined by AND and OR."""
        self._depth += 1
        if self._depth > _DEPTH:
            raise _Wrong(self.next, f"conditions stand in more than {_DEPTH} brackets")
        self.term()
        while self.next.kind != "end" and self.next.text not in (")", "}"):
            if self.next.text in _JOINTS:
                joint = self.take()
                if self.next.kind == "end" or self.next.text in (")", "}"):
                    raise _Wrong(joint, f"nothing stands behind `{joint.text.upper()}`")
            self.term()
        self._depth -= 1

    def term(self) -> None:
        token = self.take()
        while token.text == "!" and token.kind == "mark":
            token = self.take()
        if token.text == "(" and token.kind == "mark":
            self.filter()
            return self.expect(")", "after a condition in brackets")
        if token.kind == "end":
            raise _Wrong(token, "the expression is empty" if self._at == 0 else "a condition is missing")
        if token.kind != "word" or token.text in _JOINTS:
            raise _Wrong(token, f"`{token.text}` stands where a keyword has to be")
        return self.condition(token)

    def condition(self, word: _Token) -> None:
        name = word.text
        if name == "annotation" or name.startswith("annotation."):
            return self.annotation(word)
        if name in ("service", "edge"):
            return self.nodes(word)
        if name in _CAUSES:
            return self.block()
        if name in _JSON:
            return self.json()
        if name in BOOLEANS:
            return self.compared(
                word, _COMPARISONS, "true or false", lambda t: t.text.strip('"').lower() in ("true", "false")
            )
        if name in NUMBERS:
            return self.compared(word, _OF_NUMBERS, "a number", lambda t: t.kind == "number")
        if name in TEXTS:
            return self.compared(word, _OF_TEXTS, "a text in double quotes", lambda t: t.kind == "text")
        if name == "not":
            raise _Wrong(word, "X-Ray has no NOT", "write `!` before the condition, such as `!ok`")
        near = get_close_matches(name, _KEYWORDS, 1)
        help = f"did you mean `{near[0]}`?" if near else f"keywords are {', '.join(_KEYWORDS)}"
        raise _Wrong(word, f"X-Ray has no keyword `{name}`", help)

    def compared(self, word: _Token, operators: tuple[str, ...], kind: str, fits: Callable[[_Token], bool]) -> None:
        """An operator with a value, or nothing: the keyword alone is whether it is set."""
        token = self.next
        if token.text not in (*_OF_NUMBERS, *_OF_TEXTS) or token.kind not in ("mark", "word"):
            return
        self.take()
        if token.text not in operators:
            known = ", ".join(operator.upper() for operator in operators)
            raise _Wrong(token, f"`{word.text}` cannot be compared with `{token.text.upper()}`", f"it takes {known}")
        value = self.take()
        if value.kind == "end" or not fits(value):
            raise _Wrong(value, f"`{word.text}` is compared with {kind}")

    def annotation(self, word: _Token) -> None:
        if word.text == "annotation":
            self.expect("[", "after `annotation`: write `annotation[key]`")
            if self.take().kind not in ("word", "text"):
                raise _Wrong(word, "an annotation has no key: write `annotation[key]`")
            self.expect("]", "after the key of an annotation")
        operators = tuple(dict.fromkeys((*_OF_NUMBERS, *_OF_TEXTS)))
        self.compared(
            word, operators, "a text in double quotes, a number, true or false",
            lambda t: t.kind in ("text", "number") or t.text in ("true", "false"),
        )  # fmt: skip

    def nodes(self, word: _Token) -> None:
        """service(name) {filter} and edge(source, destination) {filter}."""
        self.expect("(", f"after `{word.text}`")
        if self.next.text != ")":
            self.node()
            if word.text == "edge":
                self.expect(",", "between the two services of an edge")
                self.node()
        elif word.text == "edge":
            raise _Wrong(self.next, '`edge` takes two services, such as `edge("web", "api")`')
        self.expect(")", f"after what `{word.text}` names")
        if self.next.text == "{":
            self.block()

    def node(self) -> None:
        token = self.take()
        if token.kind == "text":
            return
        if token.text != "id":
            raise _Wrong(token, "a service is named by a text in double quotes, or by id(…)")
        self.expect("(", "after `id`")
        while True:
            key = self.take()
            if key.text not in ("name", "type", "account.id"):
                raise _Wrong(key, f"`id` has no `{key.text}`", "it takes name, type and account.id")
            self.expect(":", f"after `{key.text}`")
            if self.take().kind != "text":
                raise _Wrong(key, f"`{key.text}` takes a text in double quotes")
            if self.next.text != ",":
                break
            self.take()
        self.expect(")", "after `id(`")

    def block(self) -> None:
        self.expect("{", "before a filter of its own")
        self.filter()
        self.expect("}", "after a filter of its own")

    def json(self) -> None:
        """= #[…], which is not looked into."""
        if self.next.text not in _COMPARISONS:
            return
        self.take()
        opened = self.take()
        if opened.kind != "json":
            raise _Wrong(opened, "JSON is written as `#[…]`")
        depth = 1
        while depth:
            token = self.take()
            if token.kind == "end":
                raise _Wrong(opened, "`#[` is never closed")
            depth += {"[": 1, "#[": 1, "]": -1}.get(token.text, 0)
