"""Maintenance windows as mute rules: what each mutes and when, by CloudWatch's own reading of its schedules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitorspec.alarmstate.schedule import read
from monitorspec.cloudformation.kinds import resources
from monitorspec.compiler import plan_of
from monitorspec.plan import Plan
from monitorspec.routing import in_window

SPEC = """
version: 1
system: shop
owner: web
receivers: {oncall: {sns: pages}}
routes: {default: {notify: oncall}}
aws: {name_prefix: 'shop-${Environment}-', topics: {pages: {parameter: PagesTopicArn}}, tags: {Team: web}}
services:
  api:
    thresholds:
      errors: {cloudwatch: {namespace: Shop, metric: Errors, stat: Sum}, above: {critical: 5, warning: 1}}
      switched-off: {cloudwatch: {namespace: Shop, metric: Throttles}, above: {critical: 5}, actions_enabled: false}
      health: {composite: {any_of: [errors.critical]}}
      elsewhere: {cloudwatch: {namespace: Shop, metric: Charges, region: us-east-1}, above: {warning: 5}}
      series: {expr: up, below: {critical: 1}}
windows: {maintenance: %s}
mute: {maintenance: {match: %s, during: maintenance}}
"""


def plan(window: str, match: str = "{service: api}", spec: str = SPEC) -> Plan:
    made, diagnostics = plan_of(spec % (window, match))
    assert made is not None, diagnostics
    return made


def rules(of: Plan) -> list[tuple[str, dict[str, Any]]]:
    """(region, properties) of each mute rule."""
    return [(r.region, r.properties) for r in resources(of) if r.type == "AWS::CloudWatch::AlarmMuteRule"]


def muted(properties: dict[str, Any]) -> set[str]:
    return {target["Ref"] for target in properties["MuteTargets"]["AlarmNames"]}


def test_a_rule_mutes_the_alarms_that_match_and_tell_somebody_in_their_region() -> None:
    (here, first), (there, second) = rules(plan("{days: sun, hours: '02:00-04:00', tz: Europe/Berlin}"))
    assert (here, muted(first)) == ("", {"ApiErrorsCriticalAlarm", "ApiErrorsWarningAlarm", "ApiHealthCriticalAlarm"})
    assert (there, muted(second)) == ("us-east-1", {"ApiElsewhereWarningAlarm"})
    assert first["Rule"]["Schedule"] == {
        "Expression": "cron(0 2 * * SUN)",
        "Duration": "PT2H",
        "Timezone": "Europe/Berlin",
    }
    assert first["Name"] == {"Fn::Sub": "shop-${Environment}-maintenance-1"}
    assert {"Key": "Team", "Value": "web"} in first["Tags"]


def test_a_mute_of_one_severity_leaves_the_others_alone() -> None:
    ((_, rule),) = rules(plan("{days: sun}", "{alerts: [api.errors.warning]}"))
    assert muted(rule) == {"ApiErrorsWarningAlarm"}
    assert rule["Name"] == {"Fn::Sub": "shop-${Environment}-maintenance"}
    assert rules(plan("{days: sun}", "{alerts: [api.series]}")) == []


def test_more_than_a_hundred_alarms_need_several_rules() -> None:
    # The user guide: a rule mutes up to a hundred alarms.
    names = ", ".join(f"f{n}" for n in range(130))
    many = SPEC.replace(
        "metric: Errors, stat: Sum}", f"metric: Errors, stat: Sum, dimensions: {{FunctionName: [{names}]}}}}"
    )
    many = many.replace("any_of: [errors.critical]", "any_of: [switched-off]")
    made = rules(plan("{days: sun}", "{alerts: [api.errors.warning]}", many))
    assert [len(muted(rule)) for _, rule in made] == [100, 30]
    assert len({str(rule["Name"]) for _, rule in made}) == 2


@pytest.mark.parametrize(
    "window",
    [
        "{days: sun, hours: '02:00-04:00'}",
        "{days: [mon-wed, fri], hours: ['00:30-01:15', '12:00-13:00'], tz: Europe/Berlin}",
        "{days: sat, hours: '22:00-06:00'}",
        "{dates: ['1-3', '15'], hours: '01:00-07:00', tz: America/New_York}",
        "{months: [jan-mar, dec], days: sat-sun}",
        "{hours: '23:59-24:00'}",
    ],
)
def test_rules_are_active_in_the_window_and_at_no_other_time(window: str) -> None:
    p = plan(window, "{alerts: [api.errors.warning]}")
    made = [read(str(n), {**rule, "MuteTargets": {"AlarmNames": ["x"]}}) for n, (_, rule) in enumerate(rules(p))]
    start = datetime(2024, 2, 26, tzinfo=UTC)
    end = start + timedelta(days=21)
    active = [w for rule in made for w in rule.windows(int(start.timestamp()), int(end.timestamp()))]
    assert active
    for minute in range(0, int((end - start).total_seconds()) // 60, 5):
        at = start + timedelta(minutes=minute, seconds=30)
        found = any(opens <= at.timestamp() < closes for opens, closes in active)
        assert found == in_window(p.windows[0], at), at
