"""Burn-rate arithmetic against the numbers that the Site Reliability Workbook prints, and its own definitions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.burnrate import (
    default_tiers,
    factor_for,
    reachable,
    share_for,
    spent,
    time_to_exhaustion,
)
from monitorspec.spec.units import number_text, parse_duration

DAY = 86_400_000
D = Decimal


def rows(period: str) -> list[tuple[str, str, str, str]]:
    return [
        (t.name, number_text(t.factor), f"{t.long_window // 60_000}m", f"{t.short_window // 60_000}m")
        for t in default_tiers(parse_duration(period))
    ]


def test_workbook_table() -> None:
    """Table 5-8: 2% in 1h is 14.4, 5% in 6h is 6, 10% in 3d is 1; the short window is a twelfth of the long one."""
    assert rows("30d") == [
        ("page-fast", "14.4", "60m", "5m"),
        ("page-slow", "6", "360m", "30m"),
        ("ticket-fast", "3", "1440m", "120m"),
        ("ticket-slow", "1", "4320m", "360m"),
    ]
    assert [t.budget_share for t in default_tiers(30 * DAY)] == [D("0.02"), D("0.05"), D("0.1"), D("0.1")]
    assert [t.page for t in default_tiers(30 * DAY)] == [True, True, False, False]


def test_four_weeks_keep_the_windows_and_change_the_factors() -> None:
    assert [row[1] for row in rows("28d")] == ["13.44", "5.6", "2.8", "0.933333"]
    assert [row[2:] for row in rows("28d")] == [row[2:] for row in rows("30d")]


def test_a_quarter_keeps_the_windows() -> None:
    assert [row[1] for row in rows("90d")] == ["43.2", "18", "9", "3"]


def test_a_week_keeps_the_factors_and_shrinks_the_windows() -> None:
    assert rows("7d") == [
        ("page-fast", "14.4", "14m", "5m"),
        ("page-slow", "6", "84m", "7m"),
        ("ticket-fast", "3", "336m", "28m"),
        ("ticket-slow", "1", "1008m", "84m"),
    ]


def test_a_day_has_no_room_for_the_fastest_pair() -> None:
    assert [row[0] for row in rows("1d")] == ["page-slow", "ticket-fast", "ticket-slow"]
    assert rows("1h") == []


@given(st.integers(1, 400 * 24 * 60).map(lambda minutes: minutes * 60_000))
def test_windows_fit_every_period(period: int) -> None:
    tiers = default_tiers(period)
    for tier in tiers:
        assert tier.short_window * 2 <= tier.long_window <= period
        assert tier.short_window >= 5 * 60_000
        assert tier.factor > D("0.89")
        # What the tier says of itself holds: the share, the factor and the window agree.
        assert abs(share_for(tier.factor, period, tier.long_window) - tier.budget_share) <= D("0.000002")
    assert [t.long_window for t in tiers] == sorted(t.long_window for t in tiers)
    assert [t.factor for t in tiers] == sorted((t.factor for t in tiers), reverse=True)


def test_two_percent_of_the_budget_in_an_hour() -> None:
    assert factor_for(D("0.02"), 30 * DAY, DAY // 24) == D("14.4")
    assert share_for(D("14.4"), 30 * DAY, DAY // 24) == D("0.02")
    assert share_for(D(6), 30 * DAY, DAY // 4) == D("0.05")


def test_factors_are_rounded_down() -> None:
    """2/3 rounded up would miss a burn between the two numbers."""
    assert factor_for(D(1), 2 * DAY, 3 * DAY) == D("0.666666")


def test_exhaustion() -> None:
    """Table 5-4: at 1 a 30-day budget lasts 30 days, at 2 fifteen, at 10 three, at 1000 43 minutes."""
    assert time_to_exhaustion(D(1), 30 * DAY) == 30 * DAY
    assert time_to_exhaustion(D(2), 30 * DAY) == 15 * DAY
    assert time_to_exhaustion(D(10), 30 * DAY) == 3 * DAY
    assert time_to_exhaustion(D(1000), 30 * DAY) // 60_000 == 43


def test_spending() -> None:
    """ "Extreme Availability Goals": at 90%, an hour of nothing but errors is 1.4% of the budget. Table 5-3: at 99.9%, 140%."""
    assert spent(D(1), D("0.9"), DAY // 24, 30 * DAY) == D("0.0138889")
    assert spent(D(1), D("0.999"), DAY // 24, 30 * DAY) == D("1.38889")


@pytest.mark.parametrize(
    ("factor", "objective", "expected"),
    [
        ("14.4", "0.999", True),
        ("14.4", "0.93", False),  # 14.4 * 7% = 100.8%
        ("10", "0.9", False),  # exactly 100% can be reached, never passed
        ("9.999", "0.9", True),
    ],
)
def test_reachable(factor: str, objective: str, expected: bool) -> None:
    assert reachable(D(factor), D(objective)) is expected
