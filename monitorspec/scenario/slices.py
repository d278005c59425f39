"""Slices of rule files: of a file only the rules that a test looks at, because promtool evaluates all that it is given, each time.

In: a rule file's text; names of alerts and expressions that a test looks at. Out: the file with those rules that can have a part
in what is seen: the alerts, what records the series that are asked for, and what records series that these read. Rules
are taken as they stand in the text, right or wrong; which others they read is told by their expressions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from monitorspec import source
from monitorspec.promql import expression
from monitorspec.promql.nodes import Call, Matcher, Node, Selector, kind, walk

_ALERTS = ("ALERTS", "ALERTS_FOR_STATE")
# Functions that make something of nothing, as do those without arguments.
_OF_NOTHING = frozenset({"absent", "absent_over_time", "scalar", "vector"})
# Where groups and rules begin: nothing else in a rule file stands so far to the left.
_GROUP = re.compile(r"^(?=  - )", re.MULTILINE)
_RULE = re.compile(r"^(?=      - )", re.MULTILINE)


class Rule(NamedTuple):
    """A rule as it stands in the file: the name and labels of what it makes, `ALERTS` for an alert; and what it reads.

    `idle`: where there is nothing to read, it makes nothing.
    """

    text: str
    makes: str
    labels: Mapping[str, str]
    reads: tuple[Selector, ...]
    idle: bool


class RuleFile:
    """A rule file in pieces: its head, and the head and rules of each group. Numbers of rules count through all groups."""

    def __init__(self, head: str, groups: Sequence[tuple[str, Sequence[Rule]]]) -> None:
        self._head = head
        self._groups = groups
        self._rules = [rule for _, rules in groups for rule in rules]
        self._makers: dict[str, list[int]] = {}
        """Name of a series → the rules that make it."""
        for n, rule in enumerate(self._rules):
            for name in _ALERTS if rule.makes == _ALERTS[0] else (rule.makes,):
                self._makers.setdefault(name, []).append(n)
        self._named: dict[str, list[int]] = {}
        """Name of an alert → its rules."""
        for n in self._makers.get(_ALERTS[0], ()):
            self._named.setdefault(self._rules[n].labels["alertname"], []).append(n)
        self._read: dict[int, set[int]] = {}

    def __len__(self) -> int:
        return len(self._rules)

    def needed(
        self, alerts: Iterable[str], exprs: Iterable[str], busy: Collection[int] | None = None
    ) -> frozenset[int] | None:
        """The numbers of the rules that have a part in alerts with these names and in these expressions; None where that
        cannot be told. `busy`: of those that the others read, no more than these."""
        todo = {n for name in alerts for n in self._named.get(name, ())}
        try:
            for expr in exprs:
                todo |= self._readable(expression.selectors(expr))
        except ValueError:
            return None
        found: set[int] = set()
        while todo:
            n = todo.pop()
            if n not in found:
                found.add(n)
                todo |= self._sources(n) if busy is None else self._sources(n).intersection(busy)
        return frozenset(found)

    def busy(self, series: Iterable[Mapping[str, str]]) -> frozenset[int]:
        """The numbers of the rules that may make anything of these series; each has its labels, `__name__` among them."""
        by_name: dict[str, list[Mapping[str, str]]] = {}
        for labels in series:
            by_name.setdefault(labels.get(expression.NAME, ""), []).append(labels)
        fed = {n for n, rule in enumerate(self._rules) if not rule.idle or _fed(rule, by_name)}
        before = -1
        while before != len(fed):
            before = len(fed)
            for n in range(len(self._rules)):
                if n not in fed and not fed.isdisjoint(self._sources(n)):
                    fed.add(n)
        return frozenset(fed)

    def _sources(self, n: int) -> set[int]:
        """The rules that one reads."""
        if n not in self._read:
            self._read[n] = self._readable(self._rules[n].reads)
        return self._read[n]

    def _readable(self, selectors: Iterable[Selector]) -> set[int]:
        """The rules of which one of the selectors may read."""
        found: set[int] = set()
        for selector in selectors:
            name = expression.selector_name(selector)
            chosen = self._makers.get(name, ()) if name else range(len(self._rules))
            found.update(n for n in chosen if n not in found and _may_read(selector, self._rules[n]))
        return found

    def text(self, numbers: Collection[int]) -> str:
        """The file with these rules only."""
        out: list[str] = []
        n = 0
        for head, rules in self._groups:
            kept = [rule.text for i, rule in enumerate(rules, n) if i in numbers]
            out += [head, *kept] if kept else []
            n += len(rules)
        return self._head + "".join(out) if out else "groups: []\n"


def read(text: str) -> RuleFile | None:
    """A rule file in pieces; None for one that is not laid out as ours are, or holds what cannot be understood."""
    head, *pieces = _GROUP.split(text)
    data = source.parse(text, "rules").data
    groups = data.get("groups") if isinstance(data, dict) else None
    if not head.endswith("groups:\n") or not isinstance(groups, list) or len(groups) != len(pieces):
        return None
    out = []
    for group, piece in zip(groups, pieces, strict=True):
        start, *texts = _RULE.split(piece)
        rules = group.get("rules") if isinstance(group, dict) else None
        if not isinstance(rules, list) or len(rules) != len(texts):
            return None
        try:
            made = tuple(_rule(rule, text) for rule, text in zip(rules, texts, strict=True))
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        out.append((start, made))
    return RuleFile(head, out)


def labels_of(series: str) -> dict[str, str]:
    """The labels of a series in PromQL's notation, `__name__` among them. Raises ValueError."""
    (selector,) = expression.selectors(series)
    return {expression.NAME: selector.name, **{matcher.label: matcher.value for matcher in selector.matchers}}


def _rule(rule: Mapping[str, Any], text: str) -> Rule:
    """Raises an error for what is no rule."""
    labels = {_text(name): _text(value) for name, value in (rule.get("labels") or {}).items()}
    expr = _text(rule["expr"])
    reads, idle = expression.selectors(expr), _idle(expression.tree(expr))
    if "alert" in rule:
        return Rule(text, _ALERTS[0], {**labels, "alertname": _text(rule["alert"])}, reads, idle)
    return Rule(text, _text(rule["record"]), labels, reads, idle)


def _idle(node: Node) -> bool:
    """Whether an expression is empty when all of its selectors are."""
    makes = (isinstance(p, Call) and (p.function in _OF_NOTHING or not p.arguments) for p in walk(node))
    return kind(node) == "v" and not any(makes)


def _fed(rule: Rule, series: Mapping[str, Sequence[Mapping[str, str]]]) -> bool:
    """Whether the rule may read one of the series, which are by name."""
    for selector in rule.reads:
        name = expression.selector_name(selector)
        for labels in series.get(name, ()) if name else (one for found in series.values() for one in found):
            if not any(_excludes(matcher, labels.get(matcher.label, "")) for matcher in selector.matchers):
                return True
    return False


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _may_read(selector: Selector, rule: Rule) -> bool:
    """Whether no label of what the rule makes is known to be another one than the selector asks for."""
    for matcher in selector.matchers:
        # What a template of an alert becomes is not known.
        value = rule.labels.get(matcher.label, "{{")
        if "{{" not in value and _excludes(matcher, value):
            return False
    return True


def _excludes(matcher: Matcher, value: str) -> bool:
    """Whether the value is certainly not asked for."""
    return matcher.op in ("=", "!=") and (matcher.op == "=") != (value == matcher.value)
