"""Composite alarms and burn-rate alarms, as the spec means them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml

from monitorspec.cloudformation import rule
from monitorspec.cloudformation.finished import template_problems
from monitorspec.compiler import plan_of
from monitorspec.plan import Plan
from monitorspec.plan.alerts import Rule
from monitorspec.targets import cloudwatch

SPEC = """
version: 1
system: shop
owner: web
receivers: {oncall: {sns: pages}, chat: {sns: notes}}
routes: {critical: {notify: oncall}, default: {notify: chat}}
aws: {topics: {pages: {parameter: Pages}, notes: {parameter: Notes}}}
services:
  api:
    slos:
      availability:
        objective: 99.9%
        min_traffic: 10/m
        cloudwatch: {bad: {namespace: Shop, metric: Failures}, total: {namespace: Shop, metric: Requests}}
      latency:
        objective: 99%
        application_signals: true
        cloudwatch: {latency: {namespace: Shop, metric: Latency, unit: Milliseconds}, under: 0.3s}
    thresholds:
      errors: {cloudwatch: {namespace: Shop, metric: Errors, stat: Sum}, above: {critical: 5, warning: 1}}
      slow: {cloudwatch: {namespace: Shop, metric: Latency, stat: p99}, above: {critical: 5}}
      quiet: {cloudwatch: {namespace: Shop, metric: Quiet}, above: {info: 0}}
      health:
        composite: {any_of: [errors, {all_of: [slow, {not: quiet}]}, {at_least: 2, of: [errors.critical, slow, quiet]}]}
        severity: warning
        suppress: {by: quiet, wait: 1m, extension: 10m}
        notify_on: [alarm]
"""


@pytest.fixture(scope="module")
def body() -> dict[str, Any]:
    plan = compiled()
    (artifact,) = cloudwatch.emit(plan)
    made: dict[str, Any] = yaml.safe_load(artifact.text)
    return made


def compiled() -> Plan:
    plan, diagnostics = plan_of(SPEC)
    assert plan is not None, diagnostics
    return plan


def test_a_composite_names_its_alarms_as_people_do(body: dict[str, Any]) -> None:
    text = body["Resources"]["ApiHealthWarningAlarm"]["Properties"]["AlarmDescription"]
    assert "ApiErrors (critical) or ApiErrors (warning)" in text
    assert "(ApiSlow and not ApiQuiet)" in text


def test_a_composite_says_what_the_spec_says(body: dict[str, Any]) -> None:
    made = body["Resources"]["ApiHealthWarningAlarm"]
    assert made["Type"] == "AWS::CloudWatch::CompositeAlarm"
    properties = made["Properties"]
    assert properties["AlarmRule"] == {
        "Fn::Sub": '(ALARM("${ApiErrorsCriticalAlarm}") OR ALARM("${ApiErrorsWarningAlarm}")) OR '
        '(ALARM("${ApiSlowCriticalAlarm}") AND NOT ALARM("${ApiQuietInfoAlarm}")) OR '
        'AT_LEAST(2, ALARM, ("${ApiErrorsCriticalAlarm}", "${ApiSlowCriticalAlarm}", "${ApiQuietInfoAlarm}"))'
    }
    assert properties["ActionsSuppressor"] == {"Ref": "ApiQuietInfoAlarm"}
    assert (properties["ActionsSuppressorWaitPeriod"], properties["ActionsSuppressorExtensionPeriod"]) == (60, 600)
    assert properties["AlarmActions"] == [{"Ref": "Notes"}]
    assert "OKActions" not in properties


def burn(body: dict[str, Any], tier: str, window: str = "") -> dict[str, Any]:
    made: dict[str, Any] = body["Resources"][f"ApiAvailability{tier}{window}Alarm"]["Properties"]
    return made


@pytest.mark.parametrize(
    ("tier", "factor", "long", "short", "topic"),
    [
        # Site Reliability Workbook, chapter 5, table 5-8; a datapoint of a day at most leaves out the three days.
        ("PageFast", "14.4", 3_600, 300, "Pages"),
        ("PageSlow", "6", 21_600, 1_800, "Pages"),
        ("TicketFast", "3", 86_400, 7_200, "Notes"),
    ],
)
def test_a_burn_rate_is_watched_over_two_windows(
    body: dict[str, Any], tier: str, factor: str, long: int, short: int, topic: str
) -> None:
    for window, seconds in (("Long", long), ("Short", short)):
        made = burn(body, tier, window)
        ratio, bad, total = made["Metrics"]
        # Ten events a minute at least, or nobody is told.
        assert ratio["Expression"] == f"IF(total >= {seconds // 6}, FILL(bad, 0) / total, 0)"
        assert [q["MetricStat"]["Period"] for q in (bad, total)] == [seconds, seconds]
        assert [q["MetricStat"]["Stat"] for q in (bad, total)] == ["Sum", "Sum"]
        assert Decimal(str(made["Threshold"])) == Decimal(factor) * Decimal("0.001")
        assert made["ComparisonOperator"] == "GreaterThanThreshold"
        assert (made["EvaluationPeriods"], made["TreatMissingData"]) == (1, "notBreaching")
        assert made["ActionsEnabled"] is False
    both = burn(body, tier)
    id = f"ApiAvailability{tier}"
    assert both["AlarmRule"] == {"Fn::Sub": f'ALARM("${{{id}LongAlarm}}") AND ALARM("${{{id}ShortAlarm}}")'}
    assert both["AlarmActions"] == [{"Ref": topic}]
    assert "ActionsEnabled" not in both


def test_a_slower_burn_is_silent_while_a_faster_one_is_on(body: dict[str, Any]) -> None:
    assert "ActionsSuppressor" not in burn(body, "PageFast")
    for tier, faster, short in (("PageSlow", "PageFast", 1_800), ("TicketFast", "PageSlow", 7_200)):
        made = burn(body, tier)
        assert made["ActionsSuppressor"] == {"Ref": f"ApiAvailability{faster}Alarm"}
        assert (made["ActionsSuppressorWaitPeriod"], made["ActionsSuppressorExtensionPeriod"]) == (120, short)


def test_no_tier_looks_back_more_than_a_day(body: dict[str, Any]) -> None:
    assert not [id for id in body["Resources"] if "TicketSlow" in id]


def test_a_latency_objective_counts_requests_up_to_the_limit(body: dict[str, Any]) -> None:
    made = body["Resources"]["ApiLatencyPageFastLongAlarm"]["Properties"]
    ratio, good, total = made["Metrics"]
    assert ratio["Expression"] == "IF(total > 0, 1 - FILL(good, 0) / total, 0)"
    assert (good["MetricStat"]["Stat"], total["MetricStat"]["Stat"]) == ("TC(:300)", "SampleCount")
    assert Decimal(str(made["Threshold"])) == Decimal("0.144")


def test_application_signals_gets_the_objective_on_request(body: dict[str, Any]) -> None:
    (made,) = [r for r in body["Resources"].values() if r["Type"] == "AWS::ApplicationSignals::ServiceLevelObjective"]
    properties = made["Properties"]
    assert properties["Goal"] == {
        "AttainmentGoal": 99,
        "Interval": {"RollingInterval": {"DurationUnit": "DAY", "Duration": 30}},
    }
    windows = [c["LookBackWindowMinutes"] for c in properties["BurnRateConfigurations"]]
    assert windows == [5, 30, 60, 120, 360, 1440]


def alarm(id: str) -> Rule:
    return Rule("alarm", id, (), 0)


@pytest.mark.parametrize(
    ("made", "text", "elements"),
    [
        (alarm("a"), 'ALARM("a")', 1),
        (Rule("not", "", (alarm("a"),), 0), 'NOT ALARM("a")', 2),
        (Rule("any_of", "", (alarm("a"), alarm("b")), 0), 'ALARM("a") OR ALARM("b")', 3),
        (Rule("not", "", (Rule("any_of", "", (alarm("a"), alarm("b")), 0),), 0), 'NOT (ALARM("a") OR ALARM("b"))', 4),
        (Rule("any_of", "", (alarm("a"),), 0), 'ALARM("a")', 1),
    ],
)
def test_rules_are_written_with_the_brackets_they_need(made: Rule, text: str, elements: int) -> None:
    assert rule.text(made, str) == text
    assert rule.elements(made) == elements


def composites(*rules: Any, **more: Any) -> dict[str, Any]:
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {}}
    made = {
        f"C{n}": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmRule": given, **more}}
        for n, given in enumerate(rules)
    }
    return {"A": alarm, "T": {"Type": "AWS::SNS::Topic"}, **made}


@pytest.mark.parametrize(
    ("resources", "problem"),
    [
        (composites(more := 'ALARM("a")', Foo=1), "C0: unknown property Foo"),
        (composites('ALARM("a"'), "C0: "),
        (composites("TRUE"), "C0: AlarmRule watches no alarm"),
        (composites(" OR ".join(f'ALARM("{n}")' for n in range(101))), "C0: the rule `ALARM"),
        (composites(more, ActionsSuppressor="x", ActionsSuppressorWaitPeriod=1), "C0: ActionsSuppressor, "),
        (composites(more, ActionsSuppressorWaitPeriod=1), "C0: ActionsSuppressor, "),
        (
            composites(more, ActionsSuppressor="x", ActionsSuppressorWaitPeriod=-1, ActionsSuppressorExtensionPeriod=1),
            "C0: ActionsSuppressorWaitPeriod has to be",
        ),
        (composites({"Fn::Sub": 'ALARM("${T}")'}), "C0: AlarmRule names T, which is no alarm"),
        (composites({"Fn::Sub": 'ALARM("${C1}")'}, {"Fn::Sub": 'NOT ALARM("${C0}")'}), "C0 watches itself"),
        (composites(*[{"Fn::Sub": 'ALARM("${A}")'}] * 151), "A is watched by 151 composite alarms"),
        (composites(more, AlarmName="n" * 256), "C0: AlarmName has 256 characters"),
    ],
)
def test_what_cloudwatch_would_refuse_of_composites_is_found(resources: dict[str, Any], problem: str) -> None:
    found = [p for p in template_problems({"Resources": resources}) if p.startswith("C") or " watched " in p]
    assert [p for p in found if p.startswith(problem)], found


def test_what_is_generated_is_none_of_that(body: dict[str, Any]) -> None:
    assert template_problems(body) == []
