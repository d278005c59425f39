"""Detection time: how long an outage lasts before each burn-rate tier of an SLO fires, and what it has spent by then.

In: a `plan.Slo`. Out: a `Table` with a `Row` for each error ratio and tier; times in ms, shares and ratios as exact decimals.

What is computed: after at least a whole long window without errors, at steady traffic, errors begin at once and stay at one
ratio. A window that is read from raw data holds the ratio times the part of it that the outage covers. That is the formula of
the Site Reliability Workbook (chapter 5, "4: Alert on Burn Rate"), and what CloudWatch does, where a window is one datapoint.

Our Prometheus rules sum wider windows from rates that are recorded over the shortest one (see `rules.slo`), and such a rate
takes that window's length to rise. So an average over a wider window lags by half of the shortest window, and by less where a
tier fires before the rate has risen. Levels (`error_ratio`, `probe`) are recorded as they are, without a lag.

The figures are those of continuous time. Rules see scrapes and run at intervals: see `EVALUATIONS`.
"""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, isqrt
from typing import NamedTuple

from monitorspec.burnrate import spent
from monitorspec.phrases import percent_text
from monitorspec.plan import Alert, Burn, Slo
from monitorspec.rules.slo import base_window, counts_events
from monitorspec.spec.units import duration_text, number_text, plain

RATIOS = (Decimal(1), Decimal("0.5"), Decimal("0.1"), Decimal("0.01"))
"""The error ratios of every table, besides one that is just over the budget."""
JUST_OVER = Decimal("1.01")
"""How many times the budget "just over" is."""
EVALUATIONS = 2
"""A tier fires at most so many evaluation intervals later than computed: one for the age of the last scrape, where targets are
scraped at least as often as rules are evaluated, and one until the next evaluation. CloudWatch: alarms are evaluated every
minute, and a minute's data is there within two ("Alarm evaluation" in the user guide). It fires at most as many earlier, because
a sum of samples runs ahead of the average of what lies between them."""
_TWO, _THREE = Context(prec=2), Context(prec=3)


class Row(NamedTuple):
    """When a tier fires in an outage. `time`, `latest` and `spent` are None where it never does."""

    tier: str
    error_ratio: Decimal
    time: int | None
    """In continuous time, in ms from the first error; with the tier's `for`."""
    latest: int | None
    """The evaluation by which it has fired, in ms."""
    spent: Decimal | None
    """Share of the period's error budget that is gone at `time`; over 1 where it is more than all of it."""
    reason: str
    """Why it never fires, or ""."""


class Table(NamedTuple):
    """All rows of an SLO, by error ratio (highest first) and tier (fastest first)."""

    slo: str
    """`service.slo`."""
    budget: Decimal
    """The error ratio that the objective allows."""
    tiers: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def error_ratios(self) -> tuple[Decimal, ...]:
        """The error ratios that there are rows for, highest first."""
        return tuple(dict.fromkeys(row.error_ratio for row in self.rows))

    def at(self, error_ratio: Decimal) -> tuple[Row, ...]:
        """The rows of an error ratio, by tier."""
        return tuple(row for row in self.rows if row.error_ratio == error_ratio)

    def first(self, error_ratio: Decimal) -> Row | None:
        """The tier that notices an outage first, or None where none does."""
        fired = [row for row in self.at(error_ratio) if row.time is not None]
        return min(fired, key=lambda row: row.time or 0, default=None)

    @property
    def lag(self) -> int:
        """How much later than computed a tier may fire, at most, in ms."""
        return max(
            (row.latest - row.time for row in self.rows if row.latest is not None and row.time is not None), default=0
        )


def detection(slo: Slo) -> Table:
    """When each tier of an SLO fires, for outages of all events down to just over the budget."""
    base = base_window(slo) if counts_events(slo) else 0
    tiers = tuple((_burn(tier)._replace(slo=""), tier.hold, tier.interval) for tier in slo.tiers)
    rows = _rows(slo.objective, slo.window, base, tiers)
    return Table(f"{slo.service}.{slo.key}", 1 - slo.objective, tuple(burn.tier for burn, _, _ in tiers), rows)


def errors_text(table: Table, error_ratio: Decimal) -> str:
    """An error ratio and what it is to the objective: `1%`, `0.101%, just over budget`, `10%, within budget`."""
    text = percent_text(error_ratio)
    if error_ratio <= table.budget:
        return f"{text}, within budget"
    return f"{text}, just over budget" if error_ratio <= table.budget * JUST_OVER else text


def row_text(row: Row) -> str:
    """When a tier fires and what is spent by then: `2m57s (6.8%)`, or `never`."""
    if row.time is None or row.spent is None:
        return "never"
    return f"{time_text(row.time)} ({spent_text(row.spent)})"


def time_text(ms: int) -> str:
    """A time rounded up to what people plan by: seconds, from an hour on minutes, from a day on hours."""
    unit = 1_000 if ms < 3_600_000 else 60_000 if ms < 86_400_000 else 3_600_000
    return duration_text(-(-ms // unit) * unit)


def spent_text(share: Decimal) -> str:
    """A share of the budget in two digits, from 100% on in whole percent."""
    digits = _TWO if share < 1 else _THREE
    return f"{number_text(digits.plus(share * 100))}%"


def time_until_over(error_ratio: Decimal, limit: Decimal, window: int, recorded: int = 0) -> int | None:
    """ms until the average over `window` ms is over `limit` when errors go from none to `error_ratio` at once; None where it
    never is. `recorded`: the window (ms) of the rates that it is summed from, 0 where it is read from raw data."""
    if error_ratio <= limit:
        return None
    share = Fraction(limit) / Fraction(error_ratio)
    if share * window <= Fraction(recorded, 2):
        # The recorded rate is still rising: the window holds the area of a triangle.
        return _root(2 * recorded * window * share)
    time = window * share + Fraction(recorded, 2)
    if time <= window:
        return ceil(time)
    # The window is past the beginning; what it still lacks is the rest of the rise.
    return window + recorded - isqrt(floor(2 * recorded * window * (1 - share)))


# Most objectives of a large system are alike.
@lru_cache(maxsize=10_000)
def _rows(objective: Decimal, period: int, recorded: int, tiers: tuple[tuple[Burn, int, int], ...]) -> tuple[Row, ...]:
    """`tiers`: conditions, `for` and evaluation interval, in ms."""
    just_over = min(plain((1 - objective) * JUST_OVER), Decimal(1))
    ratios = sorted({*RATIOS, just_over}, reverse=True)
    return tuple(_row(ratio, objective, period, recorded, *tier) for ratio in ratios for tier in tiers)


def _row(ratio: Decimal, objective: Decimal, period: int, recorded: int, burn: Burn, hold: int, interval: int) -> Row:
    limit = burn.factor * (1 - objective)
    times = [
        # The shortest window is the recorded rate itself.
        time_until_over(ratio, limit, window, recorded if window != recorded else 0)
        for window in (burn.long_window, burn.short_window)
    ]
    over = [time for time in times if time is not None]
    if not over:
        return Row(burn.tier, ratio, None, None, None, _never(ratio, limit))
    time = max(over) + hold
    # `for` ends at an evaluation, too.
    latest = time + EVALUATIONS * interval + -hold % interval
    return Row(burn.tier, ratio, time, latest, spent(ratio, objective, time, period), "")


def _never(ratio: Decimal, limit: Decimal) -> str:
    if limit >= 1:
        return f"its limit of {percent_text(limit)} errors is more than all"
    return f"{percent_text(ratio)} errors are not over its limit of {percent_text(limit)}"


def _burn(alert: Alert) -> Burn:
    assert isinstance(alert.condition, Burn), alert.id
    return alert.condition


def _root(square: Fraction) -> int:
    """The square root, rounded up."""
    whole = ceil(square)
    return isqrt(whole - 1) + 1 if whole else 0
