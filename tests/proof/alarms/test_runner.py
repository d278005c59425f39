"""Failures are told as stories."""

from __future__ import annotations

from typing import Any

from monitorspec.alarmstate.resolver import Stack
from monitorspec.proof.alarms.kinds import proof_of
from monitorspec.proof.alarms.runner import failures
from tests.proof.alarms.stacks import planned, stacks_of

ALARM = "ReceiptsErrorsCriticalAlarm"
SERVICES = """
  receipts:
    thresholds:
      errors:
        cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum, period: 1m, dimensions: {FunctionName: receipts}}
        above: {critical: 5}
        datapoints: 3 of 5
"""


def told(changes: dict[str, Any], services: str = SERVICES, alarm: str = ALARM) -> list[str]:
    """What is said of a template in which properties of an alarm are changed; None takes one away."""
    plan = planned(services)
    (stack,) = stacks_of(plan)
    resources = dict(stack.template["Resources"])
    given = {**resources[alarm]["Properties"], **changes}
    properties = {key: value for key, value in given.items() if value is not None}
    resources[alarm] = {**resources[alarm], "Properties": properties}
    return [
        str(f) for f in failures(proof_of(plan), [stack._replace(template={**stack.template, "Resources": resources})])
    ]


def test_nothing_is_said_of_a_right_template() -> None:
    assert told({}) == []


def test_a_wrong_limit() -> None:
    first, *_ = told({"Threshold": 6})
    assert first == (
        "receipts.errors.critical (alarm ReceiptsErrorsCriticalAlarm; > 5), minute 29: 3 of 5 datapoints past it, as 3 of 5 are "
        "wanted: expected ALARM, it is OK; it sees 5, 5, 5.005, 5, 5, 5.005, 5.005 and compares: GreaterThanThreshold 6, 3 of 5 "
        "datapoints of 60 s, notBreaching"
    )


def test_a_wrong_metric() -> None:
    first, *_ = told({"MetricName": "Throttles"})
    assert "expected ALARM, it is OK; it sees –, –, –, –, –, –, – and compares" in first


def test_missing_data() -> None:
    first, *_ = told({"TreatMissingData": "breaching"})
    assert first.startswith(
        "receipts.errors.critical (alarm ReceiptsErrorsCriticalAlarm; > 5), minute 1: no data from the start: expected OK, it is "
        "ALARM"
    )


def test_the_wrong_people() -> None:
    (first,) = told({"AlarmActions": [{"Ref": "NoticesTopic"}]})
    assert first.endswith(": told notices of ALARM, instead of pages, notices")
    (first,) = told({"AlarmActions": [{"Ref": "PagesTopic"}, {"Ref": "NoticesTopic"}, "arn:aws:lambda:x"]})
    assert first.endswith(": told pages, notices, arn:aws:lambda:x of ALARM, instead of pages, notices")


def test_nobody() -> None:
    first, *_ = told({"ActionsEnabled": False})
    assert first.endswith("as 3 of 5 are wanted: nobody was told of ALARM")


def test_what_cannot_be_evaluated() -> None:
    (first,) = told({"DatapointsToAlarm": 6})
    assert first.endswith(
        "minute 0: it cannot be evaluated: alarm shop-receipts-errors-critical: DatapointsToAlarm 6 is more than "
        "EvaluationPeriods 5"
    )


def test_a_long_list_is_cut() -> None:
    found = told({"ComparisonOperator": "LessThanThreshold"})
    assert len(found) == 3
    assert "more like it)" in found[-1]


def test_no_alarm_at_all() -> None:
    plan = planned(SERVICES)
    (found,) = failures(proof_of(plan), [Stack({"Resources": {}})])
    assert found.text.endswith("minute 0: no template has this alarm")
    assert (found.alert, found.alarm) == ("receipts.errors.critical", ALARM)


def test_children_of_a_burn_alert_that_tell_somebody() -> None:
    services = """
  api:
    slos:
      up:
        objective: 99%
        cloudwatch: {bad: {namespace: Shop, metric: Bad}, total: {namespace: Shop, metric: All}}
        alerts: {ticket-fast: null, page-slow: null}
"""
    first, *_ = told({"ActionsEnabled": True}, services, "ApiUpPageFastShortAlarm")
    assert "ApiUpPageFastShortAlarm is to tell nobody, but told pages, notices" in first
