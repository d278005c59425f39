"""Objectives of Application Signals, where the spec asks for them beside its burn-rate alarms.

In: objectives that CloudWatch counts. Out: AWS::ApplicationSignals::ServiceLevelObjective, with a burn rate metric for each window
of the objective's alarms.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitorspec.cloudformation import alarm
from monitorspec.cloudformation.known import Known
from monitorspec.cloudformation.resource import Resource, substituted
from monitorspec.cloudformation.tags import tags_of
from monitorspec.names import camel
from monitorspec.plan import Burn, CloudWatchSignal, Plan, Slo
from monitorspec.spec.units import plain

MINUTE, LOOK_BACKS, LONGEST = 60_000, 10, 10_080
"""Look-back windows in minutes, and how many of them (API reference of Application Signals, BurnRateConfiguration)."""
_UNITS = (("DAY", 86_400_000), ("HOUR", 3_600_000), ("MINUTE", MINUTE))


def resources(plan: Plan, known: Known) -> Iterator[Resource]:  # noqa: ARG001
    """An objective of Application Signals for each that wants one."""
    for service in plan.services:
        for slo in service.slos:
            if slo.application_signals and slo.indicator.events is not None:
                id = camel(slo.service, slo.key) + "Objective"
                region = slo.indicator.events.total.region
                type_ = "AWS::ApplicationSignals::ServiceLevelObjective"
                yield Resource(id, type_, properties(plan, slo), slo.service, slo.key, region)


def properties(plan: Plan, slo: Slo) -> dict[str, Any]:
    """Requests counted over the objective's rolling window."""
    events = slo.indicator.events
    assert events is not None
    counted = events.bad or events.good
    assert counted is not None
    burns = [tier.condition for tier in slo.tiers if isinstance(tier.condition, Burn)]
    windows = {window for burn in burns for window in (burn.long_window, burn.short_window)}
    minutes = sorted(w // MINUTE for w in windows if w // MINUTE <= LONGEST)[:LOOK_BACKS]
    unit, length = next((unit, length) for unit, length in _UNITS if slo.window % length == 0 or length == MINUTE)
    made: dict[str, Any] = {"Name": substituted(f"{plan.stack.prefix}{slo.service}-{slo.key}")}
    if slo.description:
        made["Description"] = " ".join(slo.description.split())[:1024]
    made["RequestBasedSli"] = {
        "RequestBasedSliMetric": {
            "TotalRequestCountMetric": _query("total", events.total),
            "MonitoredRequestCountMetric": {
                "BadCountMetric" if events.bad else "GoodCountMetric": _query("counted", counted)
            },
        }
    }
    made["Goal"] = {
        "AttainmentGoal": plain(slo.objective * 100),
        "Interval": {"RollingInterval": {"DurationUnit": unit, "Duration": max(slo.window // length, 1)}},
    }
    if minutes:
        made["BurnRateConfigurations"] = [{"LookBackWindowMinutes": n} for n in minutes]
    made["Tags"] = tags_of(plan, slo.service)
    return made


def _query(id: str, signal: CloudWatchSignal) -> list[dict[str, Any]]:
    return [{"Id": id, "MetricStat": alarm.metric_stat(signal, MINUTE), "ReturnData": True}]
