"""Maintenance windows: when they keep alarms silent.

In: the plan's mutes and windows. Out: `Quiet` for every alarm. The times are those around every edge of a window, on the days of
a week in summer and of one over the end of a month in winter. On days when clocks change, a mute rule's fixed length cannot
follow a window; those are left out.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import UTC, datetime

from monitorspec.cloudformation.muteschedule import problem
from monitorspec.plan import Alert, Window
from monitorspec.proof.alarms.case import START, Gap, Quiet
from monitorspec.proof.alarms.context import Context
from monitorspec.routing import in_window, mutes_of

_HOUR, _DAYS = 3_600, 9
_WINTER = int(datetime(2024, 1, 27, tzinfo=UTC).timestamp())


def quiet(context: Context, alert: Alert) -> Quiet | Gap | None:
    """When an alarm is muted; a Gap where CloudWatch cannot say a window, None where nobody is told of it anyway."""
    if not alert.actions_enabled:
        return None
    windows = {window.name: window for window in context.plan.windows}
    mine = tuple(windows[mute.window] for mute in mutes_of(context.plan, alert))
    for window in mine:
        reason = next((found for part in window.parts if (found := problem(part))), "")
        if reason:
            return Gap(alert.id, f"mute rules cannot say the window {window.name}: they know no {reason}")
    times, muted = _muted(context.plan.windows, mine)
    return Quiet(alert.id, context.known.alarms[alert.id], times, muted)


# Windows are no large part of a plan, and most alarms share the same ones.
@functools.lru_cache(maxsize=64)
def _muted(every: tuple[Window, ...], mine: tuple[Window, ...]) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    times = tuple(_times(every))
    instants = (datetime.fromtimestamp(time, UTC) for time in times)
    return times, tuple(any(in_window(window, at) for window in mine) for at in instants)


def _times(windows: tuple[Window, ...]) -> Iterator[int]:
    edges = {edge for window in windows for part in window.parts for span in part.minutes for edge in span}
    minutes = sorted({0, 59, *(minute % 60 for edge in edges for minute in (edge - 1, edge))})
    for start in (_WINTER, START):
        for hour in range(24 * _DAYS):
            yield from (start + hour * _HOUR + minute * 60 for minute in minutes)
