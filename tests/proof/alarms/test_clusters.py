"""Samples that give a statistic a wanted value."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitorspec.alarmstate.statistics import sample_count, statistic
from monitorspec.proof.alarms.clusters import Cluster, cluster, few, fitting, is_exact

SIMPLE = ("Sum", "Average", "Minimum", "Maximum")
EXTENDED = (
    "p50",
    "p90",
    "p99",
    "p99.9",
    "p1",
    "p0",
    "p100",
    "tm90",
    "tm99.5",
    "TM(5%:95%)",
    "IQM",
    "wm98",
    "WM(10%:90%)",
    "ts90",
)
RANGES = (
    "TM(1:100000)",
    "WM(1:100000)",
    "TS(1:50)",
    "TC(1:50)",
    "TC(:300)",
    "TC(300:)",
    "tc90",
    "SampleCount",
    "PR(:300)",
    "PR(5:10)",
)
ALL = (*SIMPLE, *EXTENDED, *RANGES)


def value_of(stat: str, found: Cluster) -> float | None:
    return statistic(stat)((*found.early, *found.late))


@pytest.mark.parametrize("stat", ALL)
@given(wanted=st.floats(0.01, 90_000), least=st.sampled_from([0, 1, 10, 33]))
def test_a_cluster_has_the_wanted_value(stat: str, wanted: float, least: int) -> None:
    value = fitting(stat, wanted % 100 if stat.startswith("PR") else wanted, True, least)
    assert value is not None
    # What is cut off at 1 cannot be less.
    assume(not stat.startswith(("TM(1", "WM(1")) or value > 1)
    found = cluster(stat, value, least)
    assert found is not None
    assert value_of(stat, found) == pytest.approx(value, rel=1e-9)
    assert sample_count((*found.early, *found.late)) >= least


@pytest.mark.parametrize("stat", [*SIMPLE, *EXTENDED, "SampleCount", "TC(:300)"])
def test_other_statistics_of_it_have_other_values(stat: str) -> None:
    found = cluster(stat, 96.0)
    assert found is not None
    for other in (*SIMPLE, "SampleCount", "p50", "p99"):
        # A zeroth percentile is the minimum, whatever the samples.
        if other != stat and {stat, other} not in ({"p0", "Minimum"}, {"p100", "Maximum"}):
            assert value_of(other, found) != pytest.approx(96, rel=0.01), other


@pytest.mark.parametrize("stat", [*SIMPLE, "p99", "tm95", "wm95", "SampleCount", "TC(:300)", "PR(:300)", "tc90"])
def test_half_of_it_has_another_value(stat: str) -> None:
    found = cluster(stat, 96.0)
    assert found is not None
    for part in (found.early, found.late):
        if stat not in ("Maximum", "Minimum", "Sum", "p99") or part == found.late:
            assert statistic(stat)(part) != pytest.approx(96, rel=0.01)


@pytest.mark.parametrize("stat", ALL)
@given(before=st.floats(2, 40), after=st.floats(2, 40))
def test_a_window_that_slides_sees_one_of_both_values_or_one_between(stat: str, before: float, after: float) -> None:
    values = [fitting(stat, value, True) for value in (before, after)]
    one, two = (cluster(stat, value or 0.0) for value in values)
    assert one is not None
    assert two is not None
    seen = statistic(stat)((*one.late, *two.early))
    low, high = sorted(value or 0.0 for value in values)
    assert seen is not None
    assert low * (1 - 1e-9) - 1e-9 <= seen <= high * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize("value", [5.0, 0.01, 1000.0, 3.005, 80.0, 0.1])
@pytest.mark.parametrize("stat", ["Sum", "Average", "Minimum", "Maximum", "p99"])
def test_limits_can_be_met_exactly(stat: str, value: float) -> None:
    assert is_exact(stat, value)


def test_what_a_statistic_cannot_be_is_rounded_or_refused() -> None:
    assert (fitting("SampleCount", 2.5, True), fitting("SampleCount", 2.5, False)) == (3, 2)
    assert fitting("SampleCount", 0.5, False) is None
    assert (fitting("SampleCount", 2, True, 10), fitting("SampleCount", 2, False, 10)) == (10, None)
    assert (fitting("TC(:3)", 0.5, False), fitting("TC(:3)", 0.5, True)) == (0, 1)
    assert (fitting("PR(:3)", 101, True), fitting("PR(:3)", 101, False)) == (None, 100)
    assert (fitting("p99", -1, True), fitting("p99", -1, False)) == (0, None)
    assert fitting("Average", -1.5, True) == -1.5


@pytest.mark.parametrize("stat", ["Sum", "Average", "Maximum", "p90"])
def test_a_few_samples_have_the_value_as_well(stat: str) -> None:
    found = few(stat, 12.0, 3)
    assert found is not None
    assert value_of(stat, found) == 12
    assert sample_count((*found.early, *found.late)) == 3
