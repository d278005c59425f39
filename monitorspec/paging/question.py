"""One question about who is told: which alerts, and when.

In: texts as people write them (`severity=critical service=api`, `api.cpu.*`; `sat 03:00`, `2026-03-07T03:00`). Out: the alerts
that are meant, and the moment. What cannot be understood is a `Misunderstood`, whose text says what could.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from monitorspec.paging import Shift
from monitorspec.plan import Alert, Plan, Window
from monitorspec.routing import in_window

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKLY = re.compile(r"\s*([A-Za-z]{3,9})\s+(\d{1,2}):(\d{2})\s*")
_LABEL = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)=(.*)", re.S)
# Mondays in winter, when only America's clocks are changed, in summer, and when only Europe's are.
_MONDAYS = (date(2026, 1, 12), date(2026, 3, 16), date(2026, 7, 13), date(2026, 10, 26))


class Misunderstood(Exception):
    """A question that has no answer, and why."""


class Asked(NamedTuple):
    """`patterns`: ids of alerts, `*` for any part; `labels`: what they carry."""

    patterns: tuple[str, ...]
    labels: Mapping[str, str]


class Moment(NamedTuple):
    """`text`: for people, with its zone. `instants`: one, or several that a day of the week may be."""

    text: str
    instants: tuple[datetime, ...]


def asked(text: str) -> Asked:
    """`severity=critical service=api`, or ids of alerts, or both. Raises Misunderstood."""
    try:
        given = shlex.split(text)
    except ValueError:
        raise Misunderstood(f"`{text}` has a quotation mark that does not end") from None
    patterns: list[str] = []
    labels: dict[str, str] = {}
    for word in given:
        label = _LABEL.fullmatch(word)
        if label:
            if labels.setdefault(label[1], label[2]) != label[2]:
                raise Misunderstood(f"`{label[1]}` cannot be both `{labels[label[1]]}` and `{label[2]}`")
        elif "=" in word:
            raise Misunderstood(f"`{word}` is no label: such as `severity=critical`")
        else:
            patterns.append(word)
    if not given:
        raise Misunderstood("it names no alert: such as `severity=critical service=api` or `api.cpu`")
    return Asked(tuple(patterns), labels)


def chosen(plan: Plan, question: Asked) -> tuple[tuple[Alert, ...], dict[str, str]]:
    """The alerts that are meant, and the labels that none of them has of itself: those of their series."""
    alerts = [a for a in plan.alerts if not question.patterns or any(_named(a, p) for p in question.patterns)]
    known = {label for alert in plan.alerts for label in alert.labels} | {"alertname"}
    static = {label: value for label, value in question.labels.items() if label in known}
    found = tuple(a for a in alerts if all(_value(a, label) == value for label, value in static.items()))
    extra = {label: value for label, value in question.labels.items() if label not in known}
    for label in extra:
        near = get_close_matches(label, known, 1, 0.8)
        if near:
            raise Misunderstood(f"no alert has a label `{label}`: did you mean `{near[0]}`?")
    return found, extra


def unknown(plans: Sequence[Plan], question: Asked) -> str:
    """Why no alert of any spec is meant, as far as can be told."""
    ids = sorted({f"{a.service}.{a.key}" for plan in plans for a in plan.alerts})
    for pattern in question.patterns:
        if not any(_named(a, pattern) for plan in plans for a in plan.alerts):
            near = get_close_matches(pattern, ids, 1)
            return f"no alert is called `{pattern}`{f': did you mean `{near[0]}`?' if near else ''}"
    for label, value in question.labels.items():
        values = sorted({v for plan in plans for a in plan.alerts if (v := _value(a, label)) is not None})
        if values and value not in values:
            near = get_close_matches(value, values, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(values[:8])}"
            return f"no alert has {label} `{value}`: {hint}"
    return "no alert has all of these labels"


def moment(text: str, zone: str) -> Moment:
    """A day of the week with a time, or an ISO date and time; in `zone` unless it says its own. Raises Misunderstood."""
    tz = _zone(zone)
    weekly = _WEEKLY.fullmatch(text)
    if weekly:
        day = next((n for n, name in enumerate(_DAYS) if name.startswith(weekly[1].lower())), None)
        hour, minute = int(weekly[2]), int(weekly[3])
        if day is not None and hour < 24 and minute < 60:
            days = [monday + timedelta(days=day) for monday in _MONDAYS]
            instants = tuple(datetime(d.year, d.month, d.day, hour, minute, tzinfo=tz) for d in days)
            return Moment(f"{_DAYS[day].capitalize()} {hour:02}:{minute:02} {zone}", instants)
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Misunderstood(f"`{text}` is no time: such as `sat 03:00` or `2026-03-07T03:00`") from None
    if at.tzinfo is not None:
        return Moment(f"{_DAYS[at.weekday()].capitalize()} {at:%Y-%m-%d %H:%M %Z}", (at,))
    return Moment(f"{_DAYS[at.weekday()].capitalize()} {at:%Y-%m-%d %H:%M} {zone}", (at.replace(tzinfo=tz),))


def zone_of(plan: Plan) -> str:
    """The zone of the spec's windows, where they have one; UTC otherwise."""
    zones = {part.tz or "UTC" for window in plan.windows for part in window.parts}
    return zones.pop() if len(zones) == 1 else "UTC"


def shift_at(shifts: Sequence[Shift], windows: Mapping[str, Window], at: Moment) -> Shift:
    """The shift of a moment. Raises Misunderstood where a day of the week does not tell."""
    names = sorted({name for s in shifts for n in (*s.told, *s.silenced) for name in (*n.active, *n.muted)})
    found = {}
    for instant in at.instants:
        open_ = frozenset(name for name in names if in_window(windows[name], instant))
        found[open_] = next(shift for shift in shifts if open_ in shift.open)
    dated = [name for name in names if any(part.dates or part.months for part in windows[name].parts)]
    if len(at.instants) > 1 and dated and len(shifts) > 1:
        raise Misunderstood(f"`{dated[0]}` is not the same each week: give a date, such as `--at 2026-03-07T03:00`")
    if len({shift.when for shift in found.values()}) > 1:
        raise Misunderstood("it is not the same in summer and in winter: give a date, such as `--at 2026-03-07T03:00`")
    return next(iter(found.values()))


def _named(alert: Alert, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in (alert.id, f"{alert.service}.{alert.key}", alert.name))


def _value(alert: Alert, label: str) -> str | None:
    return alert.name if label == "alertname" else alert.labels.get(label)


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise Misunderstood(f"unknown time zone `{name}`: such as `Europe/Berlin`") from None
