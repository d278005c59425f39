"""Lint of windows.

In: the plan. Out: findings `windows/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from monitorspec.lint.finding import Finding
from monitorspec.plan import Plan, Window, WindowPart

_YEAR = 2026  # any one: only the months in which clocks change matter


def clock_change(plan: Plan) -> Iterable[Finding]:
    """Alertmanager takes the month in which clocks are put forward for a day shorter than it is.

    Before release 0.35 it divides the hours of the month by 24. In a zone with summer time that month lacks an hour: its last
    day is then in no range of `dates`, and `-1` is the day before. monitorspec answers as the release that
    `targets: {alertmanager: …}` names. With an older one leave `tz` out, or keep away from the end of that month.

    ```yaml wrong
    services: {api: {thresholds: {queue: {expr: queue_length, above: {warning: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {default: {notify: chat}}
    windows: {closing: {dates: '-1', tz: Europe/Berlin}}
    mute: {closing: {match: {service: api}, during: closing}}
    ```
    ```yaml right
    services: {api: {thresholds: {queue: {expr: queue_length, above: {warning: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {default: {notify: chat}}
    windows: {closing: {dates: '-1'}}
    mute: {closing: {match: {service: api}, during: closing}}
    ```
    """
    dated = [
        window for window in plan.windows if any(part.dates and part.tz not in ("", "UTC") for part in window.parts)
    ]
    if not dated:
        return
    from monitorspec.routing import WHOLE_MONTHS, leaves, router

    if plan.versions.alertmanager >= WHOLE_MONTHS or "alertmanager" not in plan.targets:
        return
    used = {name for node in leaves(router(plan).tree) for name in (*node.active, *node.muted)}
    for window in dated:
        change = next(_changes(window), None) if window.name in used else None
        if change:
            zone, month, meant, taken = change
            yield Finding(
                f"Alertmanager opens `{window.name}` on day {_days(taken)} of {month} instead of {_days(meant)}"
                if taken
                else f"Alertmanager does not open `{window.name}` on day {_days(meant)} of {month}",
                window.origin,
                "warning",
                help=('leave `tz` out, or run Alertmanager 0.35 and say `targets: {alertmanager: "0.35"}`',),
                effect=f"clocks in {zone} are put forward in that month, and older releases take it for a day shorter",
            )


def _changes(window: Window) -> Iterator[tuple[str, str, list[int], list[int]]]:
    """Zone and month where older releases open the window on other days, with the days that are meant and those of theirs."""
    for part in window.parts:
        if not part.dates or part.tz in ("", "UTC"):
            continue
        for month in range(1, 13):
            meant, taken = _open(part, month, None), _open(part, month, (0, 0))
            if meant != taken:
                gone, new = sorted(set(meant) - set(taken)), sorted(set(taken) - set(meant))
                yield part.tz, datetime(_YEAR, month, 1).strftime("%B"), gone, new


def _open(part: WindowPart, month: int, version: tuple[int, int] | None) -> list[int]:
    """Days of a month on which the part is open, whatever the hour and the day of the week."""
    from calendar import monthrange
    from zoneinfo import ZoneInfo

    from monitorspec.routing import in_window

    window = Window("", (part._replace(minutes=(), days=()),), ())
    days = range(1, monthrange(_YEAR, month)[1] + 1)
    zone = ZoneInfo(part.tz)
    return [day for day in days if in_window(window, datetime(_YEAR, month, day, 12, tzinfo=zone), version)]


def _days(days: list[int]) -> str:
    return ", ".join(map(str, days))
