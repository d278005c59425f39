"""Conditions over alarms: `any_of`, `all_of`, `not`, `at_least` with `of`, and names of alarms.

In: the `composite` and `suppress` of a threshold. Out: `plan.Composite`: first with the names as they are written, then
(`linked`, when every alert is known) with the ids of alerts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monitorspec import plan
from monitorspec.diagnostics import Path
from monitorspec.plan.alerts import Rule
from monitorspec.resolve.alarmnames import alarm_ids, alarm_names
from monitorspec.resolve.context import Context
from monitorspec.spec.service import Threshold

WAIT, EXTENSION = 120_000, 300_000
_FORMS = ("any_of", "all_of", "not", "at_least")


def composite(context: Context, spec: Threshold, path: Path) -> plan.Composite | None:
    """The condition with names for ids, or None after a finding."""
    rule = _rule(context, spec.composite, (*path, "composite"))
    if rule is None:
        return None
    suppress = spec.suppress
    return plan.Composite(
        rule,
        suppress.by if suppress else "",
        suppress.wait if suppress and suppress.wait is not None else WAIT if suppress else 0,
        suppress.extension if suppress and suppress.extension is not None else EXTENSION if suppress else 0,
    )


def _rule(context: Context, given: Any, path: Path) -> Rule | None:
    notes = context.notes
    if isinstance(given, str):
        return Rule("alarm", given, (), 0)
    forms = [key for key in _FORMS if key in given] if isinstance(given, Mapping) else []
    others = [key for key in given if key not in (*_FORMS, "of")] if isinstance(given, Mapping) else []
    if len(forms) != 1 or others or ("of" in given) != (forms == ["at_least"]):
        at = (*path, others[0]) if others else path
        notes.add(
            "composites/condition",
            at,
            f"`{others[0]}` is no condition over alarms" if others else "this is no condition over alarms",
            key=bool(others),
            label="a name, or one of `any_of`, `all_of`, `not`, and `at_least` with `of`",
            help=("such as `{any_of: [errors, {all_of: [latency, {not: maintenance}]}]}`",),
        )
        return None
    (form,) = forms
    if form == "not":
        inner = _rule(context, given["not"], (*path, "not"))
        return Rule("not", "", (inner,), 0) if inner else None
    key = "of" if form == "at_least" else form
    items = given[key]
    if not isinstance(items, list) or not items:
        notes.add("composites/condition", (*path, key), f"`{key}` has to be a list of alarms and conditions", key=True)
        return None
    parts = [_rule(context, item, (*path, key, n)) for n, item in enumerate(items)]
    if any(part is None for part in parts):
        return None
    count = 0
    if form == "at_least":
        count = given["at_least"]
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= len(items):
            notes.add(
                "composites/condition",
                (*path, "at_least"),
                f"`at_least` has to be a number from 1 to {len(items)}",
                label="how many of them",
            )
            return None
        if any(part and part.op != "alarm" for part in parts):
            notes.add("composites/condition", (*path, "of"), "`of` takes names of alarms only", key=True)
            return None
    return Rule(form, "", tuple(part for part in parts if part), count)


def linked(context: Context, services: Sequence[plan.Service]) -> list[plan.Service]:
    """The services with every composite speaking of ids of alerts; findings for names that no alarm has."""
    if not any(isinstance(a.condition, plan.Composite) for s in services for a in s.alerts):
        return list(services)
    known, called = alarm_names(services), _called(services)
    out = []
    for service in services:
        thresholds = [
            t._replace(alerts=tuple(_linked(context, a, known, called) for a in t.alerts))
            if any(isinstance(a.condition, plan.Composite) for a in t.alerts)
            else t
            for t in service.thresholds
        ]
        out.append(service._replace(thresholds=tuple(thresholds)))
    _check_cycles(context, out)
    return out


def _called(services: Iterable[plan.Service]) -> dict[str, str]:
    """Id → what people call the alarm: its alert's name, with the severity and the like where that is the name of several."""
    alarms = [alert for service in services for alert in service.alerts if alert.on_cloudwatch]
    several = Counter(alert.name for alert in alarms)
    return {
        a.id: f"{a.name} ({a.id.removeprefix(f'{a.service}.{a.key}.')})" if several[a.name] > 1 else a.name
        for a in alarms
    }


def _linked(
    context: Context, alert: plan.Alert, known: Mapping[str, tuple[str, ...]], called: Mapping[str, str]
) -> plan.Alert:
    condition = alert.condition
    if not isinstance(condition, plan.Composite):
        return alert
    at = (*alert.origin, "composite")
    rule = _named(_with_ids(context, condition.rule, at, alert, known), called)
    suppressor = ""
    if condition.suppressor:
        ids = alarm_ids(context, condition.suppressor, (*alert.origin, "suppress", "by"), known, alert.service)
        if len(ids) > 1:
            context.notes.add(
                "composites/suppressor",
                (*alert.origin, "suppress", "by"),
                f"`{condition.suppressor}` is {len(ids)} alarms; one alarm can keep another one silent",
                help=(f"name one of them: `{ids[0]}`",),
            )
        suppressor = ids[0] if ids else ""
    return alert._replace(condition=condition._replace(rule=rule, suppressor=suppressor))


def _named(rule: Rule, called: Mapping[str, str]) -> Rule:
    return rule._replace(parts=tuple(_named(part, called) for part in rule.parts), name=called.get(rule.id, ""))


def _with_ids(
    context: Context, rule: Rule, path: Path, alert: plan.Alert, known: Mapping[str, tuple[str, ...]]
) -> Rule:
    if rule.op != "alarm":
        key = "of" if rule.op == "at_least" else rule.op
        parts: list[Rule] = []
        for n, part in enumerate(rule.parts):
            where = (*path, key) if rule.op == "not" else (*path, key, n)
            one = _with_ids(context, part, where, alert, known)
            # Several alarms of one name count as several here, each for itself.
            parts += one.parts if rule.op == "at_least" and one.op == "any_of" else (one,)
        return rule._replace(parts=tuple(parts))
    ids = alarm_ids(context, rule.id, path, known, alert.service)
    if len(ids) == 1:
        return rule._replace(id=ids[0])
    return Rule("any_of", "", tuple(Rule("alarm", id, (), 0) for id in ids), 0)


def _check_cycles(context: Context, services: Sequence[plan.Service]) -> None:
    """A composite that waits for itself, by way of others."""
    needs: dict[str, tuple[tuple[str, ...], plan.Alert]] = {}
    for alert in (a for s in services for a in s.alerts):
        if isinstance(alert.condition, plan.Composite):
            suppressor = (alert.condition.suppressor,) if alert.condition.suppressor else ()
            needs[alert.id] = ((*alert.condition.rule.alarms(), *suppressor), alert)
    for id, (_, alert) in needs.items():
        seen: set[str] = set()
        todo = list(needs[id][0])
        while todo:
            other = todo.pop()
            if other == id:
                context.notes.add(
                    "composites/circle", (*alert.origin, "composite"), f"`{alert.key}` waits for itself", key=True
                )
                return
            if other in needs and other not in seen:
                seen.add(other)
                todo += needs[other][0]
