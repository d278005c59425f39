"""Alarms on metrics, one for each alert with a limit, a band or missing data.

In: the plan's alerts. Out: AWS::CloudWatch::Alarm.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitorspec.cloudformation import alarm
from monitorspec.cloudformation.known import Known, actions
from monitorspec.cloudformation.resource import ALARMS, Resource
from monitorspec.plan import Alert, Plan


def resources(plan: Plan, known: Known) -> Iterator[Resource]:
    """The alarm of every alert that is one."""
    for alert in plan.alerts:
        if alarm.is_alarm(alert):
            yield Resource(
                known.alarms[alert.id],
                "AWS::CloudWatch::Alarm",
                alarm.properties(
                    alert,
                    name=known.alarm_names[alert.id],
                    actions=actions(plan, alert, known.topics),
                    tags=plan.stack.tags,
                    runbook=runbook(plan, alert),
                ),
                alert.service,
                alert.key,
                alert.signal.cloudwatch.region if alert.signal.cloudwatch else "",
                ALARMS,
            )


def runbook(plan: Plan, alert: Alert) -> str:
    """Where the alert's runbook page is: an address, or the path below the outputs."""
    if not alert.runbook:
        return ""
    return f"{plan.links.runbooks}/{alert.runbook}" if plan.links.runbooks else f"runbooks/{alert.runbook}"
