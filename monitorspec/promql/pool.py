"""Concrete series for the selectors of an expression: label sets that satisfy the matchers.

In: selectors and the labels that the expression groups by. Out: one label set (for histograms, several) per selector,
and which of all series each selector reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from monitorspec.promql import regex
from monitorspec.promql.aggregation import Unsteady
from monitorspec.promql.labels import NAME
from monitorspec.promql.nodes import Aggregate, Binary, Call, Matcher, Node, Selector, Text, bare, children

DEFAULT_VALUE = "a"
_OTHER_VALUES = ("a", "b", "other", "x1", "0", "1")


class Family(NamedTuple):
    """What one selector adds to the pool: a label set, and the bounds (le) of its buckets when it is a histogram."""

    selector: Selector
    labels: Mapping[str, str]
    histogram: bool = False


def satisfied(matcher: Matcher, value: str) -> bool:
    """Whether a label's value ("" for none) satisfies the matcher; False where that cannot be told."""
    if matcher.op in ("=", "!="):
        return (value == matcher.value) == (matcher.op == "=")
    pattern = regex.compiled(matcher.value)
    found = None if isinstance(pattern, regex.Fault) else pattern.matches(value)
    return found is not None and found == (matcher.op == "=~")


def all_matchers(selector: Selector) -> tuple[Matcher, ...]:
    """A selector's matchers, its name among them."""
    return ((Matcher(NAME, "=", selector.name),) if selector.name else ()) + selector.matchers


def reads(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Whether the selector reads a series with these labels."""
    return all(satisfied(matcher, labels.get(matcher.label, "")) for matcher in all_matchers(selector))


def grouping_labels(node: Node) -> frozenset[str]:
    """Labels that the expression groups, matches or carries over by, so that its series should have them."""
    found: set[str] = set()
    if isinstance(node, Aggregate) and node.by:
        found |= set(node.labels)
    if isinstance(node, Binary) and node.matching:
        found |= set(node.matching.labels) if node.matching.on else set()
        found |= set(node.matching.included)
    if isinstance(node, Call) and node.function in ("label_replace", "label_join"):
        texts = [text.value for argument in node.arguments if isinstance(text := bare(argument), Text)]
        found |= {texts[2]} if node.function == "label_replace" else set(texts[2:])
    for child in children(node):
        found |= grouping_labels(child)
    return frozenset(found - {NAME, "le"})


def created_labels(node: Node) -> frozenset[str]:
    """Labels that the expression makes itself."""
    found: set[str] = set()
    if isinstance(node, Call) and node.function in ("label_replace", "label_join"):
        texts = [text.value for argument in node.arguments if isinstance(text := bare(argument), Text)]
        found.add(texts[0])
    for child in children(node):
        found |= created_labels(child)
    return frozenset(found)


def under_quantile(node: Node, inside: bool = False) -> Iterator[Selector]:
    """Selectors whose series are buckets of a histogram_quantile."""
    if isinstance(node, Selector) and inside:
        yield node
    inside = inside or (isinstance(node, Call) and node.function == "histogram_quantile")
    for child in children(node):
        yield from under_quantile(child, inside)


def family(selector: Selector, extra: Iterable[str], histogram: bool) -> Family:
    """A label set for the selector: what its matchers ask for, and `extra` labels where they allow them."""
    asked: dict[str, list[Matcher]] = {}
    for matcher in all_matchers(selector):
        asked.setdefault(matcher.label, []).append(matcher)
    labels: dict[str, str] = {}
    extra = set(extra)
    for label in sorted({*asked, *extra}):
        if label == "le" and histogram:
            continue
        value = _value(asked.get(label, []), label in extra)
        if value is None:
            raise Unsteady(f"no value of {label!r} satisfies {_written(asked[label])}")
        if value:
            labels[label] = value
    if NAME not in labels:
        labels[NAME] = "metric"
        if not reads(selector, labels):
            raise Unsteady("the selector names no metric")
    return Family(selector, labels, histogram)


def _value(matchers: Sequence[Matcher], wanted: bool) -> str | None:
    candidates: list[str] = [DEFAULT_VALUE] if wanted else [""]
    candidates += [matcher.value for matcher in matchers if matcher.op == "="]
    for matcher in matchers:
        if matcher.op == "=~" and isinstance(pattern := regex.compiled(matcher.value), regex.Pattern):
            candidates += pattern.samples
    candidates += _OTHER_VALUES
    fitting = [value for value in candidates if all(satisfied(matcher, value) for matcher in matchers)]
    if wanted:
        fitting = [value for value in fitting if value] or fitting
    elif any(matcher.op == "=~" for matcher in matchers):
        # `=~".*"` reads better with a value than without.
        fitting = [value for value in fitting if value] or fitting
    return fitting[0] if fitting else None


def _written(matchers: Sequence[Matcher]) -> str:
    return ", ".join(f"{matcher.label}{matcher.op}{matcher.value!r}" for matcher in matchers)


def omissions(node: Node) -> dict[str, frozenset[Selector]]:
    """Selectors that an expression may be better off without: the right of unless and or, the left of or, absent()."""
    found: dict[str, set[Selector]] = {"unless": set(), "absent": set(), "right": set(), "left": set()}

    def collect(part: Node) -> None:
        if isinstance(part, Binary) and part.op == "unless":
            found["unless"] |= set(_selectors(part.rhs))
        if isinstance(part, Binary) and part.op == "or":
            found["right"] |= set(_selectors(part.rhs))
            found["left"] |= set(_selectors(part.lhs))
        if isinstance(part, Call) and part.function in ("absent", "absent_over_time"):
            found["absent"] |= set(_selectors(part))
        for child in children(part):
            collect(child)

    collect(node)
    return {key: frozenset(value) for key, value in found.items()}


def _selectors(node: Node) -> Iterator[Selector]:
    if isinstance(node, Selector):
        yield node
    for child in children(node):
        yield from _selectors(child)
