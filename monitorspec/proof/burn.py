"""Burn-rate alerts: which tiers fire at which error ratios, from factors and budget.

In: an SLO and the step between evaluations (ms). Out: lanes that inject the recorded error ratios directly: a ratio per
window and phase. Which tiers fire then is arithmetic on the plan's factors; no raw series has to be driven for days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from monitorspec import names
from monitorspec.plan import Alert, Burn, Slo
from monitorspec.proof.notation import number, selector, steady
from monitorspec.proof.steps import sample_step
from monitorspec.proof.timeline import Check, Firing, Lane
from monitorspec.spec.units import duration_text, plain

# How far from a limit the values are that are held against it: near enough to notice any change that a person would make,
# far enough for floating point.
NEAR = Decimal("0.001")
# How far traffic is below its minimum.
_QUIET = Decimal("0.01")


class _Ratios(NamedTuple):
    """Error ratios by window (ms) for `length` ms; None: nothing is recorded."""

    ratios: Mapping[int, Decimal] | None
    length: int
    why: str


def windows_of(slo: Slo) -> tuple[int, ...]:
    """Every window (ms) over which the SLO's error ratio is looked at, shortest first."""
    found = {slo.window, base_of(slo)}
    for tier in slo.tiers:
        burn = burn_of(tier)
        found |= {burn.short_window, burn.long_window}
    return tuple(sorted(found))


def base_of(slo: Slo) -> int:
    """The window (ms) of the two rates that are recorded from raw series."""
    return min((burn_of(tier).short_window for tier in slo.tiers), default=300_000)


def burn_of(alert: Alert) -> Burn:
    """The condition of a burn alert."""
    assert isinstance(alert.condition, Burn), alert.id
    return alert.condition


def limit_of(burn: Burn, budget: Decimal) -> Decimal:
    """The error ratio above which it fires: the factor times the budget, as floating point has it."""
    return Decimal(repr(float(burn.factor) * float(budget)))


def burn_lanes(slo: Slo, step: int) -> list[Lane]:
    """The lane with traffic, and where the SLO wants a minimum of it, the lane with too little."""
    if not slo.tiers:
        return []
    lanes = [_lane(slo, _story(slo, step), step, traffic=Decimal(1), quiet=False)]
    if slo.min_traffic:
        over = dict.fromkeys(windows_of(slo), Decimal(1))
        length = max(tier.hold for tier in slo.tiers) + 2 * step
        silent = [
            _Ratios(over, length - length % step, "everything fails, but there is less traffic than `min_traffic`")
        ]
        lanes.append(_lane(slo, silent, step, traffic=1 - _QUIET, quiet=True))
    return lanes


def _story(slo: Slo, step: int) -> list[_Ratios]:
    """The phases: nothing recorded, every tier on its own, then everything at once."""
    budget = 1 - slo.objective
    windows = windows_of(slo)
    tiers = sorted(slo.tiers, key=lambda tier: burn_of(tier).tier_rank)
    none = dict.fromkeys(windows, Decimal(0))
    phases = [_Ratios(None, 2 * step, "nothing is recorded yet")]
    for tier in tiers:
        burn = burn_of(tier)
        limit = limit_of(burn, budget)
        # At the limit itself: it has to be over it.
        over, under = min(limit * (1 + NEAR), Decimal(1)), limit
        held = _steps(tier.hold, step) + step
        long_name, short_name = duration_text(burn.long_window), duration_text(burn.short_window)
        what = f"{burn.tier}: {{}} {number(burn.factor)} times the budget"
        both = what.format(f"{long_name} and {short_name} just over")
        long_only = what.format(f"{long_name} still over, {short_name} only at")
        phases += (
            _Ratios(none | {burn.long_window: under, burn.short_window: under}, held, what.format("both at")),
            _Ratios(
                none | {burn.long_window: under, burn.short_window: over},
                held,
                what.format(f"{short_name} over, {long_name} only at"),
            ),
            _Ratios(none | {burn.long_window: over, burn.short_window: over}, held, both),
            _Ratios(none | {burn.long_window: over, burn.short_window: under}, held, long_only),
        )
    longest = _steps(max(tier.hold for tier in tiers), step) + step
    phases += (
        _Ratios(dict.fromkeys(windows, Decimal(1)), longest, "everything fails"),
        _Ratios(none, step, "nothing fails any more"),
    )
    return phases


def _lane(slo: Slo, phases: Sequence[_Ratios], step: int, traffic: Decimal, quiet: bool) -> Lane:
    budget = 1 - slo.objective
    labels = dict(slo.labels) | {label: f"{label}-1" for label in slo.by}
    # Another value of `by`, at ease: it must not fire, and must not hide the one that burns.
    other = dict(slo.labels) | {label: f"{label}-2" for label in slo.by}
    sample = sample_step(step)
    series: list[tuple[str, str]] = []
    for window in windows_of(slo):
        name = names.ERROR_RATIO.format(window=duration_text(window))
        values = [(None if phase.ratios is None else phase.ratios[window], phase.length // sample) for phase in phases]
        series.append((selector(name, labels), steady(values)))
        if slo.by:
            series.append((selector(name, other), steady([(Decimal(0), sum(count for _, count in values))])))
    if slo.min_traffic:
        name = names.TOTAL_RATE.format(window=duration_text(base_of(slo)))
        count = sum(phase.length for phase in phases) // sample
        for who in (labels, other) if slo.by else (labels,):
            series.append((selector(name, who), steady([(plain(slo.min_traffic * traffic), count)])))
    checks = _checks(slo, phases, step, budget, labels, quiet)
    keys = {f"slo {slo.service}.{slo.key}", *(f"alert {tier.name}" for tier in slo.tiers)}
    end = sum(phase.length for phase in phases) - step
    return Lane(f"{slo.service}.{slo.key}", frozenset(keys), tuple(series), sample, end, tuple(checks))


def _checks(
    slo: Slo, phases: Sequence[_Ratios], step: int, budget: Decimal, labels: Mapping[str, str], quiet: bool
) -> list[Check]:
    """At the end of every phase; and where a tier has a `for`, one evaluation before it fires."""
    checks = []
    since: dict[str, int] = {}
    new = {tier.id for tier in slo.tiers}
    start = 0
    for phase in phases:
        for time in range(start, start + phase.length, step):
            fires: list[Firing] = []
            nearly = False
            for tier in slo.tiers:
                burn = burn_of(tier)
                limit = limit_of(burn, budget)
                ratios = phase.ratios
                over = (
                    ratios is not None
                    and not quiet
                    and ratios[burn.long_window] > limit
                    and ratios[burn.short_window] > limit
                )
                if not over or ratios is None:
                    since.pop(tier.id, None)
                    continue
                held = time - since.setdefault(tier.id, time)
                if held >= tier.hold:
                    fires.append(Firing(tier, labels, ratios[burn.long_window], exact=True))
                nearly = nearly or held < tier.hold <= held + step
            last = time == start + phase.length - step
            if not (last or nearly):
                continue
            fired = {item.alert.id for item in fires}
            for name in dict.fromkeys(tier.name for tier in slo.tiers):
                shown = tuple(item for item in fires if item.alert.name == name)
                full = last and (not shown or bool(new & fired))
                checks.append(Check(time, name, shown, phase.why, full))
            if last:
                new -= fired
        start += phase.length
    return checks


def _steps(length: int, step: int) -> int:
    """`length` in whole steps, in ms."""
    return -(-length // step) * step
