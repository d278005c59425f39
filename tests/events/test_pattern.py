"""Event patterns: those of AWS' documentation are fine, and every ready pattern takes the failures that it is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from monitorspec.events.pattern import problems
from monitorspec.events.ready import pattern, ready

# The EventBridge user guide, "Comparison operators for use in event patterns" and "Event pattern examples".
DOCUMENTED: tuple[dict[str, Any], ...] = (
    {
        "source": ["aws.ec2"],
        "detail-type": ["EC2 Instance State-change Notification"],
        "detail": {"state": ["terminated"]},
    },
    {"detail": {"state": [{"anything-but": "initializing"}]}},
    {"detail": {"state": [{"anything-but": ["stopped", "overloaded"]}]}},
    {"detail": {"x-limit": [{"anything-but": [100, 200, 300]}]}},
    {"detail": {"Region": [{"anything-but": {"prefix": "us-"}}]}},
    {"detail": {"FileName": [{"anything-but": {"suffix": [".txt", ".rtf"]}}]}},
    {"detail": {"state": [{"anything-but": {"equals-ignore-case": ["initializing", "stopped"]}}]}},
    {"detail": {"FilePath": [{"anything-but": {"wildcard": "*/lib/*"}}]}},
    {"time": [{"prefix": "2017-10-02"}]},
    {"detail": {"service": [{"prefix": {"equals-ignore-case": "EventB"}}]}},
    {"detail": {"FileName": [{"suffix": {"equals-ignore-case": ".png"}}]}},
    {"detail": {"Price": [{"numeric": ["=", 100]}], "Count": [{"numeric": [">", 0, "<=", 5]}]}},
    {"detail": {"sourceIPAddress": [{"cidr": "10.0.0.0/24"}], "v6": [{"cidr": "2600:1234::/32"}]}},
    {"detail": {"ProductName": [{"exists": True}], "LastName": [""], "UserID": [None], "c-count": [{"exists": False}]}},
    {"detail": {"EventBusArn": [{"wildcard": "arn:aws:events:us-east-1:*:event-bus/*"}]}},
    {
        "detail": {
            "$or": [{"c-count": [{"numeric": [">", 0]}]}, {"d-count": [{"numeric": ["<", 10]}]}, {"x-limit": [3.018e2]}]
        }
    },
    {"source": ["aws.cloudwatch"], "$or": [{"metricType": ["MetricType"]}, {"namespace": ["a"]}]},
)


def takes(pattern: Any, event: Any) -> bool:
    """Whether a pattern takes an event, as far as ready patterns go: values, prefix, anything-but, numeric and `$or`."""
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(takes(branch, event) for branch in wanted):
                return False
            continue
        have = event.get(key) if isinstance(event, Mapping) else None
        if isinstance(wanted, Mapping):
            # Fields of a list of objects are those of any of them.
            if not any(takes(wanted, one) for one in (have if isinstance(have, list) else [have]) if one is not None):
                return False
        elif not any(_equal(w, h) for w in wanted for h in (have if isinstance(have, list) else [have])):
            return False
    return True


def _equal(wanted: Any, have: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return bool(wanted == have)
    ((operator, operand),) = wanted.items()
    if operator == "prefix":
        return isinstance(have, str) and have.startswith(operand)
    if operator == "anything-but":
        return have is not None and have != operand
    assert operator == "numeric"
    assert operand[0] == ">="
    return isinstance(have, int | float) and have >= operand[1]


ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
# Kind → (an event of a failure, what `resources` would name, an event that is none). Shortened from the pages that
# data/aws/events.yaml names.
EVENTS: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "acm-certificate": (
        {
            "source": "aws.acm",
            "detail-type": "ACM Certificate Approaching Expiration",
            "resources": [ARN.format("acm", "c/1")],
        },
        ARN.format("acm", "c/1"),
        {"source": "aws.acm", "detail-type": "ACM Certificate Available", "resources": [ARN.format("acm", "c/1")]},
    ),
    "autoscaling": (
        {
            "source": "aws.autoscaling",
            "detail-type": "EC2 Instance Launch Unsuccessful",
            "detail": {"AutoScalingGroupName": "web", "StatusCode": "Failed"},
        },
        "web",
        {
            "source": "aws.autoscaling",
            "detail-type": "EC2 Instance Launch Successful",
            "detail": {"AutoScalingGroupName": "web"},
        },
    ),
    "backup": (
        {
            "source": "aws.backup",
            "detail-type": "Backup Job State Change",
            "detail": {"state": "FAILED", "backupVaultName": "v"},
        },
        "v",
        {
            "source": "aws.backup",
            "detail-type": "Backup Job State Change",
            "detail": {"state": "COMPLETED", "backupVaultName": "v"},
        },
    ),
    "batch-job": (
        {
            "source": "aws.batch",
            "detail-type": "Batch Job State Change",
            "detail": {"status": "FAILED", "jobQueue": "arn:q"},
        },
        "arn:q",
        {
            "source": "aws.batch",
            "detail-type": "Batch Job State Change",
            "detail": {"status": "SUCCEEDED", "jobQueue": "arn:q"},
        },
    ),
    "cloudformation": (
        {
            "source": "aws.cloudformation",
            "detail-type": "CloudFormation Stack Status Change",
            "detail": {"stack-id": "arn:stack/web/1", "status-details": {"status": "UPDATE_ROLLBACK_COMPLETE"}},
        },
        "arn:stack/web/",
        {
            "source": "aws.cloudformation",
            "detail-type": "CloudFormation Stack Status Change",
            "detail": {"stack-id": "arn:stack/web/1", "status-details": {"status": "UPDATE_COMPLETE"}},
        },
    ),
    "codebuild": (
        {
            "source": "aws.codebuild",
            "detail-type": "CodeBuild Build State Change",
            "detail": {"build-status": "FAILED", "project-name": "web"},
        },
        "web",
        {
            "source": "aws.codebuild",
            "detail-type": "CodeBuild Build State Change",
            "detail": {"build-status": "SUCCEEDED", "project-name": "web"},
        },
    ),
    "codedeploy": (
        {
            "source": "aws.codedeploy",
            "detail-type": "CodeDeploy Deployment State-change Notification",
            "detail": {"state": "FAILURE", "application": "web", "deploymentGroup": "blue"},
        },
        "web",
        {
            "source": "aws.codedeploy",
            "detail-type": "CodeDeploy Deployment State-change Notification",
            "detail": {"state": "SUCCESS", "application": "web", "deploymentGroup": "blue"},
        },
    ),
    "codepipeline": (
        {
            "source": "aws.codepipeline",
            "detail-type": "CodePipeline Pipeline Execution State Change",
            "detail": {"pipeline": "web", "state": "FAILED"},
        },
        "web",
        {
            "source": "aws.codepipeline",
            "detail-type": "CodePipeline Pipeline Execution State Change",
            "detail": {"pipeline": "web", "state": "STARTED"},
        },
    ),
    "console-login": (
        {
            "source": "aws.signin",
            "detail-type": "AWS Console Sign In via CloudTrail",
            "detail": {"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}},
        },
        "",
        {
            "source": "aws.signin",
            "detail-type": "AWS Console Sign In via CloudTrail",
            "detail": {"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Success"}},
        },
    ),
    "ebs-snapshot": (
        {
            "source": "aws.ec2",
            "detail-type": "EBS Snapshot Notification",
            "detail": {"event": "createSnapshot", "result": "failed"},
        },
        "",
        {
            "source": "aws.ec2",
            "detail-type": "EBS Snapshot Notification",
            "detail": {"event": "createSnapshot", "result": "succeeded"},
        },
    ),
    "ec2-spot": (
        {
            "source": "aws.ec2",
            "detail-type": "EC2 Spot Instance Interruption Warning",
            "detail": {"instance-id": "i-1", "instance-action": "terminate"},
        },
        "i-1",
        {
            "source": "aws.ec2",
            "detail-type": "EC2 Instance State-change Notification",
            "detail": {"instance-id": "i-1"},
        },
    ),
    "ecs-deployment": (
        {
            "source": "aws.ecs",
            "detail-type": "ECS Deployment State Change",
            "resources": ["arn:service/a/b"],
            "detail": {"eventType": "ERROR", "eventName": "SERVICE_DEPLOYMENT_FAILED"},
        },
        "arn:service/a/b",
        {
            "source": "aws.ecs",
            "detail-type": "ECS Deployment State Change",
            "resources": ["arn:service/a/b"],
            "detail": {"eventType": "INFO", "eventName": "SERVICE_DEPLOYMENT_COMPLETED"},
        },
    ),
    "ecs-service": (
        {
            "source": "aws.ecs",
            "detail-type": "ECS Service Action",
            "resources": ["arn:service/a/b"],
            "detail": {"eventType": "ERROR", "eventName": "SERVICE_TASK_PLACEMENT_FAILURE"},
        },
        "arn:service/a/b",
        {
            "source": "aws.ecs",
            "detail-type": "ECS Service Action",
            "resources": ["arn:service/a/b"],
            "detail": {"eventType": "INFO", "eventName": "SERVICE_STEADY_STATE"},
        },
    ),
    "ecs-task": (
        {
            "source": "aws.ecs",
            "detail-type": "ECS Task State Change",
            "detail": {
                "clusterArn": "arn:cluster/a",
                "lastStatus": "STOPPED",
                "stopCode": "EssentialContainerExited",
                "containers": [{"name": "sidecar", "exitCode": 0}, {"name": "web", "exitCode": 137}],
            },
        },
        "arn:cluster/a",
        {
            "source": "aws.ecs",
            "detail-type": "ECS Task State Change",
            "detail": {
                "clusterArn": "arn:cluster/a",
                "lastStatus": "STOPPED",
                "stopCode": "EssentialContainerExited",
                "containers": [{"name": "job", "exitCode": 0}],
            },
        },
    ),
    "glue-crawler": (
        {
            "source": "aws.glue",
            "detail-type": "Glue Crawler State Change",
            "detail": {"crawlerName": "c", "state": "Failed"},
        },
        "c",
        {
            "source": "aws.glue",
            "detail-type": "Glue Crawler State Change",
            "detail": {"crawlerName": "c", "state": "Succeeded"},
        },
    ),
    "glue-job": (
        {
            "source": "aws.glue",
            "detail-type": "Glue Job State Change",
            "detail": {"jobName": "load", "state": "TIMEOUT"},
        },
        "load",
        {
            "source": "aws.glue",
            "detail-type": "Glue Job State Change",
            "detail": {"jobName": "load", "state": "SUCCEEDED"},
        },
    ),
    "guardduty": (
        {"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": {"severity": 8}},
        "",
        {"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": {"severity": 2}},
    ),
    "health": (
        {
            "source": "aws.health",
            "detail-type": "AWS Health Event",
            "detail": {"service": "EC2", "eventTypeCategory": "issue"},
        },
        "EC2",
        {
            "source": "aws.health",
            "detail-type": "AWS Health Event",
            "detail": {"service": "EC2", "eventTypeCategory": "scheduledChange"},
        },
    ),
    "lambda-destination": (
        {
            "source": "lambda",
            "detail-type": "Lambda Function Invocation Result - Failure",
            "detail": {"requestContext": {"functionArn": "arn:function:f:$LATEST", "condition": "RetriesExhausted"}},
        },
        "arn:function:f",
        {
            "source": "lambda",
            "detail-type": "Lambda Function Invocation Result - Success",
            "detail": {"requestContext": {"functionArn": "arn:function:f:$LATEST", "condition": "Success"}},
        },
    ),
    "rds": (
        {
            "source": "aws.rds",
            "detail-type": "RDS DB Instance Event",
            "detail": {"EventCategories": ["failover"], "SourceType": "DB_INSTANCE", "SourceIdentifier": "orders"},
        },
        "orders",
        {
            "source": "aws.rds",
            "detail-type": "RDS DB Instance Event",
            "detail": {"EventCategories": ["backup"], "SourceType": "DB_INSTANCE", "SourceIdentifier": "orders"},
        },
    ),
    "ssm-automation": (
        {
            "source": "aws.ssm",
            "detail-type": "EC2 Automation Execution Status-change Notification",
            "detail": {"Definition": "restart", "Status": "Failed"},
        },
        "restart",
        {
            "source": "aws.ssm",
            "detail-type": "EC2 Automation Execution Status-change Notification",
            "detail": {"Definition": "restart", "Status": "Success"},
        },
    ),
    "state-machine": (
        {
            "source": "aws.states",
            "detail-type": "Step Functions Execution Status Change",
            "detail": {"stateMachineArn": "arn:stateMachine:m", "status": "TIMED_OUT"},
        },
        "arn:stateMachine:m",
        {
            "source": "aws.states",
            "detail-type": "Step Functions Execution Status Change",
            "detail": {"stateMachineArn": "arn:stateMachine:m", "status": "SUCCEEDED"},
        },
    ),
}


@pytest.mark.parametrize("documented", DOCUMENTED, ids=str)
def test_what_aws_shows_is_fine(documented: dict[str, Any]) -> None:
    assert problems(documented) == []


@pytest.mark.parametrize("kind", sorted(ready()))
def test_a_ready_pattern_is_valid_and_takes_failures_only(kind: str) -> None:
    of = ready()[kind]
    failed, resource, well = EVENTS[kind]
    for chosen in ([], [resource] if resource else []):
        made = pattern(of, chosen)
        assert problems(made) == []
        assert takes(made, failed)
        assert not takes(made, well)
    assert bool(resource) == bool(of.resources)
    if of.resources:
        assert not takes(pattern(of, ["arn:another"]), failed)
        assert takes(pattern(of, ["arn:another", resource]), failed)


def test_every_event_is_of_a_ready_pattern() -> None:
    assert sorted(EVENTS) == sorted(ready())
