"""Who is told of an alert and when, in words.

In: what `routing` answers, and the plan's windows. Out: one line of text.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping

from monitorspec.plan import Window
from monitorspec.routing import Notification
from monitorspec.spec.units import duration_text

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_duration = functools.cache(duration_text)


def told_text(
    notifications: Iterable[Notification], windows: Mapping[str, Window], quote: Callable[[str], str] = str
) -> str:
    """`at once: oncall, chat; after 15m: leads; repeats every 4h`. `quote` is put around what the spec wrote."""
    when: dict[int, list[str]] = {}
    repeats: dict[int, list[str]] = {}
    for n in notifications:
        name = quote(n.receiver)
        hours = [f"only {window_text(windows[w])}" for w in n.active if w in windows]
        hours += [f"not {window_text(windows[w])}" for w in n.muted if w in windows]
        when.setdefault(n.after, []).append(f"{name} ({'; '.join(map(quote, hours))})" if hours else name)
        repeats.setdefault(n.repeat_interval, []).append(name)
    if not when:
        return "nobody"
    parts = [
        f"{f'after {_duration(after)}' if after else 'at once'}: {', '.join(when[after])}" for after in sorted(when)
    ]
    if len(repeats) == 1:
        parts.append(f"repeats every {_duration(next(iter(repeats)))}")
    else:
        said = (f"every {_duration(ms)} to {', '.join(dict.fromkeys(names))}" for ms, names in sorted(repeats.items()))
        parts.append(f"repeats {', '.join(said)}")
    return "; ".join(parts)


def window_text(window: Window) -> str:
    """A window in words: `office-hours: Mon–Fri 08:00–18:00 Europe/Berlin`."""
    parts = []
    for part in window.parts:
        words = [
            ", ".join(_span(s.start, s.end, lambda n: _DAYS[n % 7]) for s in part.days),
            ", ".join(f"{_clock(s.start)}–{_clock(s.end)}" for s in part.minutes),
            ", ".join(f"day {_span(s.start, s.end, _day)} of the month" for s in part.dates),
            ", ".join(_span(s.start, s.end, lambda n: _MONTHS[n]) for s in part.months),
            part.tz or "UTC",
        ]
        parts.append(" ".join(word for word in words if word))
    return f"{window.name}: {' or '.join(parts)}"


def _span(start: int, end: int, name: Callable[[int], str]) -> str:
    return name(start) if start == end else f"{name(start)}–{name(end)}"


def _day(n: int) -> str:
    return str(n) if n > 0 else "last" if n == -1 else f"{-n} from the end"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
