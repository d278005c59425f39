"""Lint of selectors and their matchers.

In: a node of an expression. Out: flaws `promql/…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from monitorspec.diagnostics import Level
from monitorspec.lint.promql.reading import Flaw, Reading
from monitorspec.promql import regex
from monitorspec.promql.expression import NAME, selector_name
from monitorspec.promql.nodes import Matcher, Node, Selector

# What a regular expression may hold and mean the text itself: a dot in a version or a host name is hardly ever meant as any
# character, so it does not make an expression of a text either; but it is not called needless.
_META = re.compile(r"[.\\+*?()|\[\]{}^$]")


def contradiction(node: Node, reading: Reading) -> Iterable[Flaw]:
    """The matchers of a selector exclude each other.

    All matchers have to hold: no series has `code="500"` and `code="503"`. The selector never finds anything.
    Either value is `code=~"500|503"`.

    ```yaml wrong
    thresholds: {errors: {expr: 'sum(rate(errors_total{code="500", code="503"}[5m]))', above: {critical: 5}}}
    ```
    ```yaml right
    thresholds: {errors: {expr: 'sum(rate(errors_total{code=~"500|503"}[5m]))', above: {critical: 5}}}
    ```
    """
    if not isinstance(node, Selector):
        return
    fixed: dict[str, Matcher] = {}
    known = [matcher for matcher in node.matchers if not reading.varies(matcher.value)]
    for matcher in known:
        if matcher.op != "=":
            continue
        other = fixed.setdefault(matcher.label, matcher)
        if other.value != matcher.value:
            yield _excluded(node, other, matcher, f'`{matcher.label}=~"{other.value}|{matcher.value}"` takes both')
            return
    for matcher in known:
        other = fixed.get(matcher.label, matcher)
        if matcher.op != "=" and other is not matcher and not _passes(matcher, other.value):
            yield _excluded(node, other, matcher, "")
            return
        if matcher.op == "!~" and matcher.value == ".*":
            yield Flaw(
                f"no series passes `{_text(matcher)}`",
                *_place(node),
                "error",
                help=(f'`{matcher.label}=""` is for series without the label',),
            )
            return


def _excluded(node: Selector, one: Matcher, other: Matcher, help_: str) -> Flaw:
    return Flaw(
        f"no series passes both `{_text(one)}` and `{_text(other)}`",
        *_place(node),
        "error",
        help=(help_,) if help_ else (),
        effect="the selector never finds anything",
    )


def regexp(node: Node, reading: Reading) -> Iterable[Flaw]:
    """A matcher's regular expression says less or more than it seems to.

    Prometheus holds the whole value against it: `^` and `$` are there already. Without special characters `=` does
    the same and is quicker. An empty alternative, as in `a|b|`, also takes series that do not have the label at
    all; a space belongs to the value.

    ```yaml wrong
    thresholds: {errors: {expr: 'sum(rate(errors_total{code=~"500|503|"}[5m]))', above: {critical: 5}}}
    ```
    ```yaml right
    thresholds: {errors: {expr: 'sum(rate(errors_total{code=~"500|503"}[5m]))', above: {critical: 5}}}
    ```
    """
    if not isinstance(node, Selector):
        return
    for matcher in node.matchers:
        if "~" in matcher.op and matcher.label != NAME and not reading.varies(matcher.value):
            for doubt in _doubts(matcher):
                put = _put(node, matcher, doubt.same, reading) if doubt.same else None
                yield Flaw(doubt.message, *_place(node), doubt.level, doubt.label, doubt.help, put=put)


def selector(node: Node, reading: Reading) -> Iterable[Flaw]:
    """A rule selects series without naming their metric.

    `{job="api"}` reads every series of the job, and `{__name__=~"…"}` every metric that has a fitting name: today's
    and tomorrow's, of all types and units, at every evaluation. Name the metric.

    ```yaml wrong
    thresholds: {queue: {expr: 'sum({__name__=~"queue_.*", job="api"})', above: {critical: 5}}}
    ```
    ```yaml right
    thresholds: {queue: {expr: 'sum(queue_length{job="api"})', above: {critical: 5}}}
    ```
    """
    if not isinstance(node, Selector) or not reading.in_rule or selector_name(node):
        return
    named = next((m for m in node.matchers if m.label == NAME), None)
    said = f"`{_text(named)}` picks metrics by pattern" if named else f"`{reading.text(node)}` names no metric"
    yield Flaw(
        said, *_place(node), label="every metric that fits is read at every evaluation", help=("name the metric",)
    )


def doubtful(pattern: str) -> bool:
    """Whether `regexp` or `contradiction` may say something about a regular expression by itself."""
    return any(_doubts(Matcher("", op, pattern)) for op in ("=~", "!~")) or pattern == ".*"


class _Doubt(NamedTuple):
    message: str
    level: Level
    label: str
    help: tuple[str, ...]
    same: str = ""
    """A matcher that takes the very same series."""


def _put(node: Selector, matcher: Matcher, same: str, reading: Reading) -> tuple[int, int, str] | None:
    """Where the matcher is written, and what belongs there; None if it is written in another way, or twice."""
    start, end = _place(node)
    said = _text(matcher)
    held = reading.expression.written[start:end]
    return (start + held.index(said), len(said), same) if held.count(said) == 1 else None


@lru_cache(maxsize=4096)
def _doubts(matcher: Matcher) -> tuple[_Doubt, ...]:
    return tuple(_doubted(matcher))


def _doubted(matcher: Matcher) -> Iterator[_Doubt]:
    value, said = matcher.value, _text(matcher)
    parts = value.split("|")
    plain = not re.search(r"[()\[\]\\]", value)
    if matcher.op == "=~" and value == ".*":
        yield _Doubt(f"`{said}` takes every series", "note", "also those without the label", ("leave it out",))
    elif not _META.search(value):
        sign = "=" if matcher.op == "=~" else "!="
        same = f'{matcher.label}{sign}"{value}"'
        yield _Doubt(f"`{said}` needs no regular expression", "note", "", (f"write `{same}`",), same)
    elif value.startswith("^") or (value.endswith("$") and not value.endswith("\\$")):
        fixed = value.removeprefix("^").removesuffix("$")
        if plain and "|" not in fixed:
            same = f'{matcher.label}{matcher.op}"{fixed}"'
            label = "Prometheus holds the whole value against it anyway"
            yield _Doubt(f"`{said}` is anchored twice", "note", label, (f"write `{same}`",), same)
    if plain and len(parts) > 1:
        fixed = "|".join(dict.fromkeys(part.strip() for part in parts if part.strip()))
        same = f'{matcher.label}{matcher.op}"{fixed}"'
        help_ = (f"write `{same}`",)
        if any(part != part.strip() for part in parts):
            yield _Doubt(f"`{said}` has spaces beside `|`", "warning", "they belong to the value", help_)
        elif "" in parts:
            what = "takes" if matcher.op == "=~" else "leaves out"
            yield _Doubt(
                f"`{said}` has an empty alternative", "warning", f"it {what} series without the label too", help_
            )
        elif len(set(parts)) < len(parts):
            yield _Doubt(f"`{said}` says something twice", "note", "", help_, same)


def _passes(matcher: Matcher, value: str) -> bool:
    if matcher.op == "!=":
        return value != matcher.value
    pattern = regex.compiled(matcher.value)
    found = pattern.matches(value) if isinstance(pattern, regex.Pattern) else None
    return found is None or found == (matcher.op == "=~")


def _text(matcher: Matcher) -> str:
    return f'{matcher.label}{matcher.op}"{matcher.value}"'


def _place(node: Selector) -> tuple[int, int]:
    return node.braces or (node.start, node.end)
