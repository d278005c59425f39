"""Weekly windows as schedules of CloudWatch's alarm mute rules.

In: windows of the plan. Out: cron expressions with durations and time zones. Syntax: the CloudWatch API reference, "Schedule"
(five fields; where both kinds of days are given, either of them is enough).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from monitorspec.plan import Span, Window, WindowPart

_DAY = 1440
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


class Schedule(NamedTuple):
    """`expression`: cron(…); `duration` as in ISO 8601; `tz` "" for UTC."""

    expression: str
    duration: str
    tz: str


def schedules(window: Window) -> Iterator[Schedule]:
    """A schedule for each stretch of the day; none for a part that no mute rule can say."""
    for part in window.parts:
        if problem(part):
            continue
        dates, months, days = _field(part.dates), _field(part.months, _MONTHS, 1), _field(part.days, _DAYS)
        for span in part.minutes or (Span(0, _DAY),):
            hour, minute = divmod(span.start, 60)
            expression = f"cron({minute} {hour} {dates} {months} {days})"
            yield Schedule(expression, _duration(span.end - span.start), part.tz)


def problem(part: WindowPart) -> str:
    """Why no mute rule can say this part of a window, or ""."""
    if any(span.start < 0 or span.end < 0 for span in part.dates):
        return "days from the end of the month"
    if part.dates and part.days:
        return "days of the week and of the month together"
    return ""


def _field(spans: Sequence[Span], names: Sequence[str] = (), first: int = 0) -> str:
    def said(n: int) -> str:
        return names[n - first] if names else str(n)

    return ",".join(said(s.start) if s.start == s.end else f"{said(s.start)}-{said(s.end)}" for s in spans) or "*"


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return "P1D" if minutes == _DAY else f"PT{f'{hours}H' if hours else ''}{f'{rest}M' if rest else ''}"
