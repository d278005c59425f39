"""SNS topics with their subscriptions.

In: `plan.stack.topics`. Out: AWS::SNS::Topic, AWS::SNS::Subscription, AWS::Chatbot::SlackChannelConfiguration. A subscription
whose address is an optional parameter is made only where that is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitorspec.cloudformation import alarm, template
from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.resource import Resource, substituted
from monitorspec.names import camel
from monitorspec.plan import Plan
from monitorspec.plan.aws import Subscription, Topic


def resources(plan: Plan, known: Known) -> Iterator[Resource]:
    """The topics that the stack makes, and the subscriptions to all topics."""
    optional = {p.name for p in plan.stack.parameters if p.default == ""}
    ids = template.logical_ids(
        ((topic.name, s.name) for topic in plan.stack.topics for s in topic.subscriptions), "Subscription"
    )
    for topic in plan.stack.topics:
        if not topic.parameter:
            yield Resource(known.topics[topic.name], "AWS::SNS::Topic", _topic(plan, topic))
        for subscription in topic.subscriptions:
            given = next((name for name in optional if subscription.endpoint == f"${{{name}}}"), "")
            made = _subscription(plan, topic, subscription, known)
            type_ = (
                "AWS::Chatbot::SlackChannelConfiguration"
                if subscription.protocol == "slack"
                else "AWS::SNS::Subscription"
            )
            yield Resource(ids[topic.name, subscription.name], type_, made, given=given)


def _topic(plan: Plan, topic: Topic) -> dict[str, Any]:
    made: dict[str, Any] = {"TopicName": substituted(topic.topic_name)}
    if topic.description:
        # The name that subscribers see; SNS takes a hundred characters.
        made["DisplayName"] = " ".join(topic.description.split())[:100]
    if topic.kms_key:
        made["KmsMasterKeyId"] = substituted(topic.kms_key)
    made["Tags"] = alarm.tag_list(plan.stack.tags, plan.labels)
    return made


def _subscription(plan: Plan, topic: Topic, subscription: Subscription, known: Known) -> dict[str, Any]:
    arn = {"Ref": known.topics[topic.name]}
    if subscription.protocol == "slack":
        name = f"{plan.stack.prefix}{camel(topic.name, subscription.name)}"
        return {
            "ConfigurationName": substituted(name),
            "SlackWorkspaceId": substituted(subscription.workspace),
            "SlackChannelId": substituted(subscription.endpoint),
            "IamRoleArn": substituted(subscription.role),
            "SnsTopicArns": [arn],
        }
    return {"TopicArn": arn, "Protocol": subscription.protocol, "Endpoint": substituted(subscription.endpoint)}
