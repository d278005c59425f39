"""Lint of burn-rate alerts that come when it is too late.

In: the plan. Out: findings `slos/too-late`.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from monitorspec.lint.finding import Finding
from monitorspec.phrases import percent_text
from monitorspec.plan import Burn, Plan, Slo
from monitorspec.spec.units import duration_text, number_text


def too_late(plan: Plan) -> Iterable[Finding]:
    """A burn-rate alert comes when the whole error budget is spent.

    A tier that lets a burn go on for too long fires once there is nothing left to save, whichever errors it notices: its burn rate
    times its long window (and `for`) is more than the objective's window. Shorten one of them, or give the `budget` that may be
    gone instead of a burn rate.

    An objective can also be so high that a full outage spends its budget before any alert can fire, because rules are evaluated
    once in a while. Then look more often, with `interval`, or promise less: no alert defends such an objective.
    `monitorspec explain SPEC slo NAME` shows how fast each tier is.

    ```yaml wrong
    slos:
      availability:
        objective: 99.9%
        probe: probe_success
        alerts: {ticket-slow: {burn_rate: 5, long_window: 10d}}
    ```
    ```yaml right
    slos:
      availability:
        objective: 99.9%
        probe: probe_success
        alerts: {ticket-slow: {budget: 20%, long_window: 10d}}
    ```
    """
    for service in plan.services:
        for slo in service.slos:
            yield from _tiers(slo)
            yield from _objective(slo)


def _tiers(slo: Slo) -> Iterable[Finding]:
    """Tiers for which everything that they notice has spent the budget."""
    for tier in slo.tiers:
        burn = tier.condition
        assert isinstance(burn, Burn)
        # What is spent by then is least for errors that are just over the limit.
        lasts = burn.long_window + tier.hold
        if Fraction(burn.factor) * lasts > slo.window:
            share = percent_text(round(Decimal(burn.factor * lasts) / slo.window, 2))
            held = f" and {duration_text(tier.hold)}" if tier.hold else ""
            help = f"say how much may be gone instead: `alerts: {{{burn.tier}: {{budget: 10%}}}}`"
            if Fraction(burn.factor) * burn.long_window <= slo.window:
                help = "leave out `for`: a burn alert needs none"
            yield Finding(
                f"`{burn.tier}` fires when the whole error budget is spent",
                tier.origin,
                "warning",
                f"{number_text(burn.factor)} times the budget over {duration_text(burn.long_window)}{held} is {share} of it",
                (help,),
            )


def _objective(slo: Slo) -> Iterable[Finding]:
    """An objective whose budget a full outage spends before any tier fires."""
    budget = int(slo.window * (1 - slo.objective))
    if budget > _soon(slo):
        return
    # Only an objective that is as high as that pays for looking closer.
    from monitorspec.detection import EVALUATIONS, detection, time_text

    first = detection(slo).first(Decimal(1))
    if first is None or first.time is None or first.latest is None or first.latest < budget:
        return
    interval = (budget - first.time) // EVALUATIONS // 1000 * 1000
    yield Finding(
        f"a full outage may spend the error budget of `{slo.key}` before an alert fires",
        (*slo.origin, "objective"),
        "warning",
        f"{duration_text(budget // 1000 * 1000 or budget)} in {duration_text(slo.window)}",
        (
            *(
                [f"evaluate it more often: `interval: {duration_text(interval)}`"]
                if interval and not slo.on_cloudwatch
                else []
            ),
            "promise less: no alert defends this objective",
        ),
        f"`{first.tier}` fires up to {time_text(first.latest)} after everything begins to fail",
        key=False,
    )


def _soon(slo: Slo) -> int:
    """ms after which a tier has fired in a full outage for certain: more than `detection` says."""
    times = []
    for tier in slo.tiers:
        burn = tier.condition
        assert isinstance(burn, Burn)
        filled = int(burn.factor * (1 - slo.objective) * burn.long_window)
        times.append(filled + burn.short_window + tier.hold + 4 * tier.interval)
    return min(times, default=0)
