"""Series that a selector selects, and series that it only just does not.

In: selectors as the spec has them. Out: labels, or None where none can be found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from monitorspec.promql import regex
from monitorspec.promql.nodes import Matcher, Selector, bare
from monitorspec.promql.syntax import parse
from monitorspec.promql.tokens import Problem

# Values for labels that are only told what not to be; the empty one is a label that is not there.
_FREE = ("other", "another", "none", "0", "")


class Source(NamedTuple):
    """A metric and what its labels have to match."""

    name: str
    matchers: tuple[Matcher, ...]


def source_of(text: str) -> Source | None:
    """The parts of a plain selector; None for anything else, and for one that looks at another time."""
    node = parse(text)
    if isinstance(node, Problem):
        return None
    node = bare(node)
    if not isinstance(node, Selector) or node.range_ms is not None or node.offset_ms or node.at:
        return None
    name = node.name
    for matcher in node.matchers:
        if matcher.label == "__name__":
            if matcher.op != "=":
                return None
            name = matcher.value
    return Source(name, tuple(m for m in node.matchers if m.label != "__name__")) if name else None


def accepts(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether all matchers match; a missing label is empty."""
    return all(_matches(matcher, labels.get(matcher.label, "")) for matcher in matchers)


def selected(matchers: Iterable[Matcher], extra: Mapping[str, str] = {}) -> dict[str, str] | None:
    """Labels that match; `extra` ones are added where no matcher speaks of them."""
    listed = list(matchers)
    out: dict[str, str] = {}
    for label in dict.fromkeys(matcher.label for matcher in listed):
        own = [matcher for matcher in listed if matcher.label == label]
        value = next((value for value in _candidates(own) if all(_matches(m, value) for m in own)), None)
        if value is None:
            return None
        if value:
            out[label] = value
    spoken = {matcher.label for matcher in listed}
    return out | {label: value for label, value in extra.items() if label not in spoken}


def outside(inner: Iterable[Matcher], outer: Iterable[Matcher], extra: Mapping[str, str] = {}) -> dict[str, str] | None:
    """Labels that `outer` matches and `inner` does not, as near to `inner` as one label's change gets."""
    inner, outer = list(inner), list(outer)
    labels = selected([*inner, *outer], extra) or selected(outer, extra)
    if labels is None:
        return None
    for matcher in inner:
        own = [m for m in outer if m.label == matcher.label]
        for value in (*_candidates(own), *_FREE, f"{matcher.value}-not"):
            changed = labels | {matcher.label: value}
            if not _matches(matcher, value) and accepts(outer, changed):
                return {label: text for label, text in changed.items() if text}
    return None


def misses(matchers: Iterable[Matcher], extra: Mapping[str, str] = {}) -> list[dict[str, str]]:
    """One set of labels for each matcher: all the others match it, this one does not."""
    listed = list(dict.fromkeys(matchers))
    out = []
    for n, matcher in enumerate(listed):
        others = listed[:n] + listed[n + 1 :]
        labels = outside([matcher], others, extra)
        if labels is not None and not accepts(listed, labels):
            out.append(labels)
    return out


def _candidates(matchers: Iterable[Matcher]) -> list[str]:
    out: list[str] = []
    for matcher in matchers:
        if matcher.op == "=":
            out.append(matcher.value)
        elif matcher.op == "=~":
            pattern = regex.compiled(matcher.value)
            if isinstance(pattern, regex.Pattern):
                out += [sample for sample in pattern.samples if sample] + [s for s in pattern.samples if not s]
    return [*out, *_FREE]


def _matches(matcher: Matcher, value: str) -> bool:
    if matcher.op in ("=", "!="):
        return (value == matcher.value) == (matcher.op == "=")
    pattern = regex.compiled(matcher.value)
    found = pattern.matches(value) if isinstance(pattern, regex.Pattern) else None
    # What Python cannot express is taken for no match of either kind: no witness rather than a wrong one.
    return found is not None and found == (matcher.op == "=~")
