"""Lint of vector matching: which series of two vectors find each other.

In: a node of an expression. Out: flaws `promql/…`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from monitorspec.diagnostics import Level
from monitorspec.lint.promql.reading import Flaw, Reading, joins
from monitorspec.promql.identity import known_values
from monitorspec.promql.labels import NAME, Labels, labels_of
from monitorspec.promql.nodes import Aggregate, Binary, Call, Node, Selector, Subquery, bare, children, kind

# Prometheus puts these on every series that it scrapes.
_SCRAPED = ("instance", "job")
_KEEPS_ALL = frozenset({"label_replace", "label_join"})


def no_match(node: Node, reading: Reading) -> Iterable[Flaw]:
    """The two sides of an operator have no series in common.

    Series find each other by their labels: all of them, or those in `on(…)`. `sum by (pod) (a) / sum(b)` has `pod`
    on one side only, and so has no result. Say what to match by, and which side has several: `/ on () group_left
    ()`.

    ```yaml wrong
    thresholds: {share: {expr: 'sum by (pod) (cpu_seconds) / sum(cpu_limit_seconds)', above: {critical: 0.5}}}
    ```
    ```yaml right
    thresholds: {share: {expr: 'sum by (pod) (cpu_seconds) / on () group_left () sum(cpu_limit_seconds)', above: {critical: 0.5}}}
    ```
    """
    if not isinstance(node, Binary) or not joins(node) or node.op == "or":
        return
    lost = _differing(node, reading) or _missing(node)
    if lost is None:
        return
    effect = "the left side is left as it is" if node.op == "unless" else "the result is empty"
    never = "never" if lost.level == "error" else "do not"
    yield Flaw(
        f"the sides of `{node.op}` {never} match: {lost.why}",
        node.start,
        node.end,
        "warning" if node.op == "unless" else lost.level,
        help=lost.help,
        effect=effect,
    )


def fragile(node: Node, _: Reading) -> Iterable[Flaw]:
    """Series are matched by whatever labels are left.

    `without (…)` keeps every label that it does not name. As soon as one side gets a label that the other does not
    have, by a new exporter or a relabelling, nothing matches any more and the alert is silent. Say `by (…)` or `on
    (…)`.

    ```yaml wrong
    thresholds:
      share: {expr: 'sum without (cpu) (cpu_seconds) / sum by (instance) (cpu_limit_seconds)', above: {critical: 0.5}}
    ```
    ```yaml right
    thresholds:
      share: {expr: 'sum by (instance) (cpu_seconds) / sum by (instance) (cpu_limit_seconds)', above: {critical: 0.5}}
    ```
    """
    if not isinstance(node, Binary) or not joins(node) or node.matching is not None or node.op == "or":
        return
    left, right = bare(node.lhs), bare(node.rhs)
    groups = [(n.by, frozenset(n.labels)) if isinstance(n, Aggregate) else None for n in (left, right)]
    for side, group in zip((left, right), groups, strict=True):
        if group and group[0] is False and groups[0] != groups[1]:
            yield Flaw(
                f"`{node.op}` matches by every label that `without (…)` leaves",
                side.start,
                side.end,
                "note",
                label="a new label on one side, and nothing matches",
                help=("say `by (…)` on both sides, or match `on (…)`",),
            )
            return


class _Lost(NamedTuple):
    why: str
    level: Level
    help: tuple[str, ...] = ()


def _differing(node: Binary, reading: Reading) -> _Lost | None:
    """A label that both sides have to agree on and that has another value on each."""
    left, right = known_values(node.lhs), known_values(node.rhs)
    for label in left.keys() & right.keys() - {NAME}:
        if reading.varies(left[label]) or reading.varies(right[label]):
            continue
        if left[label] != right[label] and _matched(node, label):
            why = f'`{label}` is "{left[label]}" on the left and "{right[label]}" on the right'
            return _Lost(why, "error", (f"leave the label out of the match: `{node.op} ignoring ({label})`",))
    return None


def _missing(node: Binary) -> _Lost | None:
    """A label that is on one side only."""
    sides = (("left", node.lhs, labels_of(node.lhs)), ("right", node.rhs, labels_of(node.rhs)))
    for (where, side, mine), (other, _, theirs) in (sides, sides[::-1]):
        for label in sorted(_likely(side, mine) - {NAME}):
            if not theirs.can_carry(label) and _matched(node, label):
                certain = mine.carries(label)
                many = "group_left" if where == "left" else "group_right"
                help_ = (f"match by what both have, such as `{node.op} on (…) {many} ()`",)
                if node.op in ("and", "unless"):
                    help_ = (f"match by what both have: `{node.op} on (…)`",)
                why = f"`{label}` is on the {where}, and not on the {other}"
                return _Lost(why, "error" if certain else "warning", help_)
    return None


def _likely(node: Node, labels: Labels) -> frozenset[str]:
    """Labels that the series of one side will have: those that are sure, grouped by, or put on whatever is scraped."""
    node = bare(node)
    if isinstance(node, Aggregate):
        return labels.present | (frozenset(node.labels) & (labels.possible or frozenset()) if node.by else frozenset())
    if isinstance(node, Binary):
        if kind(node.lhs) == "s" or kind(node.rhs) == "s":
            return _likely(node.rhs if kind(node.lhs) == "s" else node.lhs, labels)
        return labels.present
    if isinstance(node, Call | Subquery) and getattr(node, "function", "") not in _KEEPS_ALL:
        vectors = [child for child in children(node) if kind(child) in "vm"]
        return frozenset(filter(labels.can_carry, _likely(vectors[0], labels))) if vectors else labels.present
    if isinstance(node, Selector) and ":" not in node.name:
        return labels.present | {label for label in _SCRAPED if labels.can_carry(label)}
    return labels.present


def _matched(node: Binary, label: str) -> bool:
    """Whether the sides have to agree on a label."""
    matching = node.matching
    if matching is None:
        return True
    return (label in matching.labels) == bool(matching.on)
