"""The recorded windows of an SLO: each has to sum exactly the events of its own length.

In: SLOs. Out: one lane for each: the two recorded rates as a few samples of different age, one just inside and one just
outside of every window, and the error ratio that follows for each window by counting. One evaluation is enough, so that 30
days cost as little as five minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from monitorspec import names
from monitorspec.plan import Slo
from monitorspec.proof.burn import base_of, burn_of, windows_of
from monitorspec.proof.notation import number, selector
from monitorspec.proof.timeline import Check, Firing, Lane, Sample
from monitorspec.spec.units import duration_text, plain

_SAMPLE = 60_000
# How much of the minimal traffic is enough: a little more, for floating point's sake.
_ENOUGH = Decimal("1.01")
_LONGEST = 100_000
"""Samples of a series, missing ones among them: promtool holds each of them in memory."""


class Clock(NamedTuple):
    """When something is looked at: once, at `at` ms, with samples every `step` ms before, the newest of them after `newest` steps.

    Half a step lies between the evaluation and the newest sample, so that no sample is on a window's edge: Prometheus 2
    counts those, Prometheus 3 does not.
    """

    step: int
    newest: int
    at: int

    def age(self, index: int) -> int:
        """How old the sample at `index` is when the rules are evaluated, in ms."""
        return self.at - index * self.step

    def inside(self, window: int) -> int:
        """The index of the oldest sample in the last `window` ms."""
        return (self.at - window) // self.step + 1

    def outside(self, window: int) -> int:
        """The index of the newest sample before the last `window` ms."""
        index = self.inside(window) - 1
        return index - 1 if self.age(index) == window else index


def window_clock(slos: Sequence[Slo]) -> Clock:
    """The clock by which every window of the objectives has gone by."""
    return _clock(max(window for slo in slos for window in windows_of(slo)), slos)


def rate_clock(slos: Sequence[Slo]) -> Clock:
    """The clock by which the shortest window of every objective has gone by, twice."""
    return _clock(2 * max(base_of(slo) for slo in slos) + 10 * _SAMPLE, slos)


def _clock(longest: int, slos: Sequence[Slo]) -> Clock:
    shortest = min(base_of(slo) for slo in slos)
    step = min(_SAMPLE, shortest // 5 // 1000 * 1000 or shortest // 5)
    while longest // step > _LONGEST:
        step *= 2
    step -= step % 2
    count = longest // step + 3
    return Clock(step, count, count * step + step // 2)


def window_lanes(slo: Slo, clock: Clock) -> list[Lane]:
    """The lanes that prove the length of every window."""
    traffic = _traffic_lane(slo, clock)
    return [_window_lane(slo, clock), *([traffic] if traffic else [])]


def _window_lane(slo: Slo, clock: Clock) -> Lane:
    """The lane of the windows that error ratios are recorded over."""
    windows = windows_of(slo)
    labels = dict(slo.labels) | {label: f"{label}-1" for label in slo.by}
    base = base_of(slo)
    # The shortest window holds its newest sample only: whether it is summed or read makes no difference then.
    wanted = {clock.newest} | {clock.outside(base)}
    for window in windows:
        if window != base:
            wanted |= {clock.inside(window), clock.outside(window)}
    indices = sorted((i for i in wanted if i >= 0), reverse=True)
    # More errors the older, and traffic that differs: no two windows have the same ratio, nor does any average of ratios.
    events = {index: 1000 + 100 * (n % 3) for n, index in enumerate(indices)}
    bad = {index: 3 + 2 * n * n for n, index in enumerate(indices)}
    part = Decimal(1) / 2**16  # less than an event a second in all, in numbers that floating point adds up exactly
    text = duration_text(base)
    series: tuple[tuple[str, str], ...] = (
        (selector(names.BAD_RATE.format(window=text), labels), _sparse(bad, part)),
        (selector(names.TOTAL_RATE.format(window=text), labels), _sparse(events, part)),
    )
    period = names.ERROR_RATIO.format(window=duration_text(slo.window))
    # Other objectives' errors, which only one of the labels tells from this one's.
    series += tuple(
        (selector(period, labels | {label: f"{value}-other"}), _sparse({clock.newest: 1}, Decimal(1)))
        for label, value in slo.labels.items()
    )
    samples = []
    ratios: dict[int, Fraction] = {}
    for window in windows:
        within = [i for i in indices if clock.age(i) < window]
        ratio = Fraction(sum(bad[i] for i in within), sum(events[i] for i in within))
        ratios[window] = ratio
        name = selector(names.ERROR_RATIO.format(window=duration_text(window)), labels)
        why = f"{slo.service}.{slo.key}: the events of the last {duration_text(window)} and no others"
        samples.append(Sample(clock.at, name, ((name, _float(ratio)),), why))
    samples += _constants(slo, labels, clock.at, ratios[slo.window])
    keys = frozenset({f"slo {slo.service}.{slo.key}"})
    return Lane(f"windows of {slo.service}.{slo.key}", keys, series, clock.step, clock.at, (), tuple(samples))


def _traffic_lane(slo: Slo, clock: Clock) -> Lane | None:
    """The lane that proves over how long `min_traffic` is an average: just enough of it in every tier's long window, too little
    in any that is shorter or longer. None where nothing is told by one evaluation."""
    least = slo.min_traffic
    tiers = [tier for tier in slo.tiers if not tier.hold]
    long = sorted({burn_of(tier).long_window for tier in tiers})
    if not least or not tiers or any(clock.outside(a) <= clock.inside(b) for a, b in pairwise(long)):
        return None
    labels = dict(slo.labels) | {label: f"{label}-1" for label in slo.by}
    # Of 2n samples in the n-th window the average is just over the minimum; with one less or one more it is below.
    pair = least * _ENOUGH * 2
    traffic = {clock.newest: plain(least / 2)}
    due = pair - traffic[clock.newest]
    for window in long:
        traffic |= {clock.inside(window): plain(due)}
        if clock.outside(window) >= 0:
            traffic[clock.outside(window)] = Decimal(0)
        due = pair
    text = duration_text(base_of(slo))
    series = tuple(
        (selector(name.format(window=text), labels), _sparse(traffic, Decimal(1)))
        for name in (names.BAD_RATE, names.TOTAL_RATE)
    )
    why = f"{slo.service}.{slo.key}: everything fails, at just over `min_traffic` on average of each long window"
    checks = tuple(
        Check(
            clock.at,
            name,
            tuple(Firing(tier, labels, Decimal(1)) for tier in tiers if tier.name == name),
            why,
            False,
        )
        for name in dict.fromkeys(tier.name for tier in slo.tiers)
    )
    keys = frozenset({f"slo {slo.service}.{slo.key}", *(f"alert {tier.name}" for tier in slo.tiers)})
    return Lane(f"traffic of {slo.service}.{slo.key}", keys, series, clock.step, clock.at, checks)


def _constants(slo: Slo, labels: Mapping[str, str], at: int, ratio: Fraction) -> list[Sample]:
    """The objective, the budget, and how much of it the errors of the whole period have left."""
    budget = 1 - slo.objective
    bare = selector("", slo.labels)
    remaining = 1 - ratio / Fraction(budget)
    rounded = Decimal(round(remaining * 10_000)) / 10_000
    left = selector(names.BUDGET_REMAINING, labels)
    return [
        Sample(
            at,
            names.OBJECTIVE + bare,
            ((names.OBJECTIVE + bare, number(slo.objective)),),
            f"{slo.service}.{slo.key}: its objective",
        ),
        Sample(
            at,
            names.ERROR_BUDGET + bare,
            ((names.ERROR_BUDGET + bare, number(budget)),),
            f"{slo.service}.{slo.key}: its error budget",
        ),
        Sample(
            at,
            f"round({left}, 0.0001)",
            ((selector("", labels), number(rounded)),),
            f"{slo.service}.{slo.key}: the share of the budget that is left",
        ),
    ]


def _sparse(values: Mapping[int, int] | Mapping[int, Decimal], part: Decimal) -> str:
    """Samples at these indices, each so many times `part`, and none between them."""
    parts: list[str] = []
    after = 0
    for index in sorted(values):
        gap = index - after
        if gap:
            parts.append(f"_x{gap}" if gap > 1 else "_")
        parts.append(number(values[index] * part))
        after = index + 1
    return " ".join(parts)


def _float(ratio: Fraction) -> str:
    """The float that dividing two whole numbers gives."""
    return repr(ratio.numerator / ratio.denominator)
