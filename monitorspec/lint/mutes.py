"""Lint of windows and mutes: those that have no effect, and mutes that leave no hour.

In: the plan. Out: findings `windows/…` and `mute/…`.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec.lint.finding import Finding
from monitorspec.lint.near import misspelt
from monitorspec.matching import may_match
from monitorspec.plan import Plan, Route


def unused(plan: Plan) -> Iterable[Finding]:
    """A window is declared, and nothing happens in it.

    No route names it in `during`, and no mute.

    ```yaml wrong
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    windows: {office-hours: {days: mon-fri, hours: '08:00-18:00'}}
    ```
    ```yaml right
    services: {api: {thresholds: {queue: {expr: queue_length, above: {warning: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    windows: {office-hours: {days: mon-fri, hours: '08:00-18:00'}}
    routes: {default: {notify: chat}, warning: {notify: chat, during: office-hours, otherwise: []}}
    ```
    """
    if not plan.windows:
        return
    used = {mute.window for mute in plan.mutes} | _named(plan.root)
    for window in plan.windows:
        if window.name not in used:
            yield Finding(
                f"the window `{window.name}` is never used",
                window.origin,
                "warning",
                help=(f"name it in a route: `during: {window.name}`", "or leave it out"),
                own=True,
            )


def never_open(plan: Plan) -> Iterable[Finding]:
    """A window is open at no time.

    Days, hours, dates and months all have to hold, and there is no such time.

    ```yaml wrong
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    windows: {leap: {dates: '31', months: feb}}
    routes: {default: {notify: chat}}
    mute: {leap: {match: {severity: critical}, during: leap}}
    ```
    ```yaml right
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    windows: {leap: {dates: '29', months: feb}}
    routes: {default: {notify: chat}}
    mute: {leap: {match: {severity: critical}, during: leap}}
    ```
    """
    for window in plan.windows:
        # A week has every day and every hour; only dates can be of no month.
        if any(part.dates for part in window.parts):
            from monitorspec.hours import week

            if not any(hours.open for hours in week([window]).hours):
                yield Finding(
                    f"the window `{window.name}` is never open",
                    window.origin,
                    "warning",
                    label="there is no such date",
                    own=True,
                )


def muted_nothing(plan: Plan) -> Iterable[Finding]:
    """A mute matches no alert.

    ```yaml wrong
    services: {api: {thresholds: {queue: {expr: queue_length, above: {critical: 5}}, disk: {expr: disk_free, below: {warning: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    windows: {patching: {days: sun, hours: '02:00-04:00'}}
    mute: {patching: {match: {alerts: api.queue, severity: warning}, during: patching}}
    ```
    ```yaml right
    services: {api: {thresholds: {queue: {expr: queue_length, above: {critical: 5}}, disk: {expr: disk_free, below: {warning: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    windows: {patching: {days: sun, hours: '02:00-04:00'}}
    mute: {patching: {match: {alerts: api.queue, severity: critical}, during: patching}}
    ```
    """
    for mute in plan.mutes if plan.alerts else ():
        matched = any(may_match(ms, alert) is not False for ms in mute.any_of for alert in plan.alerts)
        if not matched and not misspelt(plan, (*mute.origin, "match")):
            yield Finding(
                f"`{mute.name}` mutes nothing: no alert matches", (*mute.origin, "match"), "warning", own=True
            )


def muted_always(plan: Plan) -> Iterable[Finding]:
    """Mutes leave no hour in which anybody is told of an alert.

    A mute is for maintenance: a window that is always open, or that is open whenever the alert's own route is, keeps the alert
    silent for ever. To have no alert, leave it out; to have nobody told of it, route it to a receiver that nobody reads.

    ```yaml wrong
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    windows: {always: {hours: '00:00-24:00'}}
    mute: {for-now: {match: {severity: critical}, during: always}}
    ```
    ```yaml right
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    windows: {nights: {hours: '22:00-06:00'}}
    mute: {for-now: {match: {severity: critical}, during: nights}}
    ```
    """
    if not plan.mutes:
        return
    from monitorspec.paging import matrix
    from monitorspec.paging.blocks import names
    from monitorspec.routing import mutes_of

    asked = matrix(plan)
    said: set[str] = set()
    for told, alerts in asked.groups.items():
        if not told or any(shift.told for shift in asked.shifts(told)):
            continue
        mute = next((m for alert in alerts for m in mutes_of(plan, alert) if m.name not in said), None)
        if mute is None:
            continue
        said.add(mute.name)
        ids = names(alerts)
        yield Finding(
            f"`{mute.name}` leaves no hour in which anybody is told of "
            f"{', '.join(f'`{id}`' for id in ids[:3])}{f' and {len(ids) - 3} more' if len(ids) > 3 else ''}",
            mute.origin,
            help=("mute it in a window that ends",),
            own=True,
        )


def _named(route: Route) -> set[str]:
    own = {name for target in route.targets for name in (*target.active, *target.muted)}
    return own.union(*map(_named, route.routes))
