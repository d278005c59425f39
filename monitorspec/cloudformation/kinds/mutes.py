"""Maintenance windows: rules that keep alarms from telling anybody.

In: the plan's mutes and their windows. Out: AWS::CloudWatch::AlarmMuteRule, one for each stretch of a window and each hundred
alarms (the user guide, "Alarm mute rules"). What an alarm could not tell it tells when the window ends, if it is still so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitorspec.cloudformation import alarm, template
from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.muteschedule import Schedule, schedules
from monitorspec.cloudformation.resource import ABOVE, Resource, substituted
from monitorspec.plan import Mute, Plan
from monitorspec.routing import mutes_of

TARGETS, DESCRIPTION_LENGTH = 100, 1024


def resources(plan: Plan, known: Known) -> Iterator[Resource]:
    """The rules of every mute that matches alarms which tell somebody."""
    if not plan.mutes:
        return
    windows = {window.name: window for window in plan.windows}
    # A mute rule and its alarms are in one region.
    matched: dict[tuple[str, str], list[str]] = {}
    for alert in plan.alerts:
        if alert.on_cloudwatch and alert.actions_enabled:
            region = alert.signal.cloudwatch.region if alert.signal.cloudwatch else ""
            for mute in mutes_of(plan, alert):
                matched.setdefault((mute.name, region), []).append(known.alarms[alert.id])
    made: list[tuple[Mute, str, Schedule, list[str]]] = []
    for mute in plan.mutes:
        for (name, region), ids in matched.items():
            if name == mute.name:
                parts = [ids[n : n + TARGETS] for n in range(0, len(ids), TARGETS)]
                made += [(mute, region, s, part) for s in schedules(windows[mute.window]) for part in parts]
    keys = [_key(mute, n, made) for n, (mute, *_) in enumerate(made)]
    ids_of = template.logical_ids(keys, "Mute")
    for key, (mute, region, schedule, targets) in zip(keys, made, strict=True):
        properties = _properties(plan, mute, f"{plan.stack.prefix}{'-'.join(key)}", schedule, targets)
        yield Resource(ids_of[key], "AWS::CloudWatch::AlarmMuteRule", properties, region=region, layer=ABOVE)


def _key(mute: Mute, n: int, made: list[tuple[Mute, str, Schedule, list[str]]]) -> tuple[str, ...]:
    """The mute's name, with a number where it needs several rules."""
    same = [at for at, (other, *_) in enumerate(made) if other.name == mute.name]
    return (mute.name,) if len(same) == 1 else (mute.name, str(same.index(n) + 1))


def _properties(plan: Plan, mute: Mute, name: str, schedule: Schedule, targets: list[str]) -> dict[str, Any]:
    when = {"Expression": schedule.expression, "Duration": schedule.duration}
    return {
        "Name": substituted(name),
        "Description": f"{mute.name}: nobody is told during {mute.window}"[:DESCRIPTION_LENGTH],
        "Rule": {"Schedule": {**when, **({"Timezone": schedule.tz} if schedule.tz else {})}},
        "MuteTargets": {"AlarmNames": [{"Ref": id} for id in targets]},
        "Tags": alarm.tag_list(plan.stack.tags, plan.labels),
    }
