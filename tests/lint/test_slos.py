"""Alerts that come too late: just then, and not where there is something left to save."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitorspec.compiler import plan_of
from monitorspec.detection import time_until_over
from monitorspec.plan import Plan

D = Decimal
DAY = 86_400_000
COUNTED = "cloudwatch: {bad: {namespace: Shop, metric: Failed}, total: {namespace: Shop, metric: Requests}}"


def found(objective: str, *lines: str) -> tuple[Plan | None, list[str]]:
    text = "version: 1\nsystem: shop\nowner: web\nservices:\n  api:\n    slos:\n      availability:\n"
    text += "".join(f"        {line}\n" for line in (f"objective: {objective}", *lines))
    plan, diagnostics = plan_of(text)
    return plan, [f"{d.code}: {d.message}" for d in diagnostics]


@pytest.mark.parametrize(
    ("objective", "lines", "late"),
    [
        # A full outage spends 4m19s; rules run every 30s.
        ("99.99%", ("probe: up",), False),
        ("99.99%", ("ratio: {bad: bad_total, total: all_total}", "window: 28d"), False),
        ("99.99%", (COUNTED,), False),
        ("99.99%", ("probe: up", "interval: 2m"), False),
        ("99.99%", ("probe: up", "interval: 3m"), True),
        # 26 seconds, says the Workbook: less than the interval of many monitoring systems.
        ("99.999%", ("probe: up",), True),
        ("99.999%", ("probe: up", "interval: 10s"), False),
        ("99.999%", (COUNTED,), True),
        ("99%", ("probe: up", "window: 1d"), False),
    ],
)
def test_a_full_outage_and_its_budget(objective: str, lines: tuple[str, ...], late: bool) -> None:
    wanted = ["slos/too-late: a full outage may spend the error budget of `availability` before an alert fires"]
    assert found(objective, *lines)[1] == (wanted if late else [])


@pytest.mark.parametrize(
    ("tier", "late"),
    [
        ("{long_window: 30d}", False),  # it tells that the budget is gone, when it is
        ("{burn_rate: 1.1, long_window: 30d}", True),
        ("{burn_rate: 5, long_window: 6d}", False),
        ("{burn_rate: 5, long_window: 145h}", True),
        ("{for: 3d}", False),
        ("{for: 28d}", True),
        ("{budget: 100%}", False),
    ],
)
def test_a_slow_tier(tier: str, late: bool) -> None:
    wanted = ["slos/too-late: `ticket-slow` fires when the whole error budget is spent"]
    assert found("99.9%", "probe: up", f"alerts: {{ticket-slow: {tier}}}")[1] == (wanted if late else [])


@given(st.decimals("0.5", "40", places=1), st.integers(1, 30))
def test_what_is_too_late_has_spent_everything_whatever_it_notices(burn_rate: Decimal, days: int) -> None:
    """Held against errors that are just over the tier's limit, which spend the least until it fires."""
    alerts = f"alerts: {{ticket-slow: {{burn_rate: {burn_rate}, long_window: {days}d, short_window: 6h}}}}"
    _, messages = found("99%", "probe: up", alerts)
    just_over = burn_rate * D("0.01") * D("1.0001")
    time = time_until_over(just_over, burn_rate * D("0.01"), days * DAY)
    assert time is not None
    spent = just_over / D("0.01") * time / (30 * DAY)
    if abs(spent - 1) > D("0.001"):
        assert bool(messages) is (spent > 1)
