"""Lint of composite alarms: what CloudFormation would take and CloudWatch refuse.

In: the plan. Out: findings `composites/…`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from monitorspec.lint.finding import Finding
from monitorspec.plan import Alert, Composite, Plan


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
            if watched[id] > rule.WATCHED_BY:
                yield Finding(
                    f"`{id}` is watched by {watched[id]} composite alarms; CloudWatch allows {rule.WATCHED_BY}",
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
            cloudwatch:
              namespace: AWS/Billing
              metric: EstimatedCharges
              stat: Maximum
              period: 6h
              dimensions: {Currency: USD}
              region: us-east-1
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


def raw_properties(plan: Plan) -> Iterable[Finding]:
    """Raw properties make a composite alarm that CloudWatch refuses.

    They are laid over the generated ones, and have to be properties of AWS::CloudWatch::CompositeAlarm.

    ```yaml wrong
    thresholds:
      errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}
      health: {composite: {any_of: [errors]}, properties: {ActionsSuppressor: maintenance}}
    ```
    ```yaml right
    thresholds:
      errors: {cloudwatch: {namespace: AWS/Lambda, metric: Errors, stat: Sum}, above: {critical: 5}}
      health:
        composite: {any_of: [errors]}
        properties: {ActionsSuppressor: maintenance, ActionsSuppressorWaitPeriod: 60, ActionsSuppressorExtensionPeriod: 60}
    ```
    """
    raw = [(alert, condition) for alert, condition in _composites(plan) if alert.properties]
    if not raw:
        return
    from difflib import get_close_matches

    from monitorspec.cloudformation import composite
    from monitorspec.cloudformation.kinds.composites import properties
    from monitorspec.cloudformation.known import known

    names = known(plan)
    for alert, condition in raw:
        at = (*alert.origin, "properties")
        for key in alert.properties:
            if key not in composite.PROPERTIES:
                near = get_close_matches(key, composite.PROPERTIES, 1)
                hint = f"did you mean `{near[0]}`?" if near else "see AWS::CloudWatch::CompositeAlarm"
                yield Finding(f"a composite alarm has no property `{key}`", (*at, key), help=(hint,))
        made = properties(plan, alert, names, condition)
        for problem in composite.composite_problems({k: v for k, v in made.items() if k in composite.PROPERTIES}):
            yield Finding(f"with these properties {problem}", at)


def _composites(plan: Plan) -> list[tuple[Alert, Composite]]:
    return [(alert, alert.condition) for alert in plan.alerts if isinstance(alert.condition, Composite)]
