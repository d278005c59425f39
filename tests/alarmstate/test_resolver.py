"""Intrinsic functions, held against the CloudFormation user guide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from monitorspec.alarmstate.errors import ReferenceFault
from monitorspec.alarmstate.resolver import Stack, resources_of


def resolved(value: Any, parts: Mapping[str, Any], stack: Stack | None = None) -> Any:
    """A value in the properties of an alarm, finished."""
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "a", "Watched": value}}
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "pages"}}
    template = {**parts, "Resources": {"Watched": alarm, "Topic": topic, **parts.get("Resources", {})}}
    found = resources_of([(stack or Stack({}))._replace(template=template)])
    return next(r for r in found if r.id == "Watched").properties.get("Watched")


PARAMETERS: dict[str, Any] = {
    "Parameters": {
        "Environment": {"Type": "String", "Default": "prod"},
        "Limit": {"Type": "Number", "Default": 5},
        "PagesTopic": {"Type": "String"},
        "Names": {"Type": "CommaDelimitedList", "Default": "a, b"},
    }
}
CONDITIONS: dict[str, Any] = {
    "Conditions": {
        "Prod": {"Fn::Equals": [{"Ref": "Environment"}, "prod"]},
        "NotProd": {"Fn::Not": [{"Condition": "Prod"}]},
        "Both": {"Fn::And": [{"Condition": "Prod"}, {"Fn::Equals": [1, "1"]}]},
        "Either": {"Fn::Or": [{"Condition": "NotProd"}, {"Condition": "Prod"}]},
    }
}
MAPPINGS: dict[str, Any] = {"Mappings": {"Limits": {"prod": {"errors": 5}, "test": {"errors": 50}}}}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"Ref": "Environment"}, "prod"),
        ({"Ref": "Limit"}, 5),
        ({"Ref": "Names"}, ["a", "b"]),
        # Without a value it stays a name.
        ({"Ref": "PagesTopic"}, "PagesTopic"),
        ({"Ref": "Topic"}, "Topic"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Fn::GetAtt": ["Topic", "TopicArn"]}, "Topic"),
        ({"Fn::GetAtt": "Topic.TopicName"}, "Topic.TopicName"),
        ({"Fn::GetAtt": ["Watched", "Arn"]}, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"),
        ({"Fn::Sub": "shop-${Environment}-${AWS::Region}-${!Literal}"}, "shop-prod-us-east-1-${Literal}"),
        ({"Fn::Sub": ["${x}-${Environment}", {"x": {"Ref": "Limit"}}]}, "5-prod"),
        ({"Fn::Sub": "${Watched.Arn}"}, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Environment"}]]}, "a-prod"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::Select": [1, {"Ref": "Names"}]}, "b"),
        ({"Fn::FindInMap": ["Limits", {"Ref": "Environment"}, "errors"]}, 5),
        ({"Fn::FindInMap": ["Limits", "dev", "errors", {"DefaultValue": 7}]}, 7),
        ({"Fn::If": ["Prod", 1, 2]}, 1),
        ({"Fn::If": ["NotProd", 1, 2]}, 2),
        ({"Fn::If": ["Both", 1, 2]}, 1),
        ({"Fn::If": ["Either", {"Ref": "Limit"}, {"Ref": "Nowhere"}]}, 5),
        # What a condition leaves out is not there.
        ({"Fn::If": ["NotProd", 1, {"Ref": "AWS::NoValue"}]}, None),
        ([1, {"Ref": "AWS::NoValue"}, {"Ref": "Limit"}], [1, 5]),
        ({"Fn::ImportValue": "shared-topic"}, "shared-topic"),
        ({"Ref": "Limit", "b": 1}, {"Ref": "Limit", "b": 1}),
        ("${Environment}", "${Environment}"),
    ],
)
def test_functions(value: Any, wanted: Any) -> None:
    assert resolved(value, {**PARAMETERS, **CONDITIONS, **MAPPINGS}) == wanted


def test_given_values_stand_over_defaults() -> None:
    stack = Stack({}, {"Environment": "test"}, region="eu-west-1", name="alarms")
    parts = {**PARAMETERS, **CONDITIONS, **MAPPINGS}
    assert resolved({"Fn::If": ["Prod", 1, 2]}, parts, stack) == 2
    assert resolved({"Fn::FindInMap": ["Limits", {"Ref": "Environment"}, "errors"]}, parts, stack) == 50
    assert resolved({"Fn::Sub": "${AWS::StackName}-${AWS::Region}"}, parts, stack) == "alarms-eu-west-1"


def test_an_import_is_what_another_stack_exports() -> None:
    topics = {
        "Parameters": {"Name": {"Type": "String", "Default": "pages"}},
        "Resources": {"Pages": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"Pages": {"Value": {"Ref": "Pages"}, "Export": {"Name": {"Fn::Sub": "shop-${Name}"}}}},
    }
    alarm = {"AlarmName": "a", "AlarmActions": [{"Fn::ImportValue": "shop-pages"}]}
    watching = {"Resources": {"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm}}}
    for stacks in ([Stack(topics), Stack(watching)], [Stack(watching), Stack(topics)]):
        (found,) = resources_of(stacks)
        assert found.properties["AlarmActions"] == ["Pages"]


def test_resources_are_named_and_left_out_by_their_condition() -> None:
    template = {
        **PARAMETERS,
        **CONDITIONS,
        "Resources": {
            "Named": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": {"Fn::Sub": "x-${Environment}"}}},
            "Unnamed": {"Type": "AWS::CloudWatch::CompositeAlarm", "Condition": "Prod", "Properties": {}},
            "Absent": {"Type": "AWS::CloudWatch::Alarm", "Condition": "NotProd", "Properties": {}},
            "Quiet": {"Type": "AWS::CloudWatch::AlarmMuteRule", "Properties": {"Name": "q"}},
            "Other": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"Fn::Transform": {}}}},
        },
    }
    assert [(r.id, r.name) for r in resources_of([Stack(template)])] == [
        ("Named", "x-prod"),
        ("Unnamed", "Unnamed"),
        ("Quiet", "q"),
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"Ref": "Nowhere"}, "Resources.Watched.Properties.Watched: Nowhere is neither a parameter nor a resource"),
        ({"Ref": "AWS::Moon"}, "Resources.Watched.Properties.Watched: there is no pseudo parameter AWS::Moon"),
        ({"Fn::GetAtt": ["Nowhere", "Arn"]}, "Resources.Watched.Properties.Watched.Fn::GetAtt: Nowhere is no resource"),
        ({"Fn::Sub": "${Names}"}, "Resources.Watched.Properties.Watched.Fn::Sub: ${Names} is no text"),
        ({"Fn::Sub": 5}, "Resources.Watched.Properties.Watched.Fn::Sub: it wants a text, or a text and a mapping"),
        ({"Fn::If": ["Unknown", 1, 2]}, "Resources.Watched.Properties.Watched.Fn::If: there is no condition Unknown"),
        ({"Fn::If": ["Prod", 1]}, "Resources.Watched.Properties.Watched.Fn::If: it wants a condition and two values"),
        ({"Fn::FindInMap": ["Limits", "dev", "x"]}, "Resources.Watched.Properties.Watched.Fn::FindInMap: there is no Limits → dev"),
        ({"Fn::Select": [5, ["a"]]}, "Resources.Watched.Properties.Watched.Fn::Select: there is no item 5"),
        ({"Fn::GetAZs": ""}, "Resources.Watched.Properties.Watched: Fn::GetAZs cannot be resolved here"),
    ],
)  # fmt: skip
def test_what_leads_nowhere_is_told(value: Any, said: str) -> None:
    with pytest.raises(ReferenceFault) as error:
        resolved(value, {**PARAMETERS, **CONDITIONS, **MAPPINGS})
    assert str(error.value).startswith(said)


def test_circles_are_told() -> None:
    with pytest.raises(ReferenceFault, match="condition A refers to itself: condition A → condition B → condition A"):
        resolved({"Fn::If": ["A", 1, 2]}, {"Conditions": {"A": {"Condition": "B"}, "B": {"Condition": "A"}}})
    loop = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": {"Ref": "Loop"}}}
    with pytest.raises(ReferenceFault, match="Loop refers to itself"):
        resolved({"Ref": "Loop"}, {"Resources": {"Loop": loop}})


def test_a_parameter_that_the_template_does_not_have_is_told() -> None:
    with pytest.raises(ReferenceFault, match="the template has no parameter Enviroment"):
        resolved(1, PARAMETERS, Stack({}, {"Enviroment": "prod"}))


def test_a_template_without_end_does_not_crash() -> None:
    value: Any = "end"
    for _ in range(300):
        value = [value]
    with pytest.raises(ReferenceFault, match="nested more than 100 deep"):
        resolved(value, {})
