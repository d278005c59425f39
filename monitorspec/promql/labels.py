"""Which labels the result of an expression can carry.

In: a valid expression, and what recording rules write, by series name. Out: `Labels`: a closed set after an aggregation
by(…), otherwise open with what is known to be present and what is known to be gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from monitorspec.promql import regex
from monitorspec.promql.expression import selector_name, shape, tree
from monitorspec.promql.nodes import (
    COMPARISONS,
    SET_OPERATORS,
    Aggregate,
    Binary,
    Call,
    Matcher,
    Node,
    Number,
    Paren,
    Selector,
    Subquery,
    Text,
    Unary,
    bare,
    kind,
    walk,
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


class Recorded(NamedTuple):
    """What one recording rule writes. `pins`: labels of which a selector has to name one, with `=`, to be sure to read this
    rule and not one of the same name elsewhere; none where the name is the spec's own."""

    labels: Labels
    static: Mapping[str, str]
    pins: frozenset[str] = _NONE

    @classmethod
    def of(cls, name: str, output: Labels, static: Mapping[str, str], pins: frozenset[str] = _NONE) -> Recorded:
        """Of a rule that records an expression's `output` as `name`; its `static` labels replace those of the series."""
        labels = output.without(*static, NAME).adding(NAME, bool(name))
        for label, value in static.items():
            labels = labels.adding(label, True) if value else labels
        return cls(labels, static, pins)


Known = Callable[[str], Sequence[Recorded]]
"""The rules that record a series, by its name."""


def output_labels(expr: str, known: Known | None = None) -> Labels:
    """The labels that the result of a valid expression can carry, `__name__` included; `known`: series that are recorded."""
    node = shape(expr)
    if known is None or not any(known(name) for name in _names(node)):
        return labels_of(node)
    # Which rule a selector reads may depend on the values of its matchers.
    return _infer(tree(expr), known)


@lru_cache(maxsize=8192)
def labels_of(node: Node) -> Labels:
    """The labels of a tree's result, where nothing is known of the series that it reads."""
    return _infer(node, None)


def absence_labels(expr: str) -> Labels:
    """The labels that absent() of a valid expression carries."""
    return _absence(shape(expr))


def readable(selector: Selector, known: Known) -> Labels | None:
    """The labels of the recorded series that a selector reads, before its matchers; None where others may write them."""
    found = known(selector_name(selector))
    if not found:
        return None
    asked = {m.label: m.value for m in selector.matchers if m.op == "="}
    meant = [
        rule.labels
        for rule in found
        if (not rule.pins or not rule.pins.isdisjoint(asked))
        and all(rule.static.get(label, value) == value for label, value in asked.items())
    ]
    if not meant or any(rule.pins and rule.pins.isdisjoint(asked) for rule in found):
        return None
    result = meant[0]
    for other in meant[1:]:
        result = _either(result, other)
    return result


@lru_cache(maxsize=8192)
def _names(node: Node) -> frozenset[str]:
    return frozenset(selector_name(found) for found in walk(node) if isinstance(found, Selector))


def _infer(node: Node, known: Known | None) -> Labels:
    if isinstance(node, Number | Text) or kind(node) == "s":
        return NO_LABELS
    if isinstance(node, Selector):
        return _selected(node, known)
    if isinstance(node, Paren | Subquery):
        return _infer(node.expr, known)
    if isinstance(node, Unary):
        return _infer(node.expr, known).without(NAME) if node.op == "-" else _infer(node.expr, known)
    if isinstance(node, Aggregate):
        return _aggregated(node, known)
    if isinstance(node, Call):
        return _called(node, known)
    return _combined(node, known)


def _selected(node: Selector, known: Known | None) -> Labels:
    present, dropped = _matched_by(node.matchers)
    if node.name:
        present |= {NAME}
    read = None if known is None else readable(node, known)
    if read is None:
        return Labels(None, present, dropped)
    read = read.without(*dropped)
    return read._replace(present=read.present | {label for label in present if read.can_carry(label)})


def _matched_by(matchers: Sequence[Matcher]) -> tuple[frozenset[str], frozenset[str]]:
    """The labels that series need to satisfy the matchers, and those that they must not have."""
    present, dropped = set(), set()
    for matcher in matchers:
        pattern = regex.compiled(matcher.value) if "~" in matcher.op else None
        empty = pattern.matches_empty if isinstance(pattern, regex.Pattern) else matcher.value == ""
        if empty != matcher.op.startswith("="):
            present.add(matcher.label)
        elif matcher.op == "=":
            dropped.add(matcher.label)
    return frozenset(present), frozenset(dropped - present)


def _aggregated(node: Aggregate, known: Known | None) -> Labels:
    inner = _infer(node.expr, known)
    if node.op in _KEEP_SERIES:
        return inner
    counted = bare(node.parameter or node.expr) if node.op == "count_values" else None
    value = counted.value if isinstance(counted, Text) else ""
    if value:
        inner = inner.adding(value, True)
    if node.by is False:
        # This takes away the label that count_values sets, too.
        return inner.without(NAME, *node.labels)
    return inner.only(frozenset((*node.labels, value) if value else node.labels))


def _called(node: Call, known: Known | None) -> Labels:
    vectors = [argument for argument in node.arguments if kind(argument) in "vm"]
    if not vectors:
        return NO_LABELS
    inner = _infer(vectors[0], known)
    texts = [text.value for argument in node.arguments if isinstance(text := bare(argument), Text)]
    if node.function in ("absent", "absent_over_time"):
        return _absence(vectors[0])
    if node.function == "label_replace":
        return _replaced(inner, *texts[:4])
    if node.function == "label_join":
        target, separator, *sources = texts
        certain = any(inner.carries(source) for source in sources) or (bool(separator) and len(sources) > 1)
        if not certain and not any(inner.can_carry(source) for source in sources):
            return inner.without(target)
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
    """absent() keeps the first equality of a label, unless another matcher of the label follows (Prometheus'
    promql/functions.go, createLabelsForAbsentFunction)."""
    node = bare(node)
    if not isinstance(node, Selector):
        return NO_LABELS
    known: dict[str, str] = {}
    equal: set[str] = {NAME}
    for matcher in node.matchers:
        if matcher.op == "=" and matcher.label not in equal:
            known[matcher.label] = matcher.value
            equal.add(matcher.label)
        else:
            known.pop(matcher.label, None)
    labels = frozenset(label for label, value in known.items() if value)
    return Labels(labels, labels)


def _replaced(inner: Labels, target: str, replacement: str, source: str, pattern: str) -> Labels:
    matched = regex.compiled(pattern)
    if not isinstance(matched, regex.Pattern):
        return inner.adding(target, False)
    constant = bool(re.sub(r"\$(?:\w+|\{\w*\})", "", replacement))
    if not inner.can_carry(source):
        # The pattern is matched with "", and its groups hold no more than that.
        if not matched.matches_empty:
            return inner
        return inner.adding(target, True) if constant else inner.without(target)
    always = pattern in (".*", "(.*)") or (pattern in (".+", "(.+)") and inner.carries(source))
    if always and not replacement:
        return inner.without(target)
    if always:
        whole = replacement in ("$1", "${1}") and pattern[0] == "("
        return inner.adding(target, constant or (whole and inner.carries(source)))
    return inner.adding(target, inner.carries(target) and constant)


def _combined(node: Binary, known: Known | None) -> Labels:
    left, right = _infer(node.lhs, known), _infer(node.rhs, known)
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
    gone = {label for label in on or other.dropped if agrees(label) and not other.can_carry(label)}
    return Labels(None, present, kept.dropped | gone)


def _either(left: Labels, right: Labels) -> Labels:
    present = left.present & right.present
    if left.possible is not None and right.possible is not None:
        return Labels(left.possible | right.possible, present)
    candidates = left.dropped | right.dropped
    dropped = frozenset(label for label in candidates if not left.can_carry(label) and not right.can_carry(label))
    return Labels(None, present, dropped)
