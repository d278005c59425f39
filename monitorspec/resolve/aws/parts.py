"""What a stack holds besides parameters, topics and namespaces: read only where a spec has any of it.

In: the spec's `aws`. Out: the parts of `plan.Stack` by name. A spec of alarms alone loads none of these modules.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec import plan
from monitorspec.plan.aws import Stack
from monitorspec.resolve.aws.automations import automations
from monitorspec.resolve.aws.checks import canaries, health_checks
from monitorspec.resolve.aws.events import event_rules
from monitorspec.resolve.aws.loggroups import log_groups
from monitorspec.resolve.aws.logqueries import log_queries
from monitorspec.resolve.aws.metricfilters import metric_filters
from monitorspec.resolve.aws.raw import raw_resources
from monitorspec.resolve.aws.spending import budgets, cost_anomalies, monthly_budget
from monitorspec.resolve.aws.tracing import sampling_rules, trace_groups
from monitorspec.resolve.context import Context
from monitorspec.spec.aws import Aws


def with_parts(made: Stack, context: Context, aws: Aws, services: Iterable[plan.Service]) -> Stack:
    """The stack with all that its spec describes."""
    prefix = made.prefix
    return made._replace(
        log_groups=tuple(log_groups(context, aws)),
        metric_filters=tuple(metric_filters(context, aws)),
        log_queries=tuple(log_queries(context, aws)),
        canaries=tuple(canaries(context, aws, prefix)),
        health_checks=tuple(health_checks(context, aws, prefix)),
        sampling_rules=tuple(sampling_rules(context, aws, prefix)),
        trace_groups=tuple(trace_groups(context, aws, prefix)),
        cost_anomalies=tuple(cost_anomalies(context, aws, prefix)),
        budgets=tuple(budgets(context, aws, prefix)),
        monthly_budget=monthly_budget(context, aws),
        event_rules=tuple(event_rules(context, aws)),
        automations=tuple(automations(context, aws, services)),
        resources=tuple(raw_resources(context, aws)),
    )
