"""PromQL with Grafana's variables in it.

In: an expression as a panel holds it. Out: the same with stand-ins for the variables, and what is wrong with it then.
"""

from __future__ import annotations

import re

# Which release answers a dashboard is not known here, so whatever any of them takes is fine.
NEWEST = (99, 0)

_STRING = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`'
_VARIABLE = r"\$\{?\w+(?::\w+)?\}?|\[\[\w+\]\]"
_variables = re.compile(_VARIABLE).sub
_stood_in = re.compile(rf"{_STRING}|{_VARIABLE}|\[[^\[\]]*\]").sub
_commented = re.compile(rf"({_STRING})|#[^\n]*").sub
_strings = re.compile(_STRING).sub


def without_texts(expr: str) -> str:
    """The expression with empty strings and no comments: what is left is names, operators and ranges."""
    return _strings('""', _commented(lambda m: m[1] or "", expr))


def syntax(expr: str) -> str:
    """What is wrong with an expression whatever its variables hold, or ""."""
    problem = ""
    # A variable outside strings and ranges may stand for a number or for a name.
    for stand_in in ("1", "name"):
        problem = _parsed(substituted(expr, stand_in))
        if not problem:
            return ""
    return problem


def substituted(expr: str, other: str = "1") -> str:
    """The expression with its variables replaced: a text in strings, a duration in ranges, `other` elsewhere."""

    def replace(match: re.Match[str]) -> str:
        text = match[0]
        if text[0] in "\"'`":
            return _variables("x", text)
        if text[0] == "[" and not text.startswith("[["):
            return _variables("5m", text)
        return other

    return _stood_in(replace, expr)


def _parsed(expr: str) -> str:
    from monitorspec.promql.expression import check

    problem = check(expr, NEWEST, experimental=True)
    return problem.message if problem else ""
