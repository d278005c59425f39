"""Policies of SNS topics that AWS services other than CloudWatch alarms publish to.

In: `plan.stack`. Out: AWS::SNS::TopicPolicy for each topic that the stack makes and that EventBridge, Budgets or Cost Anomaly
Detection publish to. A policy takes the place of the one that a topic has by default, so it begins with the same statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.resource import Resource
from monitorspec.plan import Plan

_ACTIONS = (
    "SNS:AddPermission",
    "SNS:DeleteTopic",
    "SNS:GetTopicAttributes",
    "SNS:ListSubscriptionsByTopic",
    "SNS:Publish",
    "SNS:RemovePermission",
    "SNS:SetTopicAttributes",
    "SNS:Subscribe",
)
# Principal → what its statement is called, and whether it tells for which account it publishes: EventBridge does not, and could
# not publish at all under a condition (EventBridge user guide, "Using resource-based policies": "You can't use Condition blocks
# in Amazon SNS topic policies for EventBridge").
_SERVICES = {
    "events.amazonaws.com": ("EventBridge", False),
    "budgets.amazonaws.com": ("Budgets", True),
    "costalerts.amazonaws.com": ("CostAnomalyDetection", True),
}


def resources(plan: Plan, known: Known) -> Iterator[Resource]:
    """A policy for each topic that needs one."""
    publishers = _publishers(plan)
    made_here = [topic for topic in plan.stack.topics if not topic.parameter and topic.name in publishers]
    ids = known.ids(((topic.name,) for topic in made_here), "TopicPolicy")
    for topic in made_here:
        arn = {"Ref": known.topics[topic.name]}
        statements = [
            _own(arn),
            *(_publish(service, arn) for service in _SERVICES if service in publishers[topic.name]),
        ]
        policy = {"PolicyDocument": {"Version": "2012-10-17", "Statement": statements}, "Topics": [arn]}
        yield Resource(ids[topic.name,], "AWS::SNS::TopicPolicy", policy)


def _publishers(plan: Plan) -> dict[str, set[str]]:
    """Topic → the services that publish to it."""
    stack = plan.stack
    told = [("events.amazonaws.com", topic) for rule in stack.event_rules for topic in rule.notify]
    told += [("budgets.amazonaws.com", budget.topic) for budget in stack.budgets]
    told += [("costalerts.amazonaws.com", monitor.topic) for monitor in stack.cost_anomalies]
    out: dict[str, set[str]] = {}
    for service, topic in told:
        out.setdefault(topic, set()).add(service)
    return out


def _own(arn: dict[str, Any]) -> dict[str, Any]:
    """What the default policy says: the account may do everything, and so may its alarms."""
    return {
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": list(_ACTIONS),
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": {"Ref": "AWS::AccountId"}}},
    }


def _publish(service: str, arn: dict[str, Any]) -> dict[str, Any]:
    sid, conditional = _SERVICES[service]
    made: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "SNS:Publish",
        "Resource": arn,
    }
    if conditional:
        made["Condition"] = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    return made
