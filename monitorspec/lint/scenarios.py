"""Lint of the tests that a spec writes: what goes in has to matter.

In: the plan. Out: findings `tests/…`.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from monitorspec.lint.finding import Finding
from monitorspec.plan import Plan


def unread(plan: Plan) -> Iterable[Finding]:
    """A test gives a series that no rule reads, or a metric that no alarm watches.

    It changes nothing, so a test that expects silence would pass whatever the rules do. Most often a name or label is misspelt.

    ```yaml wrong
    tests:
      cpu is idle: {series: {cpu_ration: 0.1x30}, at: 10m, silent: true}
    ```
    ```yaml right
    tests:
      cpu is idle: {series: {cpu_ratio: 0.1x30}, at: 10m, silent: true}
    ```
    """
    if not plan.scenarios:
        return
    from monitorspec.metricname import values_of
    from monitorspec.scenario.reach import Readers

    readers = Readers(plan, values_of(plan))
    for scenario in plan.scenarios:
        for feed in scenario.series:
            if readers.unread(feed):
                name = feed.labels["__name__"]
                near = get_close_matches(name, readers.names, 1)
                same = name in readers.names
                yield Finding(
                    f"no rule reads the series `{feed.series}`",
                    feed.origin,
                    level="warning",
                    key=True,
                    label="rules read the name with other labels" if same else "the test is the same without it",
                    help=(f"did you mean `{near[0]}`?",) if near and not same else (),
                )
        for metric in scenario.metrics:
            if readers.unwatched(metric.signal):
                yield Finding(
                    f"no alarm watches the metric `{metric.signal.metric}` of {metric.signal.namespace} with these dimensions",
                    metric.origin,
                    level="warning",
                    label="the test is the same without it",
                )
