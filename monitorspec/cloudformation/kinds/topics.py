"""SNS topics with their subscriptions.

In: `plan.stack.topics`. Out: AWS::SNS::Topic, AWS::SNS::Subscription, AWS::Chatbot::SlackChannelConfiguration. A subscription
whose address is an optional parameter is made only where that is given. An account takes one configuration for each Slack
channel ("Slack channel … has already been configured"), so that one names all topics that the channel hears of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import Any, NamedTuple

from monitorspec.cloudformation import template
from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.resource import Resource, substituted
from monitorspec.cloudformation.tags import tags_of
from monitorspec.names import camel
from monitorspec.plan import Plan
from monitorspec.plan.aws import Subscription, Topic

_NAME = 100
"""Characters of a channel's name; AWS takes 128 together with the prefix of names."""


class _Channel(NamedTuple):
    """A Slack channel: its name here, the first subscription of it, and the topics that it hears of."""

    name: str
    subscription: Subscription
    topics: tuple[str, ...]


def resources(plan: Plan, known: Known) -> Iterator[Resource]:
    """The topics that the stack makes, the subscriptions to all topics, and the Slack channels."""
    optional = {p.name for p in plan.stack.parameters if p.default == ""}
    topics = plan.stack.topics
    channels = _channels(topics)
    direct = ((topic.name, s.name) for topic in topics for s in topic.subscriptions if s.protocol != "slack")
    ids = template.logical_ids((*direct, *((channel.name,) for channel in channels)), "Subscription")
    for topic in topics:
        if not topic.parameter:
            yield Resource(known.topics[topic.name], "AWS::SNS::Topic", _topic(plan, topic))
        for subscription in topic.subscriptions:
            if subscription.protocol != "slack":
                made = _subscription(topic, subscription, known)
                given = _given(subscription, optional)
                yield Resource(ids[topic.name, subscription.name], "AWS::SNS::Subscription", made, given=given)
    for channel in channels:
        made = _configuration(plan, channel, known)
        given = _given(channel.subscription, optional)
        yield Resource(ids[(channel.name,)], "AWS::Chatbot::SlackChannelConfiguration", made, given=given)


def _topic(plan: Plan, topic: Topic) -> dict[str, Any]:
    made: dict[str, Any] = {"TopicName": substituted(topic.topic_name)}
    if topic.description:
        # The name that subscribers see; SNS takes a hundred characters.
        made["DisplayName"] = " ".join(topic.description.split())[:100]
    if topic.kms_key:
        made["KmsMasterKeyId"] = substituted(topic.kms_key)
    made["Tags"] = tags_of(plan)
    return made


def _subscription(topic: Topic, subscription: Subscription, known: Known) -> dict[str, Any]:
    arn = {"Ref": known.topics[topic.name]}
    return {"TopicArn": arn, "Protocol": subscription.protocol, "Endpoint": substituted(subscription.endpoint)}


def _channels(topics: Iterable[Topic]) -> list[_Channel]:
    first: dict[str, Subscription] = {}
    heard: dict[str, dict[str, None]] = {}
    for topic in topics:
        for subscription in topic.subscriptions:
            if subscription.protocol == "slack":
                key = f"{subscription.workspace}\0{subscription.endpoint}"
                first.setdefault(key, subscription)
                heard.setdefault(key, {})[topic.name] = None
    names = template.unique_names({key: camel(s.name) for key, s in first.items()}, _NAME)
    return [_Channel(names[key], subscription, tuple(heard[key])) for key, subscription in first.items()]


def _configuration(plan: Plan, channel: _Channel, known: Known) -> dict[str, Any]:
    subscription = channel.subscription
    return {
        "ConfigurationName": substituted(plan.stack.prefix + channel.name),
        "SlackWorkspaceId": substituted(subscription.workspace),
        "SlackChannelId": substituted(subscription.endpoint),
        "IamRoleArn": substituted(subscription.role),
        "SnsTopicArns": [{"Ref": known.topics[topic]} for topic in channel.topics],
        "Tags": tags_of(plan),
    }


def _given(subscription: Subscription, optional: Set[str]) -> str:
    return next((name for name in optional if subscription.endpoint == f"${{{name}}}"), "")
