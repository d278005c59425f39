"""Statistics, periods and look-back as the CloudWatch documentation lists them."""

from __future__ import annotations

import pytest

from monitorspec.cloudformation.statistics import period_problem, range_problem, statistic_problem, unit_hint

GOOD = """
Average Sum Minimum Maximum SampleCount IQM p0 p50 p99 p99.9 p95.0123456789 p100 tm90 tm99.9 wm98 tc90 ts90
TM(10%:90%) TM(:95%) TM(5%:) TM(150:1000) WM(10%:90%) TC(0.005:0.030) TS(80%:) PR(:300) PR(100:2000) PR(100:)
"""


@pytest.mark.parametrize(
    "stat",
    GOOD.split(),
)
def test_documented_statistics_are_taken(stat: str) -> None:
    assert statistic_problem(stat) == ("", "")


@pytest.mark.parametrize(
    ("stat", "hint"),
    [
        ("avg", "did you mean `Average`?"),
        ("average", "did you mean `Average`?"),
        ("count", "did you mean `SampleCount`?"),
        ("P99", "did you mean `p99`?"),
        ("iqm", "did you mean `IQM`?"),
        ("tm(10%:90%)", "did you mean `TM(10%:90%)`?"),
        ("Averge", "did you mean `Average`?"),
        ("p101", "0 to 100"),
        ("p100.5", "0 to 100"),
        ("p99.12345678901", "statistics are"),
        ("TM(:)", "at least one"),
        ("PR(5%:95%)", "PR(:300)"),
        ("TM(5%:95)", "both alike"),
        ("TM(95%:5%)", ""),
        ("TM(5%:5%)", ""),
        ("TM(5%:195%)", ""),
        ("p", "statistics are"),
        ("", "statistics are"),
        ("p99\n", "did you mean `p99`?"),
    ],
)
def test_other_statistics_are_refused_with_a_hint(stat: str, hint: str) -> None:
    message, help = statistic_problem(stat)
    assert message
    assert hint in help


@pytest.mark.parametrize("seconds", [10, 20, 30, 60, 120, 300, 3600, 86_400])
def test_periods_of_cloudwatch(seconds: int) -> None:
    assert period_problem(seconds * 1000) == ("", "")


@pytest.mark.parametrize(
    ("ms", "hint"),
    [
        (0, "1m"),
        (1_000, "`10s`"),
        (15_000, "`20s`"),
        (40_000, "`1m`"),
        (90_000, "`1m` or `2m`"),
        (10_500, "`10s`"),
        (86_460_000, "1d"),
        (-60_000, "1m"),
    ],
)
def test_other_periods(ms: int, hint: str) -> None:
    message, help = period_problem(ms)
    assert message
    assert hint in help


@pytest.mark.parametrize(("period", "most"), [(60, 1440), (300, 288), (3540, 24), (3600, 168), (86_400, 7)])
def test_look_back_is_a_day_or_from_an_hour_on_a_week(period: int, most: int) -> None:
    assert range_problem(period, most) == ("", "")
    message, help = range_problem(period, most + 1)
    assert "at most" in message
    assert f"at most {most} datapoints" in help


def test_a_unit_is_guessed() -> None:
    assert unit_hint("milliseconds") == "did you mean `Milliseconds`?"
    assert "Count/Second" in unit_hint("furlongs")
