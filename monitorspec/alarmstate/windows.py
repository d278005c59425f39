"""When an alarm is evaluated, and which stretches of time its datapoints stand for.

In: a period, N. Out: `Windows`. The user guide, "Alarm evaluation": every minute, every 10 seconds with a period under a
minute, every hour where N periods are more than a day. A window slides along with the evaluation unless the alarm asks for
one by the wall clock, which holds the last N complete hours, days, ….
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitorspec.alarmstate.properties import Properties

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800
WALL_PERIODS = (MINUTE, 300, HOUR, DAY, WEEK)
_offset = re.compile(r"(?:UTC|GMT)?([-+])(\d\d):(\d\d)").fullmatch
_EPOCH_MONDAY = datetime(1970, 1, 5)


class Windows(NamedTuple):
    """`size` windows of `period` seconds, evaluated every `step` seconds; `zone` set: by the wall clock there."""

    period: int
    size: int
    step: int
    zone: tzinfo | None

    def marks(self, at: int) -> tuple[int, ...]:
        """The beginnings of the windows that the evaluation at `at` looks at, oldest first, and the end of the last one,
        which is exclusive."""
        if self.zone is None:
            return tuple(range(at - self.size * self.period, at + 1, self.period))
        local = datetime.fromtimestamp(at, self.zone).replace(tzinfo=None)
        length = timedelta(seconds=self.period)
        last = _EPOCH_MONDAY + (local - _EPOCH_MONDAY) // length * length
        return tuple(_instant(last - n * length, self.zone) for n in range(self.size, -1, -1))

    def ticks(self, start: int, end: int, times: Set[int] | None) -> Iterator[int]:
        """The evaluations from `start` to `end`; with the `times` of all samples, only those that may see another
        content of their windows than the ones before, and the first."""
        first = -(-start // self.step) * self.step
        count = max(0, (end - first) // self.step + 1)
        if times is None or self.zone is not None or len(times) * (self.size + 1) >= count:
            return iter(range(first, end + 1, self.step))
        # A sample is in a window until its end; what was seen by an evaluation at its own second was not it.
        moves = {
            (time + n * self.period) // self.step * self.step + self.step
            for time in times
            for n in range(self.size + 1)
        }
        return iter(sorted({first, *(at for at in moves if first <= at <= end)} if count else ()))


def windows_of(p: Properties, period: int, of: int, look_back: int) -> Windows:
    """The windows of an alarm with these properties."""
    step = 10 if period < MINUTE else HOUR if of * period > DAY else MINUTE
    if "EvaluationWindow" not in p:
        return Windows(period, of + look_back, step, None)
    window = p.inner("EvaluationWindow")
    if ("SlidingWindow" in window) == ("WallClockWindow" in window):
        window.fail("it needs either SlidingWindow or WallClockWindow")
    if "SlidingWindow" in window:
        return Windows(period, of + look_back, step, None)
    if period not in WALL_PERIODS:
        window.fail(f"a wall clock window has periods of {', '.join(map(str, WALL_PERIODS))} seconds, not {period}")
    # "Each evaluation looks at the data for the most recently completed clock hour": there is no looking back further.
    return Windows(period, of, step, zone(window.inner("WallClockWindow"), "Timezone"))


def zone(p: Properties, key: str) -> tzinfo:
    """A time zone by its name or offset; UTC where none is given."""
    name = p.text(key, "UTC")
    if name in ("UTC", "Z"):
        return UTC
    if m := _offset(name):
        offset = timedelta(hours=int(m[2]), minutes=int(m[3]))
        return timezone(-offset if m[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return p.fail(f"{key} is `{name}`, no known time zone")


def _instant(local: datetime, zone: tzinfo) -> int:
    return int(local.replace(tzinfo=zone).timestamp())
