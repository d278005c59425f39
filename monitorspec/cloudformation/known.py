"""What resources are called: logical ids and names of alarms, topics and log groups, for those that refer to them.

In: the plan. Out: `Known`, made once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from monitorspec.cloudformation import alarm, template
from monitorspec.plan import Alert, Burn, Plan


class Known(NamedTuple):
    """By the plan's names: the logical ids and names of what is made, and references to it."""

    alarms: Mapping[str, str]
    """Alert's id → logical id of its alarm."""
    windows: Mapping[tuple[str, str], str]
    """(id of a burn alert, `long` or `short`) → logical id of the alarm of that window."""
    alarm_names: Mapping[str, str]
    """Alert's id → AlarmName, which may hold `${Name}`."""
    topics: Mapping[str, str]
    """Topic → logical id, or the parameter that takes its ARN; a `Ref` to either is the ARN."""
    log_groups: Mapping[str, str]
    """Key of a log group that is made here → logical id; a `Ref` to it is its name."""
    log_group_names: Mapping[str, str]
    """Key of any log group → its name as a text: `${LogicalId}` where it is made here."""
    parameters: frozenset[str]
    """Names that no logical id can have: those of parameters."""

    def ids(self, names: Iterable[tuple[str, ...]], suffix: str) -> dict[tuple[str, ...], str]:
        """A logical id for each name, none that of a parameter."""
        found = template.logical_ids(names, suffix)
        return {name: _free(id, "\0".join(name), self.parameters) for name, id in found.items()}


def _free(id: str, key: str, parameters: Collection[str]) -> str:
    return template.digested(id, key, template.ID_LENGTH) if id in parameters else id


def known(plan: Plan) -> Known:
    """The names of everything that others refer to."""
    alerts = [alert for alert in plan.alerts if alert.on_cloudwatch]
    parameters = {p.parameter for p in plan.stack.topics if p.parameter} | {p.name for p in plan.stack.parameters}
    parameters |= {alert.parameter for alert in alerts if alert.parameter} | {"Environment"}
    keys = {alert.id: (alert.service, alert.key, alarm.variant(alert)) for alert in alerts}
    burns = [alert.id for alert in alerts if isinstance(alert.condition, Burn)]
    of_windows = {(id, which): (*keys[id], which) for id in burns for which in ("long", "short")}
    ids = template.logical_ids((*keys.values(), *of_windows.values()), "Alarm")
    made = [topic for topic in plan.stack.topics if not topic.parameter]
    topics = template.logical_ids(((topic.name,) for topic in made), "Topic")
    groups = [group for group in plan.stack.log_groups if not group.exists]
    log_groups = template.logical_ids(((group.key,) for group in groups), "LogGroup")

    def free(id: str, key: str) -> str:
        return _free(id, key, parameters)

    group_ids = {group.key: free(log_groups[(group.key,)], group.key) for group in groups}
    return Known(
        alarms={alert.id: free(ids[keys[alert.id]], alert.id) for alert in alerts},
        alarm_names=_alarm_names(plan, alerts),
        windows={key: free(ids[parts], "\0".join(key)) for key, parts in of_windows.items()},
        topics={t.name: t.parameter or free(topics[(t.name,)], t.name) for t in plan.stack.topics},
        log_groups=group_ids,
        log_group_names={
            group.key: f"${{{group_ids[group.key]}}}" if group.key in group_ids else group.name
            for group in plan.stack.log_groups
        },
        parameters=frozenset(parameters),
    )


def _alarm_names(plan: Plan, alerts: list[Alert]) -> dict[str, str]:
    """AlarmName by alert: unique in the account. An alert that the spec gave a name of its own is called by that."""
    several = Counter((alert.service, alert.key) for alert in alerts)
    wanted = {}
    for alert in alerts:
        variant = alarm.variant(alert).replace(".", "-")
        parts: tuple[str, ...] = (alert.service, alert.key, variant)
        if alert.named:
            parts = (alert.name, variant) if several[alert.service, alert.key] > 1 else (alert.name,)
        wanted[alert.id] = plan.stack.prefix + "-".join(parts)
    return template.unique_names(wanted, alarm.NAME_LENGTH)


def actions(plan: Plan, alert: Alert, topics: Mapping[str, str]) -> list[dict[str, Any]]:
    """References to the topics that carry an alarm."""
    from monitorspec.routing import topics_of

    return [{"Ref": topics[name]} for name in topics_of(plan, alert) if name in topics]
