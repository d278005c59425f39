"""What X-Ray samples, and groups of traces.

In: `plan.stack.sampling_rules` and `trace_groups`. Out: AWS::XRay::SamplingRule, AWS::XRay::Group.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitorspec.cloudformation import template
from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.resource import Resource, substituted
from monitorspec.cloudformation.tags import tags_of
from monitorspec.plan import Plan
from monitorspec.plan.aws import SamplingRule, TraceGroup

_FORMAT = 1
"""The only version of sampling rules."""


def resources(plan: Plan, known: Known) -> Iterator[Resource]:  # noqa: ARG001
    """The rules and groups."""
    rules, groups = plan.stack.sampling_rules, plan.stack.trace_groups
    ids = template.logical_ids(((rule.key,) for rule in rules), "SamplingRule")
    for rule in rules:
        made = {"SamplingRule": _rule(rule), "Tags": tags_of(plan)}
        yield Resource(ids[(rule.key,)], "AWS::XRay::SamplingRule", made)
    ids = template.logical_ids(((group.key,) for group in groups), "TraceGroup")
    for group in groups:
        yield Resource(ids[(group.key,)], "AWS::XRay::Group", _group(plan, group))


def _rule(rule: SamplingRule) -> dict[str, Any]:
    made: dict[str, Any] = {
        "RuleName": substituted(rule.name),
        "Version": _FORMAT,
        "Priority": rule.priority,
        "FixedRate": {"Ref": rule.parameter} if rule.parameter else rule.rate,
        "ReservoirSize": rule.reservoir,
        "ServiceName": substituted(rule.service),
        "ServiceType": substituted(rule.service_type),
        "Host": substituted(rule.host),
        "HTTPMethod": substituted(rule.method),
        "URLPath": substituted(rule.path),
        "ResourceARN": substituted(rule.resource),
    }
    if rule.attributes:
        made["Attributes"] = {name: substituted(value) for name, value in rule.attributes}
    if rule.boost is not None:
        made["SamplingRateBoost"] = {"MaxRate": rule.boost, "CooldownWindowMinutes": rule.boost_every // 60_000}
    return made


def _group(plan: Plan, group: TraceGroup) -> dict[str, Any]:
    made: dict[str, Any] = {"GroupName": substituted(group.name), "FilterExpression": substituted(group.filter)}
    if group.insights:
        made["InsightsConfiguration"] = {
            "InsightsEnabled": True,
            "NotificationsEnabled": group.notifications,
        }
    made["Tags"] = tags_of(plan)
    return made
