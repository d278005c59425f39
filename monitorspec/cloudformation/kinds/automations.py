"""Automations: SSM documents that EventBridge starts when an alarm fires.

In: `plan.stack.automations`. Out: AWS::SSM::Document for those with steps of their own, and AWS::Events::Rule on the change of
their alarms to ALARM. A pattern is short: many alarms need several rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from monitorspec.cloudformation.kinds.events import filled_in, properties
from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.resource import ABOVE, BASE, Resource, substituted
from monitorspec.cloudformation.tags import tags_of
from monitorspec.events.message import made as transformed
from monitorspec.events.pattern import LENGTH
from monitorspec.plan import Plan
from monitorspec.plan.aws import Automation

# What a pattern holds besides names of alarms, and what AWS puts in for a parameter.
_FRAME, _PARAMETER = 160, 40
# Documents of Amazon's own belong to no account (Systems Manager user guide, "Running automations with triggers").
_OWN = (
    "AWS-",
    "AWSSupport-",
    "AWSEC2-",
    "AWSConfigRemediation-",
    "AWSDocs-",
    "AWSPremiumSupport-",
    "AWSResilienceHub-",
)


def resources(plan: Plan, known: Known) -> Iterator[Resource]:
    """The documents and the rules that start them."""
    automations = plan.stack.automations
    documents = known.ids(((a.name,) for a in automations), "Automation")
    for automation in automations:
        if automation.steps:
            made = {
                "DocumentType": "Automation",
                "DocumentFormat": "JSON",
                "Content": _content(automation),
                "Tags": tags_of(plan),
            }
            yield Resource(documents[automation.name,], "AWS::SSM::Document", made, layer=BASE)
        parts = _parts(automation, known)
        keys = [(automation.name,) if len(parts) == 1 else (automation.name, str(n + 1)) for n in range(len(parts))]
        ids = known.ids(keys, "AutomationRule")
        for key, alarms in zip(keys, parts, strict=True):
            pattern = {
                "source": ["aws.cloudwatch"],
                "detail-type": ["CloudWatch Alarm State Change"],
                "detail": {"alarmName": [{"Ref": known.alarms[id]} for id in alarms], "state": {"value": ["ALARM"]}},
            }
            made = properties(
                f"Starts {automation.name}", pattern, "", [_target(automation, documents[automation.name,])]
            )
            made["Tags"] = tags_of(plan)
            yield Resource(ids[key], "AWS::Events::Rule", made, layer=ABOVE)


def _content(automation: Automation) -> dict[str, Any]:
    """The document: its parameters have the values that the spec gives."""
    content: dict[str, Any] = {"schemaVersion": "0.3"}
    if automation.description:
        content["description"] = " ".join(automation.description.split())
    if automation.assume:
        content["assumeRole"] = substituted(automation.assume)
    if automation.parameters:
        content["parameters"] = {
            name: {"type": "String"} if len(given) == 1 else {"type": "StringList"}
            for name, given in automation.parameters
        }
    return {**content, "mainSteps": filled_in(automation.steps)}


def _parts(automation: Automation, known: Known) -> list[list[str]]:
    """The alarms, in as many parts as patterns need to stay short enough."""
    out: list[list[str]] = []
    size = LENGTH
    for id in automation.alarms:
        name = known.alarm_names[id]
        length = len(name) + _PARAMETER * name.count("${") + len('"",')
        if size + length > LENGTH:
            out.append([])
            size = _FRAME
        out[-1].append(id)
        size += length
    return out


def _target(automation: Automation, document: str) -> dict[str, Any]:
    account, name = "${AWS::AccountId}", f"${{{document}}}"
    if automation.document:
        name = automation.document
        account = "" if name.startswith(_OWN) else account
    arn = f"arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:{account}:automation-definition/{name}:$DEFAULT"
    target: dict[str, Any] = {"Id": "automation", "Arn": {"Fn::Sub": arn}, "RoleArn": substituted(automation.role)}
    given = {name: list(values) for name, values in automation.parameters}
    if automation.document and automation.assume:
        given.setdefault("AutomationAssumeRole", [automation.assume])
    if given:
        text = json.dumps(given, ensure_ascii=False)
        fields = transformed(text)
        if "InputPathsMap" in fields:
            target["InputTransformer"] = filled_in(fields)
        else:
            target["Input"] = substituted(text)
    return target
