"""Raw resources in templates, and what else of a spec refers to them."""

from __future__ import annotations

from typing import Any

import yaml

from monitorspec.cloudformation.kinds import resources
from monitorspec.cloudformation.stacks import templates
from monitorspec.compiler import emit, plan_of
from tests.cloudformation.compiled import HEAD, PARAMETERS, compiled, properties, template

QUEUE = """
  resources:
    Queue:
      Type: AWS::SQS::Queue
      DependsOn: Lost
      DeletionPolicy: Retain
      UpdateReplacePolicy: Retain
      Metadata: {About: 'for ${Environment}', Literal: '${!as-it-is}'}
      Properties:
        QueueName: jobs-${Environment}
        KmsMasterKeyId: ${Key}
        RedrivePolicy: {deadLetterTargetArn: '${Lost.Arn}', maxReceiveCount: 5}
        VisibilityTimeout: {'Fn::GetAtt': [Lost, {Ref: Role}]}
        Tags: [{Key: a, Value: b}, {Key: b, Value: {'Fn::Sub': ['${Own}-${Stream}', {Own: '${Environment}'}]}}]
    Lost: {Type: AWS::SQS::Queue, Properties: {}}
    Reader:
      Type: AWS::IAM::Role
      Properties:
        Description: {'Fn::Sub': 'for ${Queue.QueueName} and $${!x}'}
        AssumeRolePolicyDocument:
          Version: '2012-10-17'
          Statement:
            - Effect: Allow
              Principal: {Service: events.amazonaws.com}
              Action: sts:AssumeRole
              Condition: {Bool: {'aws:SecureTransport': 'true'}}
"""


def test_a_resource_stands_in_the_template_as_the_spec_has_it() -> None:
    head = HEAD + "  tags: {team: web}\n" + PARAMETERS
    body = template(QUEUE, head)
    queue = body["Resources"]["Queue"]
    assert {key: queue[key] for key in queue if key != "Properties"} == {
        "Type": "AWS::SQS::Queue",
        "DependsOn": ["Lost"],
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Metadata": {"About": {"Fn::Sub": "for ${Environment}"}, "Literal": "${as-it-is}"},
    }
    assert queue["Properties"] == {
        "QueueName": {"Fn::Sub": "jobs-${Environment}"},
        "KmsMasterKeyId": {"Ref": "Key"},
        "VisibilityTimeout": {"Fn::GetAtt": ["Lost", {"Ref": "Role"}]},
        "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Lost", "Arn"]}, "maxReceiveCount": 5},
        # No tags of the spec among them.
        "Tags": [
            {"Key": "a", "Value": "b"},
            {"Key": "b", "Value": {"Fn::Sub": ["${Own}-${Stream}", {"Own": {"Ref": "Environment"}}]}},
        ],
    }
    # All that is referred to is declared.
    assert set(body["Parameters"]) == {"Environment", "Stream", "Role", "Key"}
    assert body["Resources"]["Lost"] == {"Type": "AWS::SQS::Queue", "Properties": {}}
    role = body["Resources"]["Reader"]["Properties"]
    assert role["Description"] == {"Fn::Sub": "for ${Queue.QueueName} and $${!x}"}
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "true"}}


def test_the_rest_of_a_spec_can_name_a_raw_resource() -> None:
    head = """
version: 1
system: shop
owner: web
services:
  api:
    thresholds:
      lost:
        cloudwatch: {namespace: AWS/SQS, metric: NumberOfMessagesSent, dimensions: {QueueName: '${Lost.QueueName}'}}
        above: {critical: 5}
receivers: {chat: {sns: notices}}
routes: {default: {notify: [chat]}}
aws:
  topics: {notices: {parameter: NoticesTopicArn}}
  event_rules: {nightly: {schedule: rate(1 day), lambda: '${Sweep.Arn}'}}
  canaries:
    home: {urls: 'https://${Site.DomainName}/', role: '${Role.Arn}', artifacts: 's3://${Bucket}/home'}
"""
    body = template(
        """
  resources:
    Lost: {Type: AWS::SQS::Queue, Properties: {}}
    Bucket: {Type: AWS::S3::Bucket, Properties: {}}
    Site:
      Type: AWS::CloudFront::Distribution
      Properties:
        DistributionConfig: {Enabled: true, DefaultCacheBehavior: {TargetOriginId: a, ViewerProtocolPolicy: https-only}}
    Sweep: {Type: AWS::Lambda::Function, Properties: {Role: '${Role.Arn}', Code: {S3Bucket: '${Bucket}', S3Key: a}}}
    Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
""",
        head,
    )
    (alarm,) = properties(body, "AWS::CloudWatch::Alarm").values()
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Lost", "QueueName"]}}]
    (rule,) = properties(body, "AWS::Events::Rule").values()
    assert rule["Targets"][0]["Arn"] == {"Fn::GetAtt": ["Sweep", "Arn"]}
    (permission,) = properties(body, "AWS::Lambda::Permission").values()
    assert permission["FunctionName"] == {"Fn::GetAtt": ["Sweep", "Arn"]}
    (canary,) = properties(body, "AWS::Synthetics::Canary").values()
    assert canary["ExecutionRoleArn"] == {"Fn::GetAtt": ["Role", "Arn"]}
    assert canary["ArtifactS3Location"] == {"Fn::Sub": "s3://${Bucket}/home"}
    ((name, value),) = canary["RunConfig"]["EnvironmentVariables"].items()
    assert value == {"Fn::GetAtt": ["Site", "DomainName"]}
    assert name.isidentifier()
    assert name in canary["Code"]["Script"]


LARGE = """
version: 1
system: shop
owner: web
receivers: {chat: {sns: notices}}
routes: {default: {notify: chat}}
aws:
  inline: true
  topics: {notices: {subscriptions: {mail: {email: web@shop.example}}}}
  event_rules:
    failed: {failure: glue-job, lambda: '${Sweep.Arn}'}
    late: {failure: glue-job, lambda: '${Tell.Arn}'}
  resources:
    Tell: {Type: AWS::Lambda::Function, Properties: {Role: '${Role.Arn}', Code: {S3Bucket: a, S3Key: '${Above}'}}}
    Sweep: {Type: AWS::Lambda::Function, Properties: {Role: '${Role.Arn}', Code: {S3Bucket: a, S3Key: a}}}
    Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
    Above:
      Type: AWS::SSM::Parameter
      DependsOn: [Role, S0ErrorsCriticalAlarm]
      UpdatePolicy: {UseOnlineResharding: true, Queue: {Ref: Lost}}
      Properties:
        Type: String
        Description: {'Fn::Sub': ['${Alarm} of ${Sweep} and ${Lost.Arn} ${!x}', {Alarm: '${S0ErrorsCriticalAlarm.Arn}'}]}
        Value: {'Fn::GetAtt': Lost.QueueName}
    Higher: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: {Ref: Above}}}
    Lost: {Type: AWS::SQS::Queue, Properties: {}}
services:
"""


def imports(value: Any) -> list[str]:
    """The names of all exports that a part of a template wants."""
    if isinstance(value, dict):
        found = [value["Fn::ImportValue"]] if "Fn::ImportValue" in value else []
        return found + [name for inner in value.values() for name in imports(inner)]
    return [name for inner in value for name in imports(inner)] if isinstance(value, list) else []


def test_resources_of_several_stacks_find_each_other_by_id_and_attribute() -> None:
    services = "".join(
        f"""
  s{n}:
    thresholds:
      errors:
        cloudwatch: {{namespace: AWS/SQS, metric: NumberOfMessagesSent, dimensions: {{QueueName: '${{Lost.QueueName}}'}}}}
        above: {{critical: 5, warning: 1}}
"""
        for n in range(60)
    )
    plan, diagnostics = plan_of(LARGE + services)
    assert plan is not None, diagnostics
    assert [d.code for d in diagnostics if d.level == "error"] == []
    made = [(t.stem, yaml.safe_load(t.text)) for t in templates(plan, resources(plan))]
    assert len(made) > 2
    homes = {id: stem for stem, body in made for id in body["Resources"]}
    by_stem = dict(made)
    assert homes["Lost"] == homes["Role"] == homes["Sweep"] == "shop"
    # What refers to an alarm comes after the alarms, and what refers to that no earlier.
    assert homes["Above"] == homes["Higher"] == "shop-above"
    # Nor does what is generated: a rule waits for the function that it starts.
    rules = {
        stem: rule["Properties"]["Targets"][0]["Arn"]
        for stem, body in made
        for rule in body["Resources"].values()
        if rule["Type"] == "AWS::Events::Rule"
    }
    assert rules == {
        "shop": {"Fn::GetAtt": ["Sweep", "Arn"]},
        "shop-above": {"Fn::GetAtt": ["Tell", "Arn"]},
    }
    exported: dict[str, Any] = {}
    for _, body in made:
        assert set(imports(body["Resources"])) <= exported.keys()
        exported |= {o["Export"]["Name"]: o["Value"] for o in body.get("Outputs", {}).values() if "Export" in o}
    assert exported["shop-LostQueueName"] == {"Fn::GetAtt": ["Lost", "QueueName"]}
    assert exported["shop-LostArn"] == {"Fn::GetAtt": ["Lost", "Arn"]}
    assert exported["shop-Sweep"] == {"Ref": "Sweep"}
    assert exported["shop-S0ErrorsCriticalAlarmArn"] == {"Fn::GetAtt": ["S0ErrorsCriticalAlarm", "Arn"]}
    above = by_stem["shop-above"]["Resources"]["Above"]
    # Nothing of another stack can be waited for: stacks are deployed one after another.
    assert "DependsOn" not in above
    assert above["UpdatePolicy"]["Queue"] == {"Fn::ImportValue": "shop-Lost"}
    assert above["Properties"]["Value"] == {"Fn::ImportValue": "shop-LostQueueName"}
    assert above["Properties"]["Description"] == {
        "Fn::Sub": [
            "${Alarm} of ${Sweep} and ${LostArn} ${!x}",
            {
                "Alarm": {"Fn::ImportValue": "shop-S0ErrorsCriticalAlarmArn"},
                "LostArn": {"Fn::ImportValue": "shop-LostArn"},
                "Sweep": {"Fn::ImportValue": "shop-Sweep"},
            },
        ]
    }
    assert by_stem["shop-above"]["Resources"]["Higher"]["Properties"]["Value"] == {"Ref": "Above"}


def test_whoever_deploys_roles_has_to_acknowledge_them() -> None:
    role = "  resources: {Reader: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}%s}}}\n"
    said = {}
    for named in ("", ", RoleName: 'a-${Environment}'"):
        (artifact,) = emit(compiled(role % named), ("cloudwatch",))
        said[named] = artifact.text.splitlines()[1].partition("--capabilities ")[2].split(" ")[0]
    # CloudFormation API reference, CreateStack: CAPABILITY_NAMED_IAM is needed for resources with custom names.
    assert list(said.values()) == ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
    (plain,) = emit(compiled("  resources: {Queue: {Type: AWS::SQS::Queue, Properties: {}}}\n"), ("cloudwatch",))
    assert "--capabilities" not in plain.text
