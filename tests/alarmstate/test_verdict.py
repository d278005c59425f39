"""The tables of missing data, row by row, and what the guide says around them."""

from __future__ import annotations

from itertools import product

import pytest

from monitorspec.alarmstate.verdict import (
    ALARM,
    BREACHING,
    IGNORE,
    INSUFFICIENT,
    MISSING,
    NOT_BREACHING,
    OK,
    TREATMENTS,
    too_few,
    verdict,
)
from tests.alarmstate.missing_data import (
    EARLIER_THREE_OF_THREE,
    EARLIER_TWO_OF_THREE,
    THREE_OF_THREE,
    TWO_OF_THREE,
    Row,
)

CASES = [
    (row, enough, treatment, row[2 + column])
    for rows, enough in (
        (THREE_OF_THREE, 3),
        (EARLIER_THREE_OF_THREE, 3),
        (TWO_OF_THREE, 2),
        (EARLIER_TWO_OF_THREE, 2),
    )
    for row in rows
    for column, treatment in enumerate((MISSING, IGNORE, BREACHING, NOT_BREACHING))
]


def breaches(text: str) -> list[bool | None]:
    """`0 - X` as the guide writes data points."""
    return [{"0": False, "X": True, "-": None}[mark] for mark in text.split()]


@pytest.mark.parametrize(("row", "enough", "treatment", "state"), CASES)
def test_the_guide_s_tables(row: Row, enough: int, treatment: str, state: str | None) -> None:
    assert verdict(breaches(row[0]), enough, 3, treatment) == state


@pytest.mark.parametrize("row", [*THREE_OF_THREE, *TWO_OF_THREE, *EARLIER_THREE_OF_THREE, *EARLIER_TWO_OF_THREE])
def test_the_second_column_is_what_is_filled_in(row: Row) -> None:
    points = breaches(row[0])
    assert max(0, 3 - sum(point is not None for point in points)) == row[1]


def test_all_rows_are_there() -> None:
    assert (len(THREE_OF_THREE), len(TWO_OF_THREE), len(CASES)) == (5, 5, 13 * 4)


@pytest.mark.parametrize("points", ["- - - - X", "- - - X -"])
def test_false_positives_are_avoided_while_the_next_data_point_may_be_good(points: str) -> None:
    # "the alarm does not go immediately into ALARM state when the data is either … and Datapoints to Alarm is 3"
    assert verdict(breaches(points), 3, 3, MISSING) != ALARM


@pytest.mark.parametrize("points", list(product("0X", repeat=5)))
@pytest.mark.parametrize("treatment", TREATMENTS)
def test_with_all_data_the_most_recent_periods_decide(points: tuple[str, ...], treatment: str) -> None:
    # "CloudWatch evaluates the alarm based on the most recent data points collected", N of them.
    state = verdict(breaches(" ".join(points)), 2, 3, treatment)
    assert state == (ALARM if points[-3:].count("X") >= 2 else OK)


@pytest.mark.parametrize("points", list(product("0X-", repeat=5)))
def test_breaching_is_never_milder_and_not_breaching_never_more_severe_than_the_data(points: tuple[str, ...]) -> None:
    text = " ".join(points)
    harsh, mild = (verdict(breaches(text), 2, 3, treatment) for treatment in (BREACHING, NOT_BREACHING))
    for treatment in TREATMENTS:
        state = verdict(breaches(text), 2, 3, treatment)
        if mild == ALARM:
            assert state == ALARM
        if harsh == OK:
            assert state == OK


@pytest.mark.parametrize("points", [p for p in product("0X-", repeat=5) if p.count("-") <= 2])
def test_with_enough_data_the_setting_is_ignored(points: tuple[str, ...]) -> None:
    # "the value you set for how to treat missing data is not needed and is ignored"
    assert len({verdict(breaches(" ".join(points)), 2, 3, treatment) for treatment in TREATMENTS}) == 1


def test_one_period() -> None:
    # Looked back further, the last datapoint is evaluated again for a while.
    assert verdict(breaches("X - -"), 1, 1, NOT_BREACHING) == ALARM
    assert verdict(breaches("- - -"), 1, 1, MISSING) == INSUFFICIENT
    assert verdict(breaches("- - -"), 1, 1, IGNORE) is None


@pytest.mark.parametrize(
    ("percentile", "enough"),
    [
        # "this setting would be used if there were fewer than 1000 samples for an alarm on a p99 percentile"
        (0.99, 1000),
        (0.5, 20),
        (0.9, 100),
        (0.999, 10_000),
        # "between 0 and 0.5 … fewer than 10/percentile"
        (0.25, 40),
        (0.01, 1000),
    ],
)
def test_percentiles_of_few_samples(percentile: float, enough: int) -> None:
    assert too_few(enough - 1, percentile)
    assert not too_few(enough, percentile)


@pytest.mark.parametrize("percentile", [0.0, 1.0])
def test_the_ends_are_no_percentiles_of_many(percentile: float) -> None:
    assert not too_few(1, percentile)
