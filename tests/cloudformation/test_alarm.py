"""Alarms made by hand: what a spec cannot easily say."""

from __future__ import annotations

import pytest

from monitorspec.cloudformation.alarm import description, periods, tag_list
from tests.cloudformation.alerts import MINUTE, above, cloudwatch_signal, make


@pytest.mark.parametrize(
    ("hold", "period", "count"),
    [(0, 1, 1), (1, 1, 1), (10, 1, 10), (10, 5, 2), (12, 5, 3), (1, 5, 1)],
)
def test_enough_periods_to_cover_the_hold(hold: int, period: int, count: int) -> None:
    alert = make(cloudwatch_signal(period=period * MINUTE), hold=hold * MINUTE)
    assert periods(alert) == (count, count)


def test_datapoints_take_the_place_of_the_hold() -> None:
    assert periods(make(condition=above(datapoints=(3, 5)), hold=10 * MINUTE)) == (3, 5)


def test_a_description_keeps_its_ends() -> None:
    text = description(make(description="word " * 400), "https://example.org/ReceiptsErrors.md")
    assert len(text) <= 1024
    assert text.startswith("Errors (receipts): above 5. word word")
    assert text.endswith("word… Runbook: https://example.org/ReceiptsErrors.md")
    short = description(make(description="Two\n  lines\x00"), "")
    assert short == "Errors (receipts): above 5. Two lines"


def test_tags_hold_what_aws_takes() -> None:
    tags = tag_list(
        [("Cost Centre", "a|b"), ("team", "new")], {"team": "old", "pod": "{{ $labels.pod }}", "q": "é" * 300}
    )
    assert tags == [
        {"Key": "Cost Centre", "Value": "a_b"},
        {"Key": "q", "Value": "é" * 256},
        {"Key": "team", "Value": "new"},
    ]
