"""Generated templates deployed to moto's CloudFormation, and read back with boto3 as AWS would tell them.

In: every template of specs/ and docs/examples/. What moto 5 cannot make is taken out of a template before, and told by nobody here:
alarms, composite alarms, mute rules (AWS::CloudWatch::Alarm, CompositeAlarm, AlarmMuteRule), metric filters, subscription filters
and saved queries (AWS::Logs::…), subscriptions and policies of topics (AWS::SNS::…), canaries, X-Ray groups and sampling rules,
objectives (AWS::ApplicationSignals::…), Slack channels, budgets and cost anomalies. These are held against CloudFormation's schemas
only (test_schemas). Nor does moto keep data protection policies, or resources whose stack is deleted.
"""

from __future__ import annotations

import ast
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cloudformation.generated import EXAMPLES, SPECS, bodies

SUPPORTED = {
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::Route53::HealthCheck",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SSM::Document",
}
# What a `Ref` to a resource that is taken out would have given.
REFERRED = {"AWS::CloudWatch::Alarm": "AlarmName", "AWS::CloudWatch::CompositeAlarm": "AlarmName"}
REGION, ACCOUNT = "eu-west-1", "123456789012"

# Both use what Python will do away with.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")


class Aws:
    """An account of its own for each test."""

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        import boto3

        if service not in self._clients:
            self._clients[service] = boto3.client(service, region_name=REGION)
        return self._clients[service]

    def deploy(self, name: str, body: Mapping[str, Any], **given: str) -> dict[str, str]:
        """Logical id → physical id of all that moto has made; "" for a permission."""
        made = supported(body)
        values = {**filled(made["Parameters"]), **given}
        self("cloudformation").create_stack(
            StackName=name,
            TemplateBody=json.dumps(made),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in values.items() if k in made["Parameters"]],
        )
        found = self("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
        assert {r["ResourceStatus"] for r in found} == {"CREATE_COMPLETE"}
        assert {r["LogicalResourceId"] for r in found} == set(made["Resources"])
        return {r["LogicalResourceId"]: r.get("PhysicalResourceId", "") for r in found}

    def function(self, name: str) -> None:
        """A Lambda function that is there already."""
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        role = self("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("index.py", "def handler(event, context): ...")
        self("lambda").create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.13",
            Handler="index.handler",
            Code={"ZipFile": code.getvalue()},
        )


@pytest.fixture
def aws() -> Iterator[Aws]:
    from moto import mock_aws

    with mock_aws():
        yield Aws()


def supported(body: Mapping[str, Any]) -> dict[str, Any]:
    """The template without what moto cannot make; what was referred to of it by its name."""
    resources = {id: r for id, r in body["Resources"].items() if r["Type"] in SUPPORTED}
    gone = {id: r for id, r in body["Resources"].items() if id not in resources}
    kept = {id: {k: v for k, v in r.items() if k != "DependsOn"} for id, r in resources.items()}
    return {
        "AWSTemplateFormatVersion": body["AWSTemplateFormatVersion"],
        "Parameters": body.get("Parameters", {}),
        "Mappings": body.get("Mappings", {}),
        "Resources": without(kept, gone),
    }


def without(value: Any, gone: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        id = str(value.get("Ref")) if len(value) == 1 else ""
        if id in gone:
            return gone[id]["Properties"][REFERRED[gone[id]["Type"]]]
        return {key: without(inner, gone) for key, inner in value.items()}
    return [without(inner, gone) for inner in value] if isinstance(value, list) else value


def filled(parameters: Mapping[str, Any]) -> dict[str, str]:
    """A value for each parameter that has none."""
    values = {}
    for name, parameter in parameters.items():
        if "Default" not in parameter:
            pattern = parameter.get("AllowedPattern", "")
            service = "sns" if ":sns:" in pattern or "Topic" in name else "iam"
            values[name] = "1" if parameter["Type"] == "Number" else f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"
    return values


def example(name: str) -> dict[str, Any]:
    """The only template of an example of the documentation."""
    (body,) = bodies(next(path for path in EXAMPLES if path.name == f"{name}.monitorspec.yaml")).values()
    return body


def read(document: str) -> Any:
    """A document that a template holds as a mapping: moto keeps what Python prints of it."""
    return ast.literal_eval(document)


def functions_of(body: Mapping[str, Any]) -> Iterator[str]:
    """Names of functions that permissions speak of."""
    for resource in body["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Permission":
            yield resource["Properties"]["FunctionName"]["Fn::Sub"].rpartition(":")[2]


def test_nothing_is_taken_out_that_moto_could_make() -> None:
    # The models are known when this has been imported; `get_model_map` looks once.
    import moto.cloudformation.models  # noqa: F401
    from moto.cloudformation.parsing import get_model_map

    generated = {
        r["Type"] for spec in (*SPECS, *EXAMPLES) for body in bodies(spec).values() for r in body["Resources"].values()
    }
    assert generated & get_model_map().keys() == SUPPORTED


@pytest.mark.parametrize("spec", [*SPECS, *EXAMPLES], ids=lambda path: path.name.partition(".")[0])
def test_all_that_moto_can_make_of_a_template_is_made(spec: Path, aws: Aws) -> None:
    for name, body in bodies(spec).items():
        if not any(r["Type"] in SUPPORTED for r in body["Resources"].values()):
            continue
        environment = body.get("Parameters", {}).get("Environment", {}).get("Default", "test")
        for function in functions_of(body):
            aws.function(function.replace("${Environment}", environment))
        made = aws.deploy("".join(c if c.isalnum() else "-" for c in name), body)
        # What AWS has of texts with references has all of them filled in.
        for id, physical in made.items():
            assert "${" not in physical, id
            if body["Resources"][id]["Type"] == "AWS::CloudWatch::Dashboard":
                text = aws("cloudwatch").get_dashboard(DashboardName=physical)["DashboardBody"]
                assert json.loads(text)["widgets"]
                assert "${" not in text
            if body["Resources"][id]["Type"] == "AWS::Events::Rule":
                rule = aws("events").describe_rule(Name=physical)
                assert "${" not in rule.get("EventPattern", "")


@pytest.mark.parametrize(("environment", "days"), [("staging", 7), ("production", 90)])
def test_a_log_group_keeps_events_as_long_as_its_environment_wants(aws: Aws, environment: str, days: int) -> None:
    aws.deploy("logs", example("logs"), Environment=environment)
    (group,) = aws("logs").describe_log_groups()["logGroups"]
    assert group["logGroupName"] == f"/ecs/checkout-{environment}"
    assert group["retentionInDays"] == days
    tags = aws("logs").list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
    assert tags == {"owner": "web", "service": "checkout", "system": "shop-logs"}


def test_rules_have_their_patterns_and_their_targets(aws: Aws) -> None:
    aws.function("sweep-orders")
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:orders"
    made = aws.deploy("events", example("events"), OrdersMachine=machine)
    topic = made["NoticesTopic"]
    assert topic == f"arn:aws:sns:{REGION}:{ACCOUNT}:shop-events-notices"
    assert aws("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["TopicArn"] == topic

    orders = aws("events").describe_rule(Name=made["FailedOrdersRule"])
    assert orders["State"] == "ENABLED"
    assert json.loads(orders["EventPattern"]) == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"], "stateMachineArn": [machine]},
    }
    (target,) = aws("events").list_targets_by_rule(Rule=made["FailedOrdersRule"])["Targets"]
    assert target["Arn"] == topic
    template = target["InputTransformer"]["InputTemplate"]
    for name, path in target["InputTransformer"]["InputPathsMap"].items():
        template = template.replace(f"<{name}>", f"<{path}>")
    assert json.loads(template) == "Order <$.detail.name> ended <$.detail.status> at <$.time>."

    def matches(rule: str, event: Mapping[str, Any]) -> bool:
        from moto.events.models import EventPattern, EventPatternParser

        pattern = aws("events").describe_rule(Name=made[rule])["EventPattern"]
        whole: Any = {"id": "1", "account": ACCOUNT, "region": REGION, "resources": [], **event}
        return EventPattern(pattern, EventPatternParser(pattern).parse()).matches_event(whole)

    def execution(status: str, machine: str) -> dict[str, Any]:
        # Step Functions developer guide, "Automating Step Functions event delivery with EventBridge".
        detail = {"name": "a", "status": status, "stateMachineArn": machine, "input": "{}", "error": None}
        return {"source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": detail}

    assert matches("FailedOrdersRule", execution("TIMED_OUT", machine))
    assert not matches("FailedOrdersRule", execution("SUCCEEDED", machine))
    assert not matches("FailedOrdersRule", execution("TIMED_OUT", f"{machine}-other"))

    def upload(size: int) -> dict[str, Any]:
        detail = {"bucket": {"name": "shop-uploads"}, "object": {"size": size}}
        return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}

    assert matches("LargeUploadsRule", upload(2_000_000_000))
    assert not matches("LargeUploadsRule", upload(5))

    sweep = aws("events").describe_rule(Name=made["SweepRule"])
    assert sweep["ScheduleExpression"] == "cron(0 3 * * ? *)"
    (target,) = aws("events").list_targets_by_rule(Rule=made["SweepRule"])["Targets"]
    assert target["Arn"] == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:sweep-orders"
    (statement,) = json.loads(aws("lambda").get_policy(FunctionName="sweep-orders")["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"] == sweep["Arn"]


def test_an_automation_is_started_by_its_alarm(aws: Aws) -> None:
    roles = {name: f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("StartRole", "WorkRole")}
    made = aws.deploy("automations", example("automations"), WebInstance="i-0123456789abcdef0", **roles)
    document = made["FlushCacheAutomation"]
    content = read(aws("ssm").get_document(Name=document)["Content"])
    assert content["schemaVersion"] == "0.3"
    assert content["assumeRole"] == roles["WorkRole"]
    assert [step["name"] for step in content["mainSteps"]] == ["flush"]
    pattern = json.loads(aws("events").describe_rule(Name=made["FlushCacheAutomationRule"])["EventPattern"])
    assert pattern["detail"]["alarmName"] == ["shop-automations-cache-stuck-critical"]
    (target,) = aws("events").list_targets_by_rule(Rule=made["FlushCacheAutomationRule"])["Targets"]
    assert target["Arn"] == f"arn:aws:ssm:{REGION}:{ACCOUNT}:automation-definition/{document}:$DEFAULT"
    assert target["RoleArn"] == roles["StartRole"]
    (target,) = aws("events").list_targets_by_rule(Rule=made["RestartWebAutomationRule"])["Targets"]
    assert target["Arn"] == f"arn:aws:ssm:{REGION}::automation-definition/AWS-RestartEC2Instance:$DEFAULT"
    assert json.loads(target["Input"]) == {
        "InstanceId": ["i-0123456789abcdef0"],
        "AutomationAssumeRole": [roles["WorkRole"]],
    }


def test_raw_resources_find_each_other_and_the_rest(aws: Aws) -> None:
    made = aws.deploy("resources", example("resources"), Environment="production")
    (url,) = aws("sqs").list_queues()["QueueUrls"]
    assert url.endswith("/lost-orders-production")
    attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["MessageRetentionPeriod"] == "1209600"
    role = aws("iam").get_role(RoleName=made["StartRole"])["Role"]
    (target,) = aws("events").list_targets_by_rule(Rule=made["SendAgainAutomationRule"])["Targets"]
    assert target["RoleArn"] == role["Arn"]
    policy = read(aws("iam").get_role_policy(RoleName=made["StartRole"], PolicyName="start")["PolicyDocument"])
    # `$DEFAULT` is no reference.
    assert policy["Statement"][0]["Resource"] == target["Arn"]
