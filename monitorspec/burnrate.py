"""Burn-rate arithmetic: the default tiers of a period, and what a burn at some factor means for the budget.

In: periods and windows in ms, shares and objectives as exact decimals. Out: tiers, factors, shares, times in ms. The
burn rate (factor) is how many times faster than allowed the error budget is spent: at 1 it lasts exactly as long as the
period.
The published windows and shares are data (data/burnrate), with their source.
"""

from __future__ import annotations

import functools
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from monitorspec.spec.units import parse_duration, plain

_DATA = Path(__file__).parent / "data" / "burnrate" / "google-sre-workbook.json"
_MINUTE = 60_000
# From four weeks on the published windows are used as they are; see `default_tiers`.
_AS_PUBLISHED = 28 * 24 * 60 * _MINUTE
# Six significant digits are more than anybody tunes, and short to read. Rounded down, a factor only ever fires earlier.
_FACTOR = Context(prec=6, rounding=ROUND_DOWN)
_SHARE = Context(prec=6, rounding=ROUND_HALF_EVEN)
_EXACT = Context(prec=60)


class Tier(NamedTuple):
    """One burn-rate alert. Windows in ms; `page`: whether it is worth waking somebody."""

    name: str
    factor: Decimal
    long_window: int
    short_window: int
    budget_share: Decimal
    """Share of the period's budget that is gone when a burn at `factor` has lasted `long_window`."""
    page: bool


@functools.cache
def default_tiers(period: int) -> tuple[Tier, ...]:
    """The tiers of an objective over `period` ms, fastest first; empty where the period is too short for any.

    From 28 days on the windows are the published ones, because they say how quickly people want to know, and that does
    not depend on the period; the factors follow from the shares of the budget. Below, those windows would cover so much
    of the period that factors fell under 1 and alerts fired inside the budget; so long windows shrink with the period,
    which keeps the published factors. A short window never shrinks below 5 minutes, where a few scrapes would decide it,
    and a pair whose long window is then not twice the short one is dropped: its two windows would say the same.
    """
    published, published_period, shortest = _published()
    if period >= _AS_PUBLISHED:
        return tuple(t._replace(factor=factor_for(t.budget_share, period, t.long_window)) for t in published)
    tiers = []
    for tier in published:
        long = _scaled(tier.long_window, period, published_period)
        short = max(_scaled(tier.short_window, period, published_period), shortest)
        if long >= 2 * short:
            factor = factor_for(tier.budget_share, period, long)
            tiers.append(tier._replace(factor=factor, long_window=long, short_window=short))
    return tuple(tiers)


def factor_for(share: Decimal, period: int, long: int) -> Decimal:
    """The burn rate that spends `share` of the period's budget within `long` ms; six digits, rounded down."""
    return _decimal(Fraction(share) * period / long, _FACTOR)


@functools.lru_cache(maxsize=10_000)
def share_for(factor: Decimal, period: int, long: int) -> Decimal:
    """The share of the period's budget that a burn at `factor` spends within `long` ms; six digits."""
    return _decimal(Fraction(factor) * long / period, _SHARE)


def reachable(factor: Decimal, objective: Decimal) -> bool:
    """Whether an error ratio, which is at most 1, can be over `factor` times the budget at all."""
    return factor * (1 - objective) < 1


def time_to_exhaustion(factor: Decimal, period: int) -> int:
    """In how many ms a burn at `factor` spends a full budget."""
    return int(Fraction(period) / Fraction(factor))


def spent(error_ratio: Decimal, objective: Decimal, time: int, period: int) -> Decimal:
    """The share of the period's budget that errors at `error_ratio` spend within `time` ms; six digits. Over 1 where it is
    more than all of it."""
    return _decimal(Fraction(error_ratio) / (1 - Fraction(objective)) * time / period, _SHARE)


def _scaled(window: int, period: int, published_period: int) -> int:
    """`window` in proportion to the period, in whole minutes."""
    return max(round(Fraction(window * period, published_period * _MINUTE)), 1) * _MINUTE


def _decimal(value: Fraction, context: Context) -> Decimal:
    # Numerator and denominator fit 60 digits, so the only rounding is the one asked for.
    return plain(context.divide(_EXACT.create_decimal(value.numerator), _EXACT.create_decimal(value.denominator)))


@functools.cache
def _published() -> tuple[tuple[Tier, ...], int, int]:
    """The published tiers, the period that they are published for, and the shortest window to use; in ms."""
    import json

    data: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    period = parse_duration(data["period"])
    tiers = []
    for row in data["tiers"]:
        share, long = Decimal(row["budget_share"]), parse_duration(row["long_window"])
        short = parse_duration(row["short_window"])
        tiers.append(Tier(row["name"], factor_for(share, period, long), long, short, plain(share), row["page"]))
    return tuple(tiers), period, parse_duration(data["shortest_window"])
