"""Expressions over series made up at random: what changes nothing agrees in all worlds, and what changes something does not."""

from __future__ import annotations

import pytest

from monitorspec.mutation.worlds import agree, always


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('a{x="1"} / b{x="1"}', 'a / b{x="1"}'),
        ('a{x="1"} > 2 and b{x="1"} > 1', 'a{x="1"} > 2 and b > 1'),
        ('rate(a{x="1"}[5m]) unless b{x="1"}', 'rate(a{x="1"}[5m]) unless b'),
        ('sum by (x) (rate(a{x="1"}[5m])) / sum by (x) (b)', 'sum by (x) (rate(a[5m])) / sum by (x) (b{x="1"})'),
        ("a + b", "b + a"),
    ],
)  # fmt: skip
def test_what_is_the_same_agrees(right: str, wrong: str) -> None:
    assert agree(right, wrong)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('a{x="1"} / on () b{x="1"}', 'a / on () b{x="1"}'),
        ('a{x="1"} or b{x="1"}', 'a or b{x="1"}'),
        ('a{x="1"} unless b{x="1"}', 'a unless b{x="1"}'),
        ('sum(a{x="1"}) / sum(b{x="1"})', 'sum(a) / sum(b{x="1"})'),
        ("a > 5", "a >= 5"),
        ("a - b", "b - a"),
        ("rate(a[5m])", "increase(a[5m])"),
    ],
)
def test_what_is_not_the_same_does_not(right: str, wrong: str) -> None:
    assert not agree(right, wrong)


def test_what_cannot_be_seen_does_not_count_as_the_same() -> None:
    assert not agree("hour() > 30", "hour() > 31")
    assert not agree("a > 1 and a < 1", "a > 2 and a < 2"), "nothing ever has a result"


def test_labels_that_every_result_carries() -> None:
    assert always('a{x="1"} / b{x="1"}', "x", "1")
    assert always('a > 3 and b{x="1"} > 2', "x", "1")
    assert not always('a{x="1"} or b', "x", "1")
    assert not always('sum(a{x="1"})', "x", "1")
