"""Lint of objectives against the servers that count for them.

In: the plan. Out: findings `slos/…`.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec.lint.finding import Finding
from monitorspec.plan import Burn, Plan
from monitorspec.spec.units import duration_text


def retention(plan: Plan) -> Iterable[Finding]:
    """An objective's window is longer than Prometheus keeps samples.

    The budget that is left is summed up over the whole window. Of 30 days with `prometheus.retention: 15d` only 15
    count, and what was spent before is forgotten.

    ```yaml wrong
    prometheus: {retention: 15d}
    services: {api: {slos: {availability: {objective: 99%, window: 30d, error_ratio: api_error_ratio}}}}
    ```
    ```yaml right
    prometheus: {retention: 30d}
    services: {api: {slos: {availability: {objective: 99%, window: 30d, error_ratio: api_error_ratio}}}}
    ```
    """
    kept = plan.prometheus.retention if plan.prometheus else None
    for service in plan.services if kept is not None else ():
        for slo in service.recorded_slos:
            if slo.window > (kept or 0):
                yield Finding(
                    f"the budget of `{slo.key}` is over {duration_text(slo.window)}, and {duration_text(kept or 0)} are kept",
                    (*slo.origin, "window"),
                    "warning",
                    label="longer than `prometheus.retention`",
                    effect="what was spent before is forgotten",
                    key=False,
                    also=(("defaults", "slo_window"),),
                )


def scrape(plan: Plan) -> Iterable[Finding]:
    """A burn-rate window is too short for how often Prometheus scrapes.

    Events are counted over the shortest window, which needs two scrapes at least; four also bear one that fails.

    ```yaml wrong
    prometheus: {scrape_interval: 5m}
    services: {api: {slos: {availability: {objective: 99%, ratio: {bad: errors_total, total: calls_total}}}}}
    ```
    ```yaml right
    prometheus: {scrape_interval: 1m}
    services: {api: {slos: {availability: {objective: 99%, ratio: {bad: errors_total, total: calls_total}}}}}
    ```
    """
    every = plan.prometheus.scrape_interval if plan.prometheus else None
    for service in plan.services if every else ():
        for slo in service.recorded_slos:
            burns = [tier.condition for tier in slo.tiers if isinstance(tier.condition, Burn)]
            short = min((burn.short_window for burn in burns), default=None)
            if short is not None and slo.indicator.kind in ("ratio", "latency") and short < 2 * (every or 0):
                yield Finding(
                    f"`{slo.key}` counts events over {duration_text(short)}, and Prometheus scrapes every "
                    f"{duration_text(every or 0)}",
                    slo.origin,
                    "warning",
                    help=("scrape more often, or give its tiers longer `short_window`s",),
                    effect="a rate needs two samples: its alerts would come and go",
                )
