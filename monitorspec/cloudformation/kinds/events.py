"""EventBridge rules and their targets.

In: `plan.stack.event_rules`. Out: AWS::Events::Rule, with AWS::Lambda::Permission where one calls a function. Topics let
EventBridge publish by their policy (see `policies`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.resource import Resource, substituted
from monitorspec.cloudformation.tags import tags_of
from monitorspec.events.message import transformer
from monitorspec.plan import Plan
from monitorspec.plan.aws import EventRule


def resources(plan: Plan, known: Known) -> Iterator[Resource]:
    """Every rule, and the permissions that its targets need."""
    ids = known.ids(((rule.name,) for rule in plan.stack.event_rules), "Rule")
    permissions = known.ids(((rule.name,) for rule in plan.stack.event_rules), "RulePermission")
    for rule in plan.stack.event_rules:
        id = ids[rule.name,]
        made = properties(rule.description, rule.pattern, rule.schedule, _targets(rule, known))
        made["Tags"] = tags_of(plan, rule.service)
        yield Resource(id, "AWS::Events::Rule", made, rule.service, rule.name)
        if rule.function:
            permission = {
                "FunctionName": substituted(rule.function),
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
                "SourceArn": {
                    "Fn::Sub": f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/${{{id}}}"
                },
            }
            yield Resource(permissions[rule.name,], "AWS::Lambda::Permission", permission, rule.service, rule.name)


def properties(
    description: str, pattern: Mapping[str, Any] | None, schedule: str, targets: list[dict[str, Any]]
) -> dict[str, Any]:
    """The properties of a rule."""
    made: dict[str, Any] = {"Description": " ".join(description.split())} if description else {}
    if pattern is not None:
        made["EventPattern"] = filled_in(pattern)
    if schedule:
        made["ScheduleExpression"] = substituted(schedule)
    return {**made, "State": "ENABLED", "Targets": targets}


def filled_in(value: Any) -> Any:
    """Plain data with CloudFormation's own form for each text that holds `${Name}`."""
    if isinstance(value, str):
        return substituted(value)
    if isinstance(value, Mapping):
        return {key: filled_in(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled_in(inner) for inner in value]
    return value


def _targets(rule: EventRule, known: Known) -> list[dict[str, Any]]:
    arns = [{"Ref": known.topics[name]} for name in rule.notify]
    if rule.function:
        arns.append(substituted(rule.function))
    out: list[dict[str, Any]] = []
    for n, arn in enumerate(arns, 1):
        target: dict[str, Any] = {"Id": f"target-{n}", "Arn": arn}
        if rule.message:
            target["InputTransformer"] = filled_in(transformer(rule.message))
        out.append(target)
    return out
