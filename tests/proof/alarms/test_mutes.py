"""Maintenance windows of the spec, held against the mute rules that are emitted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from monitorspec.plan import Plan
from monitorspec.proof.alarms.case import Gap
from monitorspec.proof.alarms.kinds import proof_of
from monitorspec.proof.alarms.runner import failures
from tests.proof.alarms.stacks import planned, stacks_of

SERVICES = """
  receipts:
    thresholds:
      errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5, warning: 1}}
      silent: {cloudwatch: {namespace: AWS/Lambda, metric: Throttles, stat: Sum}, above: {critical: 5}, actions_enabled: false}
  orders:
    thresholds:
      errors: {cloudwatch: {namespace: Shop, metric: Errors, stat: Sum}, above: {critical: 5}}
"""
MUTES = """
windows:
  nightly: {hours: '23:30-04:15', tz: Europe/Berlin}
  weekend: {days: sat-sun, tz: America/New_York}
  begin: {dates: '1-3', hours: '08:00-18:00'}
mute:
  nightly: {match: {service: receipts}, during: nightly}
  weekend: {match: {service: receipts, severity: warning}, during: weekend}
  begin: {match: {service: orders}, during: begin}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(SERVICES + MUTES)


def test_mute_rules_say_what_the_windows_mean(plan: Plan) -> None:
    proof = proof_of(plan)
    assert failures(proof, stacks_of(plan)) == []
    assert {quiet.alert for quiet in proof.quiet} == {
        "receipts.errors.critical",
        "receipts.errors.warning",
        "orders.errors.critical",
    }
    assert all(True in quiet.muted and False in quiet.muted for quiet in proof.quiet)


@pytest.mark.parametrize(
    ("alert", "at", "muted"),
    [
        # In summer, half past eleven in Berlin is 21:30 UTC.
        ("receipts.errors.critical", "2024-05-16T21:29", False),
        ("receipts.errors.critical", "2024-05-16T21:30", True),
        ("receipts.errors.critical", "2024-05-17T02:14", True),
        ("receipts.errors.critical", "2024-05-17T02:15", False),
        # In winter it is 22:30.
        ("receipts.errors.critical", "2024-01-30T22:29", False),
        ("receipts.errors.critical", "2024-01-30T22:30", True),
        # Saturday begins in New York at 04:00 UTC.
        ("receipts.errors.warning", "2024-05-18T03:59", False),
        ("receipts.errors.warning", "2024-05-18T04:00", True),
        ("receipts.errors.critical", "2024-05-18T04:00", False),
        ("orders.errors.critical", "2024-01-31T12:00", False),
        ("orders.errors.critical", "2024-02-01T12:00", True),
    ],
)
def test_times(plan: Plan, alert: str, at: str, muted: bool) -> None:
    quiet = next(quiet for quiet in proof_of(plan).quiet if quiet.alert == alert)
    time = int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp())
    assert dict(zip(quiet.times, quiet.muted, strict=True))[time] == muted


def wrong(plan: Plan, change: Any) -> list[str]:
    """What is said when `change` has been at the properties of the first mute rule."""
    (stack,) = stacks_of(plan)
    resources = dict(stack.template["Resources"])
    id = next(id for id, r in resources.items() if r["Type"] == "AWS::CloudWatch::AlarmMuteRule")
    properties = dict(resources[id]["Properties"])
    properties["Rule"] = {"Schedule": dict(properties["Rule"]["Schedule"])}
    change(properties)
    resources[id] = {**resources[id], "Properties": properties}
    proof = proof_of(plan)._replace(cases=())
    return [str(f) for f in failures(proof, [stack._replace(template={**stack.template, "Resources": resources})])]


def test_wrong_rules_are_noticed(plan: Plan) -> None:
    def schedule(key: str, value: str) -> Any:
        return lambda properties: properties["Rule"]["Schedule"].update({key: value})

    assert wrong(plan, lambda _: None) == []
    for change in (
        schedule("Expression", "cron(31 23 * * *)"),
        schedule("Expression", "cron(30 23 * * MON)"),
        schedule("Duration", "PT10M"),
        schedule("Timezone", "Europe/London"),
        lambda properties: properties.update(MuteTargets={"AlarmNames": []}),
        lambda properties: properties.pop("MuteTargets"),
    ):
        assert wrong(plan, change) != []
    assert wrong(plan, schedule("Duration", "PT10M"))[0].startswith(
        "receipts.errors.critical (alarm ReceiptsErrorsCritical"
    )
    assert wrong(plan, schedule("Duration", "long")) == [
        "mute rules cannot be read: mute rule shop-nightly-1: `long` is no duration from PT1M to P15D"
    ]


def test_a_window_that_cloudwatch_cannot_say_is_a_gap() -> None:
    mutes = "\nwindows: {month-end: {dates: '-1'}}\nmute: {end: {match: {service: orders}, during: month-end}}\n"
    gaps = proof_of(planned(SERVICES + mutes)).gaps
    reason = "mute rules cannot say the window month-end: they know no days from the end of the month"
    assert gaps == (Gap("orders.errors.critical", reason),)
