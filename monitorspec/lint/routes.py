"""Lint of who is told.

In: the plan. Out: findings `routes/…`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from monitorspec.lint.finding import Finding
from monitorspec.paging import Shift, hours_of, matrix, tells
from monitorspec.paging.blocks import names
from monitorspec.plan import Alert, Path, Plan, Route
from monitorspec.resolve.context import DEFAULT_SEVERITIES
from monitorspec.routing import Notification, receivers_of
from monitorspec.spec.units import duration_text


def nobody(plan: Plan) -> Iterable[Finding]:
    """An alert reaches no receiver.

    Every alert has to be told to somebody. Add a route for its severity, or a `default` route that takes what no other
    route takes.

    ```yaml wrong
    services: {api: {thresholds: {queue: {expr: queue_length, above: {warning: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {critical: {notify: chat}}
    ```
    ```yaml right
    services: {api: {thresholds: {queue: {expr: queue_length, above: {warning: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {default: {notify: chat}}
    ```
    """
    if not plan.receivers and not plan.root.routes and not plan.root.targets:
        return
    silent: dict[Path, list[str]] = {}
    for alert in matrix(plan).routed.get((), ()):
        if alert.actions_enabled:
            silent.setdefault(alert.origin, []).append(alert.severity)
    for origin, severities in silent.items():
        named = ", ".join(dict.fromkeys(severities))
        yield Finding(
            f"`{'.'.join(map(str, origin[1::2]))}` reaches nobody: no route takes severity {named}",
            origin,
            help=(
                f"add a route: `{severities[0]}: {{notify: […]}}`",
                "or one for everything else: `default: {notify: […]}`",
            ),
        )


def empty_default(plan: Plan) -> Iterable[Finding]:
    """The `default` route has a receiver without an integration.

    Alerts that no other route takes would vanish there without a trace.
    """
    kinds = {receiver.name: receiver for receiver in plan.receivers}
    for target in plan.root.targets:
        receiver = kinds.get(target.receiver)
        if receiver is not None and not receiver.integrations and not receiver.topics:
            yield Finding(f"the default receiver `{target.receiver}` tells nobody", receiver.origin, level="warning")


def silent_hours(plan: Plan) -> Iterable[Finding]:
    """Nobody is told of an alert at some hours of the week.

    Outside of its `during` a route tells nobody, and still takes its alerts: the routes behind it are not tried. Alertmanager
    tells later, when the window opens, of what still fires then; what has ended before is told to nobody. For a severity that
    pages this is an error. Name who is told at other times with `otherwise`; where nobody is meant to be, say that with an empty
    list. Hours in which a mute keeps an alert silent are no finding: that is what mutes are for.

    ```yaml wrong
    receivers: {oncall: {pagerduty: {routing_key_file: /etc/alertmanager/pagerduty}}}
    windows: {office-hours: {days: mon-fri, hours: '08:00-18:00', tz: Europe/Berlin}}
    routes: {default: {notify: oncall}, critical: {notify: oncall, during: office-hours}}
    ```
    ```yaml right
    receivers: {oncall: {pagerduty: {routing_key_file: /etc/alertmanager/pagerduty}}, leads: {webhook: {url: 'http://leads.example'}}}
    windows: {office-hours: {days: mon-fri, hours: '08:00-18:00', tz: Europe/Berlin}}
    routes:
      default: {notify: oncall}
      critical: {notify: oncall, during: office-hours, otherwise: leads}
      warning: {notify: oncall, during: office-hours, otherwise: []}
    ```
    """
    if not plan.windows:
        return
    asked, routes = matrix(plan), {route.origin: route for route in _routes(plan.root)}
    mutes = {mute.window for mute in plan.mutes}
    silent: dict[Path, tuple[str, dict[str, Alert]]] = {}
    for told, alerts in asked.groups.items():
        for shift in asked.shifts(told):
            if shift.told or not shift.silenced:
                continue
            muted = {name for n in shift.silenced for name in n.muted} & mutes
            closed = [n for n in shift.silenced if n.silenced_by in n.active and not routes[n.origin].quiet]
            if not closed or all(muted & open_ for open_ in shift.open):
                continue
            at = closed[0].origin
            silent.setdefault(at, (closed[0].silenced_by, {}))[1].update((a.id, a) for a in alerts)
    paging = _paging(plan)
    for origin, (window, found) in silent.items():
        severities = list(dict.fromkeys(a.severity for a in found.values()))
        loud = [s for s in severities if s in paging]
        receiver = next((t.receiver for t in routes[origin].targets), "")
        yield Finding(
            f"outside `{window}` nobody is told of {_counted(found.values())}",
            (*origin, "during"),
            "error" if loud else "note",
            help=(
                f"name who is told then: `otherwise: [{receiver}]`",
                "or say that nobody is meant to be: `otherwise: []`",
            ),
            effect=f"what still fires when `{window}` opens is told then; what has ended is never told"
            + (f", though {', '.join(loud)} is meant to wake somebody" if loud else ""),
            own=True,
        )


def no_pager(plan: Plan) -> Iterable[Finding]:
    """An alert that is meant to wake somebody reaches no pager.

    Its severity says `page: true` (critical does unless told), and none of its receivers is one that rings: PagerDuty, Opsgenie,
    VictorOps, incident.io, Pushover, or a text message of SNS. Chat and mail are read when somebody looks. A webhook may be a
    bridge to a pager, and so may be a topic that others subscribe to: these count. Where no route tells a pager there is
    none to be missed, and nothing is said.

    ```yaml wrong
    receivers:
      oncall: {pagerduty: {routing_key_file: /etc/alertmanager/pagerduty}}
      chat: {slack: {channel: '#shop', api_url_file: /etc/alertmanager/slack}}
    routes:
      default: {notify: oncall}
      api: {match: {service: api}, notify: chat}
    ```
    ```yaml right
    receivers:
      oncall: {pagerduty: {routing_key_file: /etc/alertmanager/pagerduty}}
      chat: {slack: {channel: '#shop', api_url_file: /etc/alertmanager/slack}}
    routes:
      default: {notify: oncall}
      api: {match: {service: api}, notify: [oncall, chat]}
    ```
    """
    from monitorspec.pagers import pages

    receivers = {receiver.name: receiver for receiver in plan.receivers}
    told_at_all = {t.receiver for route in _routes(plan.root) for t in route.targets}
    if not any(pages(plan, r, where) for r in plan.receivers if r.name in told_at_all for where in (False, True)):
        return
    asked, paging = matrix(plan), _paging(plan)
    missed: dict[Path, tuple[Shift, str, dict[str, Alert]]] = {}
    for told, alerts in asked.groups.items():
        for on_cloudwatch in (False, True):
            found = [a for a in alerts if a.on_cloudwatch == on_cloudwatch and a.severity in paging]
            for shift in asked.shifts(told) if found else ():
                heard = {n.receiver for n in shift.told}
                if heard and all(pages(plan, receivers[name], on_cloudwatch) is False for name in heard):
                    when = hours_of(asked.shifts(told), shift)
                    missed.setdefault(shift.told[0].origin, (shift, when, {}))[2].update((a.id, a) for a in found)
    for origin, (shift, when, alerts_by_id) in missed.items():
        heard_names = ", ".join(f"`{name}`" for name in dict.fromkeys(n.receiver for n in shift.told))
        yield Finding(
            f"{_counted(alerts_by_id.values())} {'reach' if len(alerts_by_id) > 1 else 'reaches'} {heard_names} only"
            f"{f' {when}' if when else ''}, which wakes nobody",
            (*origin, "notify"),
            "warning",
            help=("name a pager as well", "or give them a severity without `page: true`"),
            own=True,
        )


def told_twice(plan: Plan) -> Iterable[Finding]:
    """One receiver is told twice of the same alert.

    A route that continues and one behind it name the same receiver, so that each alert makes two messages.

    ```yaml wrong
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes:
      default: {notify: chat}
      api: {match: {service: api}, notify: chat, continue: true}
      critical: {notify: chat}
    ```
    ```yaml right
    receivers: {chat: {webhook: {url: 'http://chat.example'}}, team: {webhook: {url: 'http://team.example'}}}
    routes:
      default: {notify: chat}
      api: {match: {service: api}, notify: team, continue: true}
      critical: {notify: chat}
    ```
    """
    asked = matrix(plan)
    twice: dict[Path, tuple[Notification, Notification, dict[str, Alert]]] = {}
    for told, alerts in asked.groups.items():
        if len({(n.receiver, n.after) for n in told}) == len(told):
            continue
        for shift in asked.shifts(told):
            first: dict[tuple[str, int], Notification] = {}
            for n in shift.told:
                earlier = first.setdefault((n.receiver, n.after), n)
                if earlier is not n:
                    mine = {a.id: a for a in alerts}
                    twice.setdefault(n.origin, (earlier, n, {}))[2].update(mine)
    for origin, (earlier, n, found) in twice.items():
        yield Finding(
            f"`{n.receiver}` is told twice of {_counted(found.values())}: by {_route(earlier)} and by {_route(n)}",
            origin,
            "warning",
            help=(f"leave `{n.receiver}` out of one of them",),
            own=True,
        )


def unrouted_severity(plan: Plan) -> Iterable[Finding]:
    """No route takes a severity that the spec declares.

    No alert has it yet; the first that has would reach nobody.

    ```yaml wrong
    severities: {critical: {page: true}, minor: {}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {critical: {notify: chat}}
    ```
    ```yaml right
    severities: {critical: {page: true}, minor: {}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {critical: {notify: chat}, minor: {notify: chat}}
    ```
    """
    if not plan.root.routes or plan.root.targets or plan.severities == DEFAULT_SEVERITIES:
        return
    used = {alert.severity for alert in plan.alerts}
    for severity in plan.severities:
        if severity.name in used:
            continue
        labels = {"severity": severity.name, "system": plan.system, **plan.labels}
        if not any(
            receivers_of(plan, {**labels, **own}) for own in ({}, *({"service": s.name} for s in plan.services))
        ):
            yield Finding(
                f"no route takes severity `{severity.name}`",
                ("severities", severity.name),
                "warning",
                help=(f"add a route: `{severity.name}: {{notify: […]}}`", "or leave the severity out"),
                effect="an alert of it would reach nobody",
                own=True,
            )


def must_page(plan: Plan) -> Iterable[Finding]:
    """A receiver that the spec says must be told of an alert is not told at every hour.

    `must_page` asserts that receivers are told at once, at every hour of every week: by routes, windows, mutes and escalations
    as they are now, and as they will be after the next change. On a severity it is about all of its alerts, on a service, SLO
    or threshold about those whose severity pages. An alarm of CloudWatch has to reach a topic of the receiver.

    ```yaml wrong
    severities: {critical: {page: true, must_page: oncall}}
    receivers: {oncall: {webhook: {url: 'http://pager.example'}}, chat: {webhook: {url: 'http://chat.example'}}}
    windows: {nights: {hours: '22:00-06:00'}}
    routes: {default: {notify: chat}, critical: {notify: oncall, during: nights, otherwise: chat}}
    ```
    ```yaml right
    severities: {critical: {page: true, must_page: oncall}}
    receivers: {oncall: {webhook: {url: 'http://pager.example'}}, chat: {webhook: {url: 'http://chat.example'}}}
    routes: {default: {notify: chat}, critical: {notify: oncall}}
    ```
    """
    if not plan.must_page:
        return
    asked, alerts = matrix(plan), {alert.id: alert for alert in plan.alerts}
    for assertion in plan.must_page:
        if not assertion.alerts and assertion.origin[0] == "services":
            yield Finding(
                f"`{'.'.join(map(str, assertion.origin[1::2]))}` has no alert that pages",
                (*assertion.origin, "must_page"),
                help=("give one a severity with `page: true`", "or leave `must_page` out"),
            )
        for n, receiver in enumerate(assertion.receivers):
            missed: dict[tuple[str, str], list[Alert]] = {}
            for id in assertion.alerts:
                for why in dict.fromkeys(_missed(plan, alerts[id], asked.shifts_of(alerts[id]), receiver)):
                    missed.setdefault(why, []).append(alerts[id])
            if not missed:
                continue
            said = [f"{_ids(found)}: {why}" for (why, _), found in missed.items()]
            yield Finding(
                f"`{receiver}` is not always told of {said[0]}",
                (*assertion.origin, "must_page", n),
                label="has to be told at once, at every hour",
                help=tuple(dict.fromkeys(fix for _, fix in missed if fix)),
                effect=f"nor of {'; nor of '.join(said[1:4])}{f', and {len(said) - 4} more' if len(said) > 4 else ''}"
                if said[1:]
                else "",
                key=False,
            )


def _missed(plan: Plan, alert: Alert, shifts: Sequence[Shift], receiver: str) -> Iterator[tuple[str, str]]:
    """Why a receiver is not told at once of an alert at some hour, and what would help."""
    if not tells(alert):
        yield "its alarm has no actions of ours", "let the alarm notify, and leave out `AlarmActions`"
        return
    routed = receivers_of(plan, {**alert.labels, "alertname": alert.name})
    later = next((n for n in routed if n.receiver == receiver and n.after), None)
    if (
        alert.on_cloudwatch
        and any(n.receiver == receiver and not n.after for n in routed)
        and not _mentioned(shifts, receiver)
    ):
        yield "no SNS topic carries its alarm there", f"give `{receiver}` a topic: `sns: …`"
        return
    if later is not None and not any(n.receiver == receiver and not n.after for n in routed):
        only = "by an escalation, which SNS does not know" if alert.on_cloudwatch else "by an escalation"
        yield f"after {duration_text(later.after)} only, {only}", f"name `{receiver}` in `notify` of {_route(later)}"
        return
    for shift in shifts:
        if receiver in shift.at_once:
            continue
        hours = hours_of(shifts, shift)
        lead = f"not {hours}, " if hours else ""
        silent = next((n for n in shift.silenced if n.receiver == receiver and not n.after), None)
        if silent is not None and silent.silenced_by in silent.active:
            yield (
                f"{lead}by `during` of {_route(silent)}",
                f"name `{receiver}` in `otherwise` too, or leave out `during`",
            )
        elif silent is not None and any(m.window == silent.silenced_by for m in plan.mutes):
            yield f"{lead}muted in `{silent.silenced_by}`", "leave it out of the mute"
        elif silent is not None:
            yield f"{lead}by `otherwise` of {_route(silent)}", f"name `{receiver}` in `notify` too"
        else:
            told = ", ".join(f"`{name}`" for name in shift.at_once) or "nobody"
            route = next(iter((*shift.told, *shift.silenced)), None)
            fix = f"name `{receiver}` in {_route(route)}" if route else f"add a route that tells `{receiver}`"
            yield f"{lead}{told} {'is' if len(shift.at_once) < 2 else 'are'} told instead", fix


def _mentioned(shifts: Sequence[Shift], receiver: str) -> bool:
    return any(n.receiver == receiver for shift in shifts for n in (*shift.told, *shift.silenced))


def _route(n: Notification) -> str:
    return f"the route `{'.'.join(n.route) or 'default'}`"


def _routes(route: Route) -> Iterator[Route]:
    yield route
    for finer in route.routes:
        yield from _routes(finer)


def _paging(plan: Plan) -> set[str]:
    return {severity.name for severity in plan.severities if severity.page}


def _counted(alerts: Iterable[Alert]) -> str:
    """`api.cpu`, or `5 critical alerts`."""
    found = list(alerts)
    ids = names(found)
    severities = " and ".join(dict.fromkeys(a.severity for a in found))
    if len(ids) == 1:
        return f"`{ids[0]}` ({severities})"
    return f"{len(found):,} {severities} alerts"


def _ids(alerts: Sequence[Alert]) -> str:
    shown = ", ".join(f"`{alert.id}`" for alert in alerts[:3])
    return f"{shown} and {len(alerts) - 3:,} more" if len(alerts) > 3 else shown
