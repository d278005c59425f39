"""Lint of PromQL: expressions that are valid and say something else than they seem to.

In: the plan. Out: findings. A rule looks at one node of an expression's tree; its docstring is its page in `explain`, and its
line in `RULES` names its code.

A large system asks the same of metrics with other labels. So expressions are read once for each shape: only where something is
found in a shape, or a rule depends on the values of matchers, is an expression read itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from monitorspec.lint.expressions import Expression, Types, expressions, facts
from monitorspec.lint.finding import Finding
from monitorspec.lint.promql import comparisons, counters, matchers, matching, quantiles, ranges, rates
from monitorspec.lint.promql.reading import Check, Flaw, Reading, contrasts
from monitorspec.plan import Plan
from monitorspec.promql.expression import matcher_values, shape, shape_text, tree, walk

RULES: Mapping[str, Check] = {
    "promql/impossible": comparisons.impossible,
    "promql/always": comparisons.always,
    "promql/equality": comparisons.equality,
    "promql/precedence": comparisons.precedence,
    "promql/division": comparisons.division,
    "promql/contradiction": matchers.contradiction,
    "promql/regexp": matchers.regexp,
    "promql/selector": matchers.selector,
    "promql/no-match": matching.no_match,
    "promql/fragile": matching.fragile,
    "promql/rate-of-sum": rates.rate_of_sum,
    "promql/rate-window": rates.rate_window,
    "promql/irate": rates.irate,
    "promql/delta-of-counter": counters.delta_of_counter,
    "metrics/bare-counter": counters.bare_counter,
    "metrics/rate-of-gauge": counters.rate_of_gauge,
    "dashboards/counter": counters.on_dashboard,
    "dashboards/rate-interval": rates.rate_interval,
    "promql/offset": ranges.offset,
    "promql/retention": ranges.retention,
    "promql/quantile": quantiles.quantile,
    "promql/average-of-quantiles": quantiles.average,
}


class _Found(NamedTuple):
    code: str
    flaw: Flaw


# Rules that look at the values of matchers, which a shape does not have; and all that say something about a shape.
_OF_VALUES = {code: RULES[code] for code in ("promql/contradiction", "promql/regexp", "promql/no-match")}
_OF_SHAPES = {code: check for code, check in RULES.items() if code not in ("promql/contradiction", "promql/regexp")}
_NOTHING = frozenset({""})


def findings(plan: Plan) -> Iterator[Finding]:
    """Every finding of every rule, expression by expression."""
    known = facts(plan)
    # A shape does not know its jobs: whatever could be wrong with the slowest of them is looked at.
    slowest = max([known.scrape_interval or 0, *known.jobs.values()]) or None
    unread = known._replace(jobs={}, scrape_interval=slowest)
    read: dict[tuple[str, str, Types, bool], tuple[bool, frozenset[str]]] = {}
    for expression in expressions(plan):
        variable = "$" in expression.written
        key = (shape_text(expression.text), expression.role, expression.types, variable)
        if key not in read:
            root = shape(expression.text)
            reading = Reading(expression._replace(written=key[0]), root, unread)
            read[key] = variable or any(_found(reading, _OF_SHAPES)), frozenset(map(contrasts, walk(root)))
        doubtful, contrasted = read[key]
        if doubtful or _contrasting(expression.text, contrasted):
            reading = Reading(expression, tree(expression.text), known)
            for code, flaw in _found(reading, RULES if doubtful else _OF_VALUES):
                yield _finding(code, flaw, expression)


def _contrasting(text: str, contrasted: frozenset[str]) -> bool:
    """Whether there can be something about the values of matchers, where a shape says what to look for."""
    if contrasted == _NOTHING:
        return False
    texts, patterns = matcher_values(text)
    return "any" in contrasted or ("texts" in contrasted and len(texts) > 1) or any(map(matchers.doubtful, patterns))


def _found(reading: Reading, rules: Mapping[str, Check]) -> Iterator[_Found]:
    for node in walk(reading.root):
        for code, check in rules.items():
            for flaw in check(node, reading):
                yield _Found(code, flaw)


def _finding(code: str, flaw: Flaw, expression: Expression) -> Finding:
    return Finding(
        flaw.message,
        expression.origin,
        flaw.level,
        flaw.label,
        flaw.help,
        flaw.effect,
        key=False,
        code=code,
        within=(expression.written, flaw.start, flaw.end - flaw.start),
        put=(expression.written, *flaw.put) if flaw.put else None,
    )
