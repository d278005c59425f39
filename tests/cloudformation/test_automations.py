"""SSM automations as CloudFormation resources, and what runbooks tell of them."""

from __future__ import annotations

import json
from typing import Any

from monitorspec.compiler import emit
from tests.cloudformation.compiled import compiled, properties, template

HEAD = """
version: 1
system: shop
owner: web
services:
  api:
    thresholds:
      errors:
        title: Errors
        cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum, dimensions: {FunctionName: orders}}
        above: {warning: 1, critical: 5}
      depth:
        title: Depth
        cloudwatch: {namespace: AWS/SQS, metric: ApproximateNumberOfMessagesVisible, stat: Maximum, dimensions: {QueueName: orders}}
        above: {critical: 5}
receivers: {chat: {sns: notices}}
routes: {default: {notify: [chat]}}
aws:
  name_prefix: shop-${Environment}-
  topics: {notices: {parameter: NoticesTopicArn}}
  parameters: {Environment: {default: dev, allowed: [dev, qa, prod]}, Machine: {}, Role: {}, Work: {}}
"""
OWN = """
  automations:
    flush:
      description: Flushes the cache.
      alarms: api.errors.critical
      role: ${Role}
      assume: ${Work}
      parameters: {Cache: 'orders-${Environment}', Alarm: <$.detail.alarmName>, Keys: [a, b]}
      steps:
        - name: flush
          action: aws:invokeLambdaFunction
          inputs: {FunctionName: 'flush-${Environment}', Payload: '{"cache": "{{ Cache }}", "shell": "${!HOME}"}'}
"""


def alarms_of(body: dict[str, Any]) -> set[str]:
    """The logical ids that the event rules wait for."""
    names = [
        name
        for rule in properties(body, "AWS::Events::Rule").values()
        for name in rule["EventPattern"]["detail"]["alarmName"]
    ]
    assert all(set(name) == {"Ref"} for name in names)
    assert len(names) == len({name["Ref"] for name in names})
    return {name["Ref"] for name in names}


def test_a_document_of_its_own_has_the_steps_and_the_parameters() -> None:
    body = template(OWN, HEAD)
    (document,) = properties(body, "AWS::SSM::Document").values()
    assert document["DocumentType"] == "Automation"
    content = document["Content"]
    assert content["schemaVersion"] == "0.3"
    assert content["description"] == "Flushes the cache."
    assert content["assumeRole"] == {"Ref": "Work"}
    assert content["parameters"] == {
        "Cache": {"type": "String"},
        "Alarm": {"type": "String"},
        "Keys": {"type": "StringList"},
    }
    (step,) = content["mainSteps"]
    assert step["inputs"]["FunctionName"] == {"Fn::Sub": "flush-${Environment}"}
    # Braces of Systems Manager's stay; `${!` is CloudFormation's own way to write what is no parameter.
    payload = step["inputs"]["Payload"]
    text = payload["Fn::Sub"] if isinstance(payload, dict) else payload.replace("${", "${!")
    assert text == '{"cache": "{{ Cache }}", "shell": "${!HOME}"}'


def test_the_rule_waits_for_exactly_the_alarms_and_hands_over_the_parameters() -> None:
    body = template(OWN, HEAD)
    (rule,) = properties(body, "AWS::Events::Rule").values()
    pattern = rule["EventPattern"]
    # The CloudWatch user guide's "Alarm events and EventBridge".
    assert pattern["source"] == ["aws.cloudwatch"]
    assert pattern["detail-type"] == ["CloudWatch Alarm State Change"]
    assert pattern["detail"]["state"] == {"value": ["ALARM"]}
    (name,) = alarms_of(body)
    alarm = body["Resources"][name]["Properties"]
    assert alarm["MetricName"] == "Errors"
    assert alarm["Threshold"] == 5
    (target,) = rule["Targets"]
    (document,) = properties(body, "AWS::SSM::Document")
    assert target["Arn"] == {
        "Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}"
        f":automation-definition/${{{document}}}:$DEFAULT"
    }
    assert target["RoleArn"] == {"Ref": "Role"}
    transformer = target["InputTransformer"]
    assert transformer["InputPathsMap"] == {"alarmName": "$.detail.alarmName"}
    assert json.loads(transformer["InputTemplate"]["Fn::Sub"]) == {
        "Cache": ["orders-${Environment}"],
        "Alarm": ["<alarmName>"],
        "Keys": ["a", "b"],
    }
    assert "Input" not in target


def test_a_document_of_amazons_belongs_to_no_account() -> None:
    body = template(
        """
  automations:
    restart:
      alarms: api.errors
      document: AWS-RestartEC2Instance
      parameters: {InstanceId: '${Machine}'}
      role: ${Role}
      assume: ${Work}
    scale: {alarms: [api.depth, api.errors.warning, api.depth.critical], document: scale-out, role: '${Role}'}
""",
        HEAD,
    )
    rules = properties(body, "AWS::Events::Rule")
    assert properties(body, "AWS::SSM::Document") == {}
    (amazons,) = rules["RestartAutomationRule"]["Targets"]
    start = "arn:${AWS::Partition}:ssm:${AWS::Region}:"
    assert amazons["Arn"]["Fn::Sub"] == f"{start}:automation-definition/AWS-RestartEC2Instance:$DEFAULT"
    assert json.loads(amazons["Input"]["Fn::Sub"]) == {
        "InstanceId": ["${Machine}"],
        "AutomationAssumeRole": ["${Work}"],
    }
    (own,) = rules["ScaleAutomationRule"]["Targets"]
    assert own["Arn"]["Fn::Sub"] == f"{start}${{AWS::AccountId}}:automation-definition/scale-out:$DEFAULT"
    assert "Input" not in own
    waited = {id: len(rule["EventPattern"]["detail"]["alarmName"]) for id, rule in rules.items()}
    # Both severities; and an alarm that is named twice is waited for once.
    assert waited == {"RestartAutomationRule": 2, "ScaleAutomationRule": 2}


def test_many_alarms_are_waited_for_by_several_rules_none_of_them_too_long() -> None:
    thresholds = "\n".join(
        f"      cpu-of-a-machine-with-a-long-name-{n:03}:"
        f" {{title: A, cloudwatch: {{namespace: AWS/EC2, metric: CPUUtilization, dimensions: {{InstanceId: i-{n}}}}},"
        " above: {critical: 80}}"
        for n in range(150)
    )
    names = ", ".join(f"api.cpu-of-a-machine-with-a-long-name-{n:03}" for n in range(150))
    head = HEAD.replace("    thresholds:\n", f"    thresholds:\n{thresholds}\n")
    body = template(f"  automations: {{calm: {{alarms: [{names}], document: calm, role: '${{Role}}'}}}}\n", head)
    rules = properties(body, "AWS::Events::Rule")
    assert len(rules) > 1
    assert len(alarms_of(body)) == 150
    for rule in rules.values():
        pattern = json.loads(json.dumps(rule["EventPattern"]))
        pattern["detail"]["alarmName"] = [
            "shop-production-" + body["Resources"][name["Ref"]]["Properties"]["AlarmName"]["Fn::Sub"].split("}-")[1]
            for name in pattern["detail"]["alarmName"]
        ]
        # EventBridge quotas: an event pattern has at most 2,048 characters.
        assert len(json.dumps(pattern, separators=(",", ":"))) <= 2048


def test_runbooks_tell_what_starts_by_itself() -> None:
    plan = compiled(OWN, HEAD)
    pages = {page.path: page for page in plan.runbooks}
    errors, depth = (
        next(a for s in plan.services for a in s.alerts if a.title == title and a.severity == "critical").runbook
        for title in ("Errors", "Depth")
    )
    assert pages[depth].remediation == ()
    (told,) = pages[errors].remediation
    assert told.automatic
    assert told.when == "when “Errors” fires"
    assert told.description == "Flushes the cache. Systems Manager runs the steps flush."
    texts = {artifact.path: artifact.text for artifact in emit(plan, ("runbook",))}
    assert "- **flush** when “Errors” fires, automatic: Flushes the cache." in texts[f"runbooks/{errors}"]
