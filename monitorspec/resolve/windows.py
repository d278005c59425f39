"""Weekly windows: days, hours, dates and months as people write them, as ranges of numbers.

In: `windows:` of the spec. Out: `plan.Window`s, overnight hours split into two parts.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.fixes import typo
from monitorspec.resolve.context import Context, checked_name
from monitorspec.spec.routing import Window

DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_WHOLE_DAY = 24 * 60
_SHORTEST = 28  # days of a month, by which Alertmanager checks ranges (timeinterval.go)


def windows(context: Context) -> dict[str, plan.Window]:
    """Every window by name."""
    out = {}
    for name, spec in (context.spec.windows or {}).items():
        path: Path = ("windows", name)
        checked_name(context.notes, name, path, "window")
        out[name] = plan.Window(name, _parts(context, spec, path), path, _text(spec))
    return out


def _text(spec: Window) -> str:
    """What the spec says, on one line."""
    words = [", ".join(given) for given in (spec.days, spec.hours) if given]
    words += [f"on {', '.join(spec.dates)} of the month"] if spec.dates else []
    words += [f"in {', '.join(spec.months)}"] if spec.months else []
    return " ".join((*words, spec.tz or "UTC"))


def _parts(context: Context, spec: Window, path: Path) -> tuple[plan.WindowPart, ...]:
    tz = zone(context, spec.tz, (*path, "tz"))
    days = [
        s for n, text in enumerate(spec.days or ()) if (s := _range(context, text, DAYS, 0, "day", (*path, "days", n)))
    ]
    months = [
        s
        for n, text in enumerate(spec.months or ())
        if (s := _range(context, text, MONTHS, 1, "month", (*path, "months", n)))
    ]
    dates = [s for n, text in enumerate(spec.dates or ()) if (s := _dates(context, text, (*path, "dates", n)))]
    spans = [s for n, text in enumerate(spec.hours or ()) if (s := _hours(context, text, (*path, "hours", n)))]
    if not (spec.days or spec.months or spec.dates or spec.hours):
        context.notes.add(
            "windows/empty",
            path,
            f"the window `{path[-1]}` is always open",
            key=True,
            help=("such as `{days: mon-fri, hours: 08:00-18:00}`",),
        )
    split_days = tuple(part for span in days for part in _unwrapped(span, 0, 6))
    split_months = tuple(part for span in months for part in _unwrapped(span, 1, 12))
    same_day = tuple(s for s in spans if s.start < s.end)
    overnight = [s for s in spans if s.start > s.end]
    if overnight and (dates or months):
        context.notes.add(
            "windows/overnight",
            (*path, "hours"),
            "hours over midnight cannot be combined with `dates` or `months`",
            help=("make two windows",),
        )
    base = plan.WindowPart(split_days, same_day, tuple(dates), split_months, tz)
    parts = [base] if same_day or not overnight else []
    if overnight:
        evening = tuple(plan.Span(s.start, _WHOLE_DAY) for s in overnight)
        morning = tuple(plan.Span(0, s.end) for s in overnight if s.end > 0)
        parts.append(base._replace(minutes=evening))
        if morning:
            # The morning belongs to the window of the day before.
            next_days = {(day + 1) % 7 for span in split_days for day in range(span.start, span.end + 1)}
            parts.append(base._replace(minutes=morning, days=tuple(_spans(sorted(next_days)))))
    return tuple(parts)


def zone(context: Context, tz: str | None, path: Path) -> str:
    """The name of a time zone that exists, UTC unless told; a finding where there is none such."""
    if tz is None:
        return "UTC"
    if tz == "UTC":
        return tz
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(tz)
    except (OSError, ValueError, LookupError):
        zones = sorted(available_timezones())
        near = [zone for zone in zones if zone.lower() == tz.lower().replace(" ", "_")]
        near = near or get_close_matches(tz, zones, 1, 0.7)
        context.notes.add(
            "windows/tz",
            path,
            f"unknown time zone `{tz}`",
            label="an IANA time zone, such as `Europe/Berlin`",
            help=(f"did you mean `{near[0]}`?",) if near else (),
            fix=typo(context.notes.at(path), tz, zones),
        )
    return tz


def _range(context: Context, text: str, names: tuple[str, ...], first: int, what: str, path: Path) -> plan.Span | None:
    ends = [part.strip().lower() for part in re.split(r"[-:]", text)]
    numbers = []
    for end in ends:
        found = [n for n, name in enumerate(names, first) if len(end) >= 3 and name.startswith(end)]
        if what == "month" and end.isdigit() and 1 <= int(end) <= 12:
            found = [int(end)]
        if len(found) != 1:
            context.notes.add(
                "windows/" + what,
                path,
                f"`{text}` is not a {what} or a range of {what}s",
                label=f"such as `{names[1][:3]}` or `{names[1][:3]}-{names[5][:3]}`",
            )
            return None
        numbers.append(found[0])
    if len(numbers) > 2:
        context.notes.add("windows/" + what, path, f"`{text}` is not a range of {what}s")
        return None
    return plan.Span(numbers[0], numbers[-1])


def _dates(context: Context, text: str, path: Path) -> plan.Span | None:
    m = re.fullmatch(r"(-?\d{1,2})(?:\s*(?:-|:)\s*(-?\d{1,2}))?", text.strip())
    start, end = (int(m[1]), int(m[2] or m[1])) if m else (0, 0)
    ordered = start <= end if (start > 0) == (end > 0) else start > 0
    if not m or not all(1 <= abs(n) <= 31 for n in (start, end)) or not ordered:
        context.notes.add(
            "windows/dates",
            path,
            f"`{text}` is not a day of the month or a range of them",
            label="such as `1`, `1-7` or `-1` (the last)",
        )
        return None
    if start > 0 > end and start > _SHORTEST + end:
        context.notes.add(
            "windows/dates",
            path,
            f"Alertmanager refuses `{text}`: in a month of {_SHORTEST} days it takes the range to run backwards",
            help=(f"write `{start}-31`: days that a month does not have do no harm",) if end == -1 else (),
        )
        return None
    return plan.Span(start, end)


def _hours(context: Context, text: str, path: Path) -> plan.Span | None:
    m = _HOURS.fullmatch(text.strip())
    if m:
        start, end = int(m[1]) * 60 + int(m[2]), int(m[3]) * 60 + int(m[4])
        if int(m[2]) < 60 and int(m[4]) < 60 and start < _WHOLE_DAY and end <= _WHOLE_DAY and start != end:
            return plan.Span(start, end)
    context.notes.add(
        "windows/hours",
        path,
        f"`{text}` is not a range of hours",
        label="such as `08:00-18:00` or `22:00-06:00`, up to `24:00`",
    )
    return None


def _unwrapped(span: plan.Span, low: int, high: int) -> list[plan.Span]:
    """`fri-mon` as two ranges."""
    if span.start <= span.end:
        return [span]
    return [plan.Span(span.start, high), plan.Span(low, span.end)]


def _spans(numbers: list[int]) -> list[plan.Span]:
    out: list[plan.Span] = []
    for n in numbers:
        if out and out[-1].end == n - 1:
            out[-1] = plan.Span(out[-1].start, n)
        else:
            out.append(plan.Span(n, n))
    return out
