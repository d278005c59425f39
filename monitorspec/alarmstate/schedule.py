"""When a mute rule is active: cron and at expressions with a duration and a time zone.

In: the properties of AWS::CloudWatch::AlarmMuteRule. Out: `MuteRule`, and its windows. Syntax: the user guide, "Alarm Mute
Rules" (five fields with `*`, `,` and `-`, names of months and days; `at(yyyy-MM-ddThh:mm)`), durations as in ISO 8601.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from monitorspec.alarmstate.alarmrule import name_of
from monitorspec.alarmstate.errors import ScheduleError
from monitorspec.alarmstate.properties import Properties
from monitorspec.alarmstate.windows import zone

SHORTEST, LONGEST, TARGETS = 60, 15 * 86_400, 100
_MONTHS = dict(zip("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), range(1, 13), strict=True))
_DAYS = dict(zip("SUN MON TUE WED THU FRI SAT".split(), range(7), strict=True))
_cron = re.compile(r"(?:cron\()?\s*(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+([^\s)]+)\s*\)?").fullmatch
_at = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d)\)").fullmatch
_duration = re.compile(r"P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?").fullmatch


class Field(NamedTuple):
    """The values that a field of a cron expression admits; `all`: it is `*`."""

    values: frozenset[int]
    all: bool


class Cron(NamedTuple):
    """Five fields; days of the week from Sunday, 0, on."""

    minutes: Field
    hours: Field
    dates: Field
    months: Field
    days: Field

    def on(self, day: date) -> bool:
        """Whether it starts on a day. Where both kinds of days are given, either is enough, as in every cron."""
        if day.month not in self.months.values:
            return False
        by_date, by_day = day.day in self.dates.values, day.isoweekday() % 7 in self.days.values
        return by_date and by_day if self.dates.all or self.days.all else by_date or by_day


class MuteRule(NamedTuple):
    """When the actions of which alarms are muted. Seconds; `start` and `expire` bound the windows where they are given."""

    name: str
    cron: Cron | None
    once: datetime | None
    duration: int
    zone: tzinfo
    targets: frozenset[str] | None
    """Names of alarms; None: all of them."""
    start: int | None
    expire: int | None

    def windows(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The (start, end) of every window that touches `start` to `end`."""
        for opens in self._openings(start - self.duration, end):
            closes = opens + self.duration
            if self.start is not None:
                opens = max(opens, self.start)
            if self.expire is not None:
                closes = min(closes, self.expire)
            if opens < closes and opens <= end and closes > start:
                yield opens, closes

    def _openings(self, start: int, end: int) -> Iterator[int]:
        if self.once:
            yield int(self.once.replace(tzinfo=self.zone).timestamp())
        if not self.cron:
            return
        day = datetime.fromtimestamp(start, self.zone).date()
        last = datetime.fromtimestamp(end, self.zone).date()
        while day <= last:
            if self.cron.on(day):
                for hour in sorted(self.cron.hours.values):
                    for minute in sorted(self.cron.minutes.values):
                        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                        yield int(local.timestamp())
            day += timedelta(days=1)


def read(name: str, given: Mapping[str, Any]) -> MuteRule:
    """A mute rule by its finished properties."""
    p = Properties(f"mute rule {name}", given)
    schedule = p.inner("Rule").inner("Schedule")
    expression = schedule.text("Expression")
    once = _at(expression.strip())
    try:
        at = datetime.fromisoformat(once[1]) if once else None
        cron = None if once else _cron_of(expression)
        duration = _seconds(schedule.text("Duration"))
    except ValueError as error:
        raise ScheduleError(f"mute rule {name}: {error}") from None
    targets = p.inner("MuteTargets").texts("AlarmNames") if "MuteTargets" in p else None
    if targets is not None and len(targets) > TARGETS:
        p.fail(f"it mutes {len(targets)} alarms; {TARGETS} are allowed")
    there = zone(schedule, "Timezone")
    return MuteRule(
        name,
        cron,
        at,
        duration,
        there,
        None if targets is None else frozenset(map(name_of, targets)),
        _instant(p, "StartDate", there),
        _instant(p, "ExpireDate", there),
    )


def _cron_of(expression: str) -> Cron:
    fields = _cron(expression.strip())
    if not fields:
        raise ValueError(f"`{expression}` is neither `cron(minute hour day month weekday)` nor `at(yyyy-MM-ddThh:mm)`")
    bounds = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    names: tuple[dict[str, int], ...] = ({}, {}, {}, _MONTHS, _DAYS)
    whats = ("minute", "hour", "day of the month", "month", "day of the week")
    read = [
        _field(text, low, high, known, what)
        for text, (low, high), known, what in zip(fields.groups(), bounds, names, whats, strict=True)
    ]
    days = read[4]
    # 0 and 7 are both Sunday.
    read[4] = Field(frozenset(day % 7 for day in days.values), days.all)
    return Cron(*read)


def _field(text: str, low: int, high: int, names: Mapping[str, int], what: str) -> Field:
    values: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        start = low if part == "*" else _number(first, names, what)
        end = high if part == "*" else _number(last, names, what) if dash else start
        if end < start and names is _DAYS and end == 0:
            end = 7
        if not low <= start <= end <= high:
            raise ValueError(f"`{part}` is no {what} from {low} to {high}")
        values.update(range(start, end + 1))
    return Field(frozenset(values), text == "*")


def _number(text: str, names: Mapping[str, int], what: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    if text.upper() in names:
        return names[text.upper()]
    raise ValueError(f"`{text}` is no {what}")


def _seconds(text: str) -> int:
    found = _duration(text)
    parts = [int(part or 0) for part in found.groups()] if found else [0]
    seconds = sum(part * length for part, length in zip(parts, (86_400, 3_600, 60, 1), strict=False))
    if not found or not SHORTEST <= seconds <= LONGEST:
        raise ValueError(f"`{text}` is no duration from PT1M to P15D")
    return seconds


def _instant(p: Properties, key: str, zone: tzinfo) -> int | None:
    """A date of the rule; without an offset it is in the schedule's time zone."""
    if key not in p:
        return None
    try:
        at = datetime.fromisoformat(p.text(key))
    except ValueError:
        return p.fail(f"{key} is `{p.text(key)}`, no date such as 2026-04-15T08:00")
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp())
