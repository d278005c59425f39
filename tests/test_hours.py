"""The week as windows cut it, held against asking whether each window is open at every quarter of an hour there is."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from monitorspec import hours, routing
from monitorspec.compiler import plan_of
from monitorspec.plan import Window


def windows(text: str) -> list[Window]:
    plan, diagnostics = plan_of(
        "version: 1\nsystem: shop\nowner: web\n"
        "services: {api: {thresholds: {cpu: {expr: cpu_ratio, above: {warning: 80%}}}}}\n"
        "receivers: {chat: {webhook: {url: 'http://chat.example'}}}\nroutes: {default: {notify: chat}}\n"
        f"windows: {text}\n"
    )
    assert plan is not None, diagnostics
    return list(plan.windows)


def asked(found: list[Window], start: datetime, days: int) -> Counter[frozenset[str]]:
    """Minutes by what is open, at every quarter of an hour."""
    out: Counter[frozenset[str]] = Counter()
    for n in range(days * 96):
        at = start + timedelta(minutes=15 * n)
        out[frozenset(w.name for w in found if routing.in_window(w, at))] += 15
    return out


MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "{office: {days: mon-fri, hours: '08:00-18:00'}}",
        "{office: {days: mon-fri, hours: '08:00-18:00'}, lunch: {hours: '12:00-13:15'}}",
        "{night: {days: [fri, sat], hours: '22:00-06:00'}, weekend: {days: sat-sun}}",
        "{round: {days: sun, hours: '20:00-04:00'}, all: {hours: '00:00-24:00'}}",
        "{two: {hours: ['06:00-09:30', '23:00-01:00']}}",
    ],
)
def test_a_week_is_what_it_is_at_each_quarter_of_an_hour(text: str) -> None:
    found = windows(text)
    week = hours.week(found)
    assert week.alike
    assert {h.open: h.minutes for h in week.hours} == asked(found, MONDAY, 7)
    covered = sorted(span for h in week.hours for span in h.spans)
    assert covered[0][0] == 0
    assert covered[-1][1] == hours.WEEK
    assert all(a[1] == b[0] for a, b in pairwise(covered))
    for h in week.hours:
        for start, end in h.spans:
            for minute in (start, (start + end) // 2, end - 1):
                at = MONDAY + timedelta(minutes=minute)
                assert frozenset(w.name for w in found if routing.in_window(w, at)) == h.open


def test_no_windows_are_a_week_of_nothing() -> None:
    assert hours.week([]).hours == (hours.Hours(frozenset(), 10080.0, ((0, 10080),)),)


def test_none_open_comes_last_and_the_rest_in_the_order_of_the_windows() -> None:
    found = windows("{b: {days: mon}, a: {days: mon-tue}, c: {days: tue}}")
    assert [sorted(h.open) for h in hours.week(found).hours] == [["a", "b"], ["a", "c"], []]


def test_hours_are_those_of_the_windows_own_zone() -> None:
    week = hours.week(windows("{office: {days: mon, hours: '08:00-18:00', tz: Asia/Tokyo}}"))
    assert week.zone == "Asia/Tokyo"
    assert week.hours[0].spans == ((480, 1080),)


def test_clocks_of_several_zones_are_compared_all_through_the_year() -> None:
    # Berlin and New York are six hours apart, but five for some weeks of spring and autumn; UTC is one or two off Berlin.
    found = windows(
        "{berlin: {hours: '09:00-10:00', tz: Europe/Berlin}, york: {hours: '03:00-04:00', tz: America/New_York},"
        " utc: {hours: '08:00-09:00'}}"
    )
    week = hours.week(found)
    assert not week.alike
    assert {h.open for h in week.hours} == set(asked(found, datetime(2026, 1, 1, tzinfo=UTC), 365))
    assert frozenset({"berlin", "york"}) in {h.open for h in week.hours}


@pytest.mark.parametrize(
    "text",
    [
        "{first: {dates: '1-7'}, mondays: {days: mon}}",
        "{last: {dates: '-1', hours: '18:00-24:00'}, leap: {dates: '29', months: feb}}",
        "{ends: {dates: [-3--1, '1']}, winter: {months: dec-feb}, work: {days: mon-fri, hours: '08:00-18:00'}}",
    ],
)
def test_dates_meet_every_day_of_the_week(text: str) -> None:
    found = windows(text)
    week = hours.week(found)
    # A cycle of 28 years that begins elsewhere has the same days in it.
    start = datetime(1996, 1, 1, tzinfo=UTC)
    days = (datetime(2024, 1, 1, tzinfo=UTC) - start).days
    out: Counter[frozenset[str]] = Counter()
    for day in range(days):
        for hour in (0, 8, 18):
            at = start + timedelta(days=day, hours=hour)
            out[frozenset(w.name for w in found if routing.in_window(w, at))] += {0: 480, 8: 600, 18: 360}[hour]
    assert {h.open: h.minutes for h in week.hours} == {o: round(n * 7 / days, 6) for o, n in out.items()}


def test_what_is_never_open_together_is_not_there() -> None:
    found = windows("{day: {hours: '08:00-18:00'}, night: {hours: '18:00-08:00'}, never: {dates: '31', months: feb}}")
    assert [h.open for h in hours.week(found).hours] == [frozenset({"day"}), frozenset({"night"})]


def test_zones_and_dates_together() -> None:
    found = windows("{first: {dates: '1', tz: Asia/Tokyo}, last: {dates: '-1'}}")
    by_open = {h.open: h.minutes for h in hours.week(found).hours}
    # Nine hours of each first of the month in Tokyo are the last of the month in UTC.
    assert by_open[frozenset({"first", "last"})] == pytest.approx(9 * 60 * 12 * 7 / 365.25, rel=0.01)
