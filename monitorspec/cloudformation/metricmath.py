"""Metric math, as far as an alarm needs it: which ids and functions an expression names.

In: an expression. Out: its ids, or what keeps CloudWatch from reading it. This is a scanner, not a parser: it knows
words, strings and brackets, which is what goes wrong in practice, and leaves operators to CloudWatch. Functions: the
CloudWatch user guide, "Using math expressions with CloudWatch metrics".
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

is_id = re.compile(r"[a-z][A-Za-z0-9_]*").fullmatch

_NAMES = (
    "ABS ANOMALY_DETECTION_BAND AVG CEIL DATAPOINT_COUNT DATE DAY DB_PERF_INSIGHTS DIFF DIFF_TIME EPOCH FILL FIRST "
    "FLOOR HOUR IF INSIGHT_RULE_METRIC LAMBDA LAST LOG LOG10 MAX METRICS METRIC_COUNT MIN MINUTE MONTH PERIOD RATE "
    "REMOVE_EMPTY RUNNING_SUM SEARCH SERVICE_QUOTA SLICE SORT STDDEV SUM TIME_SERIES YEAR"
)
FUNCTIONS = frozenset(_NAMES.split())
# Words that stand for themselves: operators, and arguments of FILL and SORT.
_WORDS = frozenset({"AND", "OR", "NOT", "REPEAT", "LINEAR", "ASC", "DESC", "TRUE", "FALSE"})
_token = re.compile(r"""(?P<text>"[^"]*"|'[^']*')|(?P<number>\d[\w.]*)|(?P<word>[A-Za-z_]\w*)|(?P<mark>\S)""")
_CLOSES = {")": "(", "]": "["}


class Expression(NamedTuple):
    """What was found: ids in order of appearance, functions, and the first error or ""."""

    ids: tuple[str, ...]
    functions: frozenset[str]
    error: str
    help: str


def is_insights(expression: str) -> bool:
    """Whether it is a Metrics Insights query, which has a period of its own and no ids."""
    return expression.lstrip()[:7].upper() == "SELECT "


@functools.cache
def read(expression: str) -> Expression:
    """The ids and functions of a metric math expression."""
    ids: dict[str, None] = {}
    functions: set[str] = set()
    opened: list[str] = []
    error = help = ""
    tokens = list(_token.finditer(expression))
    for at, token in enumerate(tokens):
        kind, text = token.lastgroup, token.group()
        if kind == "word":
            called = at + 1 < len(tokens) and tokens[at + 1].group() == "("
            if called:
                functions.add(text)
                if text not in FUNCTIONS and not error:
                    error, help = f"metric math has no function `{text}`", _near(text)
            elif text not in FUNCTIONS and text not in _WORDS:
                ids[text] = None
        elif kind == "mark":
            if text in "([":
                opened.append(text)
            elif text in ")]" and (not opened or opened.pop() != _CLOSES[text]) and not error:
                error = f"`{text}` at character {token.start() + 1} closes nothing that is open"
            elif text in "\"'" and not error:
                error = f"the text that starts at character {token.start() + 1} has no end"
    if opened and not error:
        error = f"`{opened[-1]}` is never closed"
    if not tokens:
        error = "the expression is empty"
    return Expression(tuple(ids), frozenset(functions), error, help)


def _near(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.upper(), FUNCTIONS, 1)
    return f"did you mean `{near[0]}`?" if near else f"functions are {', '.join(sorted(FUNCTIONS))}"
