"""Burn-rate alarms of objectives that CloudWatch counts.

In: burn alerts on CloudWatch signals. Out: for each an alarm for the long and for the short window, which tell nobody, and a
composite of both, which does. A slower tier is silent while the next faster one is on. A window is one datapoint, because an
alarm that looks at several would look at each alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitorspec.cloudformation import alarm
from monitorspec.cloudformation.burnsignal import error_ratio
from monitorspec.cloudformation.kinds.alarms import runbook
from monitorspec.cloudformation.known import Known, actions
from monitorspec.cloudformation.resource import ABOVE, ALARMS, Resource, substituted
from monitorspec.phrases import percent_text
from monitorspec.plan import Alert, Burn, Limit, Plan, Slo
from monitorspec.spec.units import duration_text, number_text

WAIT = 120
"""Seconds that a slower tier waits for a faster one: alarms of one minute's data come in within two."""


def resources(plan: Plan, known: Known) -> Iterator[Resource]:
    """The alarms of every objective on CloudWatch."""
    for service in plan.services:
        for slo in service.slos:
            if slo.on_cloudwatch:
                for faster, tier in zip((None, *slo.tiers), slo.tiers, strict=False):
                    yield from _tier(plan, slo, tier, faster, known)


def _tier(plan: Plan, slo: Slo, tier: Alert, faster: Alert | None, known: Known) -> Iterator[Resource]:
    burn = tier.condition
    assert isinstance(burn, Burn)
    refs = actions(plan, tier, known.topics)
    region = tier.signal.cloudwatch.region if tier.signal.cloudwatch else ""
    for which, window in windows(burn):
        made = alarm.properties(
            window_alert(slo, tier, burn, which, window),
            name=f"{known.alarm_names[tier.id]}-{which}",
            actions=refs,
            tags=plan.stack.tags,
            runbook=runbook(plan, tier),
        )
        id = known.windows[tier.id, which]
        yield Resource(id, "AWS::CloudWatch::Alarm", made, tier.service, tier.key, region, ALARMS)
    made = _composite(plan, tier, known, refs, faster)
    yield Resource(
        known.alarms[tier.id], "AWS::CloudWatch::CompositeAlarm", made, tier.service, tier.key, region, ABOVE
    )


def windows(burn: Burn) -> tuple[tuple[str, int], ...]:
    """What the two alarms of a tier are called, and their windows in ms."""
    return (("long", burn.long_window), ("short", burn.short_window))


def window_alert(slo: Slo, tier: Alert, burn: Burn, which: str, window: int) -> Alert:
    """The alarm of one window: its actions stand there for whoever tries it out, and are switched off."""
    assert slo.indicator.events is not None
    limit = burn.factor * (1 - slo.objective)
    said = f"{number_text(burn.factor)} times the error budget over {duration_text(window)}"
    return tier._replace(
        title=f"{tier.title}, {which} window",
        description=f"{said}. It tells nobody: the alarm over both windows does.",
        signal=tier.signal._replace(cloudwatch=error_ratio(slo.indicator.events, window, slo.min_traffic)),
        condition=Limit(">", limit, percent_text(limit), None, None),
        hold=0,
        actions_enabled=False,
        properties={},
    )


def _composite(
    plan: Plan, tier: Alert, known: Known, refs: list[dict[str, Any]], faster: Alert | None
) -> dict[str, Any]:
    burn = tier.condition
    assert isinstance(burn, Burn)
    made: dict[str, Any] = {
        "AlarmName": substituted(known.alarm_names[tier.id]),
        "AlarmDescription": alarm.description(tier, runbook(plan, tier)),
    }
    made.update(alarm.state_actions(tier, refs))
    terms = (f'ALARM("${{{known.windows[tier.id, which]}}}")' for which, _ in windows(burn))
    made["AlarmRule"] = {"Fn::Sub": " AND ".join(terms)}
    if faster is not None:
        made["ActionsSuppressor"] = {"Ref": known.alarms[faster.id]}
        made["ActionsSuppressorWaitPeriod"] = WAIT
        made["ActionsSuppressorExtensionPeriod"] = burn.short_window // 1000
    made["Tags"] = alarm.tag_list(plan.stack.tags, tier.labels)
    return made
