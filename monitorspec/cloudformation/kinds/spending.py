"""Monitors of unusual spending with their subscriptions, and budgets.

In: `plan.stack.cost_anomalies` and `budgets`. Out: AWS::CE::AnomalyMonitor, AWS::CE::AnomalySubscription, AWS::Budgets::Budget.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any

from monitorspec.cloudformation import template
from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.resource import Resource, substituted
from monitorspec.cloudformation.tags import tags_of
from monitorspec.plan import Plan
from monitorspec.plan.aws import Budget, CostAnomalies
from monitorspec.spec.units import number_text, plain

_FREQUENCIES = {"immediately": "IMMEDIATE", "daily": "DAILY", "weekly": "WEEKLY"}
_DIMENSIONS = {"service": "SERVICE", "account": "LINKED_ACCOUNT"}


def resources(plan: Plan, known: Known) -> Iterator[Resource]:
    """The monitors, each with its subscription, and the budgets."""
    monitors, budgets = plan.stack.cost_anomalies, plan.stack.budgets
    ids = template.logical_ids(((monitor.key,) for monitor in monitors), "CostMonitor")
    subscriptions = template.logical_ids(((monitor.key,) for monitor in monitors), "CostSubscription")
    for monitor in monitors:
        id = ids[(monitor.key,)]
        yield Resource(id, "AWS::CE::AnomalyMonitor", _monitor(plan, monitor), region=monitor.region)
        yield Resource(
            subscriptions[(monitor.key,)],
            "AWS::CE::AnomalySubscription",
            _subscription(plan, known, monitor, id),
            region=monitor.region,
        )
    ids = template.logical_ids(((budget.key,) for budget in budgets), "Budget")
    for budget in budgets:
        yield Resource(ids[(budget.key,)], "AWS::Budgets::Budget", _budget(plan, known, budget), region=budget.region)


def _monitor(plan: Plan, monitor: CostAnomalies) -> dict[str, Any]:
    made: dict[str, Any] = {"MonitorName": substituted(monitor.name)}
    if monitor.values:
        made["MonitorType"] = "CUSTOM"
        values = list(monitor.values)
        expression = (
            {"Tags": {"Key": monitor.tag, "Values": values}}
            if monitor.by == "tag"
            else {"Dimensions": {"Key": _DIMENSIONS[monitor.by], "Values": values}}
        )
        made["MonitorSpecification"] = substituted(json.dumps(expression))
    else:
        made["MonitorType"] = "DIMENSIONAL"
        made["MonitorDimension"] = _DIMENSIONS[monitor.by]
    made["ResourceTags"] = tags_of(plan)
    return made


def _subscription(plan: Plan, known: Known, monitor: CostAnomalies, id: str) -> dict[str, Any]:
    measure, amount = ("PERCENTAGE", monitor.above * 100) if monitor.relative else ("ABSOLUTE", monitor.above)
    expression = {
        "Dimensions": {
            "Key": f"ANOMALY_TOTAL_IMPACT_{measure}",
            "MatchOptions": ["GREATER_THAN_OR_EQUAL"],
            "Values": [number_text(amount)],
        }
    }
    return {
        "SubscriptionName": substituted(monitor.name),
        "MonitorArnList": [{"Ref": id}],
        "Frequency": _FREQUENCIES[monitor.every],
        "ThresholdExpression": json.dumps(expression),
        "Subscribers": [{"Type": type_, "Address": address} for type_, address in _subscribers(plan, known, monitor)],
        "ResourceTags": tags_of(plan),
    }


def _budget(plan: Plan, known: Known, budget: Budget) -> dict[str, Any]:
    told = [{"SubscriptionType": type_, "Address": address} for type_, address in _subscribers(plan, known, budget)]
    notifications = [
        {
            "Notification": {
                "NotificationType": type_,
                "ComparisonOperator": "GREATER_THAN",
                "ThresholdType": "PERCENTAGE",
                "Threshold": plain(share * 100),
            },
            "Subscribers": told,
        }
        for type_, shares in (("ACTUAL", budget.actual), ("FORECASTED", budget.forecast))
        for share in shares
    ]
    made: dict[str, Any] = {
        "BudgetName": substituted(f"{budget.name}-{_digest(plan, budget, notifications)}"),
        "BudgetType": "COST",
        "BudgetLimit": {"Amount": budget.limit, "Unit": "USD"},
        "TimeUnit": budget.every.upper(),
    }
    if budget.tags:
        made["CostFilters"] = {
            "TagKeyValue": [_tag_filter(key, value) for key, values in budget.tags for value in values]
        }
    return {
        "Budget": made,
        "NotificationsWithSubscribers": notifications,
        "ResourceTags": tags_of(plan),
    }


def _digest(plan: Plan, budget: Budget, notifications: list[dict[str, Any]]) -> str:
    """CloudFormation replaces a budget whose notifications change, by making the new one before it deletes the old: the two
    cannot share a name."""
    arns = [topic.topic_name for topic in plan.stack.topics if topic.name == budget.topic]
    text = json.dumps(
        [notifications, arns], default=lambda value: number_text(value) if isinstance(value, Decimal) else ""
    )
    return sha256(text.encode()).hexdigest()[:6]


def _tag_filter(key: str, value: str) -> Any:
    """`user:Key$Value`. The dollar is kept away from Fn::Sub."""
    key = key if key.startswith(("user:", "aws:")) else f"user:{key}"
    return {"Fn::Join": ["", [f"{key}$", substituted(value)]]} if "${" in value else f"{key}${value}"


def _subscribers(plan: Plan, known: Known, of: CostAnomalies | Budget) -> Iterator[tuple[str, Any]]:
    """(type, address) of everybody who is told."""
    if of.topic:
        yield "SNS", _topic(plan, known, of.topic, of.region)
    for address in of.emails:
        yield "EMAIL", substituted(address)


def _topic(plan: Plan, known: Known, name: str, region: str) -> dict[str, Any]:
    """The ARN of a topic. A stack of another region cannot refer to one that this region's stack makes, but its name says it."""
    topic = next(topic for topic in plan.stack.topics if topic.name == name)
    if not region or topic.parameter:
        return {"Ref": known.topics[name]}
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:sns:{plan.stack.region}:${{AWS::AccountId}}:{topic.topic_name}"}
