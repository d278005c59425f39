"""Alarms under a composite are set apart wherever their metrics allow it, so that each of them is missed when it is left out."""

from __future__ import annotations

import pytest

from monitorspec.alarmstate.resolver import Stack
from monitorspec.plan import Plan
from monitorspec.proof.alarms.context import context_of
from monitorspec.proof.alarms.kinds import proof_of
from monitorspec.proof.alarms.poses import units_of
from monitorspec.proof.alarms.runner import failures_of
from tests.proof.alarms.stacks import planned, stacks_of

# Two minutes with more than half of all requests failed are a tenth of five minutes unless the other three had many more;
# nothing succeeds without a single request, too.
SERVICES = """
  api:
    thresholds:
      down:
        cloudwatch: &ratio
          expression: IF(requests >= 5, errors / requests)
          period: 1m
          metrics:
            errors: {namespace: Shop, metric: Errors, stat: Sum}
            requests: {namespace: Shop, metric: Requests, stat: Sum}
        above: {critical: 0.5}
        for: 2m
      errors: {cloudwatch: {<<: *ratio, period: 5m}, above: {critical: 0.1}}
      silent:
        cloudwatch: {<<: *ratio, expression: requests - errors, period: 5m}
        below: {critical: 1}
        for: 10m
        missing: breaching
      any: {composite: {any_of: [down, errors, silent]}, severity: critical}
"""
ALARMS = ("api.down.critical", "api.errors.critical", "api.silent.critical")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(SERVICES)


def test_each_alarm_fires_alone(plan: Plan) -> None:
    context = context_of(plan)
    (unit,) = units_of(context, [context.alerts[id] for id in ALARMS])
    shown = {tuple(id for id in ALARMS if pose.fires[id]) for pose in unit.poses}
    assert {(), *((id,) for id in ALARMS), ALARMS} <= shown


def test_each_alarm_that_a_rule_leaves_out_is_missed(plan: Plan) -> None:
    proof = proof_of(plan)
    (case,) = [case for case in proof.cases if case.alert == "api.any.critical"]
    (stack,) = stacks_of(plan)
    assert failures_of(case, proof, [stack]) == []
    rule = stack.template["Resources"][case.alarm]["Properties"]["AlarmRule"]["Fn::Sub"]
    parts = rule.split(" OR ")
    assert len(parts) == len(ALARMS)
    for part in parts:
        assert failures_of(case, proof, [_with(stack, case.alarm, " OR ".join(p for p in parts if p != part))]), part


def _with(stack: Stack, id: str, rule: str) -> Stack:
    resources = stack.template["Resources"]
    properties = {**resources[id]["Properties"], "AlarmRule": {"Fn::Sub": rule}}
    changed = {**resources, id: {**resources[id], "Properties": properties}}
    return stack._replace(template={**stack.template, "Resources": changed})


def test_just_enough_samples_are_too_few_for_a_shorter_period() -> None:
    plan = planned("""
  api:
    thresholds:
      slow:
        cloudwatch: {namespace: Shop, metric: Latency, stat: p99, period: 5m}
        above: {critical: 10}
        min_samples: 20
""")
    proof, (stack,) = proof_of(plan), stacks_of(plan)
    (case,) = proof.cases
    assert failures_of(case, proof, [stack]) == []
    resources = stack.template["Resources"]
    for period in (60, 120):
        queries = [
            {**q, "MetricStat": {**q["MetricStat"], "Period": period}} if "MetricStat" in q else q
            for q in resources[case.alarm]["Properties"]["Metrics"]
        ]
        properties = {**resources[case.alarm]["Properties"], "Metrics": queries}
        wrong = {**resources, case.alarm: {**resources[case.alarm], "Properties": properties}}
        assert failures_of(case, proof, [stack._replace(template={**stack.template, "Resources": wrong})]), period
