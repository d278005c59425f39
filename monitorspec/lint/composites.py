"""Lint of composite alarms: what CloudFormation would take and CloudWatch refuse.

In: the plan. Out: findings `composites/…`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from monitorspec.lint.finding import Finding
from monitorspec.plan import Alert, Composite, Plan

WATCHED_BY = 150
"""Composites that may watch one alarm (CloudWatch user guide, "Composite alarms")."""


def too_large(plan: Plan) -> Iterable[Finding]:
    """A composite alarm is larger than CloudWatch takes.

    It watches at most 100 alarms with a rule of 10,240 characters and 500 elements, and an alarm is watched by at most 150
    composites. Join some of its alarms in a composite of their own.
    """
    composites = _composites(plan)
    if not composites:
        return
    from monitorspec.cloudformation import rule
    from monitorspec.cloudformation.known import known

    names = known(plan).alarm_names
    watched = Counter(id for _, condition in composites for id in condition.rule.alarms())
    for alert, condition in composites:
        made = rule.text(condition.rule, lambda id: names.get(id, id))
        for message, help_ in rule.problems(condition.rule, made):
            yield Finding(message, (*alert.origin, "composite"), help=(help_,))
        for id in condition.rule.alarms():
            if watched[id] > WATCHED_BY:
                yield Finding(
                    f"`{id}` is watched by {watched[id]} composite alarms; CloudWatch allows {WATCHED_BY}",
                    (*alert.origin, "composite"),
                )
                break


def other_region(plan: Plan) -> Iterable[Finding]:
    """A composite alarm watches alarms of another region.

    All alarms of a composite, and the one that suppresses it, are in its own account and region: make a spec of its own for the
    other region.

    ```yaml wrong
    aws: {region: eu-west-1}
    services:
      api:
        thresholds:
          charges:
            cloudwatch: {namespace: AWS/Billing, metric: EstimatedCharges, stat: Maximum, period: 6h, region: us-east-1}
            above: {critical: 100}
          errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}
          health: {composite: {any_of: [charges, errors]}}
    ```
    ```yaml right
    aws: {region: eu-west-1}
    services:
      api:
        thresholds:
          errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}
          health: {composite: {any_of: [errors]}}
    ```
    """
    composites = _composites(plan)
    if not composites:
        return
    alerts = {alert.id: alert for alert in plan.alerts}
    for alert, condition in composites:
        suppressor = (condition.suppressor,) if condition.suppressor else ()
        for id in (*condition.rule.alarms(), *suppressor):
            signal = alerts[id].signal.cloudwatch if id in alerts else None
            if signal and signal.region not in ("", plan.stack.region):
                yield Finding(
                    f"`{id}` is an alarm in {signal.region}; the composite would be in "
                    f"{plan.stack.region or 'another region'}",
                    (*alert.origin, "composite"),
                )


def _composites(plan: Plan) -> list[tuple[Alert, Composite]]:
    return [(alert, alert.condition) for alert in plan.alerts if isinstance(alert.condition, Composite)]
