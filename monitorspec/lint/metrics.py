"""Lint of expressions against the metrics that services declare.

In: the plan. Out: findings `metrics/…`.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from monitorspec.lint.expressions import Expression, of_service, series_of
from monitorspec.lint.finding import Finding
from monitorspec.plan import Plan
from monitorspec.promql.expression import selectors

_SERIES = {"histogram": ("_bucket", "_count", "_sum"), "summary": ("", "_count", "_sum")}


def near_name(plan: Plan) -> Iterable[Finding]:
    """An expression reads a metric that is not declared, but nearly.

    A service that declares `metrics:` says what it exposes. A name that differs from a declared one by a letter or two is a
    misspelling that would keep the alert silent for ever.

    ```yaml wrong
    services:
      api:
        metrics: {queue_length: {type: gauge}}
        thresholds: {queue: {expr: queue_lenght, above: {critical: 5}}}
    ```
    ```yaml right
    services:
      api:
        metrics: {queue_length: {type: gauge}}
        thresholds: {queue: {expr: queue_length, above: {critical: 5}}}
    ```
    """
    for service in plan.services:
        declared = {name for m in service.metrics for name in _series(m.name, m.type)}
        if not declared:
            continue
        known = declared | {r.name for r in service.records}
        named = tuple(sorted(declared))
        for expression in of_service(service):
            for name in series_of(expression):
                near = [] if name in known else _near(name, named)
                if near:
                    yield Finding(
                        f"`{name}` is not declared under `metrics`",
                        expression.origin,
                        level="warning",
                        help=(f"did you mean `{near[0]}`?",),
                        effect="an alert on a metric that does not exist never fires",
                        key=False,
                        within=_place(expression, name),
                    )


@lru_cache(maxsize=4096)
def _near(name: str, names: tuple[str, ...]) -> list[str]:
    """The name that is most like another one, if any is; services of a kind ask the same."""
    return get_close_matches(name, names, 1, 0.9)


def _series(name: str, kind: str) -> list[str]:
    return [name + suffix for suffix in _SERIES.get(kind, ("",))]


def _place(expression: Expression, name: str) -> tuple[str, int, int] | None:
    """Where a name stands in an expression's text."""
    found = next((s for s in selectors(expression.text) if s.name and name.startswith(s.name)), None)
    return found and (expression.written, found.start, len(found.name))
