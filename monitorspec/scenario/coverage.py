"""What the tests of a plan would notice: alerts, routes, inhibitions, mutes, and windows on either side of their edges.

In: a plan, the outcomes of its tests. Out: `Coverage`. A thing counts when a test that passed would have failed without it: users'
tests are judged again with what they saw, less that thing. That something fired or was asked on the way counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from monitorspec.matching import matches
from monitorspec.plan import Alert, Labels, Plan, Route, Scenario, Window, WindowPart
from monitorspec.routing import in_window, inhibited, mutes_of, receivers_of, topics_of
from monitorspec.scenario.outcome import Outcome
from monitorspec.scenario.routes import intended, labels_of, rivals
from monitorspec.scenario.seen import Fired
from monitorspec.scenario.told import Telling, tellings
from monitorspec.scenario.verdict import Scene, problems

ALERT, ROUTE, INHIBITION, MUTE, WINDOW = KINDS = ("alert", "route", "inhibition", "mute", "window")
GENERATED = "generated"
"""Stands for the tests that follow from the spec."""
_OPEN = (WindowPart((), (), (), (), "UTC"),)


class Item(NamedTuple):
    """A thing that a test can notice. `by`: the tests that do; `cannot`: why none ever can, or ""."""

    kind: str
    name: str
    by: tuple[str, ...]
    cannot: str


class Coverage(NamedTuple):
    """Every thing of a plan, by kind."""

    items: tuple[Item, ...]

    @property
    def open(self) -> tuple[Item, ...]:
        """What no test notices, and one could."""
        return tuple(item for item in self.items if not item.by and not item.cannot)

    def counts(self, kind: str = "") -> tuple[int, int]:
        """How many things of a kind are noticed, and how many could be."""
        chosen = [item for item in self.items if kind in ("", item.kind) and not item.cannot]
        return sum(bool(item.by) for item in chosen), len(chosen)

    def by_users(self, kind: str) -> int:
        """How many things of a kind users' own tests notice."""
        return sum(any(test != GENERATED for test in item.by) for item in self.items if item.kind == kind)

    @property
    def percent(self) -> float:
        """The share of what can be noticed that is; 100 where there is nothing."""
        noticed, all_ = self.counts()
        return 100 * noticed / all_ if all_ else 100.0


def coverage(plan: Plan, outcomes: Sequence[Outcome]) -> Coverage:
    """What the passing ones of `outcomes` notice."""
    found: dict[tuple[str, str], list[str]] = {}
    passed = [outcome for outcome in outcomes if outcome.passed]
    for key, test in (*_generated(plan, passed), *_of_users(plan, passed)):
        found.setdefault(key, [])
        if test not in found[key]:
            found[key].append(test)
    items = [
        Item(kind, name, tuple(found.get((kind, name), ())), "" if (kind, name) in found else cannot)
        for kind, name, cannot in _things(plan)
    ]
    return Coverage(tuple(items))


# ---- what there is


def _things(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """(kind, name, why no test can notice it or "")."""
    asks = "it asks CloudWatch a query, which no test can answer"
    yield from ((ALERT, alert.id, asks if alert.asks else "") for alert in plan.alerts)
    alertmanager = [alert for alert in plan.alerts if not alert.on_cloudwatch]
    reached = {path: alert.asks for alert in sorted(plan.alerts, key=lambda a: -a.asks) for path in _paths(plan, alert)}
    for path in _routes(plan.root):
        why = (
            "no alert of this spec goes there"
            if path not in reached
            else "only queries go there"
            if reached[path]
            else ""
        )
        yield ROUTE, _route_name(path), why
    used = [n for alert in alertmanager for n in receivers_of(plan, labels_of(alert))]
    for name in dict.fromkeys(rule.name for rule in plan.inhibits):
        yield INHIBITION, name, _in_vain(plan, name)
    for mute in plan.mutes:
        muted = any(mute in mutes_of(plan, alert) for alert in plan.alerts)
        yield MUTE, mute.name, "" if muted else "no alert of this spec is muted by it"
    muting = {mute.window for mute in plan.mutes}
    for window in plan.windows:
        asked = window.name in muting or any(window.name in (*n.active, *n.muted) for n in used)
        why = "" if asked else "it decides on no alert: CloudWatch tells topics at every hour"
        yield WINDOW, f"{window.name}: inside", why
        yield WINDOW, f"{window.name}: outside", why


def _routes(route: Route, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if route.targets or path:
        yield path or (route.name,)
    for finer in route.routes:
        yield from _routes(finer, (*path, finer.name))


def _route_name(path: tuple[str, ...]) -> str:
    return " / ".join(path)


def _paths(plan: Plan, alert: Alert) -> set[tuple[str, ...]]:
    """The routes that tell somebody of an alert, as the spec reads: of an alarm those whose receivers have topics."""
    intents = intended(plan.root, labels_of(alert))
    if alert.on_cloudwatch:
        with_topics = {receiver.name for receiver in plan.receivers if receiver.topics}
        intents = [i for i in intents if not i.after and i.receiver in with_topics]
    return {i.route for i in intents}


def _in_vain(plan: Plan, name: str) -> str:
    """Why the inhibition called `name` silences no alert that others do not silence as well; "" where it does."""
    alerts = [labels_of(alert) for alert in plan.alerts if not alert.on_cloudwatch]
    rest, silences = _without(plan, name), False
    for rule in plan.inhibits:
        if rule.name != name:
            continue
        sources: dict[tuple[str, ...], list[Labels]] = {}
        for labels in alerts:
            if matches(rule.source, labels):
                sources.setdefault(tuple(labels.get(label, "") for label in rule.equal), []).append(labels)
        only = plan._replace(inhibits=(rule,))
        for labels in alerts:
            if not matches(rule.target, labels):
                continue
            for source in sources.get(tuple(labels.get(label, "") for label in rule.equal), ()):
                if source is not labels and inhibited(only, labels, [source]):
                    silences = True
                    if inhibited(rest, labels, [source]) is None:
                        return ""
    return "others silence the same alerts" if silences else "no alert of this spec silences another one by it"


# ---- what generated tests notice


def _generated(plan: Plan, passed: Iterable[Outcome]) -> Iterator[tuple[tuple[str, str], str]]:
    alerts = {alert.id: alert for alert in plan.alerts}
    silencers = rivals(plan)
    for outcome in passed:
        if outcome.kind == "test" or outcome.name not in alerts:
            continue
        alert = alerts[outcome.name]
        yield from (((ALERT, id), GENERATED) for id in outcome.covers)
        if outcome.kind in ("routes", "alarms"):
            yield from (((ROUTE, _route_name(path)), GENERATED) for path in _paths(plan, alert))
        if outcome.kind == "alarms" and alert.actions_enabled:
            # Alarms are held against every edge of the windows in which they are muted.
            for mute in mutes_of(plan, alert):
                yield (MUTE, mute.name), GENERATED
                yield (WINDOW, f"{mute.window}: inside"), GENERATED
                yield (WINDOW, f"{mute.window}: outside"), GENERATED
        if outcome.kind == "routes":
            for other, _ in silencers.get(alert.id, ()):
                rule = inhibited(plan, labels_of(alert), [labels_of(other)])
                if (
                    rule is not None
                    and inhibited(_without(plan, rule.name), labels_of(alert), [labels_of(other)]) is None
                ):
                    yield (INHIBITION, rule.name), GENERATED


# ---- what users' tests notice


def _of_users(plan: Plan, passed: Iterable[Outcome]) -> Iterator[tuple[tuple[str, str], str]]:
    tests = [outcome for outcome in passed if outcome.kind == "test"]
    scenarios = {scenario.name: scenario for scenario in plan.scenarios}
    for outcome in tests:
        for scene in outcome.scenes:
            for id in {t.fired.alert for t in scene.now if t.fired.alert}:
                if problems(scene._replace(now=tuple(t for t in scene.now if t.fired.alert != id))):
                    yield (ALERT, id), outcome.name
    # One variation after the other: a router is kept for the last plan only.
    for key, changed, path in _variations(plan):
        for outcome in tests:
            scenario = scenarios[outcome.name]
            if any(_noticed(plan, changed, path, scenario, scene, key) for scene in outcome.scenes if scene.now):
                yield key, outcome.name


def _variations(plan: Plan) -> Iterator[tuple[tuple[str, str], Plan, tuple[str, ...] | None]]:
    """(what is missing, the plan without it, the route that tells nobody)."""
    for path in _routes(plan.root):
        yield (ROUTE, _route_name(path)), plan, path
    for name in dict.fromkeys(rule.name for rule in plan.inhibits):
        yield (INHIBITION, name), _without(plan, name), None
    for mute in plan.mutes:
        yield (MUTE, mute.name), plan._replace(mutes=tuple(m for m in plan.mutes if m != mute)), None
    for window in plan.windows:
        for side, parts in (("inside", ()), ("outside", _OPEN)):
            yield (WINDOW, f"{window.name}: {side}"), _with(plan, window._replace(parts=parts)), None


def _remuted(plan: Plan, changed: Plan, fired: Fired, scenario: Scenario) -> Fired:
    """An alarm as it would tell its topics with the mutes and windows of the changed plan."""
    if (
        fired.targets is None
        or scenario.start is None
        or (plan.mutes is changed.mutes and plan.windows is changed.windows)
    ):
        return fired
    alert = next(alert for alert in plan.alerts if alert.id == fired.alert)
    began = scenario.start + timedelta(milliseconds=fired.since)
    was, is_ = (
        any(in_window(w, began) for w in p.windows for mute in mutes_of(p, alert) if mute.window == w.name)
        for p in (plan, changed)
    )
    return fired if was == is_ else fired._replace(targets=() if is_ else topics_of(plan, alert))


def _noticed(
    plan: Plan, changed: Plan, path: tuple[str, ...] | None, scenario: Scenario, scene: Scene, key: tuple[str, str]
) -> bool:
    """Whether a moment would not have been as expected."""
    if key[0] == WINDOW and scenario.start is None:
        return False

    def again(seen: Sequence[Telling], at: int) -> tuple[Telling, ...]:
        fired = [_remuted(plan, changed, t.fired, scenario) for t in seen]
        told = tellings(changed, fired, at, scenario.start, without=path)
        return tuple(_unrouted(changed, t, path) if path is not None else t for t in told)

    moment = scene.moment
    now = again(scene.now, moment.at + moment.within)
    return bool(problems(scene._replace(before=again(scene.before, moment.at), now=now)))


def _unrouted(plan: Plan, telling: Telling, path: tuple[str, ...]) -> Telling:
    """An alarm's telling without those whom only this route names: its topics come from all routes together."""
    if telling.fired.targets is None:
        return telling
    kept = {i.receiver for i in intended(plan.root, telling.fired.labels) if i.route != path}
    return telling._replace(always=tuple(r for r in telling.always if r in kept))


def _without(plan: Plan, name: str) -> Plan:
    return plan._replace(inhibits=tuple(rule for rule in plan.inhibits if rule.name != name))


def _with(plan: Plan, window: Window) -> Plan:
    return plan._replace(windows=tuple(window if w.name == window.name else w for w in plan.windows))
