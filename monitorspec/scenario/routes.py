"""Who is told, from the spec's intent: tests of routes and of what silences what, written by nobody.

In: a plan (what is meant), the plan whose routes are asked. Out: an `Outcome` for every alert.

What is meant comes from what the spec says of a route, an inhibition and a severity, never from the tree that is compiled of
it: the route that takes an alert is looked for as the spec reads, and the receivers are those that it names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from monitorspec.matching import matches
from monitorspec.plan import Alert, Burn, Labels, Plan, Route, Target
from monitorspec.routing import inhibited, router
from monitorspec.scenario.outcome import Outcome
from monitorspec.scenario.verdict import NEVER, Problem, listed
from monitorspec.spec.units import duration_text

FASTER = "a faster burn silences slower ones"
WORSE = "the more severe alert of a threshold silences milder ones"


class Intent(NamedTuple):
    """A receiver that a route of the spec names for an alert; `after` ms from when it began."""

    receiver: str
    after: int
    route: tuple[str, ...]


def outcomes(plan: Plan, routed: Plan) -> Iterator[Outcome]:
    """A test for every alert that goes through Alertmanager: who is told of it, and which others it silences."""
    alerts = [alert for alert in plan.alerts if not alert.on_cloudwatch]
    silencers = rivals(plan)
    for alert in alerts:
        found = [*_told(plan, routed, alert), *_silenced(routed, alert, silencers.get(alert.id, ()))]
        yield Outcome("routes", alert.id, alert.origin, tuple(found))


def intended(route: Route, labels: Labels, around: Sequence[Target] = (), path: tuple[str, ...] = ()) -> list[Intent]:
    """Who is to be told of an alert with these labels, as the spec reads.

    The first finer route that matches takes it; one that continues is told as well and takes nothing. A route without
    receivers has those of the route around it.
    """
    targets = route.targets or tuple(around)
    out: list[Intent] = []
    for finer in route.routes:
        if matches(finer.matchers, labels):
            out += intended(finer, labels, targets, (*path, finer.name))
            if not finer.continue_:
                return out
    return [*out, *(Intent(t.receiver, t.after, path or (route.name,)) for t in targets)]


def _told(plan: Plan, routed: Plan, alert: Alert) -> Iterator[Problem]:
    labels = labels_of(alert)
    wanted = [(i.receiver, i.after) for i in intended(plan.root, labels)]
    told = [(n.receiver, n.after) for n in router(routed).receivers_of(labels)]
    for receiver, after in dict.fromkeys(wanted):
        if (receiver, after) not in told:
            when = f" after {duration_text(after)}" if after else ""
            yield _problem(alert, f"{receiver} is not told of {alert.id}{when}", f"its route tells {_names(wanted)}")
    for receiver, _ in dict.fromkeys(told):
        if receiver not in {r for r, _ in wanted}:
            yield _problem(alert, f"{receiver} is told of {alert.id} as well", f"its route tells {_names(wanted)}")


def _silenced(routed: Plan, alert: Alert, worse: Sequence[tuple[Alert, str]]) -> Iterator[Problem]:
    mine = labels_of(alert)
    for other, why in worse:
        theirs = labels_of(other)
        if inhibited(routed, mine, [theirs]) is None:
            yield _problem(alert, f"{alert.id} is told beside {other.id}", why)
        if inhibited(routed, theirs, [mine]) is not None:
            yield _problem(other, f"{other.id} is silenced by {alert.id}, which matters less", why)
        label = next((name for name in other.series_labels or () if name not in theirs), None)
        if label is not None and inhibited(routed, {**mine, label: "one"}, [{**theirs, label: "another"}]):
            yield _problem(alert, f"{alert.id} is silenced by {other.id} of another {label}", why)


def rivals(plan: Plan) -> Mapping[str, list[tuple[Alert, str]]]:
    """Id → the alerts that silence it, and why: those of the same threshold that are worse, faster burns of the same SLO."""
    ranks = {severity.name: severity.rank for severity in plan.severities}
    groups: dict[tuple[str, str, str], list[Alert]] = {}
    for alert in plan.alerts:
        if not alert.on_cloudwatch:
            groups.setdefault((alert.service, alert.key, alert.name), []).append(alert)
    out: dict[str, list[tuple[Alert, str]]] = {}
    for group in groups.values():
        for alert in group:
            for other in group:
                if isinstance(alert.condition, Burn) and isinstance(other.condition, Burn):
                    if other.condition.tier_rank < alert.condition.tier_rank:
                        out.setdefault(alert.id, []).append((other, FASTER))
                elif ranks[other.severity] < ranks[alert.severity]:
                    out.setdefault(alert.id, []).append((other, WORSE))
    return out


def labels_of(alert: Alert) -> dict[str, str]:
    """The labels that Alertmanager sees, without those of the series."""
    return {**alert.labels, "alertname": alert.name}


def _problem(alert: Alert, message: str, expected: str) -> Problem:
    return Problem(NEVER, message, expected, (alert.id,), alert.origin)


def _names(wanted: Sequence[tuple[str, int]]) -> str:
    return listed(list(dict.fromkeys(receiver for receiver, _ in wanted))) or "nobody"
