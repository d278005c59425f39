"""Finished templates: what cfn-lint lets through is found here."""

from __future__ import annotations

from typing import Any

import pytest

from monitorspec.cloudformation.finished import alarm_problems, template_problems

SOUND: dict[str, Any] = {
    "AlarmName": "shop-receipts-errors-critical",
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 5,
    "DatapointsToAlarm": 3,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 5,
    "TreatMissingData": "notBreaching",
}
STAT = {"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"}
MATH: dict[str, Any] = {
    **{key: SOUND[key] for key in ("AlarmName", "EvaluationPeriods", "ComparisonOperator", "Threshold")},
    "Metrics": [
        {"Id": "e", "Expression": "m * 2", "ReturnData": True},
        {"Id": "m", "MetricStat": STAT, "ReturnData": False},
    ],
}


def math(*queries: dict[str, Any]) -> dict[str, Any]:
    return {**MATH, "Metrics": list(queries)}


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in SOUND.items() if key not in keys}


def test_sound_alarms() -> None:
    assert alarm_problems(SOUND) == []
    assert alarm_problems(MATH) == []


E1, M1 = MATH["Metrics"]


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        (without("MetricName", "Namespace", "Period", "Statistic"), "exactly one of MetricName, Metrics"),
        ({**SOUND, "Metrics": MATH["Metrics"]}, "exactly one of MetricName, Metrics"),
        (without("Threshold"), "exactly one of Threshold"),
        (without("ComparisonOperator"), "ComparisonOperator is missing"),
        (without("EvaluationPeriods"), "EvaluationPeriods is missing"),
        (without("Namespace"), "Namespace is missing"),
        (without("Statistic"), "exactly one of Statistic"),
        ({**SOUND, "Statistic": "avg"}, "Statistic avg"),
        ({**without("Statistic"), "ExtendedStatistic": "p101"}, "ExtendedStatistic p101"),
        ({**without("Statistic"), "ExtendedStatistic": "Sum"}, "ExtendedStatistic Sum"),
        ({**SOUND, "Period": 45}, "no period of 45s"),
        ({**SOUND, "EvaluationPeriods": 1441}, "one day at most"),
        ({**SOUND, "EvaluationPeriods": 0}, "at least 1"),
        ({**SOUND, "DatapointsToAlarm": 6}, "DatapointsToAlarm 6"),
        ({**SOUND, "TreatMissingData": "ok"}, "TreatMissingData ok"),
        ({**SOUND, "Dimensions": [{"Name": str(n), "Value": "v"} for n in range(31)]}, "31 dimensions"),
        ({**SOUND, "AlarmActions": [{"Ref": "T"}] * 6}, "6 actions"),
        ({**SOUND, "AlarmName": "n" * 256}, "AlarmName has 256"),
        ({**SOUND, "AlarmDescription": "n" * 1025}, "AlarmDescription has 1025"),
        ({**SOUND, "Tags": [{"Key": str(n), "Value": "v"} for n in range(51)]}, "51 tags"),
        ({**SOUND, "Tags": [{"Key": "a", "Value": "v"}] * 2}, "same key"),
        ({**SOUND, "Treshold": 5}, "unknown property Treshold"),
        ({**MATH, "Period": 60}, "Period cannot stand beside Metrics"),
        ({**MATH, "EvaluationPeriods": 1441}, "one day at most"),
        (math({**E1, "ReturnData": False}, M1), "0 metrics return data"),
        (math(E1, {**M1, "ReturnData": True}), "2 metrics return data"),
        (math(E1, {key: M1[key] for key in ("Id", "MetricStat")}), "2 metrics return data"),
        (math({**E1, "Expression": "m + n"}, M1), "names n, which is no metric"),
        (math({**E1, "Expression": "SUMM(m)"}, M1), "no function `SUMM`"),
        (math({**E1, "Expression": "m" + "+m" * 1024}, M1), "2049 characters"),
        (math({**E1, "Id": "E"}, M1), "'E' is not valid"),
        (math(E1, M1, M1), "same id"),
        (math({**E1, "MetricStat": STAT}, M1), "exactly one of Expression"),
        (math(E1, {**M1, "MetricStat": {**STAT, "Stat": "avg"}}), "metric m: `avg`"),
        (math(E1, {**M1, "MetricStat": {**STAT, "Period": 45}}), "metric m: CloudWatch has no period"),
        (math(E1, *({**M1, "Id": f"m{n}"} for n in range(10)), M1), "11 metrics"),
        (math(E1, *({**E1, "Id": f"e{n}", "ReturnData": False} for n in range(10)), M1), "11 expressions"),
    ],
)
def test_what_cloudwatch_would_refuse(properties: dict[str, Any], problem: str) -> None:
    assert any(problem in text for text in alarm_problems(properties))


def test_intrinsic_functions_are_taken_on_trust() -> None:
    made = {**SOUND, "Period": {"Ref": "P"}, "EvaluationPeriods": {"Ref": "N"}, "AlarmActions": {"Ref": "L"}}
    assert alarm_problems(made) == []


def template(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"Topic": {"Type": "String"}},
        "Resources": {
            "A": {"Type": "AWS::CloudWatch::Alarm", "Properties": {**SOUND, "AlarmActions": [{"Ref": "Topic"}]}}
        },
    }
    return {**body, **changes}


def alarm(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": {**SOUND, "AlarmActions": [{"Ref": "Topic"}], **properties}}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"Resources": {}}, "no resources"),
        ({"Resources": {f"A{n}": alarm(AlarmName=str(n)) for n in range(501)}}, "501 Resources"),
        ({"Resources": {"A-1": alarm()}}, "'A-1' is no logical id"),
        ({"Resources": {"Topic": alarm()}}, "Topic names a parameter and a resource"),
        ({"Resources": {"A": alarm(AlarmActions=[{"Ref": "Other"}])}}, "AlarmActions.0 refers to Other"),
        ({"Resources": {"A": alarm(AlarmName={"Fn::Sub": "x-${Env}"})}}, "refers to Env"),
        ({"Outputs": {"O": {"Value": {"Fn::GetAtt": ["B", "Arn"]}}}}, "refers to B"),
        ({"Parameters": {"Topic": {}, "Unused": {}}}, "parameter Unused is not used"),
        ({"Resources": {"A": alarm(), "B": alarm()}}, "is that of A, too"),
        ({"Resources": {"A": alarm(Period=45)}}, "A: CloudWatch has no period of 45s"),
    ],
)
def test_broken_templates(changes: dict[str, Any], problem: str) -> None:
    assert any(problem in text for text in template_problems(template(**changes)))


def test_a_sound_template() -> None:
    body = template(Outputs={"O": {"Value": {"Fn::Sub": "${AWS::Region}-${A.Arn}-${!Literal}"}}})
    assert template_problems(body) == []


def test_size() -> None:
    assert template_problems(template(), "x" * 1_000_000) == []
    assert template_problems(template(), "é" * 500_001) == ["1,000,002 bytes; 1,000,000 are allowed"]
