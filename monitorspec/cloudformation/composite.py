"""What CloudWatch would refuse of finished composite alarms; cfn-lint sees nothing of it.

In: the properties of composite alarms, and the resources of their template. Out: problems as texts. Limits: the API reference of
PutCompositeAlarm, and the CloudWatch user guide, "Composite alarms".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitorspec.alarmstate import alarmrule
from monitorspec.alarmstate.errors import RuleError
from monitorspec.cloudformation import alarm
from monitorspec.cloudformation.rule import WATCHED_BY

_NAMES = (
    "ActionConfiguration ActionsEnabled ActionsSuppressor ActionsSuppressorExtensionPeriod ActionsSuppressorWaitPeriod "
    "AlarmActions AlarmDescription AlarmName AlarmRule InsufficientDataActions OKActions Tags"
)
PROPERTIES = frozenset(_NAMES.split())
COMPOSITE, METRIC = "AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::Alarm"
_PERIODS = ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")
_reference = re.compile(r"\$\{([A-Za-z0-9]+)\}").fullmatch


def composite_problems(properties: Mapping[str, Any]) -> list[str]:
    """What CloudWatch would refuse in the properties of one composite; intrinsic functions are taken on trust."""
    p = properties
    out = [f"unknown property {key}" for key in p if key not in PROPERTIES]
    if "AlarmRule" not in p:
        out.append("AlarmRule is missing")
    else:
        out.extend(_rule_problems(p["AlarmRule"]))
    together = [key for key in ("ActionsSuppressor", *_PERIODS) if key in p]
    if 0 < len(together) < 3:
        out.append(f"ActionsSuppressor, {' and '.join(_PERIODS)} need each other")
    for key in _PERIODS:
        if key in p and (isinstance(p[key], bool) or not isinstance(p[key], int) or p[key] < 0):
            out.append(f"{key} has to be a number of seconds")
    out.extend(alarm.length_problems(p))
    return out


def _rule_problems(rule: Any) -> Iterator[str]:
    text = rule_text(rule)
    if text is None:
        return
    try:
        tree = alarmrule.parse(text)
    except RuleError as error:
        yield str(error)
        return
    if not alarmrule.alarms_of(tree):
        yield "AlarmRule watches no alarm"


def rule_text(rule: Any) -> str | None:
    """The text of a rule, references as `${Name}`; None where it is made by another function."""
    if isinstance(rule, str):
        return rule
    inner = rule.get("Fn::Sub") if isinstance(rule, Mapping) else None
    if isinstance(inner, list) and inner:
        inner = inner[0]
    return inner if isinstance(inner, str) else None


def among(resources: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with composites and the alarms that they watch, within one template."""
    watches: dict[str, tuple[str, ...]] = {}
    for id, resource in resources.items():
        if resource.get("Type") == COMPOSITE:
            properties = resource.get("Properties") or {}
            yield from (f"{id}: {problem}" for problem in composite_problems(properties))
            watches[id] = _watched(properties)
    counts: dict[str, int] = {}
    for id, others in watches.items():
        for other in others:
            counts[other] = counts.get(other, 0) + 1
            if other in resources and resources[other].get("Type") not in (COMPOSITE, METRIC):
                yield f"{id}: AlarmRule names {other}, which is no alarm"
    yield from (
        f"{id} is watched by {count} composite alarms; {WATCHED_BY} are allowed"
        for id, count in counts.items()
        if count > WATCHED_BY
    )
    for id in watches:
        if _reaches(id, watches):
            yield f"{id} watches itself, by way of others"
            return


def _watched(properties: Mapping[str, Any]) -> tuple[str, ...]:
    """Logical ids of the alarms that the rule and the suppressor name."""
    text = rule_text(properties.get("AlarmRule")) or ""
    try:
        names = alarmrule.alarms_of(alarmrule.parse(text))
    except RuleError:
        return ()
    found = [m[1] for name in names if (m := _reference(name))]
    suppressor = properties.get("ActionsSuppressor")
    if isinstance(suppressor, Mapping) and isinstance(suppressor.get("Ref"), str):
        found.append(suppressor["Ref"])
    return tuple(dict.fromkeys(found))


def _reaches(start: str, watches: Mapping[str, tuple[str, ...]]) -> bool:
    seen: set[str] = set()
    todo = list(watches[start])
    while todo:
        id = todo.pop()
        if id == start:
            return True
        if id in watches and id not in seen:
            seen.add(id)
            todo += watches[id]
    return False
