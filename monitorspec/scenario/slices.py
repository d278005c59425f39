"""Slices of rule files: of a file only the rules that a test looks at, because promtool evaluates all that it is given, each time.

In: a rule file's text; names of alerts and expressions that a test looks at. Out: the file with those rules that can have a part
in what is seen: the alerts, what records the series that are asked for, and what records series that these read. Rules
are taken as they stand in the text, right or wrong; which others they read is told by their expressions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from monitorspec import source
from monitorspec.promql import expression
from monitorspec.promql.nodes import Matcher, Selector
from monitorspec.promql.pool import all_matchers

_ALERTS = ("ALERTS", "ALERTS_FOR_STATE")
# Where groups and rules begin: nothing else in a rule file stands so far to the left.
_GROUP = re.compile(r"^(?=  - )", re.MULTILINE)
_RULE = re.compile(r"^(?=      - )", re.MULTILINE)


class Rule(NamedTuple):
    """A rule as it stands in the file: the name and labels of what it makes, `ALERTS` for an alert; and what it reads."""

    text: str
    makes: str
    labels: Mapping[str, str]
    reads: tuple[Selector, ...]


class RuleFile(NamedTuple):
    """A rule file in pieces: its head, and the head and rules of each group."""

    head: str
    groups: tuple[tuple[str, tuple[Rule, ...]], ...]

    @property
    def rules(self) -> list[Rule]:
        """All rules, in order; numbers of rules are places in here."""
        return [rule for _, rules in self.groups for rule in rules]

    def needed(self, alerts: Collection[str], exprs: Iterable[str]) -> frozenset[int] | None:
        """The numbers of the rules that have a part in alerts with these names and in these expressions; None where that
        cannot be told."""
        rules = self.rules
        try:
            todo = [selector for expr in exprs for selector in expression.selectors(expr)]
        except ValueError:
            return None
        found: set[int] = set()
        for n, rule in enumerate(rules):
            if rule.makes == _ALERTS[0] and rule.labels["alertname"] in alerts:
                found.add(n)
                todo += rule.reads
        seen: set[Selector] = set()
        while todo:
            selector = todo.pop()._replace(start=0, end=0, name_end=0, braces=None)
            if selector in seen:
                continue
            seen.add(selector)
            for n, rule in enumerate(rules):
                if n not in found and _may_read(selector, rule):
                    found.add(n)
                    todo += rule.reads
        return frozenset(found)

    def text(self, numbers: Collection[int]) -> str:
        """The file with these rules only."""
        out: list[str] = []
        n = 0
        for head, rules in self.groups:
            kept = [rule.text for i, rule in enumerate(rules, n) if i in numbers]
            out += [head, *kept] if kept else []
            n += len(rules)
        return self.head + "".join(out) if out else "groups: []\n"


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
    return RuleFile(head, tuple(out))


def _rule(rule: Mapping[str, Any], text: str) -> Rule:
    """Raises an error for what is no rule."""
    labels = {_text(name): _text(value) for name, value in (rule.get("labels") or {}).items()}
    reads = expression.selectors(_text(rule["expr"]))
    if "alert" in rule:
        return Rule(text, _ALERTS[0], {**labels, "alertname": _text(rule["alert"])}, reads)
    return Rule(text, _text(rule["record"]), labels, reads)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _may_read(selector: Selector, rule: Rule) -> bool:
    """Whether the selector may read what the rule makes: no name and no label of it is known to be another one."""
    made = _ALERTS if rule.makes == _ALERTS[0] else (rule.makes,)
    for matcher in all_matchers(selector):
        if matcher.label == expression.NAME:
            if all(_excludes(matcher, name) for name in made):
                return False
        elif matcher.label in rule.labels:
            value = rule.labels[matcher.label]
            # What a template of an alert becomes is not known.
            if "{{" not in value and _excludes(matcher, value):
                return False
    return True


def _excludes(matcher: Matcher, value: str) -> bool:
    """Whether the value is certainly not asked for."""
    return matcher.op in ("=", "!=") and (matcher.op == "=") != (value == matcher.value)
