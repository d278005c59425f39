"""PromQL text into tokens with their places, and PromQL string literals in both directions.

In: an expression. Out: `tokens(expr)`, a list that ends with an `end` token, or a `Problem` with its place; `quote` and
`unquote` for string literals.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Beyond these, real expressions do not go, and recursive readers of them crash.
MAX_SIZE = 65_536
MAX_NESTING = 128
MAX_OPERATORS = 256


class Problem(NamedTuple):
    """What is wrong with an expression. `offset` and `length` are in characters; None where the place is unknown."""

    message: str
    offset: int | None = None
    length: int = 1
    hint: str = ""


class Token(NamedTuple):
    """One token. Kinds: word, number, duration, text, sign, end."""

    kind: str
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"""
    (?P<space>(?:[ \t\r\n]+|\#[^\r\n]*)+)
    |(?P<text>"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`)
    |(?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+(?![0-9A-Za-z_.]))
    |(?P<number>(?:0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?)(?![0-9A-Za-z_.]))
    |(?P<bad>\.?[0-9][0-9A-Za-z_.]*)
    |(?P<word>[a-zA-Z_:][a-zA-Z0-9_:]*)
    |(?P<sign>==|=~|!=|!~|<=|>=|[-+*/%^<>=(){}\[\],@])
    """,
    re.VERBOSE,
)
# Within [...], a colon separates range and step and belongs to no name.
_NAME, _SIGNS = "[a-zA-Z_:][a-zA-Z0-9_:]*", ",@]"
_BRACKET_TOKEN = re.compile(_TOKEN.pattern.replace(_NAME, r"[a-zA-Z_]\w*").replace(_SIGNS, ",@:]"), re.VERBOSE)
_CLOSER = {"(": ")", "[": "]", "{": "}"}
_OPENER = {closer: opener for opener, closer in _CLOSER.items()}
_OPERATOR_WORDS = frozenset({"and", "or", "unless", "atan2"})
_OPERATOR_SIGNS = frozenset({"+", "-", "*", "/", "%", "^", "==", "!=", "<=", ">=", "<", ">"})
_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\\"'])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.|$))", re.DOTALL
)
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}


def tokens(expr: str) -> list[Token] | Problem:
    """The tokens of `expr`, brackets balanced and within the size limits; the first thing that is wrong otherwise."""
    if len(expr) > MAX_SIZE:
        return Problem(f"the expression has {len(expr)} characters; {MAX_SIZE} is the limit", 0)
    result: list[Token] = []
    opened: list[Token] = []
    operators = 0
    at, size = 0, len(expr)
    while at < size:
        inside = opened[-1].text if opened else ""
        found = (_BRACKET_TOKEN if inside == "[" else _TOKEN).match(expr, at)
        if found is None or found.lastgroup == "bad":
            return _unreadable(expr, at, found[0] if found else "", inside)
        kind, text = str(found.lastgroup), found[0]
        start, at = at, found.end()
        if kind == "space":
            continue
        token = Token(kind, text, start, at)
        result.append(token)
        if kind == "sign":
            if text in _CLOSER:
                opened.append(token)
                if len(opened) > MAX_NESTING:
                    return Problem(f"brackets are nested more than {MAX_NESTING} deep", start)
            elif text in _OPENER:
                if not opened:
                    hint = f"remove it, or open it with {_OPENER[text]!r}"
                    return Problem(f"this {text!r} closes nothing", start, 1, hint)
                if opened[-1].text != _OPENER[text]:
                    return _crossed(opened[-1], token)
                opened.pop()
            elif text in _OPERATOR_SIGNS:
                operators += 1
        elif kind == "word" and text.lower() in _OPERATOR_WORDS:
            operators += 1
        if operators > MAX_OPERATORS:
            return Problem(f"the expression has more than {MAX_OPERATORS} operators", start, len(text))
    if opened:
        opener = opened[-1].text
        return Problem(f"this {opener!r} is never closed", opened[-1].start, 1, f"add {_CLOSER[opener]!r}")
    result.append(Token("end", "", size, size))
    return result


def _crossed(opener: Token, closer: Token) -> Problem:
    wanted = _CLOSER[opener.text]
    message = f"this {opener.text!r} is closed by {closer.text!r} (character {closer.start + 1})"
    return Problem(message, opener.start, 1, f"close it with {wanted!r} first")


def _unreadable(expr: str, at: int, text: str, inside: str) -> Problem:
    """Why no token starts at `at`."""
    sign = expr[at]
    if sign in "\"'`":
        return Problem(f"this string is never closed; expected another {sign}", at, max(1, len(expr) - at))
    if text:
        if inside == "[" or text[-1].isalpha():
            hint = "durations are whole numbers with units, largest first: 90s, 1h30m, 500ms"
            return Problem(f"{text!r} is no duration and no number", at, len(text), hint)
        return Problem(f"{text!r} is no number", at, len(text))
    if sign == "!":
        return Problem("'!' alone is no operator", at, 1, "expected != or, in a matcher, !~")
    if sign == "&" or sign == "|":
        word = "and" if sign == "&" else "or"
        return Problem(f"unexpected {sign!r}", at, 1, f"PromQL writes {word}")
    return Problem(f"unexpected character {sign!r}", at)


def quote(value: str) -> str:
    """`value` as a PromQL string literal in double quotes."""
    return f'"{value.translate(_QUOTING)}"'


_QUOTING: dict[int, str] = {code: f"\\x{code:02x}" for code in (*range(32), 127)}
_QUOTING |= {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\t"): "\\t", ord("\r"): "\\r"}


def unquote(literal: str, start: int = 0) -> str | Problem:
    """The value of a string literal in any of PromQL's three quotes; `start` is its place, for the problem."""
    mark, body = literal[0], literal[1:-1]
    if mark == "`" or "\\" not in body:
        return body
    out = bytearray()
    at = 0
    for found in _ESCAPE.finditer(body):
        out += body[at : found.start()].encode("utf-8", "surrogatepass")
        at = found.end()
        control, octal, hexadecimal, short, long, wrong = found.groups()
        if control and (control in _CONTROLS or control == mark):
            out += _CONTROLS.get(control, control).encode()
        elif (octal and int(octal, 8) < 256) or hexadecimal:
            out.append(int(octal, 8) if octal else int(hexadecimal, 16))
        elif (short or long) and (code := int(short or long, 16)) <= 0x10FFFF and not 0xD800 <= code < 0xE000:
            out += chr(code).encode()
        else:
            hint = "write \\\\ for a backslash" if wrong else ""
            return Problem(f"unknown escape {found[0]!r}", start + 1 + found.start(), len(found[0]), hint)
    out += body[at:].encode("utf-8", "surrogatepass")
    return out.decode("utf-8", "surrogateescape")
