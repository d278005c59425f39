"""Lint of the routing tree: routes that nothing reaches, and settings that change nothing.

In: the plan. Out: findings `routes/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from monitorspec.lint.finding import Finding
from monitorspec.lint.near import meant, misspelt
from monitorspec.matching import may_match, predicate
from monitorspec.plan import Alert, Matcher, Path, Plan, Route
from monitorspec.routing import GROUP_INTERVAL, REPEAT_INTERVAL
from monitorspec.spec.units import duration_text


class _Place(NamedTuple):
    """A route of the spec: its alternatives, what stands before and behind it, and the alerts that may come to it."""

    same: tuple[Route, ...]
    before: tuple[Route, ...]
    behind: tuple[Route, ...]
    coming: tuple[Alert, ...]
    heard: bool
    """Whether the routes around it tell anybody."""

    @property
    def route(self) -> Route:
        return self.same[0]


def dead(plan: Plan) -> Iterable[Finding]:
    """No alert can reach a route.

    No alert has all that it and the routes around it ask for: what it was meant for is gone, or stands elsewhere. A route of a
    severity is no dead one while no alert has that severity yet.

    ```yaml wrong
    services: {api: {thresholds: {queue: {expr: queue_length, above: {critical: 5}}, disk: {expr: disk_free, below: {warning: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}, team: {webhook: {url: 'http://team.example'}}}
    routes:
      default: {notify: chat}
      critical: {notify: chat, routes: {disk: {match: {alerts: api.disk}, notify: team}}}
    ```
    ```yaml right
    services: {api: {thresholds: {queue: {expr: queue_length, above: {critical: 5}}, disk: {expr: disk_free, below: {warning: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}, team: {webhook: {url: 'http://team.example'}}}
    routes:
      default: {notify: chat}
      critical: {notify: chat, routes: {queue: {match: {alerts: api.queue}, notify: team}}}
    ```
    """
    for place in _places(plan):
        if place.coming and not _matching(place) and not _by_severity(plan, place) and not _taken_by(plan, place):
            if misspelt(plan, (*place.route.origin, "match")):
                continue
            wanted = next((hint for ms in place.same if (hint := meant(ms.matchers, place.coming))), "")
            yield Finding(
                f"no alert can reach the route `{place.route.name}`",
                place.route.origin,
                "warning",
                help=(wanted,) if wanted else (),
                effect="nobody is ever told by it",
                own=True,
            )


def unreachable(plan: Plan) -> Iterable[Finding]:
    """A route before it takes every alert of a route.

    Routes are tried in order, and the first that matches takes the alert. Put the narrower route first, or let the broader one
    `continue`.

    ```yaml wrong
    services: {api: {thresholds: {queue: {expr: queue_length, above: {warning: 5, critical: 9}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}, oncall: {webhook: {url: 'http://oncall.example'}}}
    routes:
      default: {notify: chat}
      api: {match: {service: api}, notify: chat}
      critical: {notify: oncall}
    ```
    ```yaml right
    services: {api: {thresholds: {queue: {expr: queue_length, above: {warning: 5, critical: 9}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}, oncall: {webhook: {url: 'http://oncall.example'}}}
    routes:
      default: {notify: chat}
      critical: {notify: oncall}
      api: {match: {service: api}, notify: chat}
    ```
    """
    for place in _places(plan):
        taker = _taken_by(plan, place)
        if taker is not None:
            yield Finding(
                f"no alert reaches the route `{place.route.name}`: `{taker.name}` before it takes them all",
                place.route.origin,
                "warning",
                help=(f"put it before `{taker.name}`", f"or let `{taker.name}` go on: `continue: true`"),
                own=True,
            )


def vain_continue(plan: Plan) -> Iterable[Finding]:
    """A route continues, and nothing behind it takes its alerts.

    `continue` lets the routes behind a route be tried, and then tells what the route around it tells. Where no route behind it
    can match and the one around it tells nobody, it changes nothing.

    ```yaml wrong
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes:
      warning: {notify: chat}
      critical: {notify: chat, continue: true}
    ```
    ```yaml right
    receivers: {chat: {webhook: {url: 'http://chat.example'}}, oncall: {webhook: {url: 'http://oncall.example'}}}
    routes:
      api: {match: {service: api}, notify: chat, continue: true}
      critical: {notify: oncall}
    ```
    """
    for place in _places(plan):
        if not place.route.continue_ or place.heard:
            continue
        matching = _matching(place)
        if matching and not any(may_match(r.matchers, a) is not False for r in place.behind for a in matching):
            yield Finding(
                f"`continue` of `{place.route.name}` changes nothing: no route behind it takes its alerts",
                (*place.route.origin, "continue"),
                "warning",
                help=("leave it out", "or put the route that is to be told as well behind it"),
                own=True,
            )


def short_repeat(plan: Plan) -> Iterable[Finding]:
    """An alert cannot be repeated as often as a route says.

    Alertmanager looks at a group of alerts every `group_interval`, so a shorter `repeat_interval` is as long as that.

    ```yaml wrong
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {default: {notify: chat, repeat_interval: 1m}}
    ```
    ```yaml right
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {default: {notify: chat, group_interval: 1m, repeat_interval: 1m}}
    ```
    """
    said: set[Path] = set()
    for route, group, repeat in _intervals(plan.root, GROUP_INTERVAL, REPEAT_INTERVAL):
        sets = route.repeat_interval is not None or route.group_interval is not None
        for at, value in (
            *([(route.origin, repeat)] if sets and route.targets else ()),
            *(((*route.origin, "escalate"), t.repeat_interval) for t in route.targets if t.after and t.repeat_interval),
        ):
            if value >= group or at in said:
                continue
            said.add(at)
            key = "repeat_interval" if route.repeat_interval is not None else "group_interval"
            yield Finding(
                f"repeated every {duration_text(value)}, but a group is looked at every {duration_text(group)} only",
                (*at, key) if at == route.origin else at,
                "warning",
                help=(f"such as `group_interval: {duration_text(value)}`",),
                effect=f"it is repeated every {duration_text(group)}",
                own=True,
            )


def _intervals(route: Route, group: int, repeat: int) -> Iterator[tuple[Route, int, int]]:
    group = group if route.group_interval is None else route.group_interval
    repeat = repeat if route.repeat_interval is None else route.repeat_interval
    yield route, group, repeat
    for finer in route.routes:
        yield from _intervals(finer, group, repeat)


# ---- places


def _places(plan: Plan) -> Iterator[_Place]:
    """Every route below the root, in order, but for those below one that nothing reaches."""
    if plan.alerts:
        yield from _below(plan.root, _distinct(plan), bool(plan.root.targets))


def _distinct(plan: Plan) -> tuple[Alert, ...]:
    """One alert of each kind that the routes can tell apart: thousands of alerts are of few kinds."""
    asked = sorted(_asked(plan.root))
    kinds: dict[tuple[object, ...], Alert] = {}
    for alert in plan.alerts:
        labels, name = alert.labels, alert.name
        values = (name if label == "alertname" else labels.get(label) for label in asked)
        kinds.setdefault((alert.on_cloudwatch, *values), alert)
    return tuple(kinds.values())


def _asked(route: Route) -> set[str]:
    """Every label that a route or one below it asks for."""
    return {m.label for m in route.matchers}.union(*map(_asked, route.routes))


def _below(around: Route, coming: tuple[Alert, ...], heard: bool) -> Iterator[_Place]:
    if not around.routes:
        return
    groups: dict[Path, list[Route]] = {}
    for route in around.routes:
        groups.setdefault(route.origin, []).append(route)
    same = [tuple(found) for found in groups.values()]
    flat = [route for found in same for route in found]
    at = 0
    for found in same:
        place = _Place(found, tuple(flat[:at]), tuple(flat[at + len(found) :]), coming, heard)
        at += len(found)
        yield place
        if any(route.routes for route in found):
            reaching = tuple(a for a in _matching(place) if not _taken(a, place.before))
            if reaching:
                yield from _below(found[0], reaching, heard or bool(found[0].targets))


def _matching(place: _Place) -> list[Alert]:
    """The alerts that it may take, if none before it does."""
    return [a for a in place.coming if any(may_match(r.matchers, a) is not False for r in place.same)]


def _taken(alert: Alert, before: Sequence[Route]) -> Route | None:
    return next((r for r in before if not r.continue_ and may_match(r.matchers, alert) is True), None)


def _taken_by(plan: Plan, place: _Place) -> Route | None:
    """The route before it that takes all that it could, or the first of several; None if it is reached."""
    takers = [
        next((r for r in place.before if not r.continue_ and _implied(r.matchers, own.matchers)), None)
        for own in place.same
    ]
    if all(takers):
        return takers[0]
    matching = _matching(place)
    if not matching or (_by_severity(plan, place) and not matching):
        return None
    taken = [_taken(alert, place.before) for alert in matching]
    return taken[0] if all(taken) else None


def _implied(broad: Sequence[Matcher], narrow: Sequence[Matcher]) -> bool:
    """Whether surely every alert that matches `narrow` matches `broad`."""
    fixed = {m.label: m.value for m in narrow if m.op == "="}
    return all(
        m in narrow
        or (m.label in fixed and predicate(m.op, m.value)(fixed[m.label]))
        or (m.op == "=~" and m.value in (".*", "(?s:.*)"))
        for m in broad
    )


def _by_severity(plan: Plan, place: _Place) -> bool:
    """Whether it asks for a declared severity and nothing else."""
    return any(
        all(m.label == "severity" for m in route.matchers)
        and any(all(predicate(m.op, m.value)(s.name) for m in route.matchers) for s in plan.severities)
        for route in place.same
    )
