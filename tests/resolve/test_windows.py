"""Windows as people write them, and when they are open."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from monitorspec.compiler import plan_of
from monitorspec.routing import in_window

HEAD = """
version: 1
system: shop
owner: payments
services: {api: {thresholds: {queue: {expr: queue_length, above: {critical: 5}}}}}
windows:
  w: """


def opened(window: str, moments: str, tz: str = "UTC") -> list[bool]:
    """Whether the window is open at each of the moments (ISO, in `tz`)."""
    plan, diagnostics = plan_of(HEAD + window)
    assert plan is not None, diagnostics
    (made,) = plan.windows
    return [in_window(made, datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz))) for text in moments.split()]


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        # 2026-11-20 is a Friday.
        (
            "{days: mon-fri, hours: 08:00-18:00}",
            "2026-11-20T08:00 2026-11-20T17:59",
            "2026-11-20T07:59 2026-11-20T18:00 2026-11-21T12:00",
        ),
        ("{days: [sat, sunday]}", "2026-11-21T00:00 2026-11-22T23:59", "2026-11-20T23:59 2026-11-23T00:00"),
        ("{days: fri-mon}", "2026-11-20T12:00 2026-11-23T12:00", "2026-11-24T12:00 2026-11-19T12:00"),
        ("{hours: 22:00-06:00}", "2026-11-20T22:00 2026-11-20T05:59", "2026-11-20T21:59 2026-11-20T06:00"),
        # The morning after belongs to the evening before.
        ("{days: fri, hours: 22:00-06:00}", "2026-11-20T22:00 2026-11-21T05:59", "2026-11-20T05:00 2026-11-21T22:00"),
        ("{days: sat, hours: 22:00-06:00}", "2026-11-21T23:00 2026-11-22T01:00", "2026-11-21T01:00 2026-11-23T01:00"),
        (
            "{hours: [00:00-06:00, 20:00-24:00]}",
            "2026-11-20T00:00 2026-11-20T23:59",
            "2026-11-20T06:00 2026-11-20T19:59",
        ),
        ("{dates: '-1'}", "2026-11-30T10:00 2028-02-29T10:00", "2026-11-29T10:00 2028-02-28T10:00"),
        ("{dates: 1-7, days: mon}", "2026-11-02T10:00", "2026-11-09T10:00 2026-11-03T10:00"),
        ("{months: [dec, jan-feb]}", "2026-12-01T00:00 2027-02-28T23:00", "2026-11-30T23:00 2027-03-01T00:00"),
        (
            "{months: nov-jan}",
            "2026-12-01T00:00 2027-01-31T23:00 2026-11-01T00:00",
            "2026-10-31T23:00 2027-02-01T00:00",
        ),
    ],
)
def test_open_and_closed(window: str, inside: str, outside: str) -> None:
    assert all(opened(window, inside))
    assert not any(opened(window, outside))


def test_hours_are_those_of_the_zone_in_summer_and_winter() -> None:
    window = "{hours: 08:00-18:00, tz: Europe/Berlin}"
    assert opened(window, "2026-07-01T06:30 2026-07-01T16:30") == [True, False]
    assert opened(window, "2026-12-01T06:30 2026-12-01T16:30") == [False, True]
