"""Schedules of EventBridge: those of AWS' documentation are fine, mistakes are found at their place."""

from __future__ import annotations

import pytest

from monitorspec.events.schedule import problem

# The EventBridge user guide, "Setting a schedule pattern for scheduled rules".
DOCUMENTED = (
    "cron(0 10 * * ? *)",
    "cron(15 12 * * ? *)",
    "cron(0 18 ? * MON-FRI *)",
    "cron(0 8 1 * ? *)",
    "cron(0/15 * * * ? *)",
    "cron(0/10 * ? * MON-FRI *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0 9 ? * 2#1 *)",
    "cron(0 9 L * ? *)",
    "cron(0 9 3W * ? *)",
    "cron(0 9 ? * 6L *)",
    "cron(0 0 1 JAN,FEB,MAR ? 2030-2040)",
    "rate(1 minute)",
    "rate(5 minutes)",
    "rate(1 hour)",
    "rate(1 day)",
    "rate(7 days)",
)


@pytest.mark.parametrize("text", DOCUMENTED)
def test_what_aws_shows_is_fine(text: str) -> None:
    assert problem(text) is None


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("rate(1 minutes)", "minutes", "`1 minute`"),
        ("rate(5 weeks)", "weeks", "no unit"),
        ("cron(0 25 * * ? *)", "25", "hours"),
        ("cron(0 8 32 * ? *)", "32", "day of the month"),
        ("cron(0 8 ? * 0 *)", "0", "day of the week"),
        ("cron(0 8 * * ? 1969)", "1969", "year"),
        ("cron(0 8 * * * *)", "*", "has to be `?`"),
        ("daily", "daily", "no schedule"),
    ],
)
def test_a_mistake_is_found_at_its_place(text: str, place: str, said: str) -> None:
    fault = problem(text)
    assert fault is not None
    assert text[fault.offset : fault.offset + fault.length] == place
    assert said in fault.message


@pytest.mark.parametrize(
    ("five", "six"),
    [
        ("cron(0 8 * * *)", "cron(0 8 * * ? *)"),
        ("cron(0 8 * * MON)", "cron(0 8 ? * MON *)"),
        ("cron(0 8 1 * *)", "cron(0 8 1 * ? *)"),
    ],
)
def test_a_cron_of_five_fields_is_answered_with_one_of_six(five: str, six: str) -> None:
    fault = problem(five)
    assert fault is not None
    assert fault.help == f"write `{six}`"
    assert problem(six) is None
