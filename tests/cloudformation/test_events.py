"""EventBridge rules and topic policies as CloudFormation resources."""

from __future__ import annotations

import json

from tests.cloudformation.compiled import properties, template

TOPICS = """
  topics:
    notices: {subscriptions: {mail: {email: web@example.com}}}
    pages: {parameter: PagesTopicArn}
    quiet: {subscriptions: {mail: {email: web@example.com}}}
"""


def test_a_failure_is_a_ready_pattern_for_the_resources() -> None:
    body = template(
        TOPICS
        + """
  event_rules:
    orders: {failure: state-machine, resources: ['${Stream}'], notify: [notices, pages], service: api, description: Orders.}
    jobs: {failure: glue-job, resources: 'load-${Environment}', notify: notices}
    all: {failure: glue-job, notify: notices}
"""
    )
    rules = properties(body, "AWS::Events::Rule")
    orders = rules["OrdersRule"]
    assert orders["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"], "stateMachineArn": [{"Ref": "Stream"}]},
    }
    assert orders["Description"] == "Orders."
    assert [target["Arn"] for target in orders["Targets"]] == [{"Ref": "NoticesTopic"}, {"Ref": "PagesTopicArn"}]
    assert {"Key": "service", "Value": "api"} in orders["Tags"]
    # Ids of targets differ within a rule.
    assert len({target["Id"] for target in orders["Targets"]}) == 2
    assert rules["JobsRule"]["EventPattern"]["detail"]["jobName"] == [{"Fn::Sub": "load-${Environment}"}]
    assert "jobName" not in rules["AllRule"]["EventPattern"]["detail"]


def test_a_function_may_be_called_by_its_rule_only() -> None:
    function = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:sweep"
    body = template(f"  event_rules: {{sweep: {{schedule: 'cron(0 3 * * ? *)', lambda: '{function}'}}}}\n")
    (rule,) = properties(body, "AWS::Events::Rule").values()
    assert rule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert "EventPattern" not in rule
    assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::Sub": function}]
    (permission,) = properties(body, "AWS::Lambda::Permission").values()
    assert permission["FunctionName"] == {"Fn::Sub": function}
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"]["Fn::Sub"].endswith(":rule/${SweepRule}")
    assert properties(body, "AWS::SNS::TopicPolicy") == {}


def test_a_message_takes_the_place_of_the_event() -> None:
    body = template(
        TOPICS
        + "  event_rules: {a: {failure: backup, notify: notices, message: 'In ${Environment}: <$.detail.state>'}}\n"
    )
    (rule,) = properties(body, "AWS::Events::Rule").values()
    (target,) = rule["Targets"]
    assert target["InputTransformer"] == {
        "InputPathsMap": {"state": "$.detail.state"},
        "InputTemplate": {"Fn::Sub": '"In ${Environment}: <state>"'},
    }


def test_only_topics_that_are_made_here_and_published_to_get_a_policy() -> None:
    body = template(TOPICS + "  event_rules: {a: {failure: backup, notify: [notices, pages]}}\n")
    policies = properties(body, "AWS::SNS::TopicPolicy")
    assert list(policies) == ["NoticesTopicPolicy"]
    assert policies["NoticesTopicPolicy"]["Topics"] == [{"Ref": "NoticesTopic"}]
    account, events = policies["NoticesTopicPolicy"]["PolicyDocument"]["Statement"]
    # What SNS gives a topic by default: without it CloudWatch alarms of the account could not publish any more.
    assert account["Principal"] == {"AWS": "*"}
    assert account["Condition"] == {"StringEquals": {"AWS:SourceOwner": {"Ref": "AWS::AccountId"}}}
    assert {"SNS:Publish", "SNS:Subscribe", "SNS:SetTopicAttributes"} <= set(account["Action"])
    # EventBridge user guide: "You can't use Condition blocks in Amazon SNS topic policies for EventBridge."
    assert events == {
        "Sid": "EventBridge",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "SNS:Publish",
        "Resource": {"Ref": "NoticesTopic"},
    }


def test_raw_patterns_come_out_as_they_are() -> None:
    pattern = {
        "source": ["aws.s3"],
        "detail": {
            "size": [{"numeric": [">", 0, "<=", 5.5]}],
            "key": [{"anything-but": {"prefix": "tmp/"}}, None, True],
        },
        "$or": [{"account": ["${AWS::AccountId}"]}, {"region": ["eu-west-1"]}],
    }
    body = template(TOPICS + f"  event_rules: {{a: {{pattern: {json.dumps(pattern)}, notify: notices}}}}\n")
    (rule,) = properties(body, "AWS::Events::Rule").values()
    pattern["$or"] = [{"account": [{"Ref": "AWS::AccountId"}]}, {"region": ["eu-west-1"]}]
    assert rule["EventPattern"] == pattern
