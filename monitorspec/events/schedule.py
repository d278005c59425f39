"""Schedules of EventBridge rules: `rate(…)` and `cron(…)`, in UTC.

In: a schedule. Out: what EventBridge would refuse of it. Grammar: the EventBridge user guide, "Setting a schedule pattern for
scheduled rules".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from monitorspec.fault import Fault

_rate = re.compile(r"rate\(\s*(-?\d+)\s+([A-Za-z]+)\s*\)")
_cron = re.compile(r"cron\((.*)\)", re.S)
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_DAYS = "SUN MON TUE WED THU FRI SAT".split()
# Name → least, greatest, and names of values.
_FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minutes", 0, 59, {}),
    ("hours", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: n for n, name in enumerate(_MONTHS, 1)}),
    ("day of the week", 1, 7, {name: n for n, name in enumerate(_DAYS, 1)}),
    ("year", 1970, 2199, {}),
)
_SUCH = "such as `rate(5 minutes)` or `cron(0 8 ? * MON-FRI *)`"


def problem(text: str) -> Fault | None:
    """The first thing that is wrong with a schedule."""
    if m := _rate.fullmatch(text.strip()):
        return _rate_problem(text, int(m[1]), m[2])
    m = _cron.fullmatch(text.strip())
    if not m:
        return Fault(f"`{text}` is no schedule", 0, len(text), _SUCH)
    fields = [(f[0], text.index("(") + 1 + f.start()) for f in re.finditer(r"\S+", m[1])]
    if len(fields) != len(_FIELDS):
        names = ", ".join(name for name, *_ in _FIELDS)
        help = f"write `{_with_year(m[1].split())}`" if len(fields) == 5 else f"they are {names}"
        return Fault(f"a cron of EventBridge has six fields, this one {len(fields)}", 0, len(text), help)
    for (field, at), (name, low, high, words) in zip(fields, _FIELDS, strict=True):
        wrong = _field_problem(field, name, low, high, words)
        if wrong:
            return Fault(wrong, at, len(field))
    (date, _), (day, at) = fields[2], fields[4]
    if (date == "?") == (day == "?"):
        said = "either the day of the month or the day of the week has to be `?`"
        return Fault(said, at, len(day), "write `?` for the one that any day will do for")
    return None


def _with_year(fields: list[str]) -> str:
    """A cron of five fields, as the world writes them, as one of EventBridge."""
    minutes, hours, date, month, day = fields
    if day == "*":
        day = "?"
    elif date == "*":
        date = "?"
    return f"cron({minutes} {hours} {date} {month} {day} *)"


def _rate_problem(text: str, count: int, unit: str) -> Fault | None:
    at = text.index(unit, text.index("("))
    if unit not in ("minute", "minutes", "hour", "hours", "day", "days"):
        return Fault(f"`{unit}` is no unit of a rate", at, len(unit), "minutes, hours or days")
    if count < 1:
        return Fault("a rate is 1 or more", text.index(str(count)), len(str(count)))
    singular = unit.rstrip("s")
    if (count == 1) != (unit == singular):
        right = singular if count == 1 else f"{singular}s"
        return Fault(
            f"`{count} {unit}`: EventBridge wants `{count} {right}`", at, len(unit), f"write `rate({count} {right})`"
        )
    return None


def _field_problem(field: str, name: str, low: int, high: int, words: Mapping[str, int]) -> str:
    of_month, of_week = name == "day of the month", name == "day of the week"
    if field == "*" or (field == "?" and (of_month or of_week)):
        return ""
    if of_week and "#" in field:
        day, _, which = field.partition("#")
        if _number(day, words) in range(low, high + 1) and which in ("1", "2", "3", "4", "5"):
            return ""
        return f"`{field}` is no day of a week of the month, such as `6#1`"
    if (of_month or of_week) and field == "L":
        return ""
    if (of_week and field.endswith("L")) or (of_month and field.endswith("W")):
        field = field[:-1]
        if of_month and field == "L":
            return ""
    for part in field.split(","):
        range_, _, step = part.partition("/")
        if "/" in part and not (step.isdigit() and int(step) > 0):
            return f"`{part}` has no step"
        ends = [] if range_ == "*" else range_.split("-")
        values = [_number(end, words) for end in ends]
        if len(values) > 2 or any(value is None or not low <= value <= high for value in values):
            return f"`{part}` is no {name}: from {low} to {high}" + (f", or {', '.join(words)}" if words else "")
        if len(values) == 2 and not of_week and (values[0] or 0) > (values[1] or 0):
            return f"`{part}` ends before it begins"
    return ""


def _number(text: str, words: Mapping[str, int]) -> int | None:
    return int(text) if text.isdigit() else words.get(text.upper())
