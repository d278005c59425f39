"""The AWS side of a spec: what its CloudFormation stacks hold besides alarms.

In: the spec's `aws`. Out: `plan.Stack`. A module for each part of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitorspec import plan
from monitorspec.plan.aws import Stack
from monitorspec.resolve.aws.automations import automations
from monitorspec.resolve.aws.checks import canaries, health_checks
from monitorspec.resolve.aws.events import event_rules
from monitorspec.resolve.aws.logs import log_groups, log_queries, metric_filters
from monitorspec.resolve.aws.namespaces import namespaces
from monitorspec.resolve.aws.parameters import parameters
from monitorspec.resolve.aws.raw import raw_resources
from monitorspec.resolve.aws.spending import budgets, cost_anomalies, monthly_budget
from monitorspec.resolve.aws.topics import topics
from monitorspec.resolve.aws.tracing import sampling_rules, trace_groups
from monitorspec.resolve.context import Context
from monitorspec.resolve.references import ENVIRONMENT, checked_text
from monitorspec.spec.aws import Aws

NOTIFY_ON = ("alarm", "ok")


def stack(context: Context, environment: str, services: Iterable[plan.Service]) -> Stack:
    """What the stacks hold."""
    aws = context.spec.aws or Aws.__new__(Aws)
    prefix = name_prefix(context, environment)
    return Stack(
        region=aws.region or "",
        format=aws.format,
        inline=aws.inline,
        prefix=prefix,
        notify_on=tuple(aws.notify_on) if aws.notify_on is not None else NOTIFY_ON,
        tags=tuple((k, checked_text(context, v, ("aws", "tags", k))) for k, v in (aws.tags or {}).items()),
        parameters=tuple(parameters(context, aws)),
        topics=tuple(topics(context, aws, prefix)),
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
        namespaces=tuple(namespaces(context, aws)),
        resources=tuple(raw_resources(context, aws)),
    )


def name_prefix(context: Context, environment: str) -> str:
    """What names start with: the spec's own prefix, or the system with the environment where stacks differ by it."""
    spec = context.spec
    if spec.aws and spec.aws.name_prefix is not None:
        return checked_text(context, spec.aws.name_prefix, ("aws", "name_prefix"))
    if environment:
        return f"{spec.system}-{environment}-"
    declared = spec.aws and ENVIRONMENT in (spec.aws.parameters or {})
    return f"{spec.system}-${{{ENVIRONMENT}}}-" if declared else f"{spec.system}-"
