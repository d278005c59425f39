"""Lint of CloudWatch alarms: what CloudFormation would take and CloudWatch refuse.

In: the plan. Out: findings `cloudwatch/…`.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec.lint.finding import Finding
from monitorspec.plan import Plan

# Findings about a name, or about a mapping as a whole.
_OF_KEYS = frozenset(
    {
        "cloudwatch/math-id",
        "cloudwatch/math-unused",
        "cloudwatch/math-nested",
        "cloudwatch/property",
    }
)


def invalid(plan: Plan) -> Iterable[Finding]:
    """A CloudWatch alarm breaks a limit of CloudWatch.

    Periods are 10, 20 or 30 seconds or whole minutes; an alarm looks back at most a day (a week with periods of an hour or
    more); statistics, metric math and units have their own grammar. CloudFormation finds out only when it deploys.
    """
    alarms = [alert for alert in plan.alerts if alert.signal.cloudwatch is not None]
    if not alarms:
        return
    from monitorspec.cloudformation.validation import problems

    for alert in alarms:
        # Each alarm goes to a stack of its own region; what it computes with has to be there too.
        signal = alert.signal.cloudwatch
        for p in problems(alert, signal.region if signal else ""):
            help_ = (p.help,) if p.help else ()
            at_key = p.code in _OF_KEYS
            yield Finding(p.message, (*alert.origin, *p.path), p.level, help=help_, code=p.code, key=at_key)
