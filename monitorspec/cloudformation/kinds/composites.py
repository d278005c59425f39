"""Composite alarms: conditions over other alarms.

In: alerts with a `Composite` condition. Out: AWS::CloudWatch::CompositeAlarm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitorspec.cloudformation import alarm, rule
from monitorspec.cloudformation.kinds.alarms import runbook
from monitorspec.cloudformation.known import Known, actions
from monitorspec.cloudformation.resource import ABOVE, Resource, substituted
from monitorspec.plan import Alert, Composite, Plan


def resources(plan: Plan, known: Known) -> Iterator[Resource]:
    """The composite alarm of every alert that is one."""
    for alert in plan.alerts:
        if isinstance(alert.condition, Composite):
            made = properties(plan, alert, known, alert.condition)
            yield Resource(
                known.alarms[alert.id], "AWS::CloudWatch::CompositeAlarm", made, alert.service, alert.key, "", ABOVE
            )


def properties(plan: Plan, alert: Alert, known: Known, condition: Composite) -> dict[str, Any]:
    """The composite's properties. It refers to alarms by their resources, so that they are there before it."""
    made: dict[str, Any] = {
        "AlarmName": substituted(known.alarm_names[alert.id]),
        "AlarmDescription": alarm.description(alert, runbook(plan, alert)),
    }
    if not alert.actions_enabled:
        made["ActionsEnabled"] = False
    made.update(alarm.state_actions(alert, actions(plan, alert, known.topics)))
    made["AlarmRule"] = {"Fn::Sub": rule.text(condition.rule, lambda id: f"${{{known.alarms[id]}}}")}
    if condition.suppressor:
        made["ActionsSuppressor"] = {"Ref": known.alarms[condition.suppressor]}
        made["ActionsSuppressorWaitPeriod"] = condition.wait // 1000
        made["ActionsSuppressorExtensionPeriod"] = condition.extension // 1000
    made["Tags"] = alarm.tag_list(plan.stack.tags, alert.labels)
    return alarm.merged(made, alert.properties)
