"""Which labels the result of an expression can carry.

In: a valid expression. Out: `Labels`: a closed set after an aggregation by(…), otherwise open with what is known to be
present and what is known to be gone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from monitorspec.promql import regex
from monitorspec.promql.expression import shape
from monitorspec.promql.nodes import (
    COMPARISONS,
    SET_OPERATORS,
    Aggregate,
    Binary,
    Call,
    Node,
    Number,
    Paren,
    Selector,
    Subquery,
    Text,
    Unary,
    bare,
    kind,
)

NAME = "__name__"
_NONE: frozenset[str] = frozenset()
_KEEP_NAME = frozenset(
    {"first_over_time", "last_over_time", "sort", "sort_desc", "sort_by_label", "sort_by_label_desc"}
    | {"label_replace", "label_join", "info"}
)
_KEEP_SERIES = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})


class Labels(NamedTuple):
    """A result's labels. `possible` is None when any label may be there but the `dropped` ones."""

    possible: frozenset[str] | None
    present: frozenset[str] = _NONE
    dropped: frozenset[str] = _NONE

    def can_carry(self, label: str) -> bool:
        """Whether some series of the result can have the label."""
        return label not in self.dropped and (self.possible is None or label in self.possible)

    def carries(self, label: str) -> bool:
        """Whether every series of the result has the label."""
        return label in self.present

    def without(self, *labels: str) -> Labels:
        """These labels after some are removed."""
        gone = frozenset(labels)
        if self.possible is not None:
            return Labels(self.possible - gone, self.present - gone)
        return Labels(None, self.present - gone, self.dropped | gone)

    def only(self, labels: frozenset[str]) -> Labels:
        """These labels after all others are removed."""
        possible = frozenset(label for label in labels if self.can_carry(label))
        return Labels(possible, self.present & possible)

    def adding(self, label: str, certain: bool) -> Labels:
        """These labels after one is set, for certain or perhaps."""
        possible = None if self.possible is None else self.possible | {label}
        present = self.present | {label} if certain else self.present - {label}
        return Labels(possible, present, self.dropped - {label})


NO_LABELS = Labels(_NONE)


def output_labels(expr: str) -> Labels:
    """The labels that the result of a valid expression can carry, `__name__` included."""
    return labels_of(shape(expr))


@lru_cache(maxsize=8192)
def labels_of(node: Node) -> Labels:
    """The labels of a tree's result."""
    if isinstance(node, Number | Text) or kind(node) == "s":
        return NO_LABELS
    if isinstance(node, Selector):
        return _selected(node)
    if isinstance(node, Paren | Subquery):
        return labels_of(node.expr)
    if isinstance(node, Unary):
        return labels_of(node.expr).without(NAME) if node.op == "-" else labels_of(node.expr)
    if isinstance(node, Aggregate):
        return _aggregated(node)
    if isinstance(node, Call):
        return _called(node)
    return _combined(node)


def _selected(node: Selector) -> Labels:
    present = {NAME} if node.name else set()
    dropped = set()
    for matcher in node.matchers:
        pattern = regex.compiled(matcher.value) if "~" in matcher.op else None
        empty = pattern.matches_empty if isinstance(pattern, regex.Pattern) else matcher.value == ""
        if empty != matcher.op.startswith("="):
            present.add(matcher.label)
        elif matcher.op == "=":
            dropped.add(matcher.label)
    return Labels(None, frozenset(present), frozenset(dropped - present))


def _aggregated(node: Aggregate) -> Labels:
    inner = labels_of(node.expr)
    if node.op in _KEEP_SERIES:
        return inner
    result = inner.only(frozenset(node.labels if node.by else ()))
    if node.by is False:
        result = inner.without(NAME, *node.labels)
    if node.op == "count_values" and isinstance(label := bare(node.parameter or node.expr), Text):
        return result.adding(label.value, True)
    return result


def _called(node: Call) -> Labels:
    vectors = [argument for argument in node.arguments if kind(argument) in "vm"]
    if not vectors:
        return NO_LABELS
    inner = labels_of(vectors[0])
    texts = [text.value for argument in node.arguments if isinstance(text := bare(argument), Text)]
    if node.function in ("absent", "absent_over_time"):
        return _absence(vectors[0])
    if node.function == "label_replace":
        return _replaced(inner, *texts[:4])
    if node.function == "label_join":
        target, separator, *sources = texts
        certain = any(inner.carries(source) for source in sources) or (bool(separator) and len(sources) > 1)
        return inner.adding(target, certain)
    if node.function == "info":
        return Labels(None, inner.present)
    if node.function not in _KEEP_NAME:
        inner = inner.without(NAME)
    if node.function == "histogram_quantile":
        return inner.without("le")
    if node.function == "histogram_quantiles":
        return inner.without("le").adding(texts[0], True)
    return inner


def _absence(node: Node) -> Labels:
    """absent() keeps what exactly one matcher of the selector, an equality, says about a label."""
    node = bare(node)
    if not isinstance(node, Selector):
        return NO_LABELS
    known: dict[str, str] = {}
    seen: set[str] = {NAME}
    for matcher in node.matchers:
        if matcher.op == "=" and matcher.label not in seen:
            known[matcher.label] = matcher.value
        else:
            known.pop(matcher.label, None)
        seen.add(matcher.label)
    labels = frozenset(label for label, value in known.items() if value)
    return Labels(labels, labels)


def _replaced(inner: Labels, target: str, replacement: str, source: str, pattern: str) -> Labels:
    matched = regex.compiled(pattern)
    constant = bool(re.sub(r"\$(?:\w+|\{\w*\})", "", replacement))
    always = pattern in (".*", "(.*)") or (pattern in (".+", "(.+)") and inner.carries(source))
    if always:
        whole = replacement in ("$1", "${1}") and pattern[0] == "("
        return inner.adding(target, constant or (whole and inner.carries(source)))
    return inner.adding(target, inner.carries(target) and constant and isinstance(matched, regex.Pattern))


def _combined(node: Binary) -> Labels:
    left, right = labels_of(node.lhs), labels_of(node.rhs)
    keeps_name = node.op in SET_OPERATORS or (node.op in COMPARISONS and not node.returns_bool)
    gone = () if keeps_name else (NAME,)
    if kind(node.lhs) == "s" or kind(node.rhs) == "s":
        return (right if kind(node.lhs) == "s" else left).without(*gone)
    if node.op == "or":
        return _either(left, right)
    matching = node.matching
    on = frozenset(matching.labels) if matching and matching.on else None
    ignored = frozenset(matching.labels) if matching and not matching.on else _NONE
    if matching and matching.group:
        many, one = (left, right) if matching.group == "group_left" else (right, left)
        result = _matched(many, one, on, ignored | {NAME}).without(*gone)
        for label in matching.included:
            result = result.adding(label, one.carries(label)) if one.can_carry(label) else result.without(label)
        return result
    result = left if node.op == "unless" else _matched(left, right, on, ignored | {NAME})
    if node.op in SET_OPERATORS:
        return result
    return (result.only(on) if on is not None else result.without(*ignored)).without(*gone)


def _matched(kept: Labels, other: Labels, on: frozenset[str] | None, apart: frozenset[str]) -> Labels:
    """What matching adds to the kept side: where both must agree on a label, what the other side knows of it holds."""

    def agrees(label: str) -> bool:
        return label in on if on is not None else label not in apart

    present = kept.present | {label for label in other.present if agrees(label) and kept.can_carry(label)}
    if kept.possible is not None:
        gone = {label for label in kept.possible if agrees(label) and not other.can_carry(label)}
        return Labels(kept.possible - gone, present - gone)
    if other.possible is not None and on is None:
        known = other.possible | apart
        return Labels(frozenset(label for label in known if kept.can_carry(label)), present)
    return Labels(None, present, kept.dropped | {label for label in other.dropped if agrees(label)})


def _either(left: Labels, right: Labels) -> Labels:
    present = left.present & right.present
    if left.possible is not None and right.possible is not None:
        return Labels(left.possible | right.possible, present)
    candidates = left.dropped | right.dropped
    dropped = frozenset(label for label in candidates if not left.can_carry(label) and not right.can_carry(label))
    return Labels(None, present, dropped)
