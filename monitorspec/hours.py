"""The week as windows cut it: which of them are open together, for how long, and when.

In: windows of the plan. Out: every combination of open windows that there is at some time, exact to the minute. Nothing here
asks what day it is: the answer is the same on every day.

Without dates and months one week is like every other, but for the clocks of several time zones: then each difference that
there is between them in the course of a year makes a week of its own. With dates or months it takes 28 years until every day
of the month has been every day of the week, in leap years and others. The hours in which clocks are changed are left out.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from monitorspec.plan import Window, WindowPart

DAY = 1440
WEEK = 7 * DAY
# Any year is as good as another: zones are expected to go on as they do now.
_FIRST_YEAR, _CYCLE = 2026, 28

Spans = tuple[tuple[int, int], ...]


class Hours(NamedTuple):
    """The times at which just the windows `open` are open, of those that were asked for."""

    open: frozenset[str]
    minutes: float
    """In an average week; less than one for what is seldom."""
    spans: Spans
    """Minutes from Monday 00:00 in the reference zone; () where weeks differ: see `Week.alike`."""


class Week(NamedTuple):
    """`zone`: the zone that `spans` are in. `alike`: whether every week is like this one."""

    zone: str
    alike: bool
    hours: tuple[Hours, ...]


def week(windows: Sequence[Window]) -> Week:
    """Every combination of open windows that there is, in the order of the windows: none of them open comes last."""
    parts = [(window.name, part) for window in windows for part in window.parts]
    zones = [part.tz or "UTC" for _, part in parts] or ["UTC"]
    zone = max(zones, key=zones.count)
    dated = any(part.dates or part.months for _, part in parts)
    alike = not dated and len(set(zones)) == 1
    minutes: Counter[frozenset[str]] = Counter()
    spans: dict[frozenset[str], list[tuple[int, int]]] = {}
    total = 0
    for day, count in _days(parts, zones, zone, dated):
        total += count
        for start, end, open_ in _cut(day.open):
            minutes[open_] += count * (end - start)
            if alike:
                spans.setdefault(open_, []).append((day.weekday * DAY + start, day.weekday * DAY + end))
    names = [window.name for window in windows]
    found = sorted(minutes, key=lambda open_: tuple(name not in open_ for name in names))
    hours = (Hours(o, round(minutes[o] * 7 / total, 6), joined(spans.get(o, ()))) for o in found)
    return Week(zone, alike, tuple(hours))


class _Day(NamedTuple):
    """`weekday`: 0 = Monday. `open`: a window's name and a stretch of minutes in which it is open."""

    weekday: int
    open: tuple[tuple[str, int, int], ...]


def _days(
    parts: Sequence[tuple[str, WindowPart]], zones: Sequence[str], zone: str, dated: bool
) -> Iterator[tuple[_Day, int]]:
    """Every kind of day in the reference zone, and how many there are of it."""
    others = sorted(set(zones) - {zone})
    if dated:
        dates, months = (any(getattr(part, field) for _, part in parts) for field in ("dates", "months"))
        for ordinal, ahead, count in _kinds(zone, tuple(others), dates, months):
            yield _day(parts, ordinal, dict(ahead)), count
        return
    first, last = date(_FIRST_YEAR, 1, 1).toordinal(), date(_FIRST_YEAR + 1, 1, 1).toordinal()
    monday = first + (-date.fromordinal(first).weekday() % 7)
    year = range(first, last if others else first + 1)
    for ahead, count in Counter(tuple(_ahead(zone, others, n).items()) for n in year).items():
        for n in range(monday, monday + 7):
            yield _day(parts, n, dict(ahead)), count


@lru_cache(maxsize=64)
def _kinds(
    zone: str, others: tuple[str, ...], dates: bool, months: bool
) -> tuple[tuple[int, tuple[tuple[str, int], ...], int], ...]:
    """A day of each kind in all of the years, how far the zone is ahead of the others then, and how many there are of it.

    Without `dates` the day of the month makes no difference, without `months` the month; beside another zone both do, because its
    day may be the one before or after.
    """
    first, last = date(_FIRST_YEAR, 1, 1).toordinal(), date(_FIRST_YEAR + _CYCLE, 1, 1).toordinal()
    found: dict[tuple[object, ...], list[int]] = {}
    for ordinal in range(first, last):
        day = date.fromordinal(ordinal)
        length = monthrange(day.year, day.month)[1]
        key: tuple[object, ...]
        if others:
            key = (ordinal % 7, day.month, day.day, isleap(day.year), *_ahead(zone, others, ordinal).items())
        else:
            key = (ordinal % 7, day.month if months else 0, *((day.day, length) if dates else ()))
        found.setdefault(key, [ordinal, 0])[1] += 1
    return tuple((n, tuple(_ahead(zone, others, n).items()), count) for n, count in found.values())


def _day(parts: Sequence[tuple[str, WindowPart]], ordinal: int, ahead: dict[str, int]) -> _Day:
    """`ahead`: how many minutes the reference zone's clock is ahead of each other zone's."""
    found = []
    for name, part in parts:
        by = ahead.get(part.tz or "UTC", 0)
        for near in (-1, 0, 1) if by else (0,):
            for start, end in _open(part, ordinal + near):
                start, end = max(0, start + near * DAY + by), min(DAY, end + near * DAY + by)
                if start < end:
                    found.append((name, start, end))
    return _Day((ordinal - 1) % 7, tuple(found))


@lru_cache(maxsize=100_000)
def _open(part: WindowPart, ordinal: int) -> Spans:
    """The minutes of a day of its own zone at which a part of a window is open."""
    day = date.fromordinal(ordinal)
    if part.days and not any(span.start <= day.isoweekday() % 7 <= span.end for span in part.days):
        return ()
    if part.months and not any(span.start <= day.month <= span.end for span in part.months):
        return ()
    if part.dates:
        length = monthrange(day.year, day.month)[1]
        ends = ((_of_month(span.start, length), _of_month(span.end, length)) for span in part.dates)
        if not any(start <= length and start <= day.day <= end for start, end in ends):
            return ()
    return tuple((span.start, span.end) for span in part.minutes) or ((0, DAY),)


def _of_month(day: int, length: int) -> int:
    """-1 is the month's last day."""
    return day if day > 0 else length + day + 1


def _ahead(zone: str, others: Sequence[str], ordinal: int) -> dict[str, int]:
    """How many minutes a zone's clock is ahead of others' at noon of a day in UTC."""
    if not others:
        return {}
    own = _offset(zone, ordinal)
    return {other: own - _offset(other, ordinal) for other in others}


def _offset(zone: str, ordinal: int) -> int:
    if zone == "UTC":
        return 0
    from zoneinfo import ZoneInfo

    day = date.fromordinal(ordinal)
    offset = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return int(offset.total_seconds()) // 60 if offset else 0


def _cut(open_: Sequence[tuple[str, int, int]]) -> Iterator[tuple[int, int, frozenset[str]]]:
    """A day's stretches, each with what is open all through it."""
    at = sorted({0, DAY, *(start for _, start, _ in open_), *(end for _, _, end in open_)})
    for start, end in pairwise(at):
        yield start, end, frozenset(name for name, begins, ends in open_ if begins <= start < ends)


def joined(spans: Sequence[tuple[int, int]]) -> Spans:
    """Stretches in order, those that touch as one; one over the week's end begins late and ends early in the week."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and out[-1][1] == start:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return tuple(out)
