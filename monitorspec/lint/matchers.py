"""Lint of matchers, groups and inhibitions against the labels that alerts can have.

In: the plan. Out: findings `routes/label`, `routes/value`, `routes/group-by`, `inhibit/equal`.

What only depends on a series is never judged, and of other specs that share a file nothing is known. Prometheus may add external
labels: where the spec does not have the server, a label that nobody has is a warning, unless it is nearly one that somebody has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from monitorspec.diagnostics import Level
from monitorspec.labelflow import Flow, flow
from monitorspec.lint.finding import Finding
from monitorspec.matching import predicate
from monitorspec.plan import Alert, Matcher, Path, Plan, Route
from monitorspec.plan.routing import Asked

_NEAR = 0.75
_Conjunction = tuple[Matcher, ...]


def unknown_label(plan: Plan) -> Iterable[Finding]:
    """A matcher asks for a label that no alert can have.

    An alert has the labels of the spec, of its service and of its own, `alertname`, `severity`, `system`, `service` and `owner`,
    those that its expression keeps, and the external labels of `prometheus`. The route, mute or inhibition never matches. No
    finding where the label might come from a series. A label that Prometheus adds to every alert is declared with
    `prometheus: {external_labels: {…}}`.

    ```yaml wrong
    services: {api: {labels: {team: web}, thresholds: {queue: {expr: sum(queue_length), above: {critical: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes:
      default: {notify: chat}
      web: {match: {labels: {taem: web}}, notify: chat}
    ```
    ```yaml right
    services: {api: {labels: {team: web}, thresholds: {queue: {expr: sum(queue_length), above: {critical: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes:
      default: {notify: chat}
      web: {match: {labels: {team: web}}, notify: chat}
    ```
    """
    for question in _questions(plan):
        asked, known = question.asked, flow(plan)
        if _all_may_have(known, asked.label):
            continue
        alerts = question.alerts(known)
        if any(known.carried(alert).can_carry(asked.label) for alert in alerts):
            continue
        near = _near_label(known, asked.label, alerts)
        holds = any(predicate(asked.op, value)("") for value in asked.values)
        if holds and not near:
            continue  # such as `namespace!="kube-system"`: nothing is lost
        at = asked.text.index(asked.label) if asked.text else 0
        yield Finding(
            f"no alert {question.which} can have label `{asked.label}`",
            asked.origin,
            _level(plan, near, alerts),
            help=_help(known, plan, asked.label, near, alerts),
            effect="it holds for every alert" if holds else question.effect,
            key=not asked.text,
            within=(asked.text, at, len(asked.label)) if asked.text else None,
            also=(asked.origin[:-1],) if asked.text else (),
            own=not near,
        )


def unknown_value(plan: Plan) -> Iterable[Finding]:
    """A matcher asks for a value that no alert has.

    Every alert gets the label from the spec, and none with this value. No finding where the value might come from a series.

    ```yaml wrong
    services: {api: {thresholds: {queue: {expr: sum(queue_length), above: {critical: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes:
      default: {notify: chat}
      page: {match: {matchers: severity="critcal"}, notify: chat}
    ```
    ```yaml right
    services: {api: {thresholds: {queue: {expr: sum(queue_length), above: {critical: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes:
      default: {notify: chat}
      page: {match: {matchers: severity="critical"}, notify: chat}
    ```
    """
    for question in _questions(plan):
        asked, known = question.asked, flow(plan)
        values = question.values(known)
        said = sorted(value for value in values if value)
        if None in values or not said:
            continue  # anything is possible, or the label is what is wrong
        for n, value in enumerate(asked.values):
            for part in _parts(asked.op, value):
                equality = "=~" if "~" in asked.op else "="
                if not part or any(map(predicate(equality, part), said)):
                    continue
                near = get_close_matches(part, said, 1, _NEAR)
                whole = part == value
                if not near and (not whole or "!" in asked.op):
                    continue  # one of several environments that not every system has
                effect = question.effect if whole and len(asked.values) == 1 else ""
                at = asked.text.rindex(part) if part in asked.text else 0
                yield Finding(
                    f'no alert {question.which} has {asked.label}{equality if whole else "="}"{part}"',
                    asked.origin if asked.text else (*asked.origin, n),
                    "error" if near or (effect and "" not in values) else "warning",
                    help=(f"did you mean `{near[0]}`?",) if near else (f"they have: {', '.join(said[:8])}",),
                    effect="it holds for every alert" if "!" in asked.op else effect,
                    key=False,
                    within=(asked.text, at, len(part)) if asked.text else None,
                    also=(asked.origin[:-1] if asked.text else asked.origin,),
                    own=not near,
                )


def group_by(plan: Plan) -> Iterable[Finding]:
    """Alerts are grouped by a label that none of them can have.

    The label splits no group: all alerts count as having the same value, none.

    ```yaml wrong
    services: {api: {labels: {team: web}, thresholds: {queue: {expr: sum(queue_length), above: {critical: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {default: {notify: chat, group_by: [alertname, teams]}}
    ```
    ```yaml right
    services: {api: {labels: {team: web}, thresholds: {queue: {expr: sum(queue_length), above: {critical: 5}}}}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {default: {notify: chat, group_by: [alertname, team]}}
    ```
    """
    grouped: dict[Path, tuple[Route, list[_Conjunction]]] = {}
    for route, around in _routes(plan.root, ()):
        if route.group_by:
            grouped.setdefault(route.origin, (route, []))[1].append((*around, *route.matchers))
    known = flow(plan)
    for route, contexts in grouped.values():
        for n, label in enumerate(route.group_by or ()):
            if label == "..." or _all_may_have(known, label):
                continue
            alerts = known.matching(contexts)
            if not alerts or any(known.carried(alert).can_carry(label) for alert in alerts):
                continue
            near = _near_label(known, label, alerts)
            yield Finding(
                f"no alert that route `{route.name}` takes can have label `{label}`",
                (*route.origin, "group_by", n),
                _level(plan, near, alerts),
                help=_help(known, plan, label, near, alerts),
                effect="it splits no group",
                key=False,
                own=not near,
            )


def equal(plan: Plan) -> Iterable[Finding]:
    """An inhibition compares a label that its alerts cannot have.

    Labels of `equal` that are missing on both alerts count as equal. Missing on both, the label compares nothing, and one alert
    silences more than it should. Missing on one side only, the two are never equal, and nothing is silenced.

    ```yaml wrong
    services:
      api:
        thresholds:
          down: {expr: 'sum by (pod) (up)', below: {critical: 1}}
          slow: {expr: 'max by (handler) (latency_seconds)', above: {warning: 1s}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {default: {notify: chat}}
    prometheus: {}
    inhibit: {down-hides-slow: {source: {alerts: api.down}, target: {alerts: api.slow}, equal: [node]}}
    ```
    ```yaml right
    services:
      api:
        thresholds:
          down: {expr: 'sum by (pod) (up)', below: {critical: 1}}
          slow: {expr: 'max by (pod, handler) (latency_seconds)', above: {warning: 1s}}
    receivers: {chat: {webhook: {url: 'http://chat.example'}}}
    routes: {default: {notify: chat}}
    inhibit: {down-hides-slow: {source: {alerts: api.down}, target: {alerts: api.slow}, equal: [pod]}}
    ```
    """
    declared: dict[Path, tuple[tuple[str, ...], list[_Conjunction], list[_Conjunction]]] = {}
    for rule in plan.inhibits:
        if rule.origin:
            _, sources, targets = declared.setdefault(rule.origin, (rule.equal, [], []))
            sources.append(rule.source)
            targets.append(rule.target)
    known = flow(plan)
    for origin, (labels, sources, targets) in declared.items():
        sides = known.matching(dict.fromkeys(sources)), known.matching(dict.fromkeys(targets))
        if not all(sides):
            continue
        for n, label in enumerate(labels):
            having = [any(known.carried(a).can_carry(label) for a in side) for side in sides]
            if all(having):
                continue
            lacking = [a for side, has in zip(sides, having, strict=True) if not has for a in side]
            near = _near_label(known, label, lacking)
            level = _level(plan, near, lacking)
            if not any(having):
                said, effect = "neither a source nor a target can", "it is missing on both, which counts as equal"
            else:
                lacks, has = ("source", "target") if having[1] else ("target", "source")
                always = all(known.carried(alert).carries(label) for alert in sides[having[1]])
                said = f"no {lacks} can"
                effect = "nothing is ever silenced" if always else f"a {has} with `{label}` takes no part in it"
                level = level if always or near else "warning"
            yield Finding(
                f"{said} have label `{label}`",
                (*origin, "equal", n),
                level,
                help=_help(known, plan, label, near, lacking),
                effect=effect,
                key=False,
                own=not near,
            )


# ---- what is asked


class _Question(NamedTuple):
    """One written matcher, with all that has to hold besides it; `which` and `effect` are for messages."""

    asked: Asked
    contexts: list[_Conjunction]
    which: str
    effect: str

    def alerts(self, known: Flow) -> Sequence[Alert]:
        """The alerts that may satisfy what has to hold besides; all of them where there are none."""
        return known.matching(dict.fromkeys(self.contexts)) or known.matching([()])

    def values(self, known: Flow) -> set[str | None]:
        """What these alerts have as the label's value: "" is none, None one that depends on the series."""
        if () in self.contexts:
            return set(known.by(self.asked.label))
        return {known.carried(alert).value(self.asked.label) for alert in self.alerts(known)}


def _questions(plan: Plan) -> Iterable[_Question]:
    """The written matchers of routes, mutes and inhibitions, each once."""
    found: dict[Path, _Question] = {}

    def add(written: Sequence[Asked], conjunction: _Conjunction, around: _Conjunction, effect: str) -> None:
        for asked in written:
            rest = tuple(m for m in conjunction if m.label != asked.label)
            which = "that gets here" if around else "that matches the rest" if rest else "of this spec"
            question = found.setdefault(asked.origin, _Question(asked, [], which, effect))
            question.contexts.append((*around, *rest))

    for route, around in _routes(plan.root, ()):
        add(route.asked, route.matchers, around, "the route never takes an alert")
    for mute in plan.mutes:
        for conjunction in mute.any_of:
            add(mute.asked, conjunction, (), "it mutes nothing")
    for rule in plan.inhibits:
        for side, conjunction in (("source", rule.source), ("target", rule.target)):
            written = [asked for asked in rule.asked if asked.origin[2] == side]
            add(written, conjunction, (), "it silences nothing")
    return found.values()


def _routes(route: Route, around: _Conjunction) -> Iterator[tuple[Route, _Conjunction]]:
    """Every route with the matchers of those around it."""
    yield route, around
    for finer in route.routes:
        yield from _routes(finer, (*around, *route.matchers))


# ---- what is known


def _all_may_have(known: Flow, label: str) -> bool:
    """Whether each alert has the label, or may have it: there is nothing to find then."""
    return "" not in known.by(label)


def _parts(op: str, value: str) -> Sequence[str]:
    """The alternatives of a plain regex, and any other value by itself."""
    if "~" not in op or not all(part and part.replace("-", "").replace("_", "").isalnum() for part in value.split("|")):
        return (value,)
    return value.split("|")


def _near_label(known: Flow, label: str, alerts: Sequence[Alert]) -> str:
    """A label that the alerts have, and that was meant perhaps; or ""."""
    names = sorted({name for alert in alerts for name in known.carried(alert).known} - {label})
    return next(iter(get_close_matches(label, names, 1, _NEAR)), "")


def _level(plan: Plan, near: str, alerts: Sequence[Alert]) -> Level:
    """An error where it is certain: external labels are known, or there are none."""
    certain = near or plan.prometheus is not None or all(alert.on_cloudwatch for alert in alerts)
    return "error" if certain else "warning"


def _help(known: Flow, plan: Plan, label: str, near: str, alerts: Sequence[Alert]) -> tuple[str, ...]:
    if near:
        return (f"did you mean `{near}`?",)
    has = sorted({name for alert in alerts for name in known.carried(alert).known})
    told = [f"labels: {', '.join(has[:12])}{', …' if len(has) > 12 else ''}"]
    if plan.prometheus is None and not all(alert.on_cloudwatch for alert in alerts):
        told.append(
            f"if Prometheus adds it to all alerts, declare it: `prometheus: {{external_labels: {{{label}: …}}}}`"
        )
    return tuple(told)
