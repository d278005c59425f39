"""Lint of the CloudFormation stacks as wholes: parameters and topics.

In: the plan. Out: findings `aws/…`.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec.lint.finding import Finding
from monitorspec.plan import Plan


def unused_parameter(plan: Plan) -> Iterable[Finding]:
    """No template uses a declared parameter.

    A template holds the parameters that its resources refer to. One that nothing refers to is misspelt, or left over.

    ```yaml wrong
    aws: {parameters: {Stage: {default: production}}}
    ```
    ```yaml right
    aws:
      parameters: {Stage: {default: production}}
      topics: {pages: {name: 'pages-${Stage}', subscriptions: {mail: {email: web@shop.example}}}}
    ```
    """
    if not plan.stack.parameters:
        return
    from monitorspec.cloudformation.kinds import resources

    used: set[str] = set()
    for resource in resources(plan):
        used |= resource.names
        used.add(resource.given)
    for parameter in plan.stack.parameters:
        if parameter.name not in used:
            yield Finding(f"no template uses the parameter `{parameter.name}`", parameter.origin, "warning")


def no_subscription(plan: Plan) -> Iterable[Finding]:
    """Nobody is subscribed to a topic that the stack makes.

    Alarms that go to it are told to nobody, unless somebody subscribes by hand. Give the topic `subscriptions`, or name the
    parameter that takes the ARN of a topic which is there already.

    ```yaml wrong
    aws: {topics: {pages: {description: Wakes somebody.}}}
    ```
    ```yaml right
    aws: {topics: {pages: {parameter: PagesTopicArn}}}
    ```
    """
    for topic in plan.stack.topics:
        if not topic.parameter and not topic.subscriptions:
            yield Finding(
                f"nobody hears of the topic `{topic.name}`",
                topic.origin,
                "warning",
                label="the stack makes it without a subscription",
                help=("subscriptions: {mail: {email: …}}", "or, for a topic that is there already, `parameter: …`"),
                effect="alarms that go to it reach nobody",
            )
