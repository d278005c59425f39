"""Questions about one PromQL expression: is it valid, what does it read, what does it return.

In: an expression's text. Out: `check` (a `Problem` or None), and for valid expressions `selectors`, `metric_names`,
`value_type`, `has_comparison`, `with_matchers`; `quote` for strings that go into one.

The promql-parser wheel says yes in microseconds; whatever it refuses, or cannot know for the target's version, the own
grammar in `syntax` decides, because it knows places and releases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from monitorspec.promql import regex
from monitorspec.promql.functions import AGGREGATIONS, FUNCTIONS, Version
from monitorspec.promql.nodes import COMPARISONS, SET_OPERATORS, Binary, Matcher, Node, Selector, bare, kind, walk
from monitorspec.promql.syntax import parse
from monitorspec.promql.tokens import Problem, quote, tokens, unquote

__all__ = [
    "DEFAULT_VERSION",
    "Matcher",
    "Problem",
    "Selector",
    "check",
    "has_comparison",
    "matcher_values",
    "metric_names",
    "quote",
    "selectors",
    "shape",
    "shape_text",
    "tree",
    "value_type",
    "walk",
    "with_matchers",
]

ValueType = Literal["scalar", "vector", "matrix", "string"]
DEFAULT_VERSION: Version = (2, 42)
NAME = "__name__"
_VALUE_TYPES: dict[str, ValueType] = {"s": "scalar", "v": "vector", "m": "matrix", "t": "string"}
# Within this size neither nesting nor operators can pass the limits of `tokens`, nor harm the wheel.
_SURELY_SHALLOW = 256
_LITERAL = re.compile(r"""([=~]\s*)?("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)|#[^\n]*""")
# What the wheel may let through although promtool does not is left to the own grammar: numbers where 2.42 wants
# durations and the reverse, odd number formats, `@`, `offset`, and newer modifiers. It even
# panics on some durations (`x[Inf]`), none of which get past this.
_SPANS = re.compile(r"\[\s*[0-9]+[smhd]\s*(?::\s*(?:[0-9]+[smhd])?\s*)?\]")
_SUSPICIOUS = re.compile(
    r"\[|@|[0-9][_e]|\b0[x0-9]|(?:^|[(,+*/%^=<>-])\s*\+|(?<![\w:.])[0-9.]+(?:ms|[smhdwy])|\{[^}]*\bor\b"
    r"|\b(?:offset|fill|fill_left|fill_right|anchored|smoothed|start|end|step|range)\b",
    re.IGNORECASE,
)
_LEGACY_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def check(expr: str, version: Version = DEFAULT_VERSION, experimental: bool = False) -> Problem | None:
    """What Prometheus `version` refuses in `expr`, or None. `experimental` admits functions behind a feature flag."""
    blanked, other_strings = _blanked(expr)
    if not other_strings and _accepted(blanked, version, experimental):
        return None
    if not isinstance(parse(blanked, version, experimental), Problem):
        return None
    found = parse(expr, version, experimental)
    return found if isinstance(found, Problem) else None


@lru_cache(maxsize=32768)
def _accepted(expr: str, version: Version, experimental: bool) -> bool:
    """Whether the wheel takes the expression and nothing in it depends on the release."""
    import promql_parser

    if len(expr) > _SURELY_SHALLOW and isinstance(tokens(expr), Problem):
        return False
    if _SUSPICIOUS.search(_SPANS.sub("", expr)) or _gate(version, experimental).search(expr):
        return False
    try:
        promql_parser.parse(expr)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=64)
def _gate(version: Version, experimental: bool) -> re.Pattern[str]:
    """Names that the release does not have, or has behind a flag."""
    names = [
        f.name
        for f in FUNCTIONS.values()
        if f.since > version
        or (f.until is not None and f.until <= version)
        or (not experimental and (f.stable is None or f.stable > version))
    ]
    names += [a.name for a in AGGREGATIONS.values() if a.since > version or not (experimental or a.stable)]
    return re.compile(rf"\b(?:{'|'.join(sorted(names))})\b", re.IGNORECASE)


@lru_cache(maxsize=32768)
def _blanked(expr: str) -> tuple[str, bool]:
    """`expr` with each valid matcher value replaced by a short one, and whether other strings are left.

    Expressions that differ in such values only are valid or invalid together. Values that the empty string satisfies
    stay apart from those that it does not: a selector of nothing but the former is refused.
    """
    if '"' not in expr and "'" not in expr and "`" not in expr:
        return expr, False
    left = False

    def blank(found: re.Match[str]) -> str:
        nonlocal left
        if found[1] and (short := _short(found[1][0], found[2])):
            return found[1] + short
        left = left or found[2] is not None
        return found[0]

    return _LITERAL.sub(blank, expr), left


@lru_cache(maxsize=65536)
def _short(sign: str, literal: str) -> str:
    """A short matcher value as good as `literal` after `=` or `~`; "" when the literal is invalid."""
    value = unquote(literal)
    if isinstance(value, Problem):
        return ""
    if sign == "=":
        return '"x"' if value else '""'
    pattern = regex.compiled(value)
    if isinstance(pattern, regex.Fault):
        return ""
    return '"x?"' if pattern.matches_empty else '"x"'


def tree(expr: str) -> Node:
    """The typed tree of an expression that `check` finds valid for any release; ValueError otherwise."""
    found = parse(expr)
    if isinstance(found, Problem):
        raise ValueError(f"{found.message}: {expr!r}")
    return found


def shape(expr: str) -> Node:
    """The tree of a valid expression with other matcher values: one for all expressions that differ in those only.

    Parsing is what questions cost, and the services of a large system ask the same of metrics with other labels.
    """
    return tree(shape_text(expr))


def shape_text(expr: str) -> str:
    """A short text for all valid expressions that differ in the values of matchers only: what `shape` reads."""
    return expr if NAME in expr else _blanked(expr)[0]


def matcher_values(expr: str) -> tuple[frozenset[str], frozenset[str]]:
    """What the matchers of a valid expression hold labels against, without a tree: texts, and regular expressions."""
    texts: set[str] = set()
    patterns: set[str] = set()
    for found in _LITERAL.finditer(expr):
        if found[1]:
            value = unquote(found[2])
            (patterns if found[1][0] == "~" else texts).add(value if isinstance(value, str) else found[2])
    return frozenset(texts), frozenset(patterns)


def selectors(expr: str) -> tuple[Selector, ...]:
    """Every selector of a valid expression, in the order they are written."""
    return _selectors(tree(expr))


@lru_cache(maxsize=4096)
def _selectors(node: Node) -> tuple[Selector, ...]:
    return tuple(found for found in walk(node) if isinstance(found, Selector))


def selector_name(selector: Selector) -> str:
    """The metric a selector names, also by `__name__="…"`; "" when it names none."""
    if selector.name:
        return selector.name
    return next((m.value for m in selector.matchers if m.label == NAME and m.op == "="), "")


def metric_names(expr: str) -> tuple[str, ...]:
    """The metrics a valid expression reads by name, each once, in the order they are written."""
    found = _selectors(shape(expr))
    return tuple(dict.fromkeys(name for selector in found if (name := selector_name(selector))))


def value_type(expr: str) -> ValueType:
    """What a valid expression evaluates to."""
    return _VALUE_TYPES[kind(shape(expr))]


def has_comparison(expr: str) -> bool:
    """Whether a valid expression's outermost operation filters by comparison, so that its value may be missing."""
    return _filters(shape(expr))


def _filters(node: Node) -> bool:
    node = bare(node)
    if not isinstance(node, Binary):
        return False
    if node.op in SET_OPERATORS:
        return _filters(node.lhs) or (node.op == "or" and _filters(node.rhs))
    return node.op in COMPARISONS and not node.returns_bool


def with_matchers(expr: str, added: Mapping[str, str]) -> str:
    """A valid expression with `label="value"` added to every selector that has not that very matcher; text is kept."""
    pieces: list[str] = []
    at = 0
    for selector in selectors(expr):
        missing = [(k, v) for k, v in sorted(added.items()) if Matcher(k, "=", v) not in selector.matchers]
        if not missing:
            continue
        text = ",".join(f"{k if _LEGACY_LABEL.fullmatch(k) else quote(k)}={quote(v)}" for k, v in missing)
        if selector.braces is None:
            place, text = selector.name_end, f"{{{text}}}"
        else:
            place = selector.braces[0] + 1
            text += "," if selector.matchers else ""
        pieces += [expr[at:place], text]
        at = place
    return "".join([*pieces, expr[at:]])
