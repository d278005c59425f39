"""Mute rules, held against the examples of the CloudWatch user guide ("Alarm Mute Rules")."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from monitorspec.alarmstate.errors import AlarmError, PropertyError, ScheduleError
from monitorspec.alarmstate.schedule import read


def rule(expression: str, duration: str, timezone: str = "", **more: Any) -> dict[str, Any]:
    schedule = {"Expression": expression, "Duration": duration, **({"Timezone": timezone} if timezone else {})}
    return {"Name": "quiet", "Rule": {"Schedule": schedule}, **more}


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text if "+" in text else f"{text}+00:00").timestamp())


def windows(given: dict[str, Any], start: str, end: str) -> list[tuple[str, str]]:
    """The windows, as UTC without seconds."""

    def said(time: int) -> str:
        return datetime.fromtimestamp(time, UTC).isoformat()[:16]

    return [(said(opens), said(closes)) for opens, closes in read("quiet", given).windows(instant(start), instant(end))]


@pytest.mark.parametrize(
    ("expression", "duration", "wanted"),
    [
        # "Mutes alarms every Sunday from 2:00 AM to 6:00 AM."
        ("cron(0 2 * * SUN)", "PT4H", [("2024-05-05T02:00", "2024-05-05T06:00"), ("2024-05-12T02:00", "2024-05-12T06:00")]),
        # The guide writes cron expressions with and without `cron(…)`.
        ("0 2 * * 7", "PT4H", [("2024-05-05T02:00", "2024-05-05T06:00"), ("2024-05-12T02:00", "2024-05-12T06:00")]),
        # "on the first day of each month from 1:00 AM to 7:00 AM"
        ("0 1 1 * *", "PT6H", [("2024-05-01T01:00", "2024-05-01T07:00")]),
        # "every weekend from Friday 6:00 PM to Monday 6:00 AM"
        ("0 18 * * FRI", "P2DT12H", [("2024-05-03T18:00", "2024-05-06T06:00"), ("2024-05-10T18:00", "2024-05-13T06:00")]),
        # "on May 10, 2024 from 2:00 PM to 6:00 PM"
        ("at(2024-05-10T14:00)", "PT4H", [("2024-05-10T14:00", "2024-05-10T18:00")]),
        ("30 8,17 6-7 JAN-JUN *", "PT1M", [
            ("2024-05-06T08:30", "2024-05-06T08:31"), ("2024-05-06T17:30", "2024-05-06T17:31"),
            ("2024-05-07T08:30", "2024-05-07T08:31"), ("2024-05-07T17:30", "2024-05-07T17:31"),
        ]),
        ("0 0 * 6 *", "PT1H", []),
        # Either kind of day is enough where both are given.
        ("0 0 2 * SAT", "PT1H", [
            ("2024-05-02T00:00", "2024-05-02T01:00"), ("2024-05-04T00:00", "2024-05-04T01:00"),
            ("2024-05-11T00:00", "2024-05-11T01:00"),
        ]),
    ],
)  # fmt: skip
def test_windows(expression: str, duration: str, wanted: list[tuple[str, str]]) -> None:
    assert windows(rule(expression, duration), "2024-05-01T00:00", "2024-05-13T23:59") == wanted


def test_a_nightly_window_goes_over_midnight() -> None:
    # "every day from 11:00 PM to 1:00 AM"
    found = windows(rule("0 23 * * *", "PT2H"), "2024-05-05T00:30", "2024-05-05T23:30")
    assert found == [("2024-05-04T23:00", "2024-05-05T01:00"), ("2024-05-05T23:00", "2024-05-06T01:00")]


def test_a_time_zone_has_its_own_clock() -> None:
    berlin = rule("0 2 * * *", "PT1H", "Europe/Berlin")
    assert windows(berlin, "2024-01-10T00:00", "2024-01-10T12:00") == [("2024-01-10T01:00", "2024-01-10T02:00")]
    assert windows(berlin, "2024-07-10T00:00", "2024-07-10T12:00") == [("2024-07-10T00:00", "2024-07-10T01:00")]
    once = rule("at(2024-07-10T14:00)", "PT1H", "America/New_York")
    assert windows(once, "2024-07-10T00:00", "2024-07-11T00:00") == [("2024-07-10T18:00", "2024-07-10T19:00")]


def test_dates_bound_the_windows() -> None:
    daily = rule("0 2 * * *", "PT4H", StartDate="2024-05-02T03:00", ExpireDate="2024-05-03T04:00:00Z")
    assert windows(daily, "2024-05-01T00:00", "2024-05-05T00:00") == [
        ("2024-05-02T03:00", "2024-05-02T06:00"),
        ("2024-05-03T02:00", "2024-05-03T04:00"),
    ]


def test_targets() -> None:
    targets = {"AlarmNames": ["a", "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:b"]}
    assert read("quiet", rule("0 2 * * *", "PT1H", MuteTargets=targets)).targets == frozenset({"a", "b"})
    # "If MuteTargets is not set, the rule applies to every alarm in the account."
    assert read("quiet", rule("0 2 * * *", "PT1H")).targets is None
    many = {"AlarmNames": [f"a{n}" for n in range(101)]}
    with pytest.raises(PropertyError, match="mute rule quiet: it mutes 101 alarms; 100 are allowed"):
        read("quiet", rule("0 2 * * *", "PT1H", MuteTargets=many))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (rule("every night", "PT1H"), "mute rule quiet: `every night` is neither `cron(minute hour day month weekday)` nor"),
        (rule("cron(0 2 * * ? *)", "PT1H"), "mute rule quiet: `cron(0 2 * * ? *)` is neither `cron("),
        (rule("0 24 * * *", "PT1H"), "mute rule quiet: `24` is no hour from 0 to 23"),
        (rule("0 2 * FOO *", "PT1H"), "mute rule quiet: `FOO` is no month"),
        (rule("0 2 * * FRI-MON", "PT1H"), "mute rule quiet: `FRI-MON` is no day of the week from 0 to 7"),
        (rule("at(2024-02-30T14:00)", "PT1H"), "mute rule quiet: day is out of range for month"),
        (rule("0 2 * * *", "1h"), "mute rule quiet: `1h` is no duration from PT1M to P15D"),
        (rule("0 2 * * *", "P16D"), "mute rule quiet: `P16D` is no duration from PT1M to P15D"),
        (rule("0 2 * * *", "PT30S"), "mute rule quiet: `PT30S` is no duration from PT1M to P15D"),
        (rule("0 2 * * *", "PT1H", "Mars"), "mute rule quiet, Rule, Schedule: Timezone is `Mars`, no known time zone"),
        (rule("0 2 * * *", "PT1H", StartDate="soon"), "mute rule quiet: StartDate is `soon`, no date such as 2026-04-15T08:00"),
        ({"Name": "quiet"}, "mute rule quiet: Rule is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(given: dict[str, Any], said: str) -> None:
    with pytest.raises(AlarmError) as error:
        read("quiet", given)
    assert str(error.value).startswith(said)
    assert isinstance(error.value, ScheduleError | PropertyError)
